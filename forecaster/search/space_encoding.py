"""The points of a search space that an algorithm moves among, and the values that they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forecaster.config.dimensions import Dimension, IntRange


def points_from(repeat: Dimension, copy: int, *, grid: bool) -> list[int]:
    """The points of a repeat at which a copy is there."""
    r: Any = repeat.range
    as_values = by_value(repeat, grid=grid)
    return [r.at(i) if as_values else i for i in range(r.n_values) if r.at(i) >= copy]


def value_of(dimension: Dimension, point: Any, *, grid: bool) -> Any:
    """The value of a point, which is a place among values, or a float or log-sampled value itself."""
    r: Any = dimension.range
    if r.n_values is None:
        # Six digits are more than a search can tell apart, and read well in best.yaml.
        return min(r.max, max(r.min, float(f"{point:.6g}")))
    return point if by_value(dimension, grid=grid) else r.at(int(point))


def by_value(dimension: Dimension, *, grid: bool) -> bool:
    """Whether points are the values themselves, and not their places."""
    r = dimension.range
    return r.n_values is None or (not grid and isinstance(r, IntRange) and r.sampling == "log")


def count_points(space: Sequence[Dimension]) -> int | None:
    """At most so many different trials; None where there is no end to them."""
    n = 1
    for d in space:
        values = d.range.n_values
        if values is None or n > 10**9:
            return None
        n *= values
    return n
