"""How covariates enter a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecaster.model.shape import Category, Shape
from forecaster.model.spec import ModelSpec

pytestmark = pytest.mark.slow

ALONE = Shape(lookback=6, horizon=2, n_targets=2)
RICH = Shape(lookback=6, horizon=2, n_targets=2, n_past=3, n_future=1, n_static=1)


def network(shape: Shape, head: str, **more: Any) -> Any:
    from forecaster.model.build import build

    layers = [{"type": "gru", "units": 3}]
    spec = {"layers": layers, "patch": 3, "differences": [1], "head": {"type": head}, **more}
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


@pytest.mark.parametrize("head", ["direct", "segments", "encoder_decoder"])
def test_past_covariates_are_seen_at_the_newest_steps_alone(head: str) -> None:
    """Two numbers and a category of the past, two of six steps of them seen; a covariate known ahead in all."""
    import keras

    shape = Shape(6, 2, 1, n_past=3, n_future=1, past_categories=(Category("one_hot", 3),))
    model = network(shape, head, past_lookback=2)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", run_eagerly=True)
    rng = np.random.default_rng(1)
    plain = {
        "past": rng.normal(size=(4, 6, 4)).astype(np.float32),
        "future": rng.normal(size=(4, 2, 1)).astype(np.float32),
        "past_codes": rng.integers(1, 4, size=(4, 6, 1)).astype(np.int32),
    }
    y = rng.normal(size=(4, 2, 1)).astype(np.float32)
    for _ in range(2):
        model.train_on_batch(plain | {"teacher": y}, y)
    before = model(plain).numpy()

    def moves(name: str, channel: int, steps: slice) -> bool:
        moved = {key: part.copy() for key, part in plain.items()}
        moved[name][:, steps, channel] = 1 + moved[name][:, steps, channel] % 3
        return not np.array_equal(model(moved).numpy(), before)

    # The columns of the past: the target, two covariates, and one known ahead.
    for name, channel in [("past", 1), ("past", 2), ("past_codes", 0)]:
        assert not moves(name, channel, slice(0, 4)), (name, channel)
        assert moves(name, channel, slice(4, 6)), (name, channel)
    assert moves("past", 0, slice(0, 4))
    assert moves("past", 3, slice(0, 4))
