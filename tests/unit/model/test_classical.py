"""Classical forecasts of a window: what each gives where the answer is known."""

import numpy as np
import pytest

from forecaster.model.classical import CLASSICAL, classical_forecasts, is_classical, own_season

SEASON = np.array([3.0, -1.0, -4.0, 2.0])


def forecast(name: str, y: np.ndarray, *, season: int = 1, horizon: int = 6) -> np.ndarray:
    return CLASSICAL[name](np.asarray(y, dtype=float)[None], season, horizon)[0]


def test_seasonal_naive_repeats_the_last_season_and_the_last_value_where_there_is_none() -> None:
    assert forecast("seasonal_naive", [9, 1, 2, 3], season=3).tolist() == [1, 2, 3, 1, 2, 3]
    assert forecast("seasonal_naive", [1, 2], season=3).tolist() == [2] * 6


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_season_without_noise_goes_on(name: str) -> None:
    y = np.tile(SEASON, 8) + 10
    assert forecast(name, y, season=4, horizon=8) == pytest.approx(np.tile(SEASON, 2) + 10, abs=1e-6)


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.parametrize("n", [1, 2, 3, 5, 9])
def test_a_constant_goes_on_whatever_the_length(name: str, n: int) -> None:
    assert forecast(name, np.full(n, 7.0), season=4) == pytest.approx(np.full(6, 7.0))


def test_smoothing_follows_a_line_and_never_overtakes_it() -> None:
    found = forecast("smoothing", np.arange(40.0))
    assert found[0] == pytest.approx(40, abs=0.5)
    assert (np.diff(found) > 0).all()
    assert (found <= 40 + np.arange(6) + 1e-9).all()


def test_theta_adds_half_the_slope() -> None:
    """Of a line with slope 2 the smoothed level with the largest share is 1 % of a step behind the last value."""
    found = forecast("theta", 2.0 * np.arange(30.0))
    alpha = 0.99
    level = 58 - 2 * (1 - alpha) / alpha
    assert found == pytest.approx(level + np.arange(6) + 1 / alpha, abs=1e-6)


def test_steps_before_a_series_do_not_count() -> None:
    y = np.random.default_rng(0).normal(size=(2, 12, 1))
    mask = np.ones((2, 12))
    mask[0, :5] = 0
    for name in CLASSICAL:
        found = classical_forecasts(name, y, mask, season=3, horizon=4)
        short = classical_forecasts(name, y[:1, 5:], None, season=3, horizon=4)
        whole = classical_forecasts(name, y[1:], None, season=3, horizon=4)
        assert np.array_equal(found, np.concatenate([short, whole]))


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 6, 12, 24, 60])
def test_a_forecast_stays_near_the_values_of_its_window(name: str, n: int) -> None:
    """Logarithms of a series that begins to grow: its slope over two years would end at 10^13."""
    y = np.log1p(100.0 * np.array([1, 6, 11, 16, 6, 9] + [10] * 54))[:n]
    found = classical_forecasts(name, y[None, :, None], None, season=12, horizon=24)
    beyond = (y.max() - y.min()) * min(1.0, (n - 1) / 24)
    assert found.min() >= y.min() - beyond
    assert found.max() <= y.max() + beyond


def test_two_steps_show_hardly_a_slope_and_many_show_a_line() -> None:
    two = classical_forecasts("smoothing", np.array([1.0, 25.0])[None, :, None], None, season=1, horizon=24)
    assert two[0, :, 0] == pytest.approx(np.full(24, 26.0))
    line = np.arange(48.0)[None, :, None]
    for name in ("smoothing", "theta"):
        within = classical_forecasts(name, line, None, season=1, horizon=24)
        assert np.array_equal(within[0, :, 0], CLASSICAL[name](line[:, :, 0], 1, 24)[0])


def test_each_target_by_itself() -> None:
    y = np.random.default_rng(1).normal(size=(3, 20, 2))
    for name in CLASSICAL:
        together = classical_forecasts(name, y, None, season=4, horizon=5)
        apart = [classical_forecasts(name, y[:, :, i : i + 1], None, season=4, horizon=5) for i in (0, 1)]
        assert together == pytest.approx(np.concatenate(apart, axis=2))


def test_the_seasonal_naive_of_a_season_that_its_name_gives() -> None:
    past = np.arange(24.0).reshape(1, 12, 2)
    found = classical_forecasts("seasonal_naive_5", past, None, season=3, horizon=6)
    assert found[0, :, 0].tolist() == [14, 16, 18, 20, 22, 14]
    assert [own_season(n) for n in ("seasonal_naive_168", "seasonal_naive", "theta", "seasonal_naive_1")] == [
        168,
        None,
        None,
        None,
    ]
    assert [is_classical(n) for n in ("theta", "seasonal_naive_2", "seasonal_naive_02", "network")] == [
        True,
        True,
        False,
        False,
    ]
