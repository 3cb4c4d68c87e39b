"""The table that a run was trained on, as far as pictures and the report show it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecaster.data.arrays import Floats, Ints
from forecaster.data.panel import Panel
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.split import SPLITS, SplitBounds


@dataclass(frozen=True)
class TargetRows:
    """The target values of some series.

    Attributes:
        time_axis: The time axis that all series share.
        ids: Names of the series.
        targets: (rows, targets), original units, NaN where not observed, all series end to end.
        offsets: (series + 1,); series s has rows offsets[s]:offsets[s + 1].
        first: (series,), the position of each series' first row on the time axis.
    """

    time_axis: TimeAxis
    ids: tuple[str, ...]
    targets: Floats
    offsets: Ints
    first: Ints

    @classmethod
    def of(cls, panel: Panel) -> TargetRows:
        """Return the target values of a panel."""
        targets = panel.values[:, : len(panel.targets)]
        return cls(panel.time_axis, panel.ids, targets, panel.offsets, panel.first)

    @cached_property
    def place_of(self) -> dict[str, int]:
        """The index of each series by its name."""
        return {name: s for s, name in enumerate(self.ids)}

    def values(self, series: int, target: int) -> Floats:
        """Return the values of one target of one series, (rows,)."""
        return self.targets[self.offsets[series] : self.offsets[series + 1], target]


@dataclass(frozen=True)
class History(TargetRows):
    """The target values of every series and the bounds of its splits.

    Attributes:
        split_bounds: The bounds of the splits of each series.
        naive_error: (series, targets), mean absolute error of the seasonal naive forecast on
            the training rows, which MASE divides by.
    """

    split_bounds: SplitBounds
    naive_error: Floats

    def of_split(self, series: int, target: int, split: int) -> Floats:
        """Return the observed values of one split, (observed rows,).

        Args:
            series: Index of the series.
            target: Index of the target.
            split: 0 for training, 1 for validation, 2 for test.
        """
        low, high = self.split_bounds.range(SPLITS[split])
        values = self.values(series, target)[low[series] : high[series]]
        return values[np.isfinite(values)]
