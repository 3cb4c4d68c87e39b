"""The table behind a run, as far as the report shows it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.split import SPLITS, SplitBounds

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class History:
    """Every series' target values end to end, and where its splits lie.

    targets: (rows, targets), original units, NaN where not observed. offsets: (series + 1,).
    first: (series,), the grid position of each series' first row. naive_error: (series,
    targets), the in-sample error of the seasonal naive, which MASE divides by.
    """

    time_axis: TimeAxis
    ids: tuple[str, ...]
    targets: Array
    offsets: Ints
    first: Ints
    split_bounds: SplitBounds
    naive_error: Array

    @cached_property
    def place_of(self) -> dict[str, int]:
        return {name: s for s, name in enumerate(self.ids)}

    def values(self, series: int, target: int) -> Array:
        """(rows,) of one series."""
        return self.targets[self.offsets[series] : self.offsets[series + 1], target]

    def of_split(self, series: int, target: int, split: int) -> Array:
        """The observed values of one split of one series; 0 training, 1 validation, 2 test."""
        low, high = self.split_bounds.range(SPLITS[split])
        values = self.values(series, target)[low[series] : high[series]]
        return values[np.isfinite(values)]
