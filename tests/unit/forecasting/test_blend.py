"""The weights of a blend: chosen by the error, drawn to the prior where there is little to choose by."""

import numpy as np
import pytest

from forecaster.forecasting.blend import NETWORK, Blend, choose_weights, prior

RNG = np.random.default_rng(3)
ACTUAL = RNG.normal(size=(400, 2, 1))
SCALE = np.ones((400, 1))


def off(size: float, seed: int) -> np.ndarray:
    return ACTUAL + size * np.random.default_rng(seed).normal(size=ACTUAL.shape)


def chosen(forecasts: dict[str, np.ndarray], **change: np.ndarray) -> dict[str, float]:
    return choose_weights(forecasts, change.get("actual", ACTUAL), change.get("scale", SCALE), n_series=1)


def test_the_prior_gives_the_network_one_half() -> None:
    assert prior(["smoothing", "theta"]) == {NETWORK: 0.5, "smoothing": 0.25, "theta": 0.25}
    assert prior([]) == {NETWORK: 1.0}


def test_the_better_forecast_takes_nearly_all() -> None:
    weights = chosen({NETWORK: off(5.0, 1), "theta": off(0.01, 2)})
    assert weights["theta"] > 0.98
    assert sum(weights.values()) == pytest.approx(1.0)
    assert min(weights.values()) >= 0


def test_equal_forecasts_with_errors_of_their_own_share() -> None:
    weights = chosen({NETWORK: off(1.0, 1), "smoothing": off(1.0, 2), "theta": off(1.0, 3)})
    assert all(w == pytest.approx(1 / 3, abs=0.07) for w in weights.values())


def test_the_mean_is_no_worse_than_its_best_part() -> None:
    parts = {NETWORK: off(1.0, 1), "smoothing": off(2.0, 2), "theta": off(4.0, 3)}
    weights = chosen(parts)
    mean = sum(weights[name] * part for name, part in parts.items())
    assert np.abs(mean - ACTUAL).mean() < min(np.abs(part - ACTUAL).mean() for part in parts.values())


def test_one_cutoff_weighs_by_the_error_of_each_alone() -> None:
    """The errors are 1 and 2; the network counts as often as the others, once. The best mean takes theta alone."""
    forecasts = {NETWORK: ACTUAL[:1] + 2, "theta": ACTUAL[:1] + 1}
    weights = choose_weights(forecasts, ACTUAL[:1], SCALE[:1], n_series=1)
    by_error = 2.0**4 / (2.0**4 + 1)
    assert weights["theta"] == pytest.approx((1 * 1.0 + 4 * by_error) / 5, abs=1e-6)


def test_more_series_at_one_cutoff_are_no_more_evidence() -> None:
    forecasts = {NETWORK: ACTUAL + 2, "theta": ACTUAL + 1}
    many = choose_weights(forecasts, ACTUAL, SCALE, n_series=400)
    one = choose_weights({k: f[:1] for k, f in forecasts.items()}, ACTUAL[:1], SCALE[:1], n_series=1)
    assert many == pytest.approx(one)


def test_a_useless_forecast_gets_next_to_nothing_even_at_one_cutoff() -> None:
    forecasts = {NETWORK: off(1.0, 1), "smoothing": off(9.0, 2), "theta": off(1.0, 3)}
    assert choose_weights(forecasts, ACTUAL, SCALE, n_series=400)["smoothing"] < 0.01


def test_unobserved_values_and_series_without_a_scale_do_not_count() -> None:
    actual, scale = ACTUAL.copy(), SCALE.copy()
    actual[:200] = np.nan
    scale[200:300] = 0
    good, bad = off(0.01, 1), off(0.01, 2)
    bad[300:] += 5
    good[:300] += 50
    weights = chosen({NETWORK: good, "theta": bad}, actual=actual, scale=scale)
    assert weights[NETWORK] > 0.98


def test_nothing_to_choose_by_leaves_the_prior() -> None:
    nothing = np.full_like(ACTUAL, np.nan)
    assert chosen({NETWORK: off(1, 1), "theta": off(1, 2)}, actual=nothing) == prior(["theta"])


def test_plain_data_and_back() -> None:
    blend = Blend(12, {NETWORK: 0.75, "smoothing": 0.25, "theta": 0.0})
    assert Blend.from_json(blend.as_json()) == blend
    assert blend.classical == ("smoothing",)
