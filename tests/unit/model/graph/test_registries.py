"""The registries of the exporter hold every cell, head and activation that a config may name."""

from typing import get_args

import pytest

from forecaster.model import cells
from forecaster.model.graph.activations import FUSED, NODES, fused_attributes
from forecaster.model.graph.cells import CELLS
from forecaster.model.graph.content import OPERATORS
from forecaster.model.graph.export import refusal, roles
from forecaster.model.graph.heads import HEADS
from forecaster.model.shape import Shape
from forecaster.model.spec import HEADS as NAMES
from forecaster.model.spec import ModelSpec

ACTIVATIONS = get_args(get_args(cells.Activation)[0])


def spec(**values: object) -> ModelSpec:
    return ModelSpec.model_validate({"layers": [{"type": "gru", "units": 2}], **values})


def test_every_cell_head_and_activation_can_be_written() -> None:
    assert set(CELLS) == set(cells.CELLS)
    assert set(HEADS) == set(NAMES)
    assert set(NODES) == set(ACTIVATIONS)


def test_gelu_silu_and_selu_are_the_activations_that_recurrent_nodes_lack() -> None:
    assert set(ACTIVATIONS) - set(FUSED) == {"gelu", "silu", "selu"}


def test_parameters_of_activations_stand_in_their_order() -> None:
    """A GRU in both directions: hard_sigmoid for its gates, elu for its state."""
    assert fused_attributes(("hard_sigmoid", "elu"), 2) == {
        "activations": ["HardSigmoid", "Elu", "HardSigmoid", "Elu"],
        "activation_alpha": [1 / 6, 1.0, 1 / 6, 1.0],
        "activation_beta": [0.5, 0.5],
    }
    assert fused_attributes(("sigmoid", "tanh", "tanh"), 1) == {"activations": ["Sigmoid", "Tanh", "Tanh"]}


def test_no_graph_may_hold_a_loop() -> None:
    assert OPERATORS.isdisjoint({"Loop", "Scan", "If", "SequenceMap"})


@pytest.mark.parametrize("head", NAMES)
def test_usual_networks_are_not_refused(head: str) -> None:
    needed = {"segments": {"patch": 2}, "sequence": {"normalization": "none"}}.get(head, {})
    assert refusal(spec(head={"type": head}, **needed), Shape(8, 4, 1)) is None


def test_a_long_horizon_that_is_fed_back_is_refused() -> None:
    long = spec(head={"type": "recursive"})
    assert refusal(long, Shape(8, 1024, 1)) is None
    assert refusal(long, Shape(8, 1025, 1)) == (
        "a horizon of 1,025 steps that are fed back would be written out as 1,025 nodes, and at most 1,024 are"
    )


def test_many_steps_of_an_activation_that_onnx_lacks_are_refused() -> None:
    odd = spec(layers=[{"type": "gru", "units": 2, "activation": "silu", "repeat": 2}])
    assert refusal(odd, Shape(512, 4, 1)) is None
    assert refusal(odd, Shape(513, 4, 1)) == (
        "ONNX has no recurrent node with activation silu, and 513 steps of 2 layers are too many to write out one by "
        "one: at most 1,024 are"
    )


def test_many_steps_of_a_cell_that_onnx_lacks_are_refused_and_those_of_a_scan_are_not() -> None:
    assert refusal(spec(layers=[{"type": "slstm", "units": 2}]), Shape(1024, 4, 1)) is None
    assert refusal(spec(layers=[{"type": "slstm", "units": 2}]), Shape(1025, 4, 1)) == (
        "ONNX has no recurrent node of slstm, and 1,025 steps of one layer are too many to write out one by one: at "
        "most 1,024 are"
    )
    assert (
        refusal(spec(layers=[{"type": "min_gru", "units": 2, "activation": "gelu"}]), Shape(9999, 4, 1))
        is None
    )


def test_a_network_that_draws_paths_has_three_graphs() -> None:
    counts = {"type": "distribution", "family": "normal"}
    assert roles(spec(output=counts, head={"type": "recursive"})) == ("network", "first", "step")
    assert roles(spec(output=counts)) == ("network",)
    assert roles(spec(head={"type": "recursive"})) == ("network",)
