"""Repeated layers in a search: each copy has its own hyperparameters."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from forecaster.config.dimensions import Dimension
from forecaster.config.positions import KeyPath
from forecaster.config.space import substitute

LAYERS: KeyPath = ("model", "layers")


def search_space(dimensions: Sequence[Dimension], values: Any) -> list[Dimension]:
    """Return the dimensions of the file, then those of the second and later copies of repeated layers.

    Where `repeat` itself is searched, the dimensions of the copies name it, and it comes before them.

    Args:
        dimensions: The search nodes of the file.
        values: The values of the file, with the nodes' defaults.
    """
    space = list(dimensions)
    for i, most in _repeats(dimensions, values).items():
        inside = [d for d in dimensions if d.path[:3] == (*LAYERS, i) and d.path[3:] != ("repeat",)]
        searched = next((d.name for d in dimensions if d.path == (*LAYERS, i, "repeat")), None)
        space += [
            replace(d, name=f"{d.name}#{k}", copy=k, repeat=searched)
            for k in range(2, most + 1)
            for d in inside
        ]
    return space


def fill(values: Any, space: Sequence[Dimension], chosen: Mapping[str, Any]) -> Any:
    """Return the values with the chosen ones put in, and every searched copy of a layer written out.

    Args:
        values: The values of the file, with the nodes' defaults; they stay as they are.
        space: The dimensions, as `search_space` returns them.
        chosen: Values by the dimension's name; a dimension that is not named keeps its default.
    """
    first = {d.path: chosen[d.name] for d in space if d.copy == 1 and d.name in chosen}
    out = substitute(values, first)
    copied = {d.path[2] for d in space if d.copy > 1}
    if not copied:
        return out
    layers = []
    for i, layer in enumerate(out["model"]["layers"]):
        if i not in copied:
            layers.append(layer)
            continue
        once = {key: value for key, value in layer.items() if key != "repeat"}
        for k in range(1, layer["repeat"] + 1):
            own = {
                d.path[3:]: chosen.get(d.name, d.default)
                for d in space
                if d.copy == k and d.path[:3] == (*LAYERS, i) and d.path[3:] != ("repeat",)
            }
            layers.append(substitute(once, own) if k > 1 else copy.deepcopy(once))
    out["model"]["layers"] = layers
    return out


def _repeats(dimensions: Sequence[Dimension], values: Any) -> dict[int, int]:
    """Return the largest number of copies of each layer that may be repeated, by the layer's index."""
    found = {}
    for i, layer in enumerate(values["model"]["layers"]):
        searched = next((d for d in dimensions if d.path == (*LAYERS, i, "repeat")), None)
        ends = searched.range.ends().values() if searched else [layer.get("repeat", 1)]
        most = max(end for end in ends if isinstance(end, int))
        if most > 1:
            found[i] = most
    return found
