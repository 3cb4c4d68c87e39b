"""What each head does in training and in use."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from forecaster.model.build import build, head_class
from forecaster.model.cells import CELLS
from forecaster.model.heads.base import Forecaster
from forecaster.model.shape import Shape
from forecaster.model.spec import HEADS, ModelSpec
from tests.heads import with_head

pytestmark = pytest.mark.slow

PAST = np.random.default_rng(2).normal(size=(2, 5, 1)).astype(np.float32)


def spec(cell: str, head: str, **more: Any) -> ModelSpec:
    layers = [{"type": cell, "units": 4}, {"type": "dense", "units": 3}, {"type": cell, "units": 2}]
    return ModelSpec.model_validate({"layers": layers, "head": {"type": head}, **more})


def network(model: ModelSpec, horizon: int, *, lookback: int = 5, weights_of: Any = None) -> Any:
    made = build(model, Shape(lookback, horizon, 1))
    if weights_of is not None:
        made.set_weights(weights_of.get_weights())
    return made


def forecast(made: Any, past: np.ndarray = PAST, teacher: np.ndarray | None = None) -> np.ndarray:
    """In use, or taught these targets."""
    batch = {"past": past} if teacher is None else {"past": past, "teacher": teacher}
    out = made(batch, training=teacher is not None)
    return np.array(keras.ops.convert_to_numpy(out))


@pytest.mark.parametrize("cell", CELLS)
def test_recursive_is_one_step_after_the_other_each_fed_back(cell: str) -> None:
    """Also beyond the horizon that it was trained for."""
    model = spec(cell, "recursive", normalization="none")
    trained = network(model, 3)
    grown = PAST
    for lookback in range(5, 12):
        one = network(model, 1, lookback=lookback, weights_of=trained)
        grown = np.concatenate([grown, forecast(one, grown)], axis=1)
    np.testing.assert_allclose(forecast(trained), grown[:, 5:8], atol=1e-5)
    longer = network(model, 7, weights_of=trained)
    np.testing.assert_allclose(forecast(longer), grown[:, 5:], atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("head", ["recursive", "encoder_decoder"])
def test_training_feeds_the_true_values_and_use_its_own(cell: str, head: str) -> None:
    """Taught its own forecast it says its own forecast; another truth at a step moves the steps behind it."""
    made = network(spec(cell, head), 4)
    own = forecast(made)
    np.testing.assert_allclose(forecast(made, teacher=own), own, atol=1e-5)
    truth = own.copy()
    truth[:, 1] += 1
    moved = np.abs(forecast(made, teacher=truth) - own).max(axis=(0, 2)) > 1e-4
    assert moved.tolist() == [False, False, True, True]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("both_ways", [False, True])
def test_the_decoder_begins_with_the_state_of_the_encoder(cell: str, both_ways: bool) -> None:
    """The decoder itself sees no value of the window but the last."""
    layers = [{"type": cell, "units": 4, "bidirectional": both_ways}]
    model = ModelSpec.model_validate(
        {"layers": layers, "head": {"type": "encoder_decoder"}, "normalization": "none"}
    )
    made, other = network(model, 3), PAST.copy()
    other[:, 0] += 1
    assert (np.abs(forecast(made, other) - forecast(made)) > 1e-6).all()


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(("activation", "low", "high"), [("sigmoid", 0.0, 1.0), ("tanh", -1.0, 1.0)])
def test_activation_bounds_the_forecast_of_every_head(
    head: str, activation: str, low: float, high: float
) -> None:
    """With weights of 50 a linear head would be far outside."""
    layers = [{"type": "gru", "units": 4}]
    model = with_head(head, patch=5, layers=layers, normalization="none")
    for name in (activation, "linear"):
        made = network(ModelSpec.model_validate({**model, "head": {"type": head, "activation": name}}), 3)
        for weight in made.weights:
            if weight.path.endswith("head/kernel"):
                weight.assign(np.full(weight.shape, 50.0) * np.sign(weight.numpy()))
        found = forecast(made)
        assert ((found >= low) & (found <= high)).all() == (name == activation)


def test_sequence_forecasts_the_next_horizon_at_every_step() -> None:
    """In training, from what stands before each step alone; in use, the last of them."""
    made = network(spec("lstm", "sequence", normalization="none"), 2)
    steps = forecast(made, teacher=PAST[:, :2])
    assert steps.shape == (2, 5, 2, 1)
    np.testing.assert_allclose(forecast(made), steps[:, -1], atol=1e-6)
    other = PAST.copy()
    other[:, 3] += 1
    moved = np.abs(forecast(made, other, teacher=PAST[:, :2]) - steps).max(axis=(0, 2, 3)) > 1e-6
    assert moved.tolist() == [False, False, False, True, True]


def test_every_head_of_the_config_has_a_class() -> None:
    for name in HEADS:
        assert issubclass(head_class(name), Forecaster)
