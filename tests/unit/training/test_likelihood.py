"""Losses of quantiles and distributions, against SciPy and scikit-learn."""

import math

import numpy as np
import pytest
from scipy import special, stats
from sklearn.metrics import mean_pinball_loss

from forecaster.model.spec import DistributionOutput, QuantileOutput

pytestmark = pytest.mark.slow


def loss(name: str, output: object, y: np.ndarray, parts: list[np.ndarray]) -> float:
    """y and each part: (windows, targets)."""
    from forecaster.training.losses import make_loss

    f = np.concatenate(parts, axis=-1).astype(np.float32)
    return float(make_loss(name, output)(y.astype(np.float32), f))


def numbers(low: float, high: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, size=(40, 2))


def test_log_gamma_from_the_smallest_to_large_numbers() -> None:
    from forecaster.training.likelihood import log_gamma

    x = np.array([1e-4, 0.1, 0.5, 1.0, 2.0, 3.7, 30.0, 1e3, 1e5], np.float32)
    np.testing.assert_allclose(np.array(log_gamma(x)), special.gammaln(x), rtol=2e-6, atol=2e-6)


def test_normal() -> None:
    y, m, s = numbers(-3, 3, 1), numbers(-1, 1, 2), numbers(0.1, 2, 3)
    found = loss("nll", DistributionOutput(type="distribution", family="normal"), y, [m, s])
    assert found == pytest.approx(-stats.norm.logpdf(y, m, s).mean(), rel=1e-5)


def test_student_t() -> None:
    y, m, s, v = numbers(-3, 3, 1), numbers(-1, 1, 2), numbers(0.1, 2, 3), numbers(2, 40, 4)
    found = loss("nll", DistributionOutput(type="distribution", family="student_t"), y, [m, s, v])
    assert found == pytest.approx(-stats.t.logpdf(y, v, m, s).mean(), rel=1e-5)


def test_negative_binomial_has_the_mean_and_the_variance_it_says() -> None:
    y, m, a = np.floor(numbers(0, 50, 1)), numbers(0.5, 40, 2), numbers(0.05, 2, 3)
    found = loss("nll", DistributionOutput(type="distribution", family="negative_binomial"), y, [m, a])
    size = 1 / a
    known = stats.nbinom(size, size / (size + m))
    assert found == pytest.approx(-known.logpmf(y).mean(), rel=1e-5)
    np.testing.assert_allclose(known.mean(), m)
    np.testing.assert_allclose(known.var(), m + a * m**2)


def test_pinball_is_the_mean_over_the_levels() -> None:
    y, low, middle = numbers(-3, 3, 1), numbers(-2, 0, 2), numbers(-1, 1, 3)
    found = loss("pinball", QuantileOutput(type="quantiles", levels=[0.2, 0.5]), y, [low, middle])
    parts = [mean_pinball_loss(y, low, alpha=0.2), mean_pinball_loss(y, middle, alpha=0.5)]
    assert found == pytest.approx(np.mean(parts), rel=1e-5)


def test_what_was_not_observed_does_not_count() -> None:
    y, m, s = np.array([[1.0], [math.nan]]), np.array([[0.0], [5.0]]), np.array([[1.0], [1e-3]])
    found = loss("nll", DistributionOutput(type="distribution", family="normal"), y, [m, s])
    assert found == pytest.approx(-stats.norm.logpdf(1.0), rel=1e-6)
