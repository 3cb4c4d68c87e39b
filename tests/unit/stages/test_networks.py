"""A network that is given again trains as a new one does."""

from typing import Any

import numpy as np
import pytest

from forecaster.model.execution import Execution
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from forecaster.stages.networks import Networks
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


def weights(networks: Networks, seed: int, optimizer: dict[str, Any], execution: Execution) -> dict[str, Any]:
    """The weights after a training from this seed."""
    from forecaster.training.fit import MemberTask, fit
    from forecaster.training.progress import Silent
    from forecaster.training.state import weights_of

    spec = ModelSpec.model_validate({"layers": LAYERS})
    network = networks.get(spec, SHAPE, seed=seed, execution=execution, batch_size=5)
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
    kept = Networks()
    first = weights(kept, 1, optimizer, execution)
    second = weights(kept, 2, optimizer, execution)
    for seed, found in ((1, first), (2, second)):
        new = weights(Networks(), seed, optimizer, execution)
        assert found.keys() == new.keys()
        assert all(np.array_equal(found[name], new[name]) for name in new)


def test_only_a_network_of_the_same_description_is_given_again() -> None:
    networks = Networks()
    spec = ModelSpec.model_validate({"layers": LAYERS, "anchor": {"type": "ridge"}})
    given = {"seed": 0, "execution": tiny.PLAIN, "batch_size": 5}
    one = networks.get(spec, SHAPE, **given)
    one.set_anchor(np.ones((4, 2)))
    penalised = spec.model_copy(
        update={"anchor": spec.anchor and spec.anchor.model_copy(update={"penalty": 3.0})}
    )
    assert networks.get(penalised, SHAPE, **given) is one
    assert not np.asarray(one.anchor).any()
    assert networks.get(spec, Shape(lookback=4, horizon=1, n_targets=1), **given) is not one
    assert networks.get(spec, SHAPE, **{**given, "batch_size": 4}) is not one
