"""Half precision: the layers compute in it, levels are kept whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest

from forecaster.model.build import build
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from tests.unit.training.tiny import train, training

pytestmark = pytest.mark.slow

RICH = Shape(lookback=6, horizon=3, n_targets=2, n_past=2, n_future=1, n_static=1)


@pytest.fixture(params=["float16"])
def half(request: pytest.FixtureRequest) -> Iterator[str]:
    keras.config.set_dtype_policy(f"mixed_{request.param}")
    yield request.param
    keras.config.set_dtype_policy("float32")


def inputs(shape: Shape, *, level: float = 0.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    past = rng.normal(size=(2, shape.lookback, shape.n_targets + shape.n_past))
    past[:, :, : shape.n_targets] += level
    parts = {
        "past": past,
        "future": rng.normal(size=(2, shape.horizon, shape.n_future)),
        "static": rng.normal(size=(2, shape.n_static)),
        "carry": np.zeros((2, 1)),
    }
    return {name: part.astype(np.float32) for name, part in parts.items() if part.shape[-1]}


def network(shape: Shape = RICH, **spec: Any) -> Any:
    layers = [{"type": "gru", "units": 4}, {"type": "lstm", "units": 4, "residual": True}]
    layers += [{"type": cell, "units": 4, "residual": True} for cell in ("slstm", "min_gru", "min_lstm")]
    return build(ModelSpec.model_validate({"layers": layers, **spec}), shape, streams=2)


CASES: list[dict[str, Any]] = [
    {"normalization": "revin", "patch": 2},
    {"anchor": {"type": "ridge"}, "channels": "independent"},
    {"head": {"type": "segments"}, "patch": 2},
    {"head": {"type": "encoder_decoder"}, "normalization": "mean"},
    {"head": {"type": "sequence"}, "normalization": "none"},
    {"stateful": True, "normalization": "none"},
    {"output": {"type": "quantiles"}, "differences": [1]},
]


@pytest.mark.parametrize("spec", CASES, ids=str)
def test_every_head_computes_in_half_precision_and_puts_out_whole_numbers(
    half: str, spec: dict[str, Any]
) -> None:
    net = network(**spec)
    assert net.network.layers[-1].compute_dtype == half
    found = net(inputs(RICH))
    assert found.dtype == "float32"
    keras.config.set_dtype_policy("float32")
    whole = network(**spec)
    for to, of in zip(whole.weights, net.weights, strict=True):
        to.assign(of)
    np.testing.assert_allclose(found, whole(inputs(RICH)), atol=0.1)


@pytest.mark.parametrize("half", ["float16", "bfloat16"], indirect=True)
def test_a_level_is_not_rounded(half: str) -> None:
    """bfloat16 knows 1000 and 1004, and nothing between."""
    net = network(normalization="last")
    low, high = np.array(net(inputs(RICH))), np.array(net(inputs(RICH, level=1001.0)))
    np.testing.assert_allclose(high - low, 1001.0, atol=0.05)


def test_paths_are_drawn_in_half_precision(half: str) -> None:
    from forecaster.model.paths import sample_paths

    output = {"type": "distribution", "family": "normal", "samples": 10}
    shape = Shape(6, 3, 1, n_past=1, n_future=1)
    net = network(shape, head={"type": "recursive"}, output=output)
    assert sample_paths(net, inputs(shape), np.random.default_rng(0)).shape == (2, 10, 3, 1)


def test_training_with_its_loss_scaled_and_its_weights_averaged(half: str) -> None:
    weights, rows = train(training(optimizer={"ema": 0.9, "clipnorm": 1.0, "learning_rate": 0.02}))
    assert {w.dtype for w in weights.values()} == {np.dtype(np.float32)}
    assert rows[-1].loss < rows[0].loss
