import math

import numpy as np
import pytest

pytestmark = pytest.mark.slow

N = np.nan


def loss(name: str, y: list[float], f: list[float]) -> float:
    from forecaster.training.losses import make_loss

    return float(make_loss(name)(np.array(y, np.float32), np.array(f, np.float32)))


def log_cosh(e: float) -> float:
    return math.log(math.cosh(e))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mse", (0 + 0.25 + 4 + 9) / 4),
        ("mae", (0 + 0.5 + 2 + 3) / 4),
        # Half the square up to 1, the size less a half beyond.
        ("huber", (0 + 0.125 + 1.5 + 2.5) / 4),
        ("log_cosh", (0 + log_cosh(0.5) + log_cosh(2) + log_cosh(3)) / 4),
    ],
)
def test_errors_of_0_and_a_half_and_2_and_3(name: str, expected: float) -> None:
    assert loss(name, [1, 2, 3, 4], [1, 2.5, 1, 7]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", ["mse", "mae", "huber", "log_cosh"])
def test_targets_that_were_not_observed_do_not_count(name: str) -> None:
    assert loss(name, [1, N, 3, N], [1, 100, 1, -5]) == loss(name, [1, 3], [1, 1])


@pytest.mark.parametrize("name", ["mse", "mae", "huber", "log_cosh"])
def test_no_observed_target_is_no_loss(name: str) -> None:
    assert loss(name, [N, N], [1, 2]) == 0


@pytest.mark.parametrize("name", ["mae", "huber", "log_cosh"])
def test_large_errors_do_not_overflow(name: str) -> None:
    assert loss(name, [0, 0], [1e30, -1e30]) == pytest.approx(1e30, rel=1e-5)


@pytest.mark.parametrize("name", ["mse", "mae", "huber", "log_cosh"])
def test_gradient_is_zero_where_not_observed_and_finite_everywhere(name: str) -> None:
    """d/df of the mean over the two observed targets, whose errors are 2 and 0."""
    import tensorflow as tf

    from forecaster.training.losses import make_loss

    f = tf.Variable([3.0, 5.0, 7.0, 1e30])
    with tf.GradientTape() as tape:
        value = make_loss(name)(tf.constant([1.0, 5.0, N, N]), f)
    gradient = tape.gradient(value, f).numpy()
    of_two = {"mse": 4, "mae": 1, "huber": 1, "log_cosh": math.tanh(2)}[name]
    np.testing.assert_allclose(gradient, [of_two / 2, 0, 0, 0], atol=1e-6)


def series_loss(name: str, y: list[float], f: list[float], constant: list[float]) -> float:
    """One target per step; the series' number stands behind it on the last axis."""
    from forecaster.training.losses import make_loss

    return float(make_loss(name)(np.stack([y, constant], axis=1).astype(np.float32), np.array(f)[:, None]))


def test_mase_weighs_each_error_by_its_series() -> None:
    """Errors 2, 1 and 4; weights 1/2, 3 and 0 (a series that its naive forecast hits leaves the loss)."""
    assert series_loss("mase", [1, 2, 3], [3, 3, 7], [0.5, 3, 0]) == pytest.approx(4 / 3)


def test_smape_is_of_original_units() -> None:
    """Zero lies at -1 in scaled units: 1 and 3 are 2 and 4, 0 and 1 are 1 and 2."""
    assert series_loss("smape", [1, 0], [3, 1], [1, 1]) == pytest.approx(
        (2 * 2 / 6 + 2 * 1 / 3) / 2, rel=1e-5
    )


@pytest.mark.parametrize("name", ["mase", "smape"])
def test_windows_that_fill_up_a_batch_do_not_count_in_losses_of_series(name: str) -> None:
    assert series_loss(name, [1, N], [3, 9], [2, N]) == series_loss(name, [1], [3], [2])


def test_owa_weighs_an_error_on_logarithms_by_the_level_up_to_ten_times() -> None:
    y = np.log(np.array([[[2.0], [100.0]]], dtype=np.float32))
    constant = np.full_like(y, 0.5)
    packed = np.concatenate([y, constant], axis=-1)
    from forecaster.training.losses import make_loss

    # |error| 0.1 each; weights 1 + 0.5 * 2 = 2 and 1 + min(0.5 * 100, 10) = 11.
    assert float(make_loss("owa")(packed, y + 0.1)) == pytest.approx(0.1 * (2 + 11) / 2, rel=1e-5)
