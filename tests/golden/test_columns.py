"""A layer over columns against a pass in NumPy: from target to target by the equations of each cell's paper."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from forecaster.model.cells import CELLS
from tests.golden.test_xlstm_and_min_cells import min_gru, min_lstm, sigmoid, slstm

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(7)
UNITS, TARGETS, FEATURES, WINDOWS = 4, 5, 3, 2
Weights = list[np.ndarray]


def steps(x: np.ndarray, n_states: int, step: Callable[..., list[np.ndarray]]) -> np.ndarray:
    """Run `step`, from the input of a target and the states to the next states, from the first target to the last."""
    states, every = [np.zeros((len(x), UNITS))] * n_states, []
    for t in range(x.shape[1]):
        states = step(x[:, t], *states)
        every.append(states[0])
    return np.stack(every, axis=1)


def elman(x: np.ndarray, weights: Weights) -> np.ndarray:
    w, r, b = weights
    return steps(x, 1, lambda x, h: [np.tanh(x @ w + h @ r + b)])


def lstm(x: np.ndarray, weights: Weights) -> np.ndarray:
    w, r, b = weights

    def step(x: np.ndarray, h: np.ndarray, c: np.ndarray) -> list[np.ndarray]:
        i, f, g, o = np.split(x @ w + h @ r + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return [sigmoid(o) * np.tanh(c), c]

    return steps(x, 2, step)


def gru(x: np.ndarray, weights: Weights) -> np.ndarray:
    w, r, b = weights

    def step(x: np.ndarray, h: np.ndarray) -> list[np.ndarray]:
        (xz, xr, xq), (hz, hr, hq) = (np.split(p, 3, axis=1) for p in (x @ w + b[0], h @ r + b[1]))
        z, reset = sigmoid(xz + hz), sigmoid(xr + hr)
        return [z * h + (1 - z) * np.tanh(xq + reset * hq)]

    return steps(x, 1, step)


EQUATIONS = {
    "simple_rnn": elman,
    "lstm": lstm,
    "gru": gru,
    "slstm": slstm(1, sigmoid),
    "min_gru": min_gru,
    "min_lstm": min_lstm,
}


def filled(cell: str, **options: Any) -> tuple[Any, Weights]:
    """A layer over columns with drawn weights, and these in its order."""
    from forecaster.model.layers.blocks import ColumnBlock

    spec = CELLS[cell].model_validate({"type": cell, "units": UNITS, "over": "columns", **options})
    layer = ColumnBlock(spec, "mix", columns=TARGETS)
    layer.build((None, FEATURES))
    weights = [RNG.normal(0, 0.7, w.shape) for w in layer.weights]
    layer.set_weights(weights)
    return layer, weights


def rows(n: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Inputs as (windows, targets, segments, features), and as the layer takes them."""
    x = RNG.normal(size=(WINDOWS, TARGETS, n, FEATURES))
    return x, x.reshape(-1, FEATURES).astype(np.float32)


def test_every_cell_has_its_equations() -> None:
    assert EQUATIONS.keys() == CELLS.keys()


@pytest.mark.parametrize("cell", CELLS)
def test_goes_from_target_to_target(cell: str) -> None:
    layer, weights = filled(cell)
    x, flat = rows()
    expected = EQUATIONS[cell](x[:, :, 0], weights).reshape(-1, UNITS)
    np.testing.assert_allclose(layer(flat), expected, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_both_ways_with_the_residual_path(cell: str) -> None:
    """The reversed view has weights of its own and reads the last target first."""
    layer, weights = filled(cell, bidirectional=True, residual=True)
    x, flat = rows()
    n = (len(weights) - 1) // 2
    forward = EQUATIONS[cell](x[:, :, 0], weights[:n])
    backward = EQUATIONS[cell](x[:, ::-1, 0], weights[n : 2 * n])[:, ::-1]
    expected = np.concatenate([forward, backward], axis=-1) + x[:, :, 0] @ weights[-1]
    np.testing.assert_allclose(layer(flat), expected.reshape(-1, 2 * UNITS), atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_each_segment_of_the_horizon_is_mixed_alone(cell: str) -> None:
    layer, weights = filled(cell)
    x, flat = rows(3)
    found = np.array(layer.mix(flat, beside=3, training=False)).reshape(WINDOWS, TARGETS, 3, UNITS)
    for k in range(3):
        np.testing.assert_allclose(found[:, :, k], EQUATIONS[cell](x[:, :, k], weights), atol=1e-5)
