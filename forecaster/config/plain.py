"""Values from Python as the plain tree that YAML would give, and one tree merged into another."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

from forecaster.config.overrides import put
from forecaster.config.parsed_yaml import ParsedYaml
from forecaster.config.positions import Positions
from forecaster.errors import ConfigError, Diagnostic, Location


def plain_values(values: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return a copy with lists for tuples, text for paths and Python's numbers for NumPy's.

    Args:
        values: A tree of mappings, lists and scalars.
        source: What to call it in an error.

    Raises:
        ConfigError: For a key that is not text, or a value that no YAML file could hold.
    """
    faults: list[Diagnostic] = []
    tree = _plain(values, "", Location(source), faults)
    if faults:
        raise ConfigError.of(faults)
    return dict(tree)


def _plain(value: Any, path: str, source: Location, faults: list[Diagnostic]) -> Any:
    if isinstance(value, Mapping):
        out = {}
        for key, inner in value.items():
            if not isinstance(key, str):
                faults.append(Diagnostic(f"the key {key!r} is not text", "write keys as text", source, path))
                continue
            out[key] = _plain(inner, f"{path}.{key}" if path else key, source, faults)
        return out
    if isinstance(value, list | tuple):
        return [_plain(inner, f"{path}.{i}", source, faults) for i, inner in enumerate(value)]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, PurePath):
        return value.as_posix()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    kind = type(value).__name__
    faults.append(Diagnostic(f"is a {kind}, needs a number, text, a list or a mapping", None, source, path))
    return None


def merged(tree: Mapping[str, Any], changes: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return a copy of the tree with changes by dotted key.

    A mapping is merged into the mapping that stands there, unless it is a tagged choice (has `type`); any
    other value replaces what stands there. Raises ConfigError for a path that leads nowhere.
    """
    out = copy.deepcopy(dict(tree))
    parsed = ParsedYaml(out, Positions(source), "")
    faults = []
    for name, value in changes.items():
        for path, leaf in _leaves(out, name.split("."), value):
            fault = put(parsed, path, leaf, Location(source))
            if fault is not None:
                faults.append(fault)
    if faults:
        raise ConfigError.of(faults)
    return out


def _leaves(tree: Mapping[str, Any], path: list[str], value: Any) -> list[tuple[list[str], Any]]:
    """The values to replace, each with its path: a mapping stands for its entries where it meets a mapping."""
    there: Any = tree
    for part in path:
        there = there.get(part) if isinstance(there, dict) else None
    if isinstance(value, dict) and isinstance(there, dict) and "type" not in value:
        return [leaf for key, inner in value.items() for leaf in _leaves(tree, [*path, key], inner)]
    return [(path, copy.deepcopy(value))]
