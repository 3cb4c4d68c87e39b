"""Ridge regression on mean-centred windows, the linear baseline.

With x the last `lookback` rows of one series and target, and m their mean, the forecast is
m + W'(x - m). One matrix W (lookback, horizon) serves all series and targets. W solves
(X'X + penalty I) W = X'Y over training windows, each divided by the training standard
deviation of its series and target, so that series of large values do not dominate (Hoerl &
Kennard, 1970; Toner & Darlow, An Analysis of Linear Time Series Forecasting Models, 2024).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.data.arrays import Floats
from forecaster.forecasting.cutoffs import Cutoffs, PointForecast, last_rows, next_rows
from forecaster.model import linear


@dataclass(frozen=True)
class Ridge:
    """A fitted regression.

    Attributes:
        weights: (lookback, horizon).
        penalty: The ridge penalty, relative to the mean square of an input.
    """

    weights: Floats
    penalty: float

    def forecast(self, cutoffs: Cutoffs) -> PointForecast:
        """Forecast every window.

        Where the history is shorter than the lookback, missing rows count as its mean.

        Returns:
            (windows, horizon, targets), original units.
        """
        lookback, horizon = self.weights.shape
        out = np.empty((len(cutoffs.row), horizon, cutoffs.values.shape[1]))
        for run, part in cutoffs.parts(lookback + horizon):
            past = last_rows(part, lookback)
            shape = (*past.mean.shape, horizon)
            ahead = (_flat(past.centred) @ self.weights).reshape(shape) + past.mean[:, :, None]
            out[run] = ahead.transpose(0, 2, 1)
        return out


def fit(train: Cutoffs, val: Cutoffs, *, lookback: int, train_std: Floats) -> Ridge:
    """Fit on training windows, with the penalty of the least squared error on validation windows.

    The result is deterministic. Without a usable training window every weight is 0, and the
    forecast is the mean of the lookback.

    Args:
        train: Windows to learn from, whose target rows exist; those with fewer than
            `lookback` rows of history are skipped.
        val: Windows to choose the penalty on, under the same conditions; may be empty.
        lookback: Rows before each window that the regression uses.
        train_std: (series, targets), standard deviation of the training rows. A series and
            target whose value is 0 or not finite is used for neither purpose.
    """
    learned = _moments(train, lookback=lookback, train_std=train_std, limit=linear.MAX_TRAINING_SAMPLES)
    judged = _moments(val, lookback=lookback, train_std=train_std, limit=linear.MAX_VALIDATION_SAMPLES)
    weights, penalty = linear.solve(learned, judged)
    return Ridge(weights, penalty)


def _moments(cutoffs: Cutoffs, *, lookback: int, train_std: Floats, limit: int) -> linear.Moments:
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


def _flat(windows: Floats) -> Floats:
    """Reshape (windows, steps, targets) to (windows x targets, steps)."""
    return windows.transpose(0, 2, 1).reshape(-1, windows.shape[1])
