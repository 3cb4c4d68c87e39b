"""The forecasts of one forecaster for a set of windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.spec import DataSpec
from forecaster.data.transforms.scalers import Scaler
from forecaster.data.transforms.windows import Windows
from forecaster.forecasting.calibration import MEDIAN, Calibration, GroupedQuantiles
from forecaster.forecasting.levels import ends
from forecaster.forecasting.table import Interval, forecast_table

if TYPE_CHECKING:
    import pyarrow as pa

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Forecast:
    """The forecasts of one forecaster for some windows, in original units.

    Attributes:
        point: (windows, horizon, targets), the point forecasts.
        series: (windows,), the index of the series of each window in the panel.
        target_row: (windows,), the flat row of the first target of each window in the panel. The row before it is
            the cutoff.
        quantiles: (windows, horizon, targets, probabilities); None for a point forecast.
        probabilities: The probabilities of the last axis of quantiles, in ascending order.
    """

    point: Floats
    series: npt.NDArray[np.integer[Any]]
    target_row: Ints
    quantiles: Floats | None = None
    probabilities: tuple[float, ...] = ()

    @classmethod
    def of(
        cls,
        windows: Windows,
        point: Floats,
        quantiles: Floats | None = None,
        probabilities: tuple[float, ...] = (),
    ) -> Forecast:
        """Return the forecast of windows.

        Args:
            windows: The windows.
            point: (windows, horizon, targets), the point forecasts.
            quantiles: (windows, horizon, targets, probabilities); None for a point forecast.
            probabilities: The probabilities of the quantiles, in ascending order.
        """
        known = probabilities if quantiles is not None else ()
        return cls(point, windows.series, windows.target_row, quantiles, known)

    def __len__(self) -> int:
        return len(self.point)

    def intervals(self, levels: Sequence[float]) -> list[Interval]:
        """Return the intervals of some levels; none for a point forecast.

        Args:
            levels: The levels in percent.

        Raises:
            KeyError: When the quantiles lack an end of a level.
        """
        if self.quantiles is None:
            return []
        at = {round(p, 9): k for k, p in enumerate(self.probabilities)}
        found = []
        for level in levels:
            low, high = (at[round(end, 9)] for end in ends(level))
            found.append(Interval(level, self.quantiles[..., low], self.quantiles[..., high]))
        return found

    def take(self, windows: Ints) -> Forecast:
        """Return the forecast of some of the windows, by their indices."""
        quantiles = None if self.quantiles is None else self.quantiles[windows]
        return replace(
            self,
            point=self.point[windows],
            series=self.series[windows],
            target_row=self.target_row[windows],
            quantiles=quantiles,
        )

    def first_steps(self, steps: int) -> Forecast:
        """Return the forecast of the first steps of the horizon."""
        quantiles = None if self.quantiles is None else self.quantiles[:, :steps]
        return replace(self, point=self.point[:, :steps], quantiles=quantiles)

    def with_quantiles(self, quantiles: Floats, probabilities: tuple[float, ...]) -> Forecast:
        """Return the same point forecast with other quantiles."""
        return replace(self, quantiles=quantiles, probabilities=probabilities)

    def held(self, *, in_place: bool = False) -> Forecast:
        """Return the forecast with intervals that reach to its point where that lies outside.

        It does where all errors of a calibration have one sign, and where the point is the mean of a skewed
        distribution. The quantile 0.5 stays as it is.

        Args:
            in_place: Whether the quantiles are nobody else's and may be written over.
        """
        if self.quantiles is None:
            return self
        point, quantiles = self.point[..., None], self.quantiles if in_place else self.quantiles.copy()
        below = sum(p < MEDIAN for p in self.probabilities)
        above = sum(p <= MEDIAN for p in self.probabilities)
        np.minimum(quantiles[..., :below], point, out=quantiles[..., :below])
        np.maximum(quantiles[..., above:], point, out=quantiles[..., above:])
        return replace(self, quantiles=quantiles)

    def moved(self, point: Floats, scaler: Scaler, groups: Ints) -> Forecast:
        """Return another point forecast, with the quantiles at the distances that they had, in scaled units.

        Args:
            point: (windows, horizon, targets), original units.
            scaler: The scaler, in whose units distances are kept.
            groups: (windows,), the scaler's group of the series of each window.
        """
        if self.quantiles is None:
            return replace(self, point=point)
        shift = scaler.scale_targets(point, groups) - scaler.scale_targets(self.point, groups)
        quantiles = np.empty_like(self.quantiles)
        for k in range(quantiles.shape[-1]):
            scaled = scaler.scale_targets(self.quantiles[..., k], groups)
            quantiles[..., k] = scaler.invert(scaled + shift, groups)
        return replace(self, point=point, quantiles=quantiles)

    def positions(self, panel: Panel) -> Ints:
        """Return (windows,), the position of each first target on the time axis."""
        found: Ints = panel.first[self.series] + self.target_row - panel.offsets[self.series]
        return found

    def calibrated(self, calibration: Calibration | None, ids: Sequence[str]) -> Forecast:
        """Return the forecast with calibrated quantiles, whose intervals hold it.

        Args:
            calibration: The calibration, whose scaler has a group for every series; None leaves the quantiles of the
                network.
            ids: The ids of the series of the panel, in its order.
        """
        if calibration is None:
            return self.held()
        groups = calibration.scaler.rows_for(tuple(ids))
        quantiles = calibration.apply(self.grouped(groups), calibration.scaler.ids or ())
        return self.with_quantiles(quantiles, calibration.probabilities).held(in_place=True)

    def grouped(self, group_of_series: Ints) -> GroupedQuantiles:
        """Return the quantiles, or the point in their place, with the scaler's group of each window.

        Args:
            group_of_series: (series,), the scaler's group of each series of the panel.
        """
        base = self.point[..., None] if self.quantiles is None else self.quantiles
        return GroupedQuantiles(base, group_of_series[self.series])

    def table(
        self,
        panel: Panel,
        data: DataSpec,
        *,
        levels: Sequence[float] = (),
        actual: Floats | None = None,
        native_times: bool = False,
        with_cutoff: bool = False,
    ) -> pa.Table:
        """Return the forecast as a table with a row for each window, target and step; see `forecast_table`.

        Args:
            panel: The series.
            data: The data section.
            levels: The levels of the intervals, in percent.
            actual: (windows, horizon, targets), the actual values in original units, NaN where unknown.
            native_times: Whether times are Arrow timestamps; if not, they are text.
            with_cutoff: Whether there is a column of cutoffs, as there is with actual values.
        """
        return forecast_table(
            panel,
            data,
            self.point,
            series=self.series,
            target_row=self.target_row,
            actual=actual,
            intervals=self.intervals(levels),
            native_times=native_times,
            with_cutoff=with_cutoff,
        )
