"""Search nodes, which are taken out of the values of the file before these are validated.

A node is a mapping with one key, int, float, choice or boolean, in the place of a scalar:
`units: {int: {min: 32, max: 256, default: 64}}`. No section of the file has a key with one of these names.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ValidationError

from forecaster.config.describe import Node
from forecaster.config.dimensions import KINDS, Dimension
from forecaster.config.hints import shown
from forecaster.config.positions import KeyPath, Positions, dotted
from forecaster.config.validation_errors import MOST_EXPLAINED, diagnostics_of, in_file_order
from forecaster.errors import Diagnostic

# Mappings whose keys are column names, one of which may be "int".
NAMED_BY_USER: frozenset[KeyPath] = frozenset({("data", "categorical")})


@dataclass
class Lifted:
    """Values without search nodes.

    Attributes:
        values: The values of the file, with every node replaced by its default.
        dimensions: The nodes, in the order of the file.
        faults: The faults of the nodes.
        holes: Paths of faulty nodes, whose value is unknown.
    """

    values: Any
    dimensions: list[Dimension] = field(default_factory=list)
    faults: list[Diagnostic] = field(default_factory=list)
    holes: set[KeyPath] = field(default_factory=set)


def lift(values: Any, positions: Positions) -> Lifted:
    """Take out the search nodes, in the order of the file. The given values stay as they are."""
    lifted = Lifted(None)
    lifted.values = _lift(values, (), positions, lifted)
    lifted.faults = in_file_order(lifted.faults)
    return lifted


def substitute(values: Any, at: Mapping[KeyPath, Any]) -> Any:
    """Return a copy of the values with other values at some paths, each of which exists."""
    out = copy.deepcopy(values)
    for path, value in at.items():
        inside = out
        for part in path[:-1]:
            inside = inside[part]
        inside[path[-1]] = value
    return out


def is_node(value: Any) -> bool:
    """Return whether a value is meant as a search node, valid or not: a mapping with the name of a kind."""
    return isinstance(value, dict) and any(kind in value for kind in KINDS)


def _lift(value: Any, path: KeyPath, positions: Positions, lifted: Lifted) -> Any:
    if isinstance(value, dict):
        if is_node(value) and path and path not in NAMED_BY_USER:
            return _take(value, path, positions, lifted)
        return {key: _lift(inner, (*path, key), positions, lifted) for key, inner in value.items()}
    if isinstance(value, list):
        return [_lift(inner, (*path, i), positions, lifted) for i, inner in enumerate(value)]
    return value


def _take(node: dict[str, Any], path: KeyPath, positions: Positions, lifted: Lifted) -> Any:
    """Return the default of a node, and add its dimension or its faults to `lifted`."""
    if len(lifted.faults) >= MOST_EXPLAINED:
        fault = Diagnostic("is not read after so many faults", None, positions.of_value(path), dotted(path))
        lifted.faults.append(fault)
        lifted.holes.add(path)
        return None
    kind = next(k for k in node if k in KINDS)
    others = [key for key in node if key != kind]
    here = (*path, kind)
    faults = [
        Diagnostic(
            f"is beside the search node {kind}",
            "a search node has one key; move or remove this one",
            positions.of_key((*path, other)),
            dotted((*path, other)),
        )
        for other in others
    ]
    if not isinstance(node[kind], dict):
        needed = ", ".join(name for name, f in KINDS[kind].model_fields.items() if f.is_required())
        summary = f"is {shown(node[kind])}, needs a mapping with {needed}"
        faults.append(Diagnostic(summary, None, positions.of_value(here), dotted(here)))
    else:
        try:
            found = KINDS[kind].model_validate(node[kind])
        except ValidationError as e:
            faults += diagnostics_of(e, positions, schema=_schema(kind), prefix=here)
        else:
            if not faults:
                lifted.dimensions.append(Dimension(dotted(path), path, found))
                return found.default
    lifted.faults += faults
    lifted.holes.add(path)
    return None


@cache
def _schema(kind: str) -> Node:
    return KINDS[kind].model_json_schema()
