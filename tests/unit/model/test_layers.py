"""What each option of a layer does to it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from forecaster.model.build import build
from forecaster.model.cells import CELLS, StateWeightsSpec
from forecaster.model.layers.stack import stack_layers
from forecaster.model.seeding import seeded
from forecaster.model.shape import Shape
from forecaster.model.spec import HEADS, ModelSpec
from tests.heads import with_head

pytestmark = pytest.mark.slow

# Those with weights on their own state.
FED_BACK = [name for name, cell in CELLS.items() if issubclass(cell, StateWeightsSpec)]
X = np.random.default_rng(4).normal(size=(2, 5, 3)).astype(np.float32)


def stack(*layers: dict[str, Any], sequences: bool = True) -> Any:
    """The layers in a Sequential, with the weights of seed 0."""
    spec = ModelSpec.model_validate({"layers": list(layers)})
    with seeded(0):
        network = keras.Sequential([keras.Input(X.shape[1:]), *stack_layers(spec.stack, sequences=sequences)])
    network.supports_masking = True
    return network


def out(network: Any, *, training: bool = False) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(network(X, training=training)))


@pytest.mark.parametrize("cell", CELLS)
def test_initialisers_make_the_first_weights(cell: str) -> None:
    recurrent = {"recurrent_initializer": "zeros"} if cell in FED_BACK else {}
    made = stack(
        {"type": cell, "units": 4, "kernel_initializer": "ones", **recurrent},
        {"type": "dense", "units": 2, "kernel_initializer": "ones"},
    )
    kernel, *others = made.layers[0].get_weights()
    assert kernel.shape == (3, 4 * CELLS[cell].n_gates)
    assert (kernel == 1).all()
    assert cell not in FED_BACK or (others[0] == 0).all()
    assert (made.layers[1].get_weights()[0] == 1).all()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("both_ways", [False, True])
def test_regularisers_are_sums_over_the_weights(cell: str, both_ways: bool) -> None:
    """Weights of 1: l1 times their number, and l2 times their number. Two directions have twice as many."""
    ones, penalties = {"kernel_initializer": "ones"}, {"kernel_regularizer": {"l1": 0.5}}
    fed_back = cell in FED_BACK
    if fed_back:
        ones["recurrent_initializer"], penalties["recurrent_regularizer"] = "ones", {"l2": 0.25}
    made = stack({"type": cell, "units": 4, "bidirectional": both_ways, **ones, **penalties})
    ways = 2 if both_ways else 1
    expected = ways * CELLS[cell].n_gates * (0.5 * 3 * 4 + fed_back * 0.25 * 4 * 4)
    assert float(sum(made.losses)) == pytest.approx(expected)


@pytest.mark.parametrize("head", [head for head in HEADS if head != "encoder_decoder"])
def test_a_penalty_counts_once_in_the_loss_of_every_head_with_one_stack(head: str) -> None:
    layers = [{"type": "dense", "units": 2, "kernel_initializer": "ones", "kernel_regularizer": {"l1": 1.0}}]
    spec = with_head(head, patch=2, layers=[{"type": "gru", "units": 3}, *layers], normalization="none")
    network = build(ModelSpec.model_validate(spec), Shape(4, 2, 1))
    assert float(sum(network.losses)) == pytest.approx(3 * 2)


def test_an_encoder_and_its_decoder_are_penalised_each() -> None:
    layer = {"type": "gru", "units": 3, "recurrent_initializer": "ones", "recurrent_regularizer": {"l1": 1.0}}
    spec = ModelSpec.model_validate({"layers": [layer], "head": {"type": "encoder_decoder"}})
    network = build(spec, Shape(4, 2, 1))
    assert float(sum(network.losses)) == pytest.approx(2 * 3 * 3 * 3)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("sequences", [True, False])
def test_residual_adds_the_input_of_each_step(cell: str, sequences: bool) -> None:
    with_it = stack({"type": cell, "units": 3, "residual": True}, sequences=sequences)
    without = stack({"type": cell, "units": 3}, sequences=sequences)
    without.set_weights(with_it.get_weights())
    added = X if sequences else X[:, -1]
    np.testing.assert_allclose(out(with_it), out(without) + added, atol=1e-6)


def test_residual_of_another_width_goes_through_a_matrix() -> None:
    with_it = stack({"type": "gru", "units": 4, "bidirectional": True, "residual": True})
    *weights, matrix = with_it.get_weights()
    without = stack({"type": "gru", "units": 4, "bidirectional": True})
    without.set_weights(weights)
    assert matrix.shape == (3, 8)
    np.testing.assert_allclose(out(with_it), out(without) + X @ matrix, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_layer_norm_leaves_every_step_mean_0_and_variance_1(cell: str) -> None:
    steps = out(stack({"type": cell, "units": 6, "layer_norm": True, "residual": True}))
    np.testing.assert_allclose(steps.mean(axis=-1), 0, atol=1e-5)
    np.testing.assert_allclose(steps.var(axis=-1), 1, atol=0.05)


@pytest.mark.parametrize(
    ("cell", "rate"),
    [*((cell, "dropout") for cell in CELLS), *((cell, "recurrent_dropout") for cell in FED_BACK)],
)
def test_dropout_is_of_training_alone_and_on_the_state_begins_behind_the_first_step(
    cell: str, rate: str
) -> None:
    plain, dropping = stack({"type": cell, "units": 8}), stack({"type": cell, "units": 8, rate: 0.5})
    dropping.set_weights(plain.get_weights())
    np.testing.assert_allclose(out(dropping), out(plain), atol=1e-6)
    moved = np.abs(out(dropping, training=True) - out(plain)).max(axis=(0, 2)) > 1e-6
    # The first state is 0, of which nothing can be dropped.
    assert moved.tolist() == [rate == "dropout", True, True, True, True]


def test_dense_and_dropout_layers_work_step_by_step_before_the_last_recurrent_layer() -> None:
    layers = [
        {"type": "dense", "units": 4, "activation": "relu"},
        {"type": "lstm", "units": 3},
        {"type": "dropout", "rate": 0.5},
        {"type": "dense", "units": 2},
        {"type": "gru", "units": 5},
        {"type": "dense", "units": 7},
    ]
    made = stack(*layers, sequences=False)
    assert [x.output.shape for x in made.layers] == [
        (None, 5, 4),
        (None, 5, 3),
        (None, 5, 3),
        (None, 5, 2),
        (None, 5),
        (None, 7),
    ]
    kernel, bias = made.layers[0].get_weights()
    np.testing.assert_allclose(np.array(made.layers[0](X)), np.maximum(X @ kernel + bias, 0), atol=1e-6)
    assert (out(made) == out(made)).all()
    assert (out(made, training=True) != out(made)).any()


def test_repeat_is_the_layer_written_out_with_weights_of_its_own() -> None:
    layer = {"type": "lstm", "units": 3, "residual": True}
    repeated, written = stack({**layer, "repeat": 3}), stack(layer, layer, layer)
    assert len(repeated.layers) == 3
    assert (out(repeated) == out(written)).all()
    first, second = (x.get_weights()[0] for x in repeated.layers[:2])
    assert (first != second).any()
