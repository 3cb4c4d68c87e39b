"""The positions of keys and values in the file, and the notation of their paths."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from forecaster.errors import Location
from forecaster.text import plain_json

KeyPath = tuple[str | int, ...]
PLAIN_KEY = re.compile(r"[\w:/ -]+")


@dataclass
class Positions:
    """The line and column of keys and values by path, such as ("model", "layers", 0, "units"); the root is ().

    Attributes:
        file: The name of the file in messages.
        keys: The location of each key.
        values: The location of each value.
    """

    file: str
    keys: dict[KeyPath, Location] = field(default_factory=dict)
    values: dict[KeyPath, Location] = field(default_factory=dict)

    def of_value(self, path: KeyPath) -> Location:
        """Return the location of a value, or of the nearest value around it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Location(self.file))

    def of_key(self, path: KeyPath) -> Location:
        """Return the location of a key, or of the nearest key or list entry around it."""
        while path and path not in self.keys and path not in self.values:
            path = path[:-1]
        return self.keys.get(path) or self.of_value(path)

    def override(self, path: KeyPath, location: Location, *, before: Any = None) -> None:
        """Give everything at and under the path another location, such as that of --set.

        Args:
            path: The path.
            location: The location.
            before: The value that was there: nothing but its parts can have locations under the path.
        """
        # Without recursion, because a value from Python may be nested deeper than Python can call.
        old = [(path, before)]
        while old:
            here, value = old.pop()
            self.keys.pop(here, None)
            self.values.pop(here, None)
            if isinstance(value, dict | list):
                inside = value.items() if isinstance(value, dict) else enumerate(value)
                old += [((*here, part), inner) for part, inner in inside]
        self.keys[path] = self.values[path] = location


def dotted(path: KeyPath) -> str:
    """Write a path with dots, such as model.layers.0.units; keys with unusual characters are quoted."""
    return ".".join(
        p if isinstance(p, str) and PLAIN_KEY.fullmatch(p) else str(p) if isinstance(p, int) else quoted(p)
        for p in path
    )


def quoted(text: str) -> str:
    """Put text in double quotes on one line, with control characters escaped, cut at 60 characters."""
    cut = text if len(text) <= 60 else text[:57] + "..."
    return plain_json(cut)


def flattened(values: Any) -> dict[str, Any]:
    """Return every value of nested mappings and lists by its dotted key, such as model.layers.0.units.

    A list of scalars is one value, and so is an empty mapping.
    """
    return dict(_flat(values, ""))


def _flat(values: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(values, dict) and values:
        pairs = [(str(key), inner) for key, inner in values.items()]
    elif isinstance(values, list) and any(isinstance(inner, dict | list) for inner in values):
        pairs = [(str(i), inner) for i, inner in enumerate(values)]
    else:
        return [(path, values)]
    return [found for key, inner in pairs for found in _flat(inner, f"{path}.{key}" if path else key)]
