"""Calibration that moves with time, by hand: what is known at each cutoff, and what is learned from it."""

import numpy as np
import pytest

from forecaster.data.transforms.scalers import Scaler
from forecaster.forecasting.adaptive import AdaptiveCalibration
from forecaster.forecasting.calibration import GroupedQuantiles
from forecaster.forecasting.levels import probabilities


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


def test_adaptive_calibration_knows_only_targets_before_the_cutoff():
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


def two_series() -> AdaptiveCalibration:
    """One step ahead, positions from 10. Series a had two windows before, series b one; b's come first after them,
    and the newest of a comes before its others. Each actual value is ten times the position, and 5 more for b.
    """

    def part(*windows: tuple[int, int]) -> tuple[GroupedQuantiles, np.ndarray, np.ndarray]:
        group, position = np.array(windows, dtype=np.int64).T
        actual = (10.0 * position + 5 * group)[:, None, None]
        return GroupedQuantiles(np.zeros((len(group), 1, 1, 1)), group), actual, position

    return AdaptiveCalibration(
        part((0, 11), (0, 10), (1, 11)),
        part((1, 12), (1, 13), (0, 14), (0, 12), (0, 13)),
        probabilities=probabilities([80]),
        scaler=plain(2),
        ids=["a", "b"],
    )


def test_each_series_has_as_many_known_windows_as_at_first():
    """Windows by number: a has 1, 0, 6, 7, 5 in order of time, b 2, 3, 4."""
    r = two_series()
    assert r.known_before(11).tolist() == [1]
    assert r.known_before(12).tolist() == [1, 0, 2]
    assert r.known_before(13).tolist() == [0, 6, 3]
    assert r.known_before(15).tolist() == [7, 5, 4]
    assert r.known_before(100).tolist() == [7, 5, 4]


def test_what_is_learned_of_two_series_comes_from_their_known_windows():
    """Before 13: of a 110 and 120, of b 125."""
    found = two_series().calibration(13)
    assert found.n_windows == 3
    assert found.offsets[0, 0, 0].tolist() == [110, 0, 125]


def test_blocks_of_two_series_begin_at_the_first_later_window():
    """At 12: 100, 110 and 115; at 13: 110, 120 and 125; at 14: 120, 130 and 135. The windows keep their order."""
    out = two_series().apply()
    assert out.shape == (5, 1, 1, 3)
    assert out.dtype == np.float64
    assert out[:, 0, 0, 0].tolist() == [100, 110, 120, 100, 110]
    assert out[:, 0, 0, 1].tolist() == [0] * 5
    assert out[:, 0, 0, 2].tolist() == [115, 125, 135, 115, 125]


def test_newest_calibration_knows_every_window():
    """Of a 130 and 140, of b 135."""
    assert two_series().newest().offsets[0, 0, 0].tolist() == [130, 0, 140]


def test_before_any_target_is_known_there_is_nothing_to_learn():
    with pytest.raises(ValueError, match=r"^calibration needs at least one window$"):
        two_series().calibration(10)


def two_long_series() -> AdaptiveCalibration:
    """90 windows each before, as many as 80 percent needs for one series; errors of b are ten times those of a."""
    group, position = np.repeat([0, 1], 91), np.tile(np.arange(91), 2)
    actual = ((position - 45.0) * np.where(group, 10, 1))[:, None, None]

    def part(of: np.ndarray) -> tuple[GroupedQuantiles, np.ndarray, np.ndarray]:
        return GroupedQuantiles(np.zeros((of.sum(), 1, 1, 1)), group[of]), actual[of], position[of]

    return AdaptiveCalibration(
        part(position < 90),
        part(position == 90),
        probabilities=probabilities([80]),
        scaler=plain(2),
        ids=["a", "b"],
    )


def test_series_with_enough_windows_are_calibrated_by_themselves():
    r = two_long_series()
    assert r.calibration(90).ids == ("a", "b")
    # Of the positions 1 to 90, errors -44 to 45: ranks 9 and 82.
    assert r.newest().offsets[1:, 0, 0].tolist() == [[-36, 0, 37], [-360, 0, 370]]


def test_series_are_pooled_for_new_ones_unless_there_are_none() -> None:
    """Of 180 errors, -45 … 44 and ten times those: ranks 18 and 163, which lie among those of b."""
    r = two_long_series()
    assert r.calibration(90).offsets[0, 0, 0].tolist() == [-280, 0, 270]
    assert r.newest().offsets[0, 0, 0].tolist() == [-270, 0, 280]
    known = r.calibration(90, new_series=False)
    assert known.offsets[:, 0, 0].tolist() == [[0, 0, 0], [-37, 0, 36], [-370, 0, 360]]
