"""Where keys and values stand, and how their paths are written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from forecaster.errors import Location

KeyPath = tuple[str | int, ...]
PLAIN_KEY = re.compile(r"[\w:/ -]+")


@dataclass
class Positions:
    """Places by path: ("model", "layers", 0, "units"). The root is ()."""

    file: str
    keys: dict[KeyPath, Location] = field(default_factory=dict)
    values: dict[KeyPath, Location] = field(default_factory=dict)

    def of_value(self, path: KeyPath) -> Location:
        """Of the value, or of the nearest thing around it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Location(self.file))

    def of_key(self, path: KeyPath) -> Location:
        """Of the key (of the value where it is an entry of a list), or of the nearest thing around it."""
        while path and path not in self.keys and path not in self.values:
            path = path[:-1]
        return self.keys.get(path) or self.of_value(path)

    def override(self, path: KeyPath, location: Location) -> None:
        """Everything at and under the path now comes from elsewhere."""
        for places in (self.keys, self.values):
            for known in [p for p in places if p[: len(path)] == path]:
                del places[known]
        self.keys[path] = self.values[path] = location


def dotted(path: KeyPath) -> str:
    """The path as people write it. Keys with odd characters stand in quotes."""
    return ".".join(
        p if isinstance(p, str) and PLAIN_KEY.fullmatch(p) else str(p) if isinstance(p, int) else quoted(p)
        for p in path
    )


def quoted(text: str) -> str:
    """Text between double quotes on one line, control characters escaped, cut at 60 characters."""
    cut = text if len(text) <= 60 else text[:57] + "..."
    return json.dumps(cut, ensure_ascii=not cut.isprintable())
