"""Simple forecasts that every model is scored beside.

Each takes the origins and what is known, and returns (windows, horizon, targets) in
original units. None sees a row at or after an origin, but for those that learn, in training.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forecaster.forecasting import ridge as ridge_regression
from forecaster.forecasting import stats
from forecaster.forecasting.cutoffs import Array, Cutoffs, Forecast, last_rows


@dataclass(frozen=True)
class BaselineInputs:
    """What a baseline may use beside the history.

    season: steps. lookback: steps the model sees. train, val: origins of the training
    and validation windows, whose target rows exist; val may hold none. train_std:
    (series, targets), of the training rows. fit_end: (series,), training rows of each series
    that is to be forecast. remarks: takes what a baseline has to say.
    """

    season: int
    lookback: int
    train: Cutoffs
    val: Cutoffs
    train_std: Array
    fit_end: NDArray[np.int64]
    remarks: list[str] = field(default_factory=list)


def naive(cutoffs: Cutoffs, known: BaselineInputs) -> Forecast:
    """The last value, at every step."""
    last = cutoffs.values[cutoffs.row - 1].astype(np.float32)
    return np.repeat(last[:, None], cutoffs.horizon, axis=1)


def seasonal_naive(cutoffs: Cutoffs, known: BaselineInputs) -> Forecast:
    """The last full season, repeated; the last value where the history is shorter than a season."""
    season, steps = known.season, np.arange(cutoffs.horizon)
    out = _empty(cutoffs)
    for run, part in cutoffs.parts(cutoffs.horizon):
        row, full = part.row[:, None], (part.row - part.start >= season)[:, None]
        out[run] = part.values[np.where(full, row - season + steps % season, row - 1)]
    return out


def drift(cutoffs: Cutoffs, known: BaselineInputs) -> Forecast:
    """The straight line through the first and the last value of the whole history before the origin.

    y_T + h (y_T - y_1) / (T - 1); flat where T is 1. Hyndman & Athanasopoulos,
    Forecasting: Principles and Practice (3rd ed.), 5.2.
    """
    ahead = np.arange(1, cutoffs.horizon + 1)[:, None]
    out = _empty(cutoffs)
    for run, part in cutoffs.parts(cutoffs.horizon):
        last = part.values[part.row - 1]
        between = np.maximum(part.row - 1 - part.start, 1)[:, None]
        slope = (last - part.values[part.start]) / between
        out[run] = last[:, None] + ahead * slope[:, None]
    return out


def window_average(cutoffs: Cutoffs, known: BaselineInputs) -> Forecast:
    """The mean of the last `lookback` values, or of as many as there are, at every step."""
    out = _empty(cutoffs)
    for run, part in cutoffs.parts(known.lookback + cutoffs.horizon):
        out[run] = last_rows(part, known.lookback).mean[:, None]
    return out


def ridge(cutoffs: Cutoffs, known: BaselineInputs) -> Forecast:
    """Ridge regression from the lookback to the horizon, on mean-centred windows; see forecasting/ridge."""
    fitted = ridge_regression.fit(known.train, known.val, lookback=known.lookback, train_std=known.train_std)
    return fitted.forecast(cutoffs)


def auto_ets(cutoffs: Cutoffs, known: BaselineInputs) -> Forecast:
    """Exponential smoothing, its form chosen by AICc; see forecasting/stats."""
    return _statistical("auto_ets", cutoffs, known)


def auto_theta(cutoffs: Cutoffs, known: BaselineInputs) -> Forecast:
    """The best of four theta models; see forecasting/stats."""
    return _statistical("auto_theta", cutoffs, known)


def auto_arima(cutoffs: Cutoffs, known: BaselineInputs) -> Forecast:
    """Seasonal ARIMA, its orders chosen by AICc; see forecasting/stats."""
    return _statistical("auto_arima", cutoffs, known)


def _statistical(name: str, cutoffs: Cutoffs, known: BaselineInputs) -> Forecast:
    return stats.forecast(name, cutoffs, season=known.season, fit_end=known.fit_end, remarks=known.remarks)


BASELINES: dict[str, Callable[[Cutoffs, BaselineInputs], Forecast]] = {
    f.__name__: f
    for f in (naive, seasonal_naive, drift, window_average, ridge, auto_ets, auto_theta, auto_arima)
}


def forecast(name: str, cutoffs: Cutoffs, known: BaselineInputs) -> Forecast:
    """One baseline's forecast, (windows, horizon, targets), float32.

    A baseline that learns does so in every call: give it all origins at once.
    """
    return BASELINES[name](cutoffs, known)


def _empty(cutoffs: Cutoffs) -> Forecast:
    return np.empty((len(cutoffs.row), cutoffs.horizon, cutoffs.values.shape[1]), np.float32)
