"""The tests over cutoffs and over series by hand, and what they say of chance."""

import math

import numpy as np
import pytest
from scipy import stats

from forecaster.evaluation.significance import (
    cutoffs_needed,
    diebold_mariano,
    owa,
    paired_over_series,
    skill,
    window_losses,
)


def test_two_cosines_by_hand() -> None:
    """d = 1, 2, 3, 6 one step ahead: B = 4 / 2. L_j is sqrt(2 / 4) times the sum of d cos(pi j (t - 1/2) / 4)."""
    d, t = np.array([1.0, 2, 3, 6]), np.arange(4) + 0.5
    sums = [math.sqrt(1 / 2) * float(d @ np.cos(math.pi * j * t / 4)) for j in (1, 2)]
    variance = (sums[0] ** 2 + sums[1] ** 2) / 2 / 4
    found = diebold_mariano(d, np.zeros(4), horizon=1)
    assert found.statistic == pytest.approx(3 / math.sqrt(variance))
    assert found.p == pytest.approx(2 * stats.t.sf(3 / math.sqrt(variance), 2))
    assert (found.difference, found.origins, found.series) == (3.0, 4, None)


@pytest.mark.parametrize("horizon", [1, 4, 12])
@pytest.mark.parametrize("horizons", [4, 10, 40])
def test_a_difference_is_called_one_as_often_as_it_should_be(horizon: int, horizons: int) -> None:
    """Losses of forecasts several steps ahead overlap; of two equal ones about 5 in 100 differ by chance, also where
    the cutoffs are few."""
    rng = np.random.default_rng(0)
    n, called = horizon * horizons, 0
    for _ in range(1000):
        d = np.convolve(rng.normal(size=n + horizon - 1), np.ones(horizon), mode="valid")
        called += diebold_mariano(d, np.zeros(n), horizon=horizon).real
    assert 30 <= called <= 80


def test_four_horizons_of_cutoffs_are_needed() -> None:
    assert [cutoffs_needed(h) for h in (0, 1, 24)] == [4, 4, 96]
    rng = np.random.default_rng(0)
    assert diebold_mariano(rng.normal(size=95), np.zeros(95), horizon=24).p is None
    assert diebold_mariano(rng.normal(size=96), np.zeros(96), horizon=24).p is not None


def test_cutoffs_without_a_loss_are_left_out() -> None:
    d = np.array([1.0, math.nan, 2, 3, 6])
    assert diebold_mariano(d, np.zeros(5), horizon=1) == diebold_mariano(
        d[[0, 2, 3, 4]], np.zeros(4), horizon=1
    )


def test_ten_series_are_compared_by_the_paired_t_test() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.gamma(2, size=(2, 10))
    found = paired_over_series(first, second, n_cutoffs=1)
    expected = stats.ttest_rel(first, second)
    assert found.difference == pytest.approx(first.mean() - second.mean())
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.origins, found.series) == (1, 10)


def test_nine_series_are_too_few() -> None:
    found = paired_over_series(np.ones(9), np.zeros(9), n_cutoffs=1)
    assert (found.difference, found.p, found.real) == (1.0, None, False)


def test_series_that_all_differ_by_the_same_differ_for_certain() -> None:
    assert paired_over_series(np.full(10, 0.3), np.full(10, 0.1), n_cutoffs=1).p == 0.0
    assert paired_over_series(np.full(10, 0.1), np.full(10, 0.1), n_cutoffs=1).p == 1.0


def test_equal_forecasts_are_equal() -> None:
    found = diebold_mariano(np.ones(12), np.ones(12), horizon=3)
    assert (found.difference, found.p, found.real) == (0.0, 1.0, False)


def test_losses_are_sums_of_scaled_errors_of_each_window() -> None:
    """Two series at cutoff 1, one of them also at 0; errors 2 and -6 in units of 2 and 3; a scale of 0."""
    actual = np.array([[[10.0]], [[10.0]], [[math.nan]], [[10.0]]])
    forecast = np.array([[[12.0]], [[4.0]], [[0.0]], [[16.0]]])
    scale = np.array([[2.0], [3.0], [1.0], [0.0]])
    losses = window_losses(actual, forecast, scale)
    assert losses.total.tolist() == [1, 2, 0, 0]
    assert losses.count.tolist() == [1, 1, 0, 0]
    means, _ = losses.beside(losses, np.array([1, 1, 0, 2]), 3)
    assert means[1] == pytest.approx((1 + 2) / 2)
    assert np.isnan(means[[0, 2]]).all()
    assert window_losses(actual, forecast, scale, squared=True).total.tolist() == [1, 4, 0, 0]


def test_a_missing_forecast_makes_the_loss_of_its_window_missing() -> None:
    losses = window_losses(np.ones((2, 1, 1)), np.array([[[math.nan]], [[2.0]]]), np.ones((2, 1)))
    assert np.isnan(losses.total[0])
    assert losses.total[1] == 1


def test_skill_and_owa_by_hand() -> None:
    assert skill(3.0, 4.0) == 0.25
    assert skill(None, 4.0) is skill(3.0, 0.0) is None
    # The winner of M4's hourly series against Naive2.
    naive2 = {"smape": 18.383, "mase": 2.395}
    assert owa({"smape": 9.328, "mase": 0.893}, naive2) == pytest.approx(0.440, abs=5e-4)
    assert owa(naive2, naive2) == 1.0
    assert owa({"smape": None, "mase": 1.0}, naive2) is None
