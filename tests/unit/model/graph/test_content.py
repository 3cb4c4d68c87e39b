"""Only plain graphs of known operators reach onnxruntime."""

import random

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from forecaster.model.graph.builder import Graph
from forecaster.model.graph.content import check_content
from forecaster.model.graph.session import GraphError, GraphSession


def small() -> bytes:
    """y = 2 x + 1, as `builder` writes it."""
    g = Graph({"factor": np.full((1, 1), 2.0, dtype=np.float32)})
    x = g.input("x", ("batch", 1))
    g.output("y", g.op("Add", g.op("MatMul", x, g.weight("factor")), g.constant([1.0])), ("batch", 1))
    return g.content("0")


def changed(**parts: object) -> bytes:
    """The same graph with another part."""
    model = onnx.load_from_string(small())
    nodes = parts.pop("nodes", None)
    if nodes is not None:
        model.graph.node.extend(nodes)  # type: ignore[arg-type]
    for name, value in parts.items():
        getattr(model, name).extend(value)
    return bytes(model.SerializeToString())


def test_a_graph_runs() -> None:
    session = GraphSession(small())
    assert session.run({"x": np.array([[3.0], [4.0]])})["y"].tolist() == [[7.0], [9.0]]


def test_a_single_row_is_run_like_several() -> None:
    assert GraphSession(small()).run({"x": np.array([[3.0]])})["y"].tolist() == [[7.0]]


def test_inputs_that_are_missing_or_of_another_size_are_refused() -> None:
    session = GraphSession(small())
    with pytest.raises(GraphError, match="wants the input 'x', which its windows do not have"):
        session.run({"z": np.ones((2, 1))})
    with pytest.raises(GraphError, match="cannot be run"):
        session.run({"x": np.ones((2, 5))})


def test_loops_and_graphs_inside_nodes_are_refused() -> None:
    with pytest.raises(ValueError, match="has the operator b'Loop', which no network needs"):
        check_content(changed(nodes=[helper.make_node("Loop", ["", ""], ["z"])]))
    inner = helper.make_graph([], "inner", [], [])
    with pytest.raises(ValueError, match="has a node with a graph or a tensor of its own"):
        check_content(changed(nodes=[helper.make_node("Add", ["x", "x"], ["z"], then_branch=inner)]))


def test_operators_of_other_libraries_are_refused() -> None:
    with pytest.raises(ValueError, match="has an operator of another library"):
        check_content(changed(nodes=[helper.make_node("Add", ["x", "x"], ["z"], domain="com.microsoft")]))
    with pytest.raises(ValueError, match="needs operators of another library"):
        check_content(changed(opset_import=[helper.make_opsetid("com.microsoft", 1)]))


def test_functions_are_refused() -> None:
    add = helper.make_function("", "F", ["a"], ["b"], [], [helper.make_opsetid("", 18)])
    with pytest.raises(ValueError, match="has the field 25, which no network needs"):
        check_content(changed(functions=[add]))


def test_constants_in_other_files_are_refused() -> None:
    model = onnx.load_from_string(small())
    outside = model.graph.initializer[0]
    outside.ClearField("raw_data")
    outside.data_location = TensorProto.EXTERNAL
    entry = outside.external_data.add()
    entry.key, entry.value = "location", "../../etc/passwd"
    with pytest.raises(ValueError, match=r"has a constant with the field 1[34], which no network needs"):
        check_content(bytes(model.SerializeToString()))


def test_a_constant_has_the_bytes_of_its_shape() -> None:
    model = onnx.load_from_string(small())
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones((2, 2), dtype=np.float32), "factor"))
    model.graph.initializer[0].dims[0] = 2**40
    with pytest.raises(ValueError, match="has a constant whose bytes do not fit its shape"):
        check_content(bytes(model.SerializeToString()))


def test_a_file_that_is_cut_short_is_refused_or_has_no_graph_less() -> None:
    content = small()
    for length in range(len(content) - 1):
        with pytest.raises(GraphError):
            GraphSession(content[:length])


def test_flipped_bits_end_in_an_error_or_in_a_forecast() -> None:
    rng, content = random.Random(0), small()
    refused = 0
    for _ in range(300):
        flipped = bytearray(content)
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        try:
            GraphSession(bytes(flipped)).run({"x": np.ones((2, 1))})
        except GraphError:
            refused += 1
    assert refused > 100
