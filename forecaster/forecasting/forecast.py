"""Forecasts of a set of windows: one value from the network to the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.spec import DataSpec
from forecaster.data.transforms.windows import Windows
from forecaster.forecasting.calibration import Calibration, GroupedQuantiles
from forecaster.forecasting.levels import ends
from forecaster.forecasting.table import Interval, forecast_table

if TYPE_CHECKING:
    import pyarrow as pa

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Forecast:
    """What one forecaster says of some windows, in original units.

    Attributes:
        point: (windows, horizon, targets).
        series: (windows,), the place of each window's series in its panel.
        target_row: (windows,), the flat row of each window's first target in the panel. The row before it is
            the cutoff.
        quantiles: (windows, horizon, targets, probabilities); None for a point forecast.
        probabilities: Of the last axis of quantiles, rising.
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
        """The forecast of these windows."""
        known = probabilities if quantiles is not None else ()
        return cls(point, windows.series, windows.target_row, quantiles, known)

    def __len__(self) -> int:
        return len(self.point)

    def intervals(self, levels: Sequence[float]) -> list[Interval]:
        """The intervals of these levels; none of a point forecast.

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
        """Only some of the windows, in the order given."""
        quantiles = None if self.quantiles is None else self.quantiles[windows]
        return replace(
            self,
            point=self.point[windows],
            series=self.series[windows],
            target_row=self.target_row[windows],
            quantiles=quantiles,
        )

    def first_steps(self, steps: int) -> Forecast:
        """Only the first steps of the horizon."""
        quantiles = None if self.quantiles is None else self.quantiles[:, :steps]
        return replace(self, point=self.point[:, :steps], quantiles=quantiles)

    def with_quantiles(self, quantiles: Floats, probabilities: tuple[float, ...]) -> Forecast:
        """The same point forecast with other quantiles."""
        return replace(self, quantiles=quantiles, probabilities=probabilities)

    def positions(self, panel: Panel) -> Ints:
        """(windows,), of each first target on the time axis."""
        found: Ints = panel.first[self.series] + self.target_row - panel.offsets[self.series]
        return found

    def calibrated(self, calibration: Calibration | None, ids: Sequence[str]) -> Forecast:
        """The forecast with the quantiles that a calibration gives it; itself where there is none.

        Args:
            calibration: With a scaler that has a group for every series.
            ids: Of the series of the panel, in its order.
        """
        if calibration is None:
            return self
        groups = calibration.scaler.rows_for(tuple(ids))
        quantiles = calibration.apply(self.grouped(groups), calibration.scaler.ids or ())
        return self.with_quantiles(quantiles, calibration.probabilities)

    def grouped(self, group_of_series: Ints) -> GroupedQuantiles:
        """The quantiles, or the point in place of all of them, with the scaler's group of each window."""
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
    ) -> pa.Table:
        """The forecast as a table with a row for each series, target, cutoff and step; see `forecast_table`."""
        return forecast_table(
            panel,
            data,
            self.point,
            series=self.series,
            target_row=self.target_row,
            actual=actual,
            intervals=self.intervals(levels),
            native_times=native_times,
        )
