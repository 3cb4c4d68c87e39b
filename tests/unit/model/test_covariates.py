"""How covariates enter a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

ALONE = Shape(lookback=6, horizon=2, n_targets=2)
RICH = Shape(lookback=6, horizon=2, n_targets=2, n_past=3, n_future=1, n_static=1)


def network(shape: Shape, head: str) -> Any:
    import keras

    from forecaster.model.build import build

    keras.utils.set_random_seed(0)
    layers = [{"type": "gru", "units": 3}]
    spec = {"layers": layers, "patch": 3, "differences": [1], "head": {"type": head}}
    return build(ModelSpec.model_validate(spec), shape)


def batch(shape: Shape, size: float) -> dict[str, np.ndarray]:
    """The same targets, and covariates of any size."""
    rng = np.random.default_rng(1)
    y = rng.normal(size=(4, shape.lookback, shape.n_targets))
    x = size * rng.normal(size=(4, shape.lookback, shape.n_past))
    parts = {
        "past": np.concatenate([y, x], axis=2),
        "future": size * rng.normal(size=(4, shape.horizon, shape.n_future)),
        "static": size * rng.normal(size=(4, shape.n_static)),
    }
    return {name: part.astype(np.float32) for name, part in parts.items() if part.shape[-1]}


@pytest.mark.parametrize("head", ["direct", "segments"])
def test_a_network_begins_without_its_covariates(head: str) -> None:
    untrained = network(RICH, head)
    assert np.array_equal(untrained(batch(RICH, 1.0)).numpy(), untrained(batch(RICH, 100.0)).numpy())


@pytest.mark.parametrize("head", ["direct", "segments"])
def test_training_moves_the_weights_of_every_covariate(head: str) -> None:
    import keras

    model = network(RICH, head)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", run_eagerly=True)
    y = np.random.default_rng(2).normal(size=(4, 2, 2)).astype(np.float32)
    for _ in range(2):
        model.train_on_batch(batch(RICH, 1.0), y)
    plain = batch(RICH, 1.0)
    before = model(plain).numpy()
    for name, channel in [("past", 2), ("past", 3), ("past", 4), ("future", 0), ("static", 0)]:
        moved = {key: part.copy() for key, part in plain.items()}
        moved[name][..., channel] += 1.0
        assert not np.array_equal(model(moved).numpy(), before), (name, channel)


def test_the_embedding_of_targets_alone_has_no_other_weights() -> None:
    names = {w.path for w in network(ALONE, "direct").weights if "embed" in w.path}
    assert {name.rpartition("embed/")[2] for name in names} == {"dense/kernel", "dense/bias"}
