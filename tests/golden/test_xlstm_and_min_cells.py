"""slstm, min_gru and min_lstm against the equations of their papers, step by step in NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from forecaster.model.cells import MinGru, MinLstm, RecurrentSpec, Slstm

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(11)
UNITS, STEPS = 4, 6
X = RNG.normal(size=(2, STEPS, 3))
Weights = list[np.ndarray]
MIN_GRU, MIN_LSTM = MinGru(type="min_gru", units=UNITS), MinLstm(type="min_lstm", units=UNITS)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def slstm(
    blocks: int, forget: Callable[[np.ndarray], np.ndarray]
) -> Callable[[np.ndarray, Weights], np.ndarray]:
    """Equations 8 to 14 of Beck et al., 2024, without the stabiliser, which does not change h."""

    def run(x: np.ndarray, weights: Weights) -> np.ndarray:
        kernel, recurrent, bias = weights
        size = UNITS // blocks
        whole = np.zeros((UNITS, 4, UNITS))
        for k in range(blocks):
            own = slice(k * size, (k + 1) * size)
            whole[own, :, own] = recurrent[k].reshape(size, 4, size)
        h, c, n = (np.zeros((len(x), UNITS)) for _ in range(3))
        every = []
        for t in range(x.shape[1]):
            gates = x[:, t] @ kernel + h @ whole.reshape(UNITS, 4 * UNITS) + bias
            i, f, z, o = np.split(gates, 4, axis=1)
            c = forget(f) * c + np.exp(i) * np.tanh(z)
            n = forget(f) * n + np.exp(i)
            h = sigmoid(o) * c / n
            every.append(h)
        return np.stack(every, axis=1)

    return run


def min_gru(x: np.ndarray, weights: Weights) -> np.ndarray:
    """Feng et al., 2024, section 3.1: h = (1 - z) h + z (W x), with z = sigmoid(W_z x)."""
    kernel, bias = weights
    h, every = np.zeros((len(x), UNITS)), []
    for t in range(x.shape[1]):
        z, new = np.split(x[:, t] @ kernel + bias, 2, axis=1)
        h = (1 - sigmoid(z)) * h + sigmoid(z) * new
        every.append(h)
    return np.stack(every, axis=1)


def min_lstm(x: np.ndarray, weights: Weights) -> np.ndarray:
    """Section 3.2: h = f / (f + i) h + i / (f + i) (W x), with f and i from the input alone."""
    kernel, bias = weights
    h, every = np.zeros((len(x), UNITS)), []
    for t in range(x.shape[1]):
        f, i, new = np.split(x[:, t] @ kernel + bias, 3, axis=1)
        f, i = sigmoid(f), sigmoid(i)
        h = f / (f + i) * h + i / (f + i) * new
        every.append(h)
    return np.stack(every, axis=1)


CASES = {
    "slstm": (Slstm(type="slstm", units=UNITS), slstm(1, sigmoid)),
    "slstm, two blocks": (Slstm(type="slstm", units=UNITS, blocks=2), slstm(2, sigmoid)),
    "slstm, exponential": (Slstm(type="slstm", units=UNITS, forget_gate="exponential"), slstm(1, np.exp)),
    "min_gru": (MIN_GRU, min_gru),
    "min_lstm": (MIN_LSTM, min_lstm),
}
by_case = pytest.mark.parametrize(("spec", "equations"), CASES.values(), ids=CASES)


def filled(spec: RecurrentSpec, *, unroll: bool = False) -> tuple[Any, Weights]:
    layer: Any = spec.layer("cell", sequences=True, unroll=unroll)
    layer.build((None, *X.shape[1:]))
    weights = [RNG.normal(0, 0.7, w.shape) for w in layer.weights]
    layer.set_weights(weights)
    return layer, weights


@by_case
@pytest.mark.parametrize("unroll", [False, True])
def test_every_step_follows_the_equations(spec: RecurrentSpec, equations: Any, unroll: bool) -> None:
    import tensorflow as tf

    layer, weights = filled(spec, unroll=unroll)
    compiled = tf.function(layer, jit_compile=unroll)
    np.testing.assert_allclose(compiled(tf.constant(X, tf.float32)), equations(X, weights), atol=1e-5)


@by_case
def test_gradients_are_the_differences_of_the_equations(spec: RecurrentSpec, equations: Any) -> None:
    """Of the sum of all outputs, each with a factor of its own, by central differences in float64."""
    import tensorflow as tf

    layer, weights = filled(spec)
    factors, x = RNG.normal(size=(2, STEPS, UNITS)), tf.constant(X, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(layer(x) * tf.constant(factors, tf.float32))
    found = tape.gradient(loss, [x, *(w.value for w in layer.trainable_weights)])

    def of(values: list[np.ndarray]) -> float:
        return float((equations(values[0], values[1:]) * factors).sum())

    values = [X, *weights]
    for k, gradient in enumerate(found):
        for at in np.ndindex(*values[k].shape):
            sides = []
            for step in (1e-5, -1e-5):
                moved = [v.copy() for v in values]
                moved[k][at] += step
                sides.append(of(moved))
            assert np.array(gradient)[at] == pytest.approx((sides[0] - sides[1]) / 2e-5, abs=5e-4), (k, at)


@by_case
def test_step_by_step_is_all_at_once(spec: RecurrentSpec, equations: Any) -> None:
    """From a state that is not 0, as where a state is carried."""
    layer, _ = filled(spec)
    x = X.astype(np.float32)
    layer.return_state = True
    _, *half = layer(x[:, :2])
    whole, *last = layer(x[:, 2:], initial_state=half)
    states = half
    for t in range(2, STEPS):
        out, states = layer.cell(x[:, t], states)
        np.testing.assert_allclose(out, whole[:, t - 2], atol=1e-5)
    for found, known in zip(last, states, strict=True):
        np.testing.assert_allclose(found, known, atol=1e-5)


@by_case
def test_a_missing_step_leaves_the_state_as_it_is(spec: RecurrentSpec, equations: Any) -> None:
    layer, _ = filled(spec)
    x = X.astype(np.float32)
    mask = np.array([[False, False, True, True, True, True]] * 2)
    found = np.array(layer(x, mask=mask))[:, 2:]
    np.testing.assert_allclose(found, np.array(layer(x[:, 2:])), atol=1e-6)


@by_case
@pytest.mark.parametrize("size", [0.0, 60.0, -60.0])
def test_inputs_of_any_size_give_finite_values_and_gradients(
    spec: RecurrentSpec, equations: Any, size: float
) -> None:
    """exp(100) is no number of float32, and exp(-100) is 0."""
    import tensorflow as tf

    layer, _ = filled(spec)
    x = tf.constant(size * np.sign(X), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = layer(x)
    assert np.isfinite(np.array(out)).all()
    assert np.isfinite(np.array(tape.gradient(out, x))).all()


@pytest.mark.parametrize("steps", [1, 2, 3, 8, 13])
def test_the_scan_is_the_recurrence_whatever_the_number_of_steps(steps: int) -> None:
    import tensorflow as tf

    from forecaster.model.loops.scan import linear_recurrence

    a, b = RNG.uniform(size=(2, steps, 3)), RNG.normal(size=(2, steps, 3))
    h = h0 = RNG.normal(size=(2, 3))
    expected = []
    for t in range(steps):
        h = a[:, t] * h + b[:, t]
        expected.append(h)
    found = linear_recurrence(*(tf.constant(v, tf.float32) for v in (a, b, h0)))
    np.testing.assert_allclose(found, np.stack(expected, axis=1), atol=1e-6)
