"""What a checkpoint holds and brings back, on a network of one training step: no training of epochs here."""

from dataclasses import asdict

import keras
import numpy as np
import pytest

from forecaster.model.build import build
from forecaster.model.shape import Shape
from forecaster.training.state import (
    Progress,
    array_of,
    arrays_fault,
    restore,
    set_weights,
    snapshot,
    weights_of,
)
from tests.unit.training.tiny import model_spec

LAYERS = [{"type": "simple_rnn", "units": 3}, {"type": "dropout", "rate": 0.5}]


def trained(steps: int = 1, seed: int = 3) -> keras.Model:
    """A network with dropout after so many steps of Adam, with the mean absolute error counted beside."""
    keras.utils.set_random_seed(seed)
    network = build(model_spec(LAYERS), Shape(lookback=4, horizon=2, n_targets=1), unroll=False)
    network.compile(optimizer="adam", loss="mse", metrics=["mae"], run_eagerly=True)
    for step in range(steps):
        past = np.sin(np.arange(20) + step, dtype=np.float32).reshape(5, 4, 1)
        network.train_on_batch({"past": past}, np.ones((5, 2, 1), dtype=np.float32))
    return network


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return trained()


LAYER = "network/0_simple_rnn/simple_rnn_cell"
PATHS = [
    f"{LAYER}/kernel",
    f"{LAYER}/recurrent_kernel",
    f"{LAYER}/bias",
    "network/head/kernel",
    "network/head/bias",
]


def test_weights_go_by_their_path_and_are_copies(network: keras.Model):
    weights = weights_of(network)
    assert list(weights) == PATHS
    assert [w.shape for w in weights.values()] == [(1, 3), (3, 3), (3,), (3, 2), (2,)]
    before = weights["network/head/bias"].copy()
    weights["network/head/bias"][:] = 100
    np.testing.assert_array_equal(weights_of(network)["network/head/bias"], before)


def test_a_copy_does_not_follow_its_variable():
    variable = keras.Variable(np.array([1.5, 2.5], dtype=np.float32))
    copy = array_of(variable)
    variable.assign([7.0, 8.0])
    assert type(copy) is np.ndarray
    assert copy.tolist() == [1.5, 2.5]
    copy[0] = 3
    assert array_of(variable).tolist() == [7.0, 8.0]


def test_weights_are_filled_in_by_path():
    network = trained(steps=0)
    shapes = {name: w.shape for name, w in weights_of(network).items()}
    wanted = {name: np.full(shape, i, np.float32) for i, (name, shape) in enumerate(shapes.items())}
    # In another order, as a file may give them.
    set_weights(network, dict(reversed(wanted.items())))
    for name, found in weights_of(network).items():
        np.testing.assert_array_equal(found, wanted[name])


def test_an_absent_weight_and_one_of_another_shape_are_refused():
    network = trained(steps=0)
    weights = weights_of(network)
    absent = {name: w for name, w in weights.items() if name != "network/head/bias"}
    with pytest.raises(KeyError, match="network/head/bias"):
        set_weights(network, absent)
    with pytest.raises(ValueError, match=r"(?s)shape.*\(2,\).*\(3,\)"):
        set_weights(network, {**weights, "network/head/bias": np.zeros(3, np.float32)})


def test_a_checkpoint_holds_weights_dropout_optimizer_and_running_scores(network: keras.Model):
    """Five weights and two seeds; Adam's count, learning rate and two moments of each weight; two means' sum and
    count."""
    found = snapshot(network)
    names = [f"model/{i}" for i in range(7)] + [f"optimizer/{i}" for i in range(12)]
    assert list(found) == names + [f"metric/{i}" for i in range(4)]
    assert found["optimizer/0"] == 1  # one step was taken
    assert found["optimizer/1"] == pytest.approx(0.001)
    np.testing.assert_array_equal(found["model/5"], weights_of(network)["network/head/kernel"])
    # Momentum of the head's kernel, after one step a tenth of its gradient.
    assert found["optimizer/8"].shape == (3, 2)
    assert (found["optimizer/8"] != 0).all()
    # Of the loss: its sum over five windows, and their number.
    assert found["metric/1"] == 5
    assert found["metric/0"] > 0


def test_a_restored_network_goes_on_as_if_it_had_never_stopped():
    """The third step draws dropout from the seeds, moves weights by the moments and adds to the scores."""
    straight = snapshot(trained(steps=3))
    resumed = trained(steps=1, seed=4)
    restore(resumed, snapshot(trained(steps=2)))
    past = np.sin(np.arange(20) + 2, dtype=np.float32).reshape(5, 4, 1)
    # Under train_on_batch Keras starts the scores of each batch again.
    resumed.train_on_batch({"past": past}, np.ones((5, 2, 1), dtype=np.float32))
    for name, array in snapshot(resumed).items():
        np.testing.assert_array_equal(array, straight[name], err_msg=name)


def test_everything_in_a_checkpoint_is_brought_back():
    network = trained(steps=1)
    wanted = {name: np.full_like(array, 7) for name, array in snapshot(network).items()}
    restore(network, wanted)
    for name, array in snapshot(network).items():
        assert (array == 7).all(), name
    with pytest.raises(KeyError, match="metric/3"):
        restore(network, {name: a for name, a in wanted.items() if name != "metric/3"})


def test_a_training_begins_at_nothing():
    assert asdict(Progress()) == {
        "epoch": 0,
        "step": 0,
        "best": None,
        "best_epoch": 0,
        "waited": 0,
        "plateau_waited": 0,
        "plateau_share": 1.0,
        "stopped": False,
        "seconds": 0.0,
        "history": [],
    }
    # Each has a history of its own.
    assert Progress().history is not Progress().history


def test_arrays_of_this_network_fit_with_and_without_those_of_its_best_epoch(network: keras.Model):
    own = snapshot(network)
    best = {f"best/{path}": array for path, array in weights_of(network).items()}
    assert arrays_fault(network, own) is None
    assert arrays_fault(network, own | best) is None


def test_arrays_of_another_network_do_not_fit(network: keras.Model):
    said = "it has other arrays than this network, or of other shapes or types"
    own = snapshot(network)
    path = f"{LAYER}/kernel"
    name = next(key for key, array in own.items() if array.ndim == 2)
    best = {f"best/{key}": array for key, array in weights_of(network).items()}
    assert arrays_fault(network, {}) == said
    assert arrays_fault(network, {key: array for key, array in own.items() if key != name}) == said
    assert arrays_fault(network, own | {"more": own[name]}) == said
    assert arrays_fault(network, own | {name: own[name][:, :-1]}) == said
    assert arrays_fault(network, own | {name: own[name].astype(np.float64)}) == said
    assert arrays_fault(network, own | {f"best/{path}": best[f"best/{path}"]}) == said
    assert arrays_fault(network, own | best | {f"best/{path}": best[f"best/{path}"][:, :2]}) == said
    assert (
        arrays_fault(network, own | best | {f"best/{path}": best[f"best/{path}"].astype(np.float64)}) == said
    )
