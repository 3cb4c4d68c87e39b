"""Ridge regression on mean-centred windows: the linear model every network must be shown beside.

With x the `lookback` rows before the origin of one series and target, and m their
mean, the forecast is m + W'(x - m). One matrix W (lookback, horizon) serves all series
and targets. W solves (X'X + penalty I) W = X'Y over training windows, each divided by
its series' and target's training standard deviation, so that large series do not
decide alone (Hoerl & Kennard, 1970; Toner & Darlow, An Analysis of Linear Time Series
Forecasting Models, 2024).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.forecasting.cutoffs import Array, Cutoffs, Forecast, last_rows, next_rows
from forecaster.model import linear


@dataclass(frozen=True)
class Ridge:
    """A fitted regression.

    weights: (lookback, horizon). penalty: a share of the mean square of an input.
    """

    weights: Array
    penalty: float

    def forecast(self, cutoffs: Cutoffs) -> Forecast:
        """(windows, horizon, targets), original units.

        Absent rows of a history shorter than the lookback count as its mean.
        """
        lookback, horizon = self.weights.shape
        out = np.empty((len(cutoffs.row), horizon, cutoffs.values.shape[1]), np.float32)
        for run, part in cutoffs.parts(lookback + horizon):
            past = last_rows(part, lookback)
            shape = (*past.mean.shape, horizon)
            ahead = (_flat(past.centred) @ self.weights).reshape(shape) + past.mean[:, :, None]
            out[run] = ahead.transpose(0, 2, 1)
        return out


def fit(train: Cutoffs, val: Cutoffs, *, lookback: int, train_std: Array) -> Ridge:
    """Learn from training windows, and choose the penalty of least squared error on validation windows.

    train, val: origins whose target rows exist; windows with less than `lookback` rows
    of history are passed over. train_std: (series, targets); a series and target whose
    std is 0 or not finite neither teaches nor judges.
    Deterministic. With no usable training window every weight is 0: the forecast is the
    mean of the lookback.
    """
    learned = _moments(train, lookback=lookback, train_std=train_std, limit=linear.MAX_TRAINING_SAMPLES)
    judged = _moments(val, lookback=lookback, train_std=train_std, limit=linear.MAX_VALIDATION_SAMPLES)
    weights, penalty = linear.solve(learned, judged)
    return Ridge(weights, penalty)


def _moments(cutoffs: Cutoffs, *, lookback: int, train_std: Array, limit: int) -> linear.Moments:
    whole = cutoffs.pick(cutoffs.row - cutoffs.start >= lookback)
    whole = whole.pick(linear.spread_out(len(whole.row), max(1, limit // cutoffs.values.shape[1])))
    usable = np.isfinite(train_std) & (train_std > 0)
    per_std = np.divide(1.0, train_std, out=np.zeros_like(train_std), where=usable)

    out = linear.Moments.empty(lookback, cutoffs.horizon)
    for _, part in whole.parts(lookback + cutoffs.horizon):
        past, scale = last_rows(part, lookback), per_std[part.series][:, None]
        x = _flat(past.centred * scale)
        y = _flat((next_rows(part) - past.mean[:, None]) * scale)
        out.add(x, y)
    return out


def _flat(windows: Array) -> Array:
    """(windows, steps, targets) as (windows x targets, steps)."""
    return windows.transpose(0, 2, 1).reshape(-1, windows.shape[1])
