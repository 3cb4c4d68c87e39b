"""The Diebold-Mariano test by hand, and what it says of chance."""

import math

import numpy as np
import pytest
from scipy import stats

from forecaster.evaluation.significance import diebold_mariano, losses_by_cutoff, owa, skill


def test_one_step_ahead_is_the_paired_t_test() -> None:
    """With horizon 1 the factor (n - 1) / n makes the variance that of the sample."""
    first, second = np.array([1.0, 2, 4, 3, 5]), np.array([2.0, 2, 3, 5, 7])
    found = diebold_mariano(first, second, horizon=1)
    expected = stats.ttest_rel(first, second)
    assert found.difference == pytest.approx(-0.8)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.origins == 5


def test_two_steps_ahead_by_hand() -> None:
    """d = 1, 3, 2, 2: mean 2, autocovariances 1/2 and -1/4, n = 4: the variance is 0, so distance weighs:
    1/2 + 2 x 1/2 x -1/4 = 1/4. Factor (4 + 1 - 4 + 2/4) / 4 = 3/8."""
    found = diebold_mariano(np.array([1.0, 3, 2, 2]), np.zeros(4), horizon=2)
    assert found.statistic == pytest.approx(2 / math.sqrt(1 / 4 / 4) * math.sqrt(3 / 8))
    # d = 1, 2, 2, 3: autocovariances 1/2 and 0.
    found = diebold_mariano(np.array([1.0, 2, 2, 3]), np.zeros(4), horizon=2)
    assert found.statistic == pytest.approx(2 / math.sqrt(1 / 2 / 4) * math.sqrt(3 / 8))
    assert found.p == pytest.approx(2 * stats.t.sf(found.statistic, 3))


def test_a_difference_is_called_one_as_often_as_it_should_be() -> None:
    """Losses of forecasts four steps ahead overlap; of two equal ones about 5 in 100 differ by chance."""
    chance = np.random.default_rng(0)
    called = 0
    for _ in range(1000):
        d = np.convolve(chance.normal(size=203), np.ones(4), mode="valid")
        called += diebold_mariano(d, np.zeros(200), horizon=4).real
    assert 30 <= called <= 90


def test_nothing_can_be_told_from_too_few() -> None:
    assert diebold_mariano(np.array([1.0]), np.array([2.0]), horizon=1).p is None
    # n + 1 - 2 h + h (h - 1) / n is 0 for 2 cutoffs and a horizon of 2.
    assert diebold_mariano(np.array([1.0, 2.0]), np.array([2.0, 5.0]), horizon=2).p is None


def test_equal_forecasts_are_equal() -> None:
    found = diebold_mariano(np.ones(9), np.ones(9), horizon=3)
    assert (found.difference, found.p, found.real) == (0.0, 1.0, False)


def test_losses_are_means_of_scaled_errors_at_each_cutoff() -> None:
    """Two series at position 5, one of them also at 3; errors 2 and 4 in units of 2, 6 in units of 3."""
    actual = np.array([[[10.0]], [[10.0]], [[math.nan]], [[10.0]]])
    forecast = np.array([[[12.0]], [[4.0]], [[0.0]], [[16.0]]])
    scale = np.array([[2.0], [3.0], [1.0], [0.0]])
    where, loss = losses_by_cutoff(actual, forecast, scale, np.array([5, 5, 3, 7]))
    assert where.tolist() == [3, 5, 7]
    assert loss[1] == pytest.approx((1 + 2) / 2)
    assert np.isnan(loss[[0, 2]]).all()
    _, squared = losses_by_cutoff(actual, forecast, scale, np.array([5, 5, 3, 7]), squared=True)
    assert squared[1] == pytest.approx((1 + 4) / 2)


def test_skill_and_owa_by_hand() -> None:
    assert skill(3.0, 4.0) == 0.25
    assert skill(None, 4.0) is skill(3.0, 0.0) is None
    # The winner of M4's hourly series against Naive2.
    naive2 = {"smape": 18.383, "mase": 2.395}
    assert owa({"smape": 9.328, "mase": 0.893}, naive2) == pytest.approx(0.440, abs=5e-4)
    assert owa(naive2, naive2) == 1.0
    assert owa({"smape": None, "mase": 1.0}, naive2) is None
