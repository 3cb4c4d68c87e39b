"""Ridge regression from sums over windows, which fit no memory all at once.

(X'X + penalty I) W = X'Y (Hoerl & Kennard, 1970). X'X is added up in parts and decomposed
once for all penalties; scikit-learn's Ridge gives the same W from the whole of X.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# As shares of the mean square of an input, so that neither units nor the number of windows matter.
PENALTIES = tuple(float(p) for p in np.logspace(-4, 2, 13))

# Taken where no validation window can choose.
PENALTY_UNCHOSEN = 0.1

# Samples (a window of one target) learned from and validated on; more are thinned out evenly.
MAX_TRAINING_SAMPLES = 200_000
MAX_VALIDATION_SAMPLES = 50_000


class Moments(NamedTuple):
    """All that a sum of squares of Y - XW depends on, less the constant Y'Y."""

    inputs: Array
    """X'X, (lookback, lookback)."""
    cross: Array
    """X'Y, (lookback, horizon)."""

    @classmethod
    def empty(cls, lookback: int, horizon: int) -> Moments:
        return cls(np.zeros((lookback, lookback)), np.zeros((lookback, horizon)))

    def add(self, x: Array, y: Array) -> None:
        """x: (samples, lookback), y: (samples, horizon)."""
        np.add(self.inputs, x.T @ x, out=self.inputs)
        np.add(self.cross, x.T @ y, out=self.cross)

    def squared_error(self, weights: Array) -> float:
        return float(np.sum(weights * (self.inputs @ weights - 2.0 * self.cross)))


def solve(learned: Moments, judged: Moments | None, *, penalty: float | None = None) -> tuple[Array, float]:
    """Weights (lookback, horizon) and the penalty they were found with.

    penalty: None chooses the one of PENALTIES with the least squared error on `judged`.
    With nothing learned every weight is 0.
    """
    lookback = len(learned.inputs)
    mean_square = float(np.trace(learned.inputs)) / lookback
    if mean_square == 0.0:
        return np.zeros_like(learned.cross), PENALTY_UNCHOSEN
    values, vectors = np.linalg.eigh(learned.inputs)
    # X'X has no eigenvalue below 0 but by rounding; the floor keeps directions that no window
    # has, such as a last step that is always its own level, from being divided by nothing.
    values = np.maximum(values, 1e-12 * values[-1])
    turned = vectors.T @ learned.cross

    def weights(share: float) -> Array:
        solved: Array = vectors @ (turned / (values + share * mean_square)[:, None])
        return solved

    if penalty is None:
        penalty = PENALTY_UNCHOSEN
        if judged is not None and np.trace(judged.inputs) > 0:
            penalty = min(PENALTIES, key=lambda p: judged.squared_error(weights(p)))
    return weights(penalty), penalty


def spread_out(n: int, keep: int) -> NDArray[np.int64]:
    """`keep` of the indices below n, one in each of as many equal stretches; all where n is no more.

    The place within a stretch follows the golden ratio: an even step of, say, 24 hours
    would learn from one hour of the day alone.
    """
    if n <= keep:
        return np.arange(n)
    stretch = np.arange(keep)
    return ((stretch + stretch * 0.6180339887498949 % 1.0) * (n / keep)).astype(np.int64)
