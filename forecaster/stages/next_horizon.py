"""The forecast of the next horizon that a run holds, for its report and for pictures: next.csv."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Ints
from forecaster.data.ranges import ranges
from forecaster.errors import DataError
from forecaster.forecasting.fitted import Fitted, time_axis_of
from forecaster.forecasting.table import last_rows
from forecaster.reporting.forecasts import NEXT, read_forecasts
from forecaster.reporting.history import TargetRows
from forecaster.reporting.newest import NewestForecasts
from forecaster.runs.directory import RunDir
from forecaster.runs.files import write_whole
from forecaster.runs.tables import csv_bytes
from forecaster.stages.ahead import forecast_ahead
from forecaster.stages.drawing import FEW_PANELS, Drawing
from forecaster.stages.loaded import fitted_of
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import Prepared
from forecaster.stages.start import ForecastStart, find_forecast_start
from forecaster.system import quoted as as_typed

# Of more series than these, next.csv holds as many, evenly spaced. A forecast of all takes minutes.
MAX_SERIES = 200


def save_next_horizon(spec: ExperimentSpec, prepared: Prepared, fitted: Fitted, run: RunDir) -> list[str]:
    """Forecast the steps after the last row of each series, as `predict` does, and write next.csv.

    There is no file where the future covariates of the horizon are not known.

    Args:
        spec: The settings of the experiment.
        prepared: The data.
        fitted: The fitted forecaster.
        run: The run directory.

    Returns:
        Remarks for the user.
    """
    chosen = _chosen(spec, prepared)
    if not len(chosen):
        return []
    rows = None if spec.model.stateful else spec.window.lookback
    panel = prepared.panel.pick(chosen)
    with_future = prepared.table.with_future.pick(chosen)
    start = ForecastStart(
        last_rows(panel, rows=rows, with_future=with_future),
        panel.lengths if rows is None else np.minimum(panel.lengths, rows),
        [],
        (),
    )
    try:
        ahead = forecast_ahead(spec, fitted, start)
    except DataError as error:
        # The run is complete without this picture, and a training is not to be lost over it.
        return [f"The next horizon is not in the report: {error.diagnostics[0]}"]
    table = ahead.forecast.table(ahead.panel, spec.data, levels=spec.evaluation.levels)
    write_whole(run.file(NEXT), csv_bytes(table))
    return [] if ahead.far is None else [f"After the last row: {ahead.far.remark}"]


def _chosen(spec: ExperimentSpec, prepared: Prepared) -> Ints:
    """Return the series of next.csv: long enough, with known future covariates, and at most MAX_SERIES of these."""
    window, ahead = spec.window, prepared.table.with_future
    known = prepared.panel.lengths
    ready = known >= (1 if window.short == "pad" else window.lookback)
    if spec.data.future_covariates:
        ready &= prepared.table.n_future >= window.horizon
        places = np.flatnonzero(ready)
        begin = ahead.offsets[:-1][places] + known[places]
        of_horizon = ahead.values[ranges(begin, begin + window.horizon), -len(ahead.future) :]
        ready[places] = np.isfinite(of_horizon).all(axis=1).reshape(-1, window.horizon).all(axis=1)
    places = np.flatnonzero(ready)
    if len(places) <= MAX_SERIES:
        return places
    return places[np.linspace(0, len(places) - 1, MAX_SERIES).round().astype(np.int64)]


def read_next_horizon(opened: OpenedRun, rows: TargetRows | None = None) -> NewestForecasts | None:
    """Return the stored forecast of the next horizon; None where the run has none.

    Args:
        opened: The run.
        rows: The target values of the table; None takes the last lookback of each series from the run directory.

    Raises:
        DataError: When a file of the run is damaged.
    """
    run, spec = opened.run, opened.spec
    time_axis = time_axis_of(run)
    f = read_forecasts(run, spec.data, time_axis=time_axis, horizon=spec.window.horizon, name=NEXT)
    if f is None:
        return None
    if rows is None:
        rows = TargetRows.of(find_forecast_start(opened, time_axis, data=None, cutoff=None).panel)
    return NewestForecasts(f, rows, time_axis)


def forecast_next_horizon(opened: OpenedRun, drawing: Drawing) -> NewestForecasts:
    """Forecast the next horizon of the series of a picture with the network of the run.

    Args:
        opened: The run.
        drawing: The picture; one without named series takes the first few.

    Raises:
        DataError: When a file of the run is damaged, or a future value is missing.
        UsageError: When a name is unknown.
    """
    fitted, spec = fitted_of(opened), opened.spec
    start = find_forecast_start(opened, fitted.time_axis, data=None, cutoff=None)
    drawing.check_names(start.panel.ids, start.panel.targets)
    wanted = set(drawing.series or start.panel.ids[:FEW_PANELS])
    keep = np.flatnonzero([name in wanted for name in start.panel.ids])
    start = replace(start, panel=start.panel.pick(keep), known=start.known[keep])
    try:
        ahead = forecast_ahead(spec, fitted, start)
    except DataError as error:
        if not spec.data.future_covariates:
            raise
        # The table that is missing is an option of predict, not of plot.
        run = as_typed(str(opened.run.path))
        hint = f"fill in the table of forecaster future {run}, and draw with forecaster predict --plot"
        *others, last = error.diagnostics
        raise DataError(str(error), diagnostics=[*others, replace(last, hint=hint)]) from error
    return NewestForecasts.of(start.panel, start.known, ahead.forecast, tuple(spec.evaluation.levels))
