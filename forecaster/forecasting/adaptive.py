"""Adaptive calibration: intervals from the newest errors that are known at each cutoff."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecaster.data.arrays import AnyFloats, Floats, Ints
from forecaster.data.transforms.scalers import Scaler
from forecaster.forecasting.calibration import Calibration, GroupedQuantiles, calibrate

# Larger than any position, so that one integer orders windows by series and then by time.
_GROUP_STRIDE = np.int64(2**40)


class AdaptiveCalibration:
    """Forecasts with their actual values in order of time, to calibrate later ones from earlier ones.

    A position is the place of a window's first target on the time axis that all series share.
    """

    def __init__(
        self,
        before: tuple[GroupedQuantiles, AnyFloats, Ints],
        after: tuple[GroupedQuantiles, AnyFloats, Ints],
        *,
        probabilities: tuple[float, ...],
        scaler: Scaler,
        ids: Sequence[str],
    ) -> None:
        """Order the windows of each series by time.

        Args:
            before: Windows that may only be learned from, such as those of validation: their
                forecasts, their actual values (windows, horizon, targets), NaN where not
                observed, and their positions (windows,).
            after: Windows to calibrate, which are learned from as soon as they are known.
            probabilities: Probabilities of the quantiles, increasing.
            scaler: Scaler with a group per series, in whose units errors are pooled.
            ids: Name of each group of the scaler.
        """
        quantiles: AnyFloats = np.concatenate([before[0].quantiles, after[0].quantiles])
        group: Ints = np.concatenate([before[0].group, after[0].group])
        actual: AnyFloats = np.concatenate([before[1], after[1]])
        position: Ints = np.concatenate([before[2], after[2]])
        self.order = np.lexsort((position, group))
        self.position, self.n_before = position, len(before[2])
        self.forecast, self.actual = GroupedQuantiles(quantiles, group), actual
        self.key = (group * _GROUP_STRIDE + position)[self.order]
        # Each series keeps as many windows as it has in `before`.
        self.series, self.kept = np.unique(before[0].group, return_counts=True)
        self.horizon = actual.shape[1]
        self.probabilities, self.scaler, self.ids = probabilities, scaler, ids

    def known_before(self, position: int) -> Ints:
        """Return the indices of the newest windows whose targets all lie before a position.

        Each series contributes at most as many windows as it had in `before`.
        """
        begin = np.searchsorted(self.key, self.series * _GROUP_STRIDE)
        end = np.searchsorted(self.key, self.series * _GROUP_STRIDE + position - self.horizon, side="right")
        begin = np.maximum(begin, end - self.kept)
        count = end - begin
        nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        found: Ints = self.order[np.repeat(begin, count) + nth]
        return found

    def calibration(self, position: int, *, new_series: bool = True) -> Calibration:
        """Calibrate on what is known before a position.

        Args:
            position: The position.
            new_series: See `calibrate`.

        Raises:
            ValueError: No window is known before the position.
        """
        windows = self.known_before(position)
        forecast = GroupedQuantiles(self.forecast.quantiles[windows], self.forecast.group[windows])
        return calibrate(
            forecast,
            self.actual[windows],
            probabilities=self.probabilities,
            scaler=self.scaler,
            ids=self.ids,
            new_series=new_series,
        )

    def apply(self) -> Floats:
        """Calibrate the windows of `after`.

        The calibration is renewed every horizon steps, from targets before the first window of
        those steps.

        Returns:
            The quantiles, (windows, horizon, targets, probabilities).
        """
        after = np.arange(self.n_before, len(self.position))
        first = int(self.position[after].min())
        block = (self.position[after] - first) // self.horizon
        shape = (len(after), *self.actual.shape[1:], len(self.probabilities))
        out = np.empty(shape)
        for nth in np.unique(block):
            here = np.flatnonzero(block == nth)
            windows = after[here]
            part = GroupedQuantiles(self.forecast.quantiles[windows], self.forecast.group[windows])
            known = self.calibration(first + int(nth) * self.horizon, new_series=False)
            out[here] = known.apply(part, self.ids)
        return out

    def newest(self) -> Calibration:
        """Calibrate on the newest windows of all, for forecasts after the last row."""
        return self.calibration(int(self.position.max()) + self.horizon)
