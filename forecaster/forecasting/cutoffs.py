"""Where forecasts start, and the history before each start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Forecast = NDArray[np.float32]

# Elements gathered at a time, as float64: 16 MiB.
ELEMENTS_PER_PART = 2**21


@dataclass(frozen=True)
class Cutoffs:
    """Forecast origins in a table of series.

    values: (rows, targets), original units, gaps filled, all series end to end.
    offsets: (series + 1,); series s has rows offsets[s]:offsets[s + 1].
    series: (windows,), the series each origin is in.
    row: (windows,), the flat row of each window's first target step; its history is
    values[offsets[series]:row], never empty. The target rows need not exist, except
    where a baseline learns from them.
    horizon: steps to forecast.
    """

    values: Array
    offsets: NDArray[np.int64]
    series: NDArray[np.integer[Any]]
    row: NDArray[np.int64]
    horizon: int

    def __post_init__(self) -> None:
        if np.any(self.row <= self.start):
            raise ValueError("every origin needs at least one row of its series before it")
        if np.any(self.row > self.offsets[self.series.astype(np.int64) + 1]):
            raise ValueError("an origin lies beyond the end of its series")

    @property
    def start(self) -> NDArray[np.int64]:
        """(windows,), the first row of each origin's series."""
        first: NDArray[np.int64] = self.offsets[self.series]
        return first

    def pick(self, which: slice | NDArray[np.int64] | NDArray[np.bool_]) -> Cutoffs:
        """Some of the origins, in the order asked."""
        return replace(self, series=self.series[which], row=self.row[which])

    def parts(self, rows_each: int) -> Iterator[tuple[slice, Cutoffs]]:
        """Runs of origins small enough to gather `rows_each` rows for every one of them."""
        step = max(1, ELEMENTS_PER_PART // (rows_each * self.values.shape[1]))
        for first in range(0, len(self.row), step):
            run = slice(first, first + step)
            yield run, self.pick(run)


class Past(NamedTuple):
    """The last rows before each origin."""

    centred: Array
    """(windows, lookback, targets), less the mean; 0 where the history is shorter."""
    mean: Array
    """(windows, targets), over the rows that exist."""


def last_rows(cutoffs: Cutoffs, lookback: int) -> Past:
    """The `lookback` rows before each origin, about their mean."""
    rows = cutoffs.row[:, None] + np.arange(-lookback, 0)
    missing = rows < cutoffs.start[:, None]
    past = cutoffs.values[np.maximum(rows, cutoffs.start[:, None])]
    if not missing.any():
        mean = past.mean(axis=1)
        past -= mean[:, None]
        return Past(past, mean)
    past[missing] = 0.0
    mean = past.sum(axis=1) / (lookback - missing.sum(axis=1))[:, None]
    past -= mean[:, None]
    past[missing] = 0.0
    return Past(past, mean)


def next_rows(cutoffs: Cutoffs) -> Array:
    """What followed each origin, (windows, horizon, targets). Raises IndexError where rows are absent."""
    rows: Array = cutoffs.values[cutoffs.row[:, None] + np.arange(cutoffs.horizon)]
    return rows
