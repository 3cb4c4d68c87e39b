"""Calibration that moves with time: the newest errors that are known at each forecast origin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forecaster.data.transforms.scalers import Scaler
from forecaster.forecasting.calibration import Calibration, Floats, GroupedQuantiles, Ints, calibrate

_FAR = np.int64(2**40)


class AdaptiveCalibration:
    """Forecasts of calibration windows and of those after them, and what came of them.

    position: (windows,), of each window's first target on the time axis that all series share.
    """

    def __init__(
        self,
        before: tuple[GroupedQuantiles, Floats, Ints],
        after: tuple[GroupedQuantiles, Floats, Ints],
        *,
        probabilities: tuple[float, ...],
        scaler: Scaler,
        ids: Sequence[str],
    ) -> None:
        """before, after: forecasts, actual values (NaN where not observed) and positions."""
        quantiles: Floats = np.concatenate([before[0].quantiles, after[0].quantiles])
        group: Ints = np.concatenate([before[0].group, after[0].group])
        actual: Floats = np.concatenate([before[1], after[1]])
        position: Ints = np.concatenate([before[2], after[2]])
        self.order = np.lexsort((position, group))
        self.position, self.n_before = position, len(before[2])
        self.forecast, self.actual = GroupedQuantiles(quantiles, group), actual
        self.key = (group * _FAR + position)[self.order]
        # As many windows of each series as were there to calibrate with at first.
        self.series, self.kept = np.unique(before[0].group, return_counts=True)
        self.horizon = actual.shape[1]
        self.probabilities, self.scaler, self.ids = probabilities, scaler, ids

    def known_before(self, position: int) -> Ints:
        """The newest windows whose every target lies before a position: as many of each series as there
        were at first."""
        begin = np.searchsorted(self.key, self.series * _FAR)
        end = np.searchsorted(self.key, self.series * _FAR + position - self.horizon, side="right")
        begin = np.maximum(begin, end - self.kept)
        count = end - begin
        nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        found: Ints = self.order[np.repeat(begin, count) + nth]
        return found

    def calibration(self, position: int) -> Calibration:
        """What can be learned before a position. Raises ValueError where that is nothing."""
        windows = self.known_before(position)
        forecast = GroupedQuantiles(self.forecast.quantiles[windows], self.forecast.group[windows])
        return calibrate(
            forecast,
            self.actual[windows],
            probabilities=self.probabilities,
            scaler=self.scaler,
            ids=self.ids,
        )

    def apply(self) -> NDArray[np.float32]:
        """The calibrated quantiles of the later windows, (windows, horizon, targets, probabilities).

        Learned anew every horizon steps, from targets before the first origin of those steps.
        """
        after = np.arange(self.n_before, len(self.position))
        first = int(self.position[after].min())
        block = (self.position[after] - first) // self.horizon
        shape = (len(after), *self.actual.shape[1:], len(self.probabilities))
        out = np.empty(shape, dtype=np.float32)
        for nth in np.unique(block):
            here = np.flatnonzero(block == nth)
            windows = after[here]
            part = GroupedQuantiles(self.forecast.quantiles[windows], self.forecast.group[windows])
            out[here] = self.calibration(first + int(nth) * self.horizon).apply(part, self.ids)
        return out

    def newest(self) -> Calibration:
        """What can be learned from all of it: for forecasts after the last row."""
        return self.calibration(int(self.position.max()) + self.horizon)
