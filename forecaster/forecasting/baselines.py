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
from forecaster.forecasting.origins import Array, Forecast, Origins, last_rows


@dataclass(frozen=True)
class Known:
    """What a baseline may use beside the history.

    season: steps. lookback: steps the model sees. train, val: origins of the training
    and validation windows, whose target rows exist; val may hold none. train_std:
    (series, targets), of the training rows. fit_end: (series,), training rows of each series
    that is to be forecast. remarks: takes what a baseline has to say.
    """

    season: int
    lookback: int
    train: Origins
    val: Origins
    train_std: Array
    fit_end: NDArray[np.int64]
    remarks: list[str] = field(default_factory=list)


def naive(origins: Origins, known: Known) -> Forecast:
    """The last value, at every step."""
    last = origins.values[origins.row - 1].astype(np.float32)
    return np.repeat(last[:, None], origins.horizon, axis=1)


def seasonal_naive(origins: Origins, known: Known) -> Forecast:
    """The last full season, repeated; the last value where the history is shorter than a season."""
    season, steps = known.season, np.arange(origins.horizon)
    out = _empty(origins)
    for run, part in origins.parts(origins.horizon):
        row, full = part.row[:, None], (part.row - part.start >= season)[:, None]
        out[run] = part.values[np.where(full, row - season + steps % season, row - 1)]
    return out


def drift(origins: Origins, known: Known) -> Forecast:
    """The straight line through the first and the last value of the whole history before the origin.

    y_T + h (y_T - y_1) / (T - 1); flat where T is 1. Hyndman & Athanasopoulos,
    Forecasting: Principles and Practice (3rd ed.), 5.2.
    """
    ahead = np.arange(1, origins.horizon + 1)[:, None]
    out = _empty(origins)
    for run, part in origins.parts(origins.horizon):
        last = part.values[part.row - 1]
        between = np.maximum(part.row - 1 - part.start, 1)[:, None]
        slope = (last - part.values[part.start]) / between
        out[run] = last[:, None] + ahead * slope[:, None]
    return out


def window_average(origins: Origins, known: Known) -> Forecast:
    """The mean of the last `lookback` values, or of as many as there are, at every step."""
    out = _empty(origins)
    for run, part in origins.parts(known.lookback + origins.horizon):
        out[run] = last_rows(part, known.lookback).mean[:, None]
    return out


def ridge(origins: Origins, known: Known) -> Forecast:
    """Ridge regression from the lookback to the horizon, on mean-centred windows; see forecasting/ridge."""
    fitted = ridge_regression.fit(known.train, known.val, lookback=known.lookback, train_std=known.train_std)
    return fitted.forecast(origins)


def auto_ets(origins: Origins, known: Known) -> Forecast:
    """Exponential smoothing, its form chosen by AICc; see forecasting/stats."""
    return _statistical("auto_ets", origins, known)


def auto_theta(origins: Origins, known: Known) -> Forecast:
    """The best of four theta models; see forecasting/stats."""
    return _statistical("auto_theta", origins, known)


def auto_arima(origins: Origins, known: Known) -> Forecast:
    """Seasonal ARIMA, its orders chosen by AICc; see forecasting/stats."""
    return _statistical("auto_arima", origins, known)


def _statistical(name: str, origins: Origins, known: Known) -> Forecast:
    return stats.forecast(name, origins, season=known.season, fit_end=known.fit_end, remarks=known.remarks)


BASELINES: dict[str, Callable[[Origins, Known], Forecast]] = {
    f.__name__: f
    for f in (naive, seasonal_naive, drift, window_average, ridge, auto_ets, auto_theta, auto_arima)
}


def forecast(name: str, origins: Origins, known: Known) -> Forecast:
    """One baseline's forecast, (windows, horizon, targets), float32.

    A baseline that learns does so in every call: give it all origins at once.
    """
    return BASELINES[name](origins, known)


def _empty(origins: Origins) -> Forecast:
    return np.empty((len(origins.row), origins.horizon, origins.values.shape[1]), np.float32)
