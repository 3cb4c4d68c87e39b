"""Calibration that moves with time, by hand: what is known at each forecast origin, and what is learned from it."""

import numpy as np
import pytest

from forecaster.data.transforms.scalers import Scaler
from forecaster.evaluation.intervals import probabilities
from forecaster.forecasting.adaptive import AdaptiveCalibration
from forecaster.forecasting.calibration import GroupedQuantiles


def plain(n: int = 1) -> Scaler:
    return Scaler("standard", np.zeros((n, 1)), np.ones((n, 1)), tuple("abcdef"[:n]), 1)


def rolling(n_before: int = 4, n_after: int = 6, horizon: int = 2) -> AdaptiveCalibration:
    """One series; window i has its first target at position i and an actual value of i, forecast as 0."""
    first = np.arange(n_before + n_after)
    actual = np.repeat(first[:, None, None].astype(float), horizon, axis=1)

    def part(run: slice) -> tuple[GroupedQuantiles, np.ndarray, np.ndarray]:
        n = len(first[run])
        return GroupedQuantiles(np.zeros((n, horizon, 1, 1)), np.zeros(n, np.int64)), actual[run], first[run]

    return AdaptiveCalibration(
        part(slice(0, n_before)),
        part(slice(n_before, None)),
        probabilities=probabilities([80]),
        scaler=plain(),
        ids=["a"],
    )


def test_adaptive_calibration_knows_only_targets_before_the_origin():
    """Two steps ahead: at position 6 the newest whole window is that of 4 and 5."""
    r = rolling()
    assert r.known_before(6).tolist() == [1, 2, 3, 4]
    assert r.known_before(4).tolist() == [0, 1, 2]
    assert r.newest().offsets[0, 0, 0] == pytest.approx([6, 0, 9])


def test_adaptive_calibration_is_learned_anew_every_horizon():
    """Blocks begin at 4, 6 and 8 and take the errors 0 … 2, 1 … 4 and 3 … 6."""
    out = rolling().apply()[:, 0, 0]
    assert out[:, 0] == pytest.approx([0, 0, 1, 1, 3, 3])
    assert out[:, 2] == pytest.approx([2, 2, 4, 4, 6, 6])
