"""Ridge regression from sums over windows, for more windows than fit into memory at once.

Solves (X'X + penalty I) W = X'Y (Hoerl & Kennard, 1970). X'X is summed in parts and decomposed once for all
penalties; scikit-learn's Ridge without an intercept gives the same W from the whole of X.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Relative to the mean square of an input, so that neither units nor the number of windows matter.
PENALTIES = tuple(float(p) for p in np.logspace(-4, 2, 13))

# Used where there are no validation windows to choose by.
PENALTY_UNCHOSEN = 0.1

# Samples (one window of one target) that are fitted and validated on; more are thinned out evenly.
MAX_TRAINING_SAMPLES = 200_000
MAX_VALIDATION_SAMPLES = 50_000


class Moments(NamedTuple):
    """Everything that the sum of squares of Y - XW depends on, but for the constant Y'Y."""

    inputs: Array
    """X'X, (lookback, lookback)."""
    cross: Array
    """X'Y, (lookback, horizon)."""

    @classmethod
    def empty(cls, lookback: int, horizon: int) -> Moments:
        """Return the moments of no samples."""
        return cls(np.zeros((lookback, lookback)), np.zeros((lookback, horizon)))

    def add(self, x: Array, y: Array) -> None:
        """Add samples in place. x: (samples, lookback); y: (samples, horizon)."""
        np.add(self.inputs, x.T @ x, out=self.inputs)
        np.add(self.cross, x.T @ y, out=self.cross)

    def last(self, steps: int) -> Moments:
        """Return the moments of the same samples, of which only the last steps of the lookback are seen."""
        return Moments(self.inputs[-steps:, -steps:], self.cross[-steps:])

    def squared_error(self, weights: Array) -> float:
        """Return the sum of squares of Y - X weights, less Y'Y. weights: (lookback, horizon)."""
        return float(np.sum(weights * (self.inputs @ weights - 2.0 * self.cross)))


def solve(learned: Moments, judged: Moments | None, *, penalty: float | None = None) -> tuple[Array, float]:
    """Solve the ridge regression.

    Args:
        learned: Moments of the training samples. Without samples every weight is 0.
        judged: Moments of the validation samples, by which the penalty is chosen.
        penalty: Relative to the mean square of an input. None takes the one of PENALTIES with the least
            squared error on `judged`, or PENALTY_UNCHOSEN without it.

    Returns:
        The weights, (lookback, horizon), and the penalty.
    """
    lookback = len(learned.inputs)
    mean_square = float(np.trace(learned.inputs)) / lookback
    if mean_square == 0.0:
        return np.zeros_like(learned.cross), PENALTY_UNCHOSEN
    values, vectors = np.linalg.eigh(learned.inputs)
    # Only rounding makes an eigenvalue of X'X negative. The floor avoids a division by zero in directions
    # that no window has, such as a last step that normalisation always sets to 0.
    values = np.maximum(values, 1e-12 * values[-1])
    rotated = vectors.T @ learned.cross

    def weights(relative: float) -> Array:
        solved: Array = vectors @ (rotated / (values + relative * mean_square)[:, None])
        return solved

    if penalty is None:
        penalty = PENALTY_UNCHOSEN
        if judged is not None and np.trace(judged.inputs) > 0:
            penalty = min(PENALTIES, key=lambda p: judged.squared_error(weights(p)))
    return weights(penalty), penalty


def spread_out(n: int, keep: int) -> NDArray[np.int64]:
    """Choose `keep` of the indices below n, one from each of `keep` equal stretches; all where n is no larger.

    The position within a stretch follows the golden ratio, because an even step of, say, 24 hours would
    choose the same hour of every day.
    """
    if n <= keep:
        return np.arange(n)
    stretch = np.arange(keep)
    return ((stretch + stretch * 0.6180339887498949 % 1.0) * (n / keep)).astype(np.int64)
