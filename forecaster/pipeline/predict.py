"""Predict: forecast the next steps of every series with a complete run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.reading.sources import TableSource
from forecaster.data.transforms.cutoff import without_gaps
from forecaster.data.transforms.fitted import FittedTransforms, with_new_series
from forecaster.data.transforms.windows import Windows
from forecaster.errors import Diagnostic
from forecaster.forecasting.calibration import Calibration
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.levels import probabilities
from forecaster.stages.intervals import calibration_for
from forecaster.stages.opened import OpenedRun
from forecaster.stages.start import find_forecast_start
from forecaster.training.backend import start_backend

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Predicted:
    """The forecast of every series.

    Attributes:
        table: A row for each series, target and step.
        n_series: The number of series.
        notes: Remarks for the user.
        warnings: Warnings from reading the table.
    """

    table: pa.Table
    n_series: int
    notes: list[str]
    warnings: tuple[Diagnostic, ...] = ()


def predict(
    opened: OpenedRun,
    *,
    data: TableSource | None = None,
    cutoff: str | None = None,
    horizon: int | None = None,
    future: TableSource | None = None,
    native_times: bool = False,
) -> Predicted:
    """Forecast one horizon for every series of a table, from its last row or from a cutoff.

    A series that is not in the training data is scaled by its own history. Nothing is written.

    Args:
        opened: The run.
        data: The table. None continues from the last training rows or, with a cutoff, from the rows of the run's
            own table.
        cutoff: The last time that the forecast takes as known; later targets are not used. None is the last row
            of each series.
        horizon: The number of steps; None is the trained horizon. Only the head `recursive` forecasts more.
        future: A table of the future covariates over the horizon. Its values replace those of the rows.
        native_times: Whether times are Arrow timestamps; if not, they are text.

    Raises:
        DataError: When a table cannot be read, no series is long enough, or a future value is missing.
        UsageError: When the horizon is too long, the cutoff is not in the table, or future is of no use.
    """
    trained_horizon = opened.spec.window.horizon
    fitted = Fitted.load(opened.run)
    opened, steps = opened.reaching(horizon)
    spec, window = opened.spec, opened.spec.window
    start = find_forecast_start(opened, fitted.time_axis, data=data, cutoff=cutoff)
    panel, unused = start.known_ahead(spec, future)
    lookback = None if spec.model.stateful else window.lookback
    panel, observed, filled = without_gaps(panel, start.known, spec.data, fitted.scaler, lookback=lookback)
    scaler, new = with_new_series(fitted.scaler, spec.scaling, panel, start.known)
    transforms = FittedTransforms(scaler, fitted.encoders)
    source = transforms.window_source(
        panel, observed=observed, calendar=spec.data.calendar, horizon=window.horizon
    )
    series = np.arange(len(panel.ids), dtype=np.int32)
    first = panel.offsets[:-1] + start.known - window.lookback
    windows = Windows(source, window.lookback, window.horizon, series, first, padded=window.short == "pad")
    start_backend(spec.runtime)
    network = replace(fitted, scaler=scaler, shape=replace(fitted.shape, horizon=window.horizon))
    forecast = network.forecast(
        windows, scaler.rows_for(panel.ids), probabilities(spec.evaluation.levels)
    ).first_steps(steps)
    calibration = calibration_for(spec.scaling, fitted.calibration, panel, start.known)
    forecast = forecast.calibrated(calibration, panel.ids)
    table = forecast.table(panel, spec.data, levels=spec.evaluation.levels, native_times=native_times)
    notes = [
        *start.notes,
        *unused,
        *filled,
        *new,
        *_beyond_calibration(calibration, steps, trained_horizon),
        *_unseen_categories(fitted, panel, start.known, lookback),
    ]
    return Predicted(table, len(series), notes, start.warnings)


def _beyond_calibration(calibration: Calibration | None, steps: int, trained: int) -> list[str]:
    """Return a remark if the forecast has more steps than the calibration."""
    if calibration is None or steps <= trained:
        return []
    return [f"intervals end after {trained} steps, because no errors are known beyond them"]


def _unseen_categories(fitted: Fitted, panel: Panel, known: Ints, lookback: int | None) -> list[str]:
    """Return a remark about categories that the network sees and that the training rows did not hold."""
    low = np.zeros_like(known) if lookback is None else np.maximum(known - lookback, 0)
    return fitted.encoders.unseen(panel.between(low, panel.lengths), known - low)
