"""The forecast of the steps after the last known rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.reading.sources import TableSource
from forecaster.data.transforms.cutoff import without_gaps
from forecaster.data.transforms.fitted import FittedTransforms, with_new_series
from forecaster.data.transforms.windows import Windows
from forecaster.errors import DataError
from forecaster.forecasting.calibration import Calibration
from forecaster.forecasting.far_out import FarOut, ValueRanges, far_out
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.forecast import Forecast
from forecaster.forecasting.levels import probabilities
from forecaster.stages.checks import check_logarithms
from forecaster.stages.graphs import EngineUsed, engine_used, with_engine
from forecaster.stages.intervals import calibration_for
from forecaster.stages.start import ForecastStart


@dataclass(frozen=True)
class Ahead:
    """The forecast of the steps after the last known rows.

    Attributes:
        panel: The series as the network sees them, without missing values.
        forecast: A window of each series, with calibrated intervals.
        notes: Remarks for the user.
        engine: What ran the networks.
        far: The forecasts far beyond all known values of their series; None where there are none.
    """

    panel: Panel
    forecast: Forecast
    notes: list[str]
    engine: EngineUsed
    far: FarOut | None = None


def forecast_ahead(
    spec: ExperimentSpec,
    fitted: Fitted,
    start: ForecastStart,
    *,
    steps: int | None = None,
    future: TableSource | None = None,
) -> Ahead:
    """Forecast the steps after each cutoff.

    A series that is not in the training data is scaled by its own history.

    Args:
        spec: The settings of the run, with a horizon of at least `steps`.
        fitted: The fitted forecaster.
        start: The series and their cutoffs.
        steps: The number of steps; None is the horizon of the settings.
        future: A table of the future covariates. Its values replace those of the rows.

    Raises:
        DataError: When a future value is missing, the network would see a gap that is not to be filled, or a forecast
            is no finite number.
        UsageError: When future is of no use.
    """
    window = spec.window
    steps = window.horizon if steps is None else steps
    panel, unused = start.known_ahead(spec, future)
    lookback = None if spec.model.stateful else window.lookback
    panel, observed, filled = without_gaps(panel, start.known, spec.data, fitted.scaler, lookback=lookback)
    check_logarithms(spec, panel)
    scaler, new = with_new_series(fitted.scaler, spec.scaling, panel, start.known)
    transforms = FittedTransforms(scaler, fitted.encoders)
    source = transforms.window_source(
        panel, observed=observed, calendar=spec.data.calendar, horizon=window.horizon
    )
    series = np.arange(len(panel.ids), dtype=np.int32)
    first = panel.offsets[:-1] + start.known - window.lookback
    windows = Windows(source, window.lookback, window.horizon, series, first, padded=window.short == "pad")
    network = replace(fitted, scaler=scaler, shape=replace(fitted.shape, horizon=window.horizon))
    # After the checks above: where it is Keras, it takes seconds to load.
    network = with_engine(network, spec.runtime)
    forecast = network.forecast(
        windows, scaler.rows_for(panel.ids), probabilities(spec.evaluation.levels)
    ).first_steps(steps)
    calibration = calibration_for(spec.scaling, fitted.calibration, panel, start.known)
    forecast = forecast.calibrated(calibration, panel.ids)
    _check_finite(forecast, panel)
    far = far_out(forecast, panel.ids, ValueRanges.of(panel, scaler))
    notes = [
        *unused,
        *filled,
        *new,
        *_beyond_calibration(calibration, steps, fitted.shape.horizon),
        *_unseen_categories(fitted, panel, start.known, lookback),
    ]
    return Ahead(panel, forecast, notes, engine_used(network), far)


def _check_finite(forecast: Forecast, panel: Panel) -> None:
    """Raise DataError where a forecast is no finite number, or an end of an interval is infinite."""
    wrong = ~np.isfinite(forecast.point).all(axis=(1, 2))
    if forecast.quantiles is not None:
        wrong |= np.isinf(forecast.quantiles).any(axis=(1, 2, 3))
    if wrong.any():
        names = [panel.ids[s] for s in forecast.series[wrong].tolist()]
        who = f" of {len(names):,} series, such as {names[0]!r}," if names[0] else ""
        raise DataError(
            f"the forecast{who} is not a finite number",
            hint="look for values far from those of the training rows, or train again with a lower learning rate",
        )


def _beyond_calibration(calibration: Calibration | None, steps: int, trained: int) -> list[str]:
    """Return a remark if the forecast has more steps than the calibration."""
    if calibration is None or steps <= trained:
        return []
    return [f"intervals end after {trained} steps, because no errors are known beyond them"]


def _unseen_categories(fitted: Fitted, panel: Panel, known: Ints, lookback: int | None) -> list[str]:
    """Return a remark about categories that the network sees and that the training rows did not hold."""
    low = np.zeros_like(known) if lookback is None else np.maximum(known - lookback, 0)
    return fitted.encoders.unseen(panel.between(low, panel.lengths), known - low)
