"""Intervals that are the network's own, multiplied: what they hold, and what always holds of them."""

import numpy as np
import pytest

from forecaster.data.transforms.scalers import Scaler
from forecaster.forecasting.calibration import Calibration, GroupedQuantiles, calibrate
from forecaster.forecasting.stretch import LEAST_DISTANCE, LEAST_FACTOR, distances, learn_factors

PROBABILITIES = (0.025, 0.1, 0.5, 0.9, 0.975)
SCALER = Scaler("none", np.zeros((1, 1)), np.ones((1, 1)), ("a",), 1)
# Quantiles of the standard normal distribution.
USUAL = np.array([-1.959964, -1.281552, 0.0, 1.281552, 1.959964])


def calibrated(actual: np.ndarray, quantiles: np.ndarray) -> Calibration:
    forecast = GroupedQuantiles(quantiles, np.zeros(len(actual), dtype=np.int64))
    return calibrate(forecast, actual, probabilities=PROBABILITIES, scaler=SCALER, ids=("a",), stretch=True)


def applied(calibration: Calibration, quantiles: np.ndarray) -> np.ndarray:
    return calibration.apply(GroupedQuantiles(quantiles, np.zeros(len(quantiles), dtype=np.int64)), ("a",))


def busy_and_quiet(n: int, *, claimed: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Every other window is ten times as wide, which the network knows up to the factor that it claims too much."""
    spread = np.where(np.arange(n) % 2, 10.0, 1.0)[:, None, None]
    actual = 5 + spread * np.random.default_rng(seed).normal(size=(n, 3, 1))
    return actual, 5 + claimed * spread[..., None] * np.broadcast_to(USUAL, (n, 3, 1, 5))


@pytest.mark.parametrize("claimed", [0.3, 1.0, 4.0])
def test_intervals_hold_their_share_in_busy_and_in_quiet_hours(claimed: float) -> None:
    calibration = calibrated(*busy_and_quiet(2_000, claimed=claimed))
    actual, quantiles = busy_and_quiet(2_000, claimed=claimed, seed=1)
    found = applied(calibration, quantiles)
    for low, high, level in ((1, 3, 0.8), (0, 4, 0.95)):
        inside = (actual >= found[..., low]) & (actual <= found[..., high])
        for hours in (slice(0, None, 2), slice(1, None, 2)):
            assert inside[hours].mean() == pytest.approx(level, abs=0.03)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 20])
def test_few_errors_widen_the_interval_in_proportion_and_always_hold_the_forecast(n: int) -> None:
    """One window, all errors of one sign: offsets of their own would leave the forecast outside."""
    quantiles = np.broadcast_to(USUAL, (n, 4, 1, 5))
    found = applied(calibrated(np.full((n, 4, 1), 3.0), quantiles), quantiles)
    assert (np.diff(found, axis=-1) >= 0).all()
    assert (found[..., 1] < 0).all()
    assert (found[..., 3] > 0).all()


def test_point_forecasts_get_the_spread_of_all_errors() -> None:
    rng = np.random.default_rng(4)
    points = np.zeros((3_000, 2, 1, 1))
    found = applied(calibrated(2 * rng.normal(size=(3_000, 2, 1)), points), points)
    assert found[0, 0, 0] == pytest.approx(2 * USUAL, abs=0.2)


def test_a_network_without_spread_still_has_intervals() -> None:
    quantiles = np.full((4, 2, 1, 5), 7.0)
    assert (distances(quantiles, PROBABILITIES)[..., [0, 1, 3, 4]] >= LEAST_DISTANCE).all()
    found = applied(calibrated(np.full((4, 2, 1), 7.0), quantiles), quantiles)
    assert (np.diff(found, axis=-1) > 0).all()


def test_a_rare_sale_does_not_widen_the_intervals_of_all() -> None:
    """A network puts the quantiles of a rarely sold article next to 0; the sales that do come are many of its widths."""

    def sales(seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        mean = np.where(np.arange(4_000) % 2, 0.1, 4.0)[:, None, None] * np.ones((1, 2, 1))
        guessed = np.stack([np.quantile(rng.poisson(4.0, 1_000), p) for p in PROBABILITIES])
        quantiles = np.where(mean[..., None] < 1, 0.01 * np.arange(5), guessed)
        return rng.poisson(mean).astype(float), quantiles

    calibration = calibrated(*sales(0))
    actual, quantiles = sales(1)
    found = applied(calibration, quantiles)
    assert calibration.added[0] > 0
    assert (found[..., 4] - found[..., 0]).max() < 16
    beyond = actual[..., None] - found
    p = np.array(PROBABILITIES)
    plain = actual[..., None] - np.median(actual)
    loss = np.maximum(p * beyond, (p - 1) * beyond).mean()
    assert loss < 0.75 * np.maximum(p * plain, (p - 1) * plain).mean()


def test_nothing_is_added_where_the_network_knows_the_spread() -> None:
    assert calibrated(*busy_and_quiet(2_000, claimed=1.0)).added.tolist() == [0.0]


def test_quantiles_that_cross_are_put_in_order() -> None:
    crossed = np.array([0.5, -2.0, 0.0, 1.0, 0.2]).reshape(1, 1, 1, 5)
    assert distances(crossed, PROBABILITIES).ravel().tolist() == [2.0, 2.0, 0.0, 1.0, 1.0]


def test_unobserved_steps_keep_the_factor_1_and_certain_ones_the_least() -> None:
    away = distances(np.broadcast_to(USUAL, (60, 2, 1, 5)), PROBABILITIES)
    error = np.zeros((60, 2, 1))
    assert (
        learn_factors(np.full_like(error, np.nan), away, PROBABILITIES, overlap=1.0, horizons=500.0) == 1
    ).all()
    assert learn_factors(error, away, PROBABILITIES, overlap=1.0, horizons=500.0)[
        ..., [0, 1, 3, 4]
    ] == pytest.approx(LEAST_FACTOR)


def test_steps_are_calibrated_apart_where_there_are_errors_for_each() -> None:
    rng = np.random.default_rng(5)
    error = rng.normal(size=(500, 2, 1)) * np.array([1.0, 6.0])[:, None]
    away = distances(np.broadcast_to(USUAL, (500, 2, 1, 5)), PROBABILITIES)
    factors = learn_factors(error, away, PROBABILITIES, overlap=1.0, horizons=500.0)
    assert factors[:, 0, 3] == pytest.approx([1.0, 6.0], rel=0.2)
    together = learn_factors(error, away, PROBABILITIES, overlap=20.0, horizons=25.0)
    assert together[0] == pytest.approx(together[1])


def test_plain_data_and_back() -> None:
    calibration = calibrated(*busy_and_quiet(40, claimed=1.0))
    again = Calibration.from_json(calibration.as_json(network=SCALER), network=SCALER)
    assert again.stretch
    assert again.offsets == pytest.approx(calibration.offsets)


def factor_at_the_end(error: np.ndarray, *, horizons: float = 4.0, hang_together: bool = True) -> float:
    """The factor of the probability 0.9, of windows that do not overlap."""
    probabilities = (0.1, 0.5, 0.9)
    away = np.broadcast_to(np.array([1.0, 0.0, 1.0]), (*error.shape, 3))
    found = learn_factors(
        error, away, probabilities, overlap=1.0, horizons=horizons, hang_together=hang_together
    )
    return float(found[0, 0, 2])


def test_steps_that_miss_together_count_as_one_error() -> None:
    """Four windows of twelve steps, each off by one amount: 80 % of four errors is the largest."""
    error = np.repeat(np.array([1.0, -2.0, 3.0, -4.0]), 12).reshape(4, 12, 1)
    assert factor_at_the_end(error) == 4.0
    assert factor_at_the_end(error, hang_together=False) == 4.0
    assert factor_at_the_end(np.concatenate([error, error[:3] / 10])) == 4.0
    assert factor_at_the_end(np.concatenate([error, error[:3] / 10]), hang_together=False) == 3.0


def test_steps_that_miss_apart_count_each() -> None:
    error = np.random.default_rng(0).normal(size=(12, 12, 1))
    assert factor_at_the_end(error) == pytest.approx(factor_at_the_end(error, hang_together=False), rel=0.05)


def test_many_horizons_count_every_error() -> None:
    error = np.repeat(np.linspace(0.1, 1.5, 15), 4).reshape(15, 4, 1)
    assert factor_at_the_end(error, horizons=15.0) == factor_at_the_end(
        error, horizons=15.0, hang_together=False
    )


@pytest.mark.parametrize("spread", [1e-3, 1e-2, 1.0, 30.0])
def test_a_point_forecast_has_intervals_of_its_errors_whatever_the_unit_of_the_scaler(spread: float) -> None:
    """Errors of a thousandth of the unit, as those of a pressure of about 1,013 in logarithms, and of 30 units."""
    rng = np.random.default_rng(3)
    error = rng.normal(scale=spread, size=(2_000, 1, 1))
    away = distances(np.zeros((2_000, 1, 1, 1)), PROBABILITIES)
    factors = learn_factors(error, away, PROBABILITIES, overlap=1.0, horizons=2_000.0)
    assert factors[0, 0, [0, 1, 3, 4]] == pytest.approx(spread, rel=0.1)
