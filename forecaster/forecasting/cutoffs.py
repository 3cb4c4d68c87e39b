"""Cutoffs: the rows after which forecasts begin, and the history before each.

The cutoff of a forecast is the last row that it may use; its first target is the row after.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints
from forecaster.data.ranges import rows_from

PointForecast = NDArray[np.float64]

# Elements gathered at a time, as float64: 16 MiB.
ELEMENTS_PER_PART = 2**21


@dataclass(frozen=True)
class Cutoffs:
    """Cutoffs in a table of series, one for each window to forecast.

    Attributes:
        values: (rows, targets), original units, gaps filled, all series end to end.
        offsets: (series + 1,); series s has rows offsets[s]:offsets[s + 1].
        series: (windows,), the index of each window's series.
        row: (windows,), the row in values of each window's first target. The history of the
            window is values[offsets[series]:row], which is never empty. The target rows need
            not exist, except where a baseline learns from them.
        horizon: Steps to forecast.

    Raises:
        ValueError: When a window has no history, or starts beyond the end of its series.
    """

    values: Floats
    offsets: Ints
    series: NDArray[np.integer[Any]]
    row: Ints
    horizon: int

    def __post_init__(self) -> None:
        if np.any(self.row <= self.start):
            raise ValueError("every window needs at least one row of its series before it")
        if np.any(self.row > self.offsets[self.series.astype(np.int64) + 1]):
            raise ValueError("a window starts beyond the end of its series")

    @property
    def start(self) -> Ints:
        """(windows,), the first row of the series of each window."""
        first: Ints = self.offsets[self.series]
        return first

    def pick(self, which: slice | Ints | NDArray[np.bool_]) -> Cutoffs:
        """Return some of the windows, in the given order."""
        return replace(self, series=self.series[which], row=self.row[which])

    def parts(self, rows_each: int) -> Iterator[tuple[slice, Cutoffs]]:
        """Yield runs of windows, small enough to hold `rows_each` rows of every window in memory.

        Yields:
            The slice of a run among all windows, and the run.
        """
        step = max(1, ELEMENTS_PER_PART // (rows_each * self.values.shape[1]))
        for first in range(0, len(self.row), step):
            run = slice(first, first + step)
            yield run, self.pick(run)


class Past(NamedTuple):
    """The last rows before each window.

    Attributes:
        centred: (windows, lookback, targets), the rows minus their mean; 0 before the first
            row of a series.
        mean: (windows, targets), the mean of the rows that exist.
    """

    centred: Floats
    mean: Floats


def last_rows(cutoffs: Cutoffs, lookback: int) -> Past:
    """Return the last `lookback` rows before each window, split into their mean and what remains."""
    first = cutoffs.row - lookback
    if (first >= cutoffs.start).all():
        past = rows_from(cutoffs.values, first, lookback)
        mean = past.mean(axis=1)
        past -= mean[:, None]
        return Past(past, mean)
    rows = first[:, None] + np.arange(lookback)
    missing = rows < cutoffs.start[:, None]
    past = cutoffs.values[np.maximum(rows, cutoffs.start[:, None])]
    past[missing] = 0.0
    mean = past.sum(axis=1) / (lookback - missing.sum(axis=1))[:, None]
    past -= mean[:, None]
    past[missing] = 0.0
    return Past(past, mean)


def next_rows(cutoffs: Cutoffs) -> Floats:
    """Return the target rows of each window, (windows, horizon, targets).

    Raises:
        IndexError: When the table ends before the horizon of a window.
    """
    rows: Floats = rows_from(cutoffs.values, cutoffs.row, cutoffs.horizon)
    return rows
