"""A network that is given again trains as a new one does."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from forecaster.model.execution import Execution
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from tests.unit.training import tiny

pytestmark = pytest.mark.slow

SHAPE = Shape(lookback=4, horizon=2, n_targets=1)
COMPILED = Execution(unroll=True, jit=True, steps_per_execution=2, own_loop=True)
LAYERS: list[dict[str, Any]] = [{"type": "lstm", "units": 3}, {"type": "dropout", "rate": 0.5}]
OPTIMIZERS = [
    {"type": "adam", "ema": 0.9},
    {"type": "sgd", "momentum": 0.9},
    {"type": "rmsprop"},
]


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    from forecaster.model.kept_networks import forget

    forget()


def weights(seed: int, optimizer: dict[str, Any], execution: Execution) -> dict[str, Any]:
    """The weights after a training from this seed."""
    from forecaster.model.kept_networks import network_to_train
    from forecaster.training.fit import MemberTask, fit
    from forecaster.training.progress import Silent
    from forecaster.training.state import weights_of

    spec = ModelSpec.model_validate({"layers": LAYERS})
    network = network_to_train(spec, SHAPE, seed=seed, execution=execution, batch_size=5)
    task = MemberTask(tiny.windows("train"), tiny.windows("val"), tiny.squared_error, seed)
    fit(network, task, tiny.training(optimizer=optimizer), execution=execution, listener=Silent())
    return weights_of(network)


@pytest.mark.parametrize(
    ("optimizer", "execution"),
    [(OPTIMIZERS[0], COMPILED), (OPTIMIZERS[1], tiny.PLAIN), (OPTIMIZERS[2], tiny.PLAIN)],
    ids=["adam, compiled", "sgd", "rmsprop"],
)
def test_the_second_training_with_a_network_ends_in_the_bytes_of_a_new_one(
    optimizer: dict[str, Any], execution: Execution
) -> None:
    from forecaster.model.kept_networks import forget

    found = {seed: weights(seed, optimizer, execution) for seed in (1, 2)}
    for seed in found:
        forget()
        new = weights(seed, optimizer, execution)
        assert found[seed].keys() == new.keys()
        assert all(np.array_equal(found[seed][name], new[name]) for name in new)


def test_only_a_network_of_the_same_description_is_given_again() -> None:
    from forecaster.model.kept_networks import network_to_forecast, network_to_train

    spec = ModelSpec.model_validate({"layers": LAYERS, "anchor": {"type": "ridge"}})
    given: dict[str, Any] = {"seed": 0, "execution": tiny.PLAIN, "batch_size": 5}
    one = network_to_train(spec, SHAPE, **given)
    one.set_anchor(np.ones((4, 2)))
    penalised = spec.model_copy(
        update={"anchor": spec.anchor and spec.anchor.model_copy(update={"penalty": 3.0})}
    )
    assert network_to_train(penalised, SHAPE, **given) is one
    assert not np.asarray(one.anchor).any()
    ahead = network_to_forecast(spec, SHAPE)
    assert ahead is not one
    assert network_to_forecast(spec, SHAPE) is ahead
    assert network_to_train(spec, SHAPE, **{**given, "batch_size": 4}) is not one
    assert network_to_train(spec, Shape(lookback=4, horizon=1, n_targets=1), **given) is not one


def test_two_networks_are_kept_and_none_for_another_thread() -> None:
    from forecaster.model.kept_networks import network_to_forecast

    spec = ModelSpec.model_validate({"layers": LAYERS})
    shapes = [Shape(lookback=4, horizon=horizon, n_targets=1) for horizon in (1, 2, 3)]
    first = [network_to_forecast(spec, shape) for shape in shapes]
    with ThreadPoolExecutor(1) as other:
        assert other.submit(network_to_forecast, spec, shapes[2]).result() is not first[2]
    again = [network_to_forecast(spec, shape) for shape in reversed(shapes)]
    assert [a is b for a, b in zip(again, reversed(first), strict=True)] == [True, True, False]
