from typing import Any

import pytest

from forecaster.training.spec import OptimizerSpec

pytestmark = pytest.mark.slow


def made(**values: Any) -> Any:
    from forecaster.training.optimizers import make_optimizer

    return make_optimizer(OptimizerSpec.model_validate(values))


@pytest.mark.parametrize("kind", ["adam", "adamw", "nadam", "rmsprop", "sgd"])
def test_every_option_reaches_keras(kind: str) -> None:
    optimizer = made(type=kind, learning_rate=0.02, clipnorm=0.5, weight_decay=0.1, ema=0.9)
    config = optimizer.get_config()
    assert type(optimizer).__name__.lower() == kind
    assert config["learning_rate"] == pytest.approx(0.02)
    assert config["clipnorm"] == 0.5
    assert config["weight_decay"] == 0.1
    assert config["use_ema"] is True
    assert config["ema_momentum"] == 0.9


@pytest.mark.parametrize("kind", ["adam", "nadam", "rmsprop", "sgd"])
def test_nothing_is_on_that_was_not_asked_for(kind: str) -> None:
    config = made(type=kind).get_config()
    assert (config["clipnorm"], config["clipvalue"], config["global_clipnorm"]) == (None, None, None)
    assert config["weight_decay"] is None
    assert config["use_ema"] is False
    assert config["learning_rate"] == pytest.approx(1e-3)


def test_adamw_decays_by_itself_and_by_what_is_named() -> None:
    assert made(type="adamw").get_config()["weight_decay"] == 0.004
    assert made(type="adamw", weight_decay=0.0).get_config()["weight_decay"] == 0.0


@pytest.mark.parametrize("kind", ["rmsprop", "sgd"])
def test_momentum(kind: str) -> None:
    assert made(type=kind, momentum=0.8).get_config()["momentum"] == 0.8


@pytest.mark.parametrize("clip", ["clipvalue", "global_clipnorm"])
def test_other_ways_of_clipping(clip: str) -> None:
    config = made(**{clip: 0.25}).get_config()
    assert config[clip] == 0.25
    assert config["clipnorm"] is None


def test_clipping_shortens_the_step() -> None:
    """Plain descent at rate 1: the step is the gradient, clipped to a norm of 1."""
    import keras

    weight = keras.Variable([0.0, 0.0])
    optimizer = made(type="sgd", learning_rate=1.0, clipnorm=1.0)
    optimizer.build([weight])
    optimizer.apply([keras.ops.array([3.0, 4.0])], [weight])
    assert weight.numpy() == pytest.approx([-0.6, -0.8])
