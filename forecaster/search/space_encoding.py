"""Points, the numbers that an algorithm searches among, and the values that they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forecaster.config.dimensions import Dimension, IntRange


def points_from(repeat: Dimension, copy: int, *, grid: bool) -> list[int]:
    """Return the points of a repeat count at which a copy of the layer exists.

    Args:
        repeat: The dimension of the repeat count.
        copy: The number of the copy, from 1.
        grid: Whether the algorithm is a grid search.
    """
    r: Any = repeat.range
    as_values = by_value(repeat, grid=grid)
    return [r.at(i) if as_values else i for i in range(r.n_values) if r.at(i) >= copy]


def value_of(dimension: Dimension, point: Any, *, grid: bool) -> Any:
    """Return the value of a point.

    Args:
        dimension: The dimension.
        point: A position among the values, or the value itself; see `by_value`.
        grid: Whether the algorithm is a grid search.
    """
    r: Any = dimension.range
    if r.n_values is None:
        if point == r.default:
            return point
        # Six digits are more than a search can resolve, and are easy to read in best.yaml.
        return min(r.max, max(r.min, float(f"{point:.6g}")))
    return point if by_value(dimension, grid=grid) else r.at(int(point))


def by_value(dimension: Dimension, *, grid: bool) -> bool:
    """Return whether the points of a dimension are its values; if not, they are positions among its values."""
    r = dimension.range
    return r.n_values is None or (not grid and isinstance(r, IntRange) and r.sampling == "log")


def count_points(space: Sequence[Dimension]) -> int | None:
    """Return an upper bound of the number of different trials; None if it is infinite or above 10^9."""
    n = 1
    for d in space:
        values = d.range.n_values
        if values is None or n > 10**9:
            return None
        n *= values
    return n
