"""From a run directory and a table to the next steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from forecaster.config.experiment import Experiment
from forecaster.data.panel import Panel
from forecaster.data.spec import ScalingSpec
from forecaster.data.transforms.scalers import Scaler, fit_scaler
from forecaster.data.transforms.windows import Windows
from forecaster.errors import Diagnostic
from forecaster.evaluation.intervals import probabilities
from forecaster.forecasting.calibration import GroupedQuantiles
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.table import Interval, forecast_table
from forecaster.runs.directory import RunDir
from forecaster.stages.cutoff import NAMED, find_forecast_start, load_run, reaching, without_gaps
from forecaster.stages.future import without_the_future
from forecaster.stages.intervals import error_units
from forecaster.stages.prepared import make_window_source

if TYPE_CHECKING:
    import pyarrow as pa

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Predicted:
    table: pa.Table
    n_series: int
    notes: list[str]
    warnings: tuple[Diagnostic, ...] = ()


def predict(
    run: RunDir,
    *,
    data: Path | None = None,
    cutoff: str | None = None,
    horizon: int | None = None,
    future: Path | None = None,
) -> Predicted:
    """Forecast one horizon for every series of a table, from its last row or from `origin`.

    data: None takes the rows that training ended with, or the training data itself when
    an origin is named. origin: the last timestamp taken as known; no target after it is
    looked at. horizon: steps; None takes the trained one, more is for head recursive alone.
    future: a table of the covariates that are known ahead; its cells go before those of the rows.
    Series that training never saw are scaled by their own history.
    Raises DataError and UsageError; writes nothing.
    """
    trained = load_run(run)
    fitted = Fitted.load(run)
    loaded, steps = reaching(trained, horizon)
    experiment, window = loaded.experiment, loaded.experiment.window
    start = find_forecast_start(run, loaded, fitted.time_axis, data=data, cutoff=cutoff)
    panel, unused = without_the_future(start, experiment, future)
    panel, observed, filled = without_gaps(panel, start.known, experiment, fitted.scaler)
    scaler, scaled = scaler_for(fitted.scaler, experiment.scaling, panel, start.known)
    groups = scaler.rows_for(panel.ids)
    source = make_window_source(experiment, panel, scaler, fitted.encoders, observed=observed)
    low = np.zeros_like(start.known) if experiment.model.stateful else start.known - window.lookback
    low = np.maximum(low, 0)
    unseen = fitted.encoders.unseen(panel.between(low, panel.lengths), start.known - low)
    first = panel.offsets[:-1] + start.known - window.lookback
    series = np.arange(len(panel.ids), dtype=np.int32)
    padded = window.short == "pad"
    windows = Windows(source, window.lookback, window.horizon, series, first, padded=padded)

    from forecaster.training.backend import start_backend

    start_backend(experiment.runtime)
    fitted = replace(fitted, scaler=scaler, shape=replace(fitted.shape, horizon=window.horizon))
    levels = experiment.evaluation.levels
    found = fitted.outlook(windows, groups, probabilities(levels))
    forecast = found.point[:, :steps]
    own = None if found.quantiles is None else found.quantiles[:, :steps]
    quantiles = _quantiles(
        fitted, forecast, own, _error_scaler(fitted, experiment, panel, start.known), panel.ids
    )
    if fitted.calibration is not None and steps > trained.experiment.window.horizon:
        scaled.append(
            f"intervals end after {trained.experiment.window.horizon} steps, as far as errors are known"
        )
    table = forecast_table(
        panel,
        experiment.data,
        forecast,
        series=series,
        target_row=windows.target_row,
        intervals=Interval.of(quantiles, probabilities(levels), levels),
    )
    return Predicted(table, len(series), [*start.notes, *unused, *filled, *scaled, *unseen], start.warnings)


def _quantiles(
    fitted: Fitted, forecast: Floats, own: Floats | None, scaler: Scaler | None, ids: tuple[str, ...]
) -> Floats | None:
    """(series, steps, targets, probabilities), as calibrated when the run was made.

    own: the network's quantiles, if any. scaler: that of the calibration, with every series.
    """
    if fitted.calibration is None or scaler is None:
        return own
    windowed = GroupedQuantiles(forecast[..., None] if own is None else own, scaler.rows_for(ids))
    return replace(fitted.calibration, scaler=scaler).apply(windowed, scaler.ids or ())


def _error_scaler(fitted: Fitted, experiment: Experiment, panel: Panel, known: Ints) -> Scaler | None:
    if fitted.calibration is None:
        return None
    return scaler_for(fitted.calibration.scaler, error_units(experiment), panel, known)[0]


def scaler_for(scaler: Scaler, scaling: ScalingSpec, panel: Panel, known: Ints) -> tuple[Scaler, list[str]]:
    """The trained scaler, and for series it never saw a fit of their own history."""
    new = np.flatnonzero(scaler.rows_for(panel.ids) < 0)
    if not len(new):
        return scaler, []
    fresh = panel.pick(new)
    own = fit_scaler(
        scaling,
        fresh.numbers,
        fresh.offsets,
        known[new],
        ids=fresh.ids,
        n_targets=len(panel.targets),
    )
    named = ", ".join(repr(name) for name in fresh.ids[:NAMED]) + (", …" if len(new) > NAMED else "")
    return scaler.with_new(own), [
        f"{len(new):,} series that training never saw: {named}; scaled by their own history"
    ]
