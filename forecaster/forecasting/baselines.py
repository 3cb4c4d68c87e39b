"""Baselines: simple forecasts that every model is compared with.

A baseline is a function of the cutoffs and of `BaselineInputs` that returns (windows, horizon, targets) in original
units, in double precision: single precision leaves a level of 10^9 no decimals. It uses only rows before each window,
and those that learn do so on training rows. To add one, write its function here and list it in BASELINES; the
statistical ones are listed in `stats`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from forecaster.data.arrays import Floats, Ints
from forecaster.forecasting import ridge as ridge_regression
from forecaster.forecasting import stats
from forecaster.forecasting.cutoffs import Cutoffs, PointForecast, last_rows
from forecaster.model.classical import own_season


@dataclass(frozen=True)
class BaselineInputs:
    """What a baseline may use in addition to the history.

    Attributes:
        season: Steps in one season.
        lookback: Steps that the model sees.
        train: The training windows, whose target rows exist.
        val: The validation windows, whose target rows exist; may be empty.
        train_std: (series, targets), standard deviation of the training rows.
        fit_end: (series,), number of training rows of each series to forecast.
        remarks: Receives a sentence from a baseline that could not do its work.
    """

    season: int
    lookback: int
    train: Cutoffs
    val: Cutoffs
    train_std: Floats
    fit_end: Ints
    remarks: list[str] = field(default_factory=list)


Baseline = Callable[[Cutoffs, BaselineInputs], PointForecast]


def naive(cutoffs: Cutoffs, inputs: BaselineInputs) -> PointForecast:
    """Last value, at every step."""
    last = cutoffs.values[cutoffs.row - 1].astype(np.float64)
    return np.repeat(last[:, None], cutoffs.horizon, axis=1)


def seasonal_naive(cutoffs: Cutoffs, inputs: BaselineInputs) -> PointForecast:
    """Last full season, repeated; the last value where the history is shorter than a season."""
    return _repeated(cutoffs, inputs.season)


def _repeated(cutoffs: Cutoffs, season: int) -> PointForecast:
    steps = np.arange(cutoffs.horizon)
    out = _empty(cutoffs)
    for run, part in cutoffs.parts(cutoffs.horizon):
        row, full = part.row[:, None], (part.row - part.start >= season)[:, None]
        out[run] = part.values[np.where(full, row - season + steps % season, row - 1)]
    return out


def drift(cutoffs: Cutoffs, inputs: BaselineInputs) -> PointForecast:
    """Straight line through the first and the last value of the history, continued.

    y_T + h (y_T - y_1) / (T - 1), with T the length of the history; flat where T is 1.
    Hyndman & Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), 5.2.
    """
    ahead = np.arange(1, cutoffs.horizon + 1)[:, None]
    out = _empty(cutoffs)
    for run, part in cutoffs.parts(cutoffs.horizon):
        last = part.values[part.row - 1]
        between = np.maximum(part.row - 1 - part.start, 1)[:, None]
        slope = (last - part.values[part.start]) / between
        out[run] = last[:, None] + ahead * slope[:, None]
    return out


def window_average(cutoffs: Cutoffs, inputs: BaselineInputs) -> PointForecast:
    """Mean of the last `lookback` values, or of as many as exist, at every step."""
    out = _empty(cutoffs)
    for run, part in cutoffs.parts(inputs.lookback + cutoffs.horizon):
        out[run] = last_rows(part, inputs.lookback).mean[:, None]
    return out


def ridge(cutoffs: Cutoffs, inputs: BaselineInputs) -> PointForecast:
    """Ridge regression from the lookback to the horizon, on mean-centred windows.

    Formula and source are in the module `ridge`.
    """
    fitted = ridge_regression.fit(
        inputs.train, inputs.val, lookback=inputs.lookback, train_std=inputs.train_std
    )
    return fitted.forecast(cutoffs)


def _statistical(name: str) -> Baseline:
    def baseline(cutoffs: Cutoffs, inputs: BaselineInputs) -> PointForecast:
        return stats.forecast(
            name, cutoffs, season=inputs.season, fit_end=inputs.fit_end, remarks=inputs.remarks
        )

    # The first paragraph of a baseline's docstring is its description for users.
    baseline.__doc__ = stats.MODELS[name].make.__doc__
    return baseline


BASELINES: dict[str, Baseline] = {
    **{f.__name__: f for f in (naive, seasonal_naive, drift, window_average, ridge)},
    **{name: _statistical(name) for name in stats.MODELS},
}
"""Every baseline by the name it has in the YAML file."""


def is_baseline(name: str) -> bool:
    """Return whether there is a baseline of this name."""
    return name in BASELINES or own_season(name) is not None


def forecast(name: str, cutoffs: Cutoffs, inputs: BaselineInputs) -> PointForecast:
    """Forecast all windows with one baseline.

    A baseline that learns does so in every call, so pass all cutoffs at once.

    Args:
        name: A key of BASELINES, or the seasonal naive of another season, such as seasonal_naive_168.
        cutoffs: The windows to forecast.
        inputs: What the baseline may use in addition to the history.

    Returns:
        (windows, horizon, targets), original units.
    """
    season = own_season(name)
    return BASELINES[name](cutoffs, inputs) if season is None else _repeated(cutoffs, season)


def _empty(cutoffs: Cutoffs) -> PointForecast:
    return np.empty((len(cutoffs.row), cutoffs.horizon, cutoffs.values.shape[1]))
