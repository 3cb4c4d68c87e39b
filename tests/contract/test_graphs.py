"""Networks as ONNX give what the same networks give in Keras, whatever they are built of."""

from collections import Counter
from itertools import islice
from typing import Any

import numpy as np
import pytest

from benchmarks.onnx_parity import (
    CELLS,
    OPTIONS,
    PADDED,
    PLAIN,
    RICH,
    Case,
    all_cases,
    built,
    case,
    cases_of,
    difference,
    inputs,
    weights_of,
)
from forecaster.data.transforms.windows import Windows, WindowSource
from forecaster.forecasting.engine import KerasEngine, OnnxEngine
from forecaster.model.graph.activations import NODES
from forecaster.model.graph.export import FORECAST, NETWORK, graph_of, refusal, roles
from forecaster.model.graph.session import GraphSession
from forecaster.model.shape import Shape
from forecaster.model.spec import HEADS, ModelSpec

pytestmark = pytest.mark.slow

# As a share of the largest output of the batch.
CLOSE = 1e-5
RECURRENT = {"RNN", "LSTM", "GRU"}
NODE = {"simple_rnn": {"RNN"}, "lstm": {"LSTM"}, "gru": {"GRU"}}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_and_head_with_every_output(cell: str, head: str) -> None:
    """Of the normalisations one in three; benchmarks/onnx_parity.py takes them all."""
    cases = [one for one in all_cases() if (one.cell, one.head) == (cell, head)]
    for one in islice(cases, 0, None, 3):
        found, operators = difference(one)
        assert found < CLOSE, one
        assert operators & RECURRENT == NODE.get(cell, set())
        assert operators.isdisjoint({"Loop", "Scan", "If"})


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option(option: str) -> None:
    for one in islice(cases_of(option), 0, None, 2):
        found, operators = difference(one)
        assert found < CLOSE, one
        assert operators.isdisjoint({"Loop", "Scan", "If"})


def test_a_layer_is_one_node_whatever_the_lookback() -> None:
    one = case("lstm", "direct", "point", "last", Shape(lookback=200, horizon=5, n_targets=1))
    assert one is not None
    graph = graph_of(NETWORK, one.spec, one.shape, weights_of(built(one)))
    nodes = Counter(op for op, *_ in graph._nodes)
    assert nodes["LSTM"] == 2
    assert sum(nodes.values()) < 40


def test_a_scan_takes_a_few_nodes_for_each_doubling_of_the_lookback() -> None:
    sizes = []
    for lookback in (32, 64, 128):
        one = case("min_gru", "direct", "point", "last", Shape(lookback=lookback, horizon=5, n_targets=1))
        assert one is not None
        sizes.append(len(graph_of(NETWORK, one.spec, one.shape, weights_of(built(one)))._nodes))
    assert sizes[2] - sizes[1] == sizes[1] - sizes[0] == 22


def whatever_the_batch(one: Case | None) -> None:
    """The windows of a batch get the same numbers in batches of other sizes."""
    assert one is not None
    content = graph_of(NETWORK, one.spec, one.shape, weights_of(built(one))).content("0")
    windows = inputs(one.shape, batch=40)
    session = GraphSession(content)
    whole = session.run(windows)[FORECAST]
    for size in (1, 2, 3, 7, 32):
        parts = [
            session.run({name: part[i : i + size] for name, part in windows.items()})[FORECAST]
            for i in range(0, 40, size)
        ]
        assert (np.concatenate(parts) == whole).all(), (one, size)


@pytest.mark.parametrize("cell", CELLS)
def test_the_outputs_do_not_depend_on_the_batch(cell: str) -> None:
    for shape in (RICH, PADDED):
        whatever_the_batch(case(cell, "encoder_decoder", "point", "mean", shape))


@pytest.mark.parametrize("output", ["normal", "student_t", "negative_binomial", "quantiles"])
def test_no_output_depends_on_the_batch(output: str) -> None:
    whatever_the_batch(case("gru", "direct", output, "mean", RICH))


@pytest.mark.parametrize("activation", sorted(NODES))
def test_no_activation_depends_on_the_batch(activation: str) -> None:
    layers = [
        {"type": "gru", "units": 5, "activation": activation},
        {"type": "dense", "units": 7, "activation": activation},
    ]
    whatever_the_batch(as_case(spec(layers=layers), RICH))


def test_the_outputs_do_not_depend_on_threads() -> None:
    """Five batches, one after the other or three at a time."""
    one = as_case(spec(), PLAIN)
    windows, members = lines(600, n_targets=2, shape=PLAIN), [weights_of(built(one))]
    single, several = (OnnxEngine(one.spec, PLAIN, members, threads=n).outputs(0, windows) for n in (1, 3))
    assert len(windows) == 1200
    assert (single == several).all()


def test_the_same_weights_give_the_same_bytes() -> None:
    one = case("gru", "segments", "quantiles", "season", PADDED)
    assert one is not None
    weights = weights_of(built(one))
    first, second = (graph_of(NETWORK, one.spec, one.shape, weights).content("0") for _ in range(2))
    assert first == second


# -- engines ---------------------------------------------------------------------------


def lines(n_series: int, *, n_targets: int, shape: Shape) -> Windows:
    """Two windows of each of a few series that drift; the second one begins a lookback after the first."""
    rows = 2 * shape.lookback + shape.horizon
    values = np.random.default_rng(3).normal(size=(n_series * rows, n_targets)).astype(np.float32)
    offsets = np.arange(n_series + 1) * rows
    source = WindowSource(values, offsets, n_targets)
    series = np.repeat(np.arange(n_series, dtype=np.int32), 2)
    start = offsets[series] + np.tile([0, shape.lookback], n_series)
    return Windows(source, shape.lookback, shape.horizon, series, start)


def engines(one: Case) -> tuple[KerasEngine, OnnxEngine]:
    members = [weights_of(built(one, seed=seed)) for seed in (1, 2)]
    return KerasEngine(one.spec, one.shape, members), OnnxEngine(one.spec, one.shape, members)


def spec(**values: Any) -> ModelSpec:
    layers = [{"type": "lstm", "units": 3, "residual": True}, {"type": "gru", "units": 4}]
    return ModelSpec.model_validate({"layers": layers, **values})


def as_case(model: ModelSpec, shape: Shape) -> Case:
    return Case("", model.head.type, model.output.type, model.normalization, model, shape)


@pytest.mark.parametrize(("channels", "columns"), [("joint", 0), ("independent", 0), ("independent", 1)])
def test_a_carried_state_is_an_input_and_an_output(channels: str, columns: int) -> None:
    """The second window of a series goes on from the state that the first one left."""
    layers = [{"type": cell, "units": 3} for cell in CELLS]
    layers += [{"type": "slstm", "units": 3, "over": "columns"}] * columns
    one = as_case(spec(stateful=True, normalization="none", channels=channels, layers=layers), PLAIN)
    assert refusal(one.spec, one.shape) is None
    windows = lines(5, n_targets=2, shape=PLAIN)
    keras, onnx = engines(one)
    for member in (0, 1):
        expected = keras.outputs(member, windows)
        np.testing.assert_allclose(onnx.outputs(member, windows), expected, atol=CLOSE)
    later = windows.take(np.array([3, 9]))
    np.testing.assert_allclose(onnx.outputs(1, later), expected[[3, 9]], atol=CLOSE)


@pytest.mark.parametrize("family", ["normal", "student_t", "negative_binomial"])
@pytest.mark.parametrize("head", ["recursive", "encoder_decoder"])
@pytest.mark.parametrize("channels", ["joint", "independent"])
def test_paths_are_drawn_alike(head: str, family: str, channels: str) -> None:
    output = {"type": "distribution", "family": family, "samples": 50}
    one = as_case(spec(head={"type": head}, output=output, channels=channels, normalization="mean"), PLAIN)
    assert roles(one.spec) == ("network", "first", "step")
    windows = lines(4, n_targets=2, shape=PLAIN)
    keras, onnx = engines(one)
    expected = keras.path_quantiles(1, windows, (0.1, 0.5, 0.9))
    found = onnx.path_quantiles(1, windows, (0.1, 0.5, 0.9))
    scale = np.abs(expected).max()
    # A draw by rejection may go the other way for a parameter that differs in the last digit.
    assert (np.abs(found - expected) < CLOSE * max(1.0, scale)).mean() > 0.95


def test_paths_know_the_covariates_of_their_steps() -> None:
    """All kinds of columns, padded: the graphs of the first and of the later steps take what is known of each."""
    output = {"type": "distribution", "family": "normal", "samples": 10}
    one = as_case(spec(head={"type": "encoder_decoder"}, output=output, normalization="revin"), PADDED)
    network, batch = built(one), inputs(PADDED)
    from forecaster.model.graph.engine import Network
    from forecaster.model.paths import sample_paths

    weights = weights_of(network)
    graphs = {r: GraphSession(graph_of(r, one.spec, PADDED, weights).content("0")) for r in roles(one.spec)}
    expected = sample_paths(network, batch, np.random.default_rng(5))
    found = Network(one.spec, PADDED, graphs.__getitem__).sample_paths(
        one.spec.output, batch, np.random.default_rng(5)
    )
    np.testing.assert_allclose(found, expected, atol=CLOSE * np.abs(expected).max())
