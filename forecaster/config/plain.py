"""Conversion of Python values to the plain values of a YAML file, and merging of such values."""

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
    """Return a copy with tuples as lists, paths as text and NumPy numbers as Python numbers.

    Args:
        values: Nested mappings, lists and scalars.
        source: The name of the values in errors.

    Raises:
        ConfigError: When a key is not text, or a value cannot stand in a YAML file.
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
    """Return a copy of the values with changes by dotted key.

    A mapping is merged into an existing mapping, unless it has the key `type`. Any other value replaces the old one.

    Args:
        tree: The values.
        changes: The changes by dotted key.
        source: The name of the values in errors.

    Raises:
        ConfigError: When a path does not exist.
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
    """Return the values to replace with their paths. A mapping that meets a mapping is taken apart into its entries."""
    there: Any = tree
    for part in path:
        there = there.get(part) if isinstance(there, dict) else None
    if isinstance(value, dict) and isinstance(there, dict) and "type" not in value:
        return [leaf for key, inner in value.items() for leaf in _leaves(tree, [*path, key], inner)]
    return [(path, copy.deepcopy(value))]
