"""Ridge regression on mean-centred windows: the linear model every network must be shown beside.

With x the `lookback` rows before the origin of one series and target, and m their
mean, the forecast is m + W'(x - m). One matrix W (lookback, horizon) serves all series
and targets. W solves (X'X + penalty I) W = X'Y over training windows, each divided by
its series' and target's training standard deviation, so that large series do not
decide alone (Hoerl & Kennard, 1970; Toner & Darlow, An Analysis of Linear Time Series
Forecasting Models, 2024).

X'X is added up in parts, since the windows of a large table fit no memory, and is
decomposed once for all penalties; scikit-learn's Ridge gives the same W from the
whole of X.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from forecaster.forecasting.origins import Array, Forecast, Origins, last_rows, next_rows

# As shares of the mean square of an input, so that neither units nor the number of windows matter.
PENALTIES = tuple(float(p) for p in np.logspace(-4, 2, 13))

# Taken where no validation window can choose.
PENALTY_UNCHOSEN = 0.1

# Samples (a window of one target) learned from and validated on; more are thinned out evenly.
MAX_TRAINING_SAMPLES = 200_000
MAX_VALIDATION_SAMPLES = 50_000


@dataclass(frozen=True)
class Ridge:
    """A fitted regression.

    weights: (lookback, horizon). penalty: the chosen one of PENALTIES.
    """

    weights: Array
    penalty: float

    def forecast(self, origins: Origins) -> Forecast:
        """(windows, horizon, targets), original units.

        Absent rows of a history shorter than the lookback count as its mean.
        """
        lookback, horizon = self.weights.shape
        out = np.empty((len(origins.row), horizon, origins.values.shape[1]), np.float32)
        for run, part in origins.parts(lookback + horizon):
            past = last_rows(part, lookback)
            shape = (*past.mean.shape, horizon)
            ahead = (_flat(past.centred) @ self.weights).reshape(shape) + past.mean[:, :, None]
            out[run] = ahead.transpose(0, 2, 1)
        return out


def fit(train: Origins, val: Origins, *, lookback: int, train_std: Array) -> Ridge:
    """Learn from training windows, and choose the penalty of least squared error on validation windows.

    train, val: origins whose target rows exist; windows with less than `lookback` rows
    of history are passed over. train_std: (series, targets); a series and target whose
    std is 0 or not finite neither teaches nor judges.
    Deterministic. With no usable training window every weight is 0: the forecast is the
    mean of the lookback.
    """
    learned = _moments(train, lookback=lookback, train_std=train_std, limit=MAX_TRAINING_SAMPLES)
    judged = _moments(val, lookback=lookback, train_std=train_std, limit=MAX_VALIDATION_SAMPLES)
    mean_square = float(np.trace(learned.inputs)) / lookback
    if mean_square == 0.0:
        return Ridge(np.zeros((lookback, train.horizon)), PENALTY_UNCHOSEN)

    values, vectors = np.linalg.eigh(learned.inputs)
    # X'X has no negative eigenvalue but by rounding.
    values = np.maximum(values, 0.0)
    turned = vectors.T @ learned.cross

    def weights(penalty: float) -> Array:
        solved: Array = vectors @ (turned / (values + penalty * mean_square)[:, None])
        return solved

    penalty = PENALTY_UNCHOSEN
    if np.trace(judged.inputs) > 0:
        penalty = min(PENALTIES, key=lambda p: judged.squared_error(weights(p)))
    return Ridge(weights(penalty), penalty)


class _Moments(NamedTuple):
    """All that a sum of squares of Y - XW depends on, less the constant Y'Y."""

    inputs: Array
    """X'X, (lookback, lookback)."""
    cross: Array
    """X'Y, (lookback, horizon)."""

    def squared_error(self, weights: Array) -> float:
        return float(np.sum(weights * (self.inputs @ weights - 2.0 * self.cross)))


def _moments(origins: Origins, *, lookback: int, train_std: Array, limit: int) -> _Moments:
    whole = origins.pick(origins.row - origins.start >= lookback)
    whole = whole.pick(_spread_out(len(whole.row), max(1, limit // origins.values.shape[1])))
    usable = np.isfinite(train_std) & (train_std > 0)
    per_std = np.divide(1.0, train_std, out=np.zeros_like(train_std), where=usable)

    out = _Moments(np.zeros((lookback, lookback)), np.zeros((lookback, origins.horizon)))
    for _, part in whole.parts(lookback + origins.horizon):
        past, scale = last_rows(part, lookback), per_std[part.series][:, None]
        x = _flat(past.centred * scale)
        y = _flat((next_rows(part) - past.mean[:, None]) * scale)
        np.add(out.inputs, x.T @ x, out=out.inputs)
        np.add(out.cross, x.T @ y, out=out.cross)
    return out


def _flat(windows: Array) -> Array:
    """(windows, steps, targets) as (windows x targets, steps)."""
    return windows.transpose(0, 2, 1).reshape(-1, windows.shape[1])


def _spread_out(n: int, keep: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """`keep` of the indices below n, one in each of as many equal stretches; all where n is no more.

    The place within a stretch follows the golden ratio: an even step of, say, 24 hours
    would learn from one hour of the day alone.
    """
    if n <= keep:
        return np.arange(n)
    stretch = np.arange(keep)
    return ((stretch + stretch * 0.6180339887498949 % 1.0) * (n / keep)).astype(np.int64)
