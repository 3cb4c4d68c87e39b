"""The cells against their equations, with numbers worked by hand or in NumPy."""

from typing import Any

import numpy as np
import pytest

from forecaster.model.cells import DenseSpec, Gru, Lstm, MinGru, MinLstm, RecurrentSpec, SimpleRnn, Slstm

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(7)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def filled(spec: RecurrentSpec, x: np.ndarray, *, unroll: bool = False) -> tuple[Any, list[np.ndarray]]:
    """The layer of a spec with random weights, biases too, and those weights."""
    layer: Any = spec.layer("cell", sequences=True, unroll=unroll)
    layer.build(x.shape)
    weights = [RNG.normal(0, 0.5, w.shape).astype(np.float32) for w in layer.weights]
    layer.set_weights(weights)
    return layer, weights


def test_simple_rnn_by_hand() -> None:
    """Input 1: tanh(0.5 + 0.1) = 0.537, tanh(0.6 - 0.1) = 0.462; 0.537 + 2 * 0.462 + 0.1 = 1.56.

    Input 2: 0.1 * 0.537 + 0.3 * 0.462 + 0.5 * 2 + 0.1 = 1.292 and 0.2 * 0.537 + 0.4 * 0.462 + 0.6 * 2 - 0.1 = 1.392.
    """
    x = np.array([[[1.0], [2.0]]], dtype=np.float32)
    rnn: Any = SimpleRnn(type="simple_rnn", units=2).layer("rnn", sequences=True)
    rnn.build(x.shape)
    rnn.set_weights([np.array([[0.5, 0.6]]), np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([0.1, -0.1])])
    states = np.array(rnn(x))
    np.testing.assert_allclose(states[0], [[0.537, 0.462], [0.860, 0.884]], atol=5e-4)
    head: Any = DenseSpec(type="dense", units=1).layer("head")
    head.build(states.shape)
    head.set_weights([np.array([[1.0], [2.0]]), np.array([0.1])])
    np.testing.assert_allclose(np.array(head(states))[0, :, 0], [1.56, 2.73], atol=5e-3)


@pytest.mark.parametrize("unroll", [False, True])
def test_lstm_follows_its_equations(unroll: bool) -> None:
    """z = tanh(W_z x + U_z h + b_z); i, f, o = sigmoid(...); c = f c + i z; h = o tanh(c)."""
    units, x = 3, RNG.normal(size=(2, 5, 4)).astype(np.float32)
    layer, (kernel, recurrent, bias) = filled(Lstm(type="lstm", units=units), x, unroll=unroll)
    h, c, expected = np.zeros((2, units)), np.zeros((2, units)), []
    for t in range(5):
        # Keras keeps the four gates side by side, in the order i, f, z, o.
        i, f, z, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(z)
        h = sigmoid(o) * np.tanh(c)
        expected.append(h)
    np.testing.assert_allclose(np.array(layer(x)), np.stack(expected, axis=1), atol=1e-5)


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("reset_after", [False, True])
def test_gru_follows_its_equations(reset_after: bool, unroll: bool) -> None:
    """h = u h + (1 - u) n with the update gate u and the new state n, whose share of the old state is
    reset by r after the product (r (U_n h)) or before it (U_n (r h))."""
    units, x = 3, RNG.normal(size=(2, 5, 4)).astype(np.float32)
    spec = Gru(type="gru", units=units, reset_after=reset_after)
    layer, (kernel, recurrent, bias) = filled(spec, x, unroll=unroll)
    # One bias for the input; with reset_after a second one for the state.
    of_input, of_state = bias if reset_after else (bias, np.zeros_like(bias))
    h, expected = np.zeros((2, units)), []
    for t in range(5):
        wx = np.split(x[:, t] @ kernel + of_input, 3, axis=1)
        uh = np.split(h @ recurrent + of_state, 3, axis=1)
        u, r = sigmoid(wx[0] + uh[0]), sigmoid(wx[1] + uh[1])
        inner = r * uh[2] if reset_after else (r * h) @ recurrent[:, 2 * units :]
        h = u * h + (1 - u) * np.tanh(wx[2] + inner)
        expected.append(h)
    np.testing.assert_allclose(np.array(layer(x)), np.stack(expected, axis=1), atol=1e-5)


def test_other_activations_reach_state_and_gates() -> None:
    x = RNG.normal(size=(1, 1, 2)).astype(np.float32)
    spec = Lstm(type="lstm", units=2, activation="relu", recurrent_activation="hard_sigmoid")
    layer, (kernel, _, bias) = filled(spec, x)
    i, _, z, o = np.split(x[:, 0] @ kernel + bias, 4, axis=1)
    hard = [np.clip(gate / 6 + 0.5, 0, 1) for gate in (i, o)]
    c = hard[0] * np.maximum(z, 0)
    np.testing.assert_allclose(np.array(layer(x))[:, 0], hard[1] * np.maximum(c, 0), atol=1e-6)


def test_bidirectional_reads_both_ways_and_joins() -> None:
    """The backward half, fed the window backwards, is the forward half of a layer with its weights."""
    x = RNG.normal(size=(1, 4, 2)).astype(np.float32)
    both, weights = filled(SimpleRnn(type="simple_rnn", units=3, bidirectional=True), x)
    one: Any = SimpleRnn(type="simple_rnn", units=3).layer("one", sequences=True)
    one.build(x.shape)
    out = np.array(both(x))
    one.set_weights(weights[:3])
    np.testing.assert_allclose(out[:, :, :3], np.array(one(x)), atol=1e-6)
    one.set_weights(weights[3:])
    np.testing.assert_allclose(out[:, :, 3:], np.array(one(x[:, ::-1]))[:, ::-1], atol=1e-6)


@pytest.mark.parametrize(
    ("spec", "n"),
    [
        (SimpleRnn(type="simple_rnn", units=5), 5 * (5 + 3 + 1)),
        (Lstm(type="lstm", units=5), 4 * 5 * (5 + 3 + 1)),
        (Gru(type="gru", units=5, reset_after=False), 3 * 5 * (5 + 3 + 1)),
        # A second bias, of the state.
        (Gru(type="gru", units=5), 3 * 5 * (5 + 3 + 2)),
        # The gates of a unit see the states of the five units alone, of one unit, or of none.
        (Slstm(type="slstm", units=5), 4 * 5 * (5 + 3 + 1)),
        (Slstm(type="slstm", units=5, blocks=5), 4 * 5 * (1 + 3 + 1)),
        (MinGru(type="min_gru", units=5), 2 * 5 * (3 + 1)),
        (MinLstm(type="min_lstm", units=5), 3 * 5 * (3 + 1)),
    ],
    ids=["simple_rnn", "lstm", "gru", "gru reset_after", "slstm", "slstm blocks", "min_gru", "min_lstm"],
)
def test_number_of_parameters(spec: RecurrentSpec, n: int) -> None:
    """Three inputs, five units: each gate has a weight per unit and state, per input, and a bias."""
    n_biases = spec.units * spec.n_gates * (2 if getattr(spec, "reset_after", False) else 1)
    assert spec.n_weights(3) == n - n_biases
    for copies, asked in ((1, spec), (2, spec.model_copy(update={"bidirectional": True}))):
        layer: Any = asked.layer("cell", sequences=False)
        layer.build((None, 4, 3))
        assert layer.count_params() == copies * n
        assert layer.compute_output_shape((None, 4, 3)) == (None, copies * 5)
        assert asked.width == copies * 5
