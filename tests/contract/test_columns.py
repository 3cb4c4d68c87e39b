"""Layers over columns: every cell with every head that takes one, from training to the ONNX file."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import forecaster
from benchmarks.onnx_parity import Case, weights_of
from forecaster.model.cells import CELLS
from forecaster.model.cost import cost
from forecaster.model.execution import choose_execution
from forecaster.model.graph.export import NETWORK, graph_of, refusal
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from tests.contract.test_graphs import whatever_the_batch
from tests.contract.test_networks import (
    BATCH,
    PLAIN,
    RICH,
    check_promises,
    forecast,
    inputs,
    trained_one_step,
)
from tests.integration.tiny_runs import hours, write_config, write_table

pytestmark = pytest.mark.slow

HEADS = ("direct", "segments")
NODE = {"simple_rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}


def spec(cell: str = "gru", head: str = "direct", **options: Any) -> ModelSpec:
    layers = [
        {"type": "gru", "units": 3},
        {"type": cell, "units": 2, "over": "columns", **options},
        {"type": "dense", "units": 4},
    ]
    patch = {"patch": 2} if head == "segments" else {}
    model = {"channels": "independent", "layers": layers, "head": {"type": head}, **patch}
    return ModelSpec.model_validate(model)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
def test_trains_saves_and_loads(tmp_path: Path, cell: str, head: str) -> None:
    check_promises(spec(cell, head, bidirectional=True, residual=True), RICH, tmp_path)


@pytest.mark.parametrize("head", HEADS)
def test_a_target_sees_those_before_it_and_both_ways_all(head: str) -> None:
    for both_ways in (False, True):
        network = trained_one_step(spec("slstm", head, bidirectional=both_ways), PLAIN)
        x = inputs(PLAIN)
        first, last = ({"past": x["past"].copy()} for _ in range(2))
        # Not a multiple: what is left of a window after its last value is taken away has to change.
        first["past"][:, 2, 0] += 1
        last["past"][:, 2, 1] += 1
        found, moved_first, moved_last = (forecast(network, each) for each in (x, first, last))
        assert not np.allclose(found[:, :, 1], moved_first[:, :, 1], atol=1e-6)
        assert np.allclose(found[:, :, 0], moved_last[:, :, 0], atol=1e-6) is not both_ways


def test_a_carried_state_is_that_of_the_layers_over_steps() -> None:
    """Two windows in a row, the second from the state that the first one left, are those of one long pass."""
    from forecaster.model.build import build

    model = spec("slstm", bidirectional=True).model_copy(update={"stateful": True, "normalization": "none"})
    carried = build(model, PLAIN, streams=BATCH)
    long = Shape(lookback=12, horizon=2, n_targets=2)
    at_once = build(model, long, streams=BATCH)
    at_once.set_weights(carried.get_weights())
    x = inputs(long)["past"]
    new, on = (np.full((BATCH, 1), flag, np.float32) for flag in (0, 1))
    forecast(carried, {"past": x[:, :6], "carry": new})
    found = forecast(carried, {"past": x[:, 6:], "carry": on})
    np.testing.assert_allclose(found, forecast(at_once, {"past": x, "carry": new}), atol=1e-5)
    graph = graph_of(NETWORK, model, PLAIN, weights_of(carried))
    assert refusal(model, PLAIN) is None
    assert "GRU" in graph.operators


def test_windows_do_not_see_each_other() -> None:
    network = trained_one_step(spec("slstm", bidirectional=True), PLAIN)
    x = inputs(PLAIN)["past"]
    alone = [forecast(network, {"past": x[i : i + 1]}) for i in range(len(x))]
    np.testing.assert_allclose(np.concatenate(alone), forecast(network, {"past": x}), atol=1e-6)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cell", CELLS)
def test_the_outputs_do_not_depend_on_the_batch(cell: str, head: str) -> None:
    model = spec(cell, head, bidirectional=True)
    whatever_the_batch(Case(cell, head, "point", "last", model, RICH))


@pytest.mark.parametrize("cell", NODE)
def test_a_layer_is_one_node_whatever_the_columns(cell: str) -> None:
    from forecaster.model.build import build

    sizes = []
    for n in (4, 40):
        shape = Shape(lookback=6, horizon=2, n_targets=n)
        model = spec(cell, bidirectional=True)
        graph = graph_of(NETWORK, model, shape, weights_of(build(model, shape)))
        nodes = Counter(op for op, *_ in graph._nodes)
        assert nodes[NODE[cell]] == (2 if cell == "gru" else 1)
        sizes.append(sum(nodes.values()))
    assert sizes[0] == sizes[1]


def test_so_many_columns_are_not_written_out() -> None:
    assert refusal(spec("slstm"), Shape(lookback=6, horizon=2, n_targets=1000)) is None
    why = refusal(spec("slstm"), Shape(lookback=6, horizon=2, n_targets=1100))
    assert why is not None
    assert "1,106 steps and targets of 2 layers are too many to write out one by one" in why
    assert refusal(spec("gru"), Shape(lookback=6, horizon=2, n_targets=1100)) is None


def test_the_estimate_counts_a_step_for_each_target() -> None:
    """3 gates of 2 units on 3 inputs and 2 states: 30 weights; 7 targets, both ways after 6 steps: 6 + 14."""
    shape = Shape(lookback=6, horizon=2, n_targets=7)
    alone, mixed = ModelSpec.model_validate({"channels": "independent", "layers": spec().layers[:1]}), spec()
    assert cost(mixed, shape).weights == cost(alone, shape).weights - 3 * 2 + 30 + 2 * 4 + 4 * 2
    assert cost(spec(bidirectional=True), shape).loops == 6 + 2 * 7


def test_many_columns_are_not_unrolled() -> None:
    for n, unrolled in ((20, True), (200, False)):
        model = ModelSpec.model_validate(
            {
                "channels": "independent",
                "patch": 24,
                "layers": [
                    {"type": "gru", "units": 128},
                    {"type": "gru", "units": 128, "over": "columns"},
                ],
            }
        )
        shape = Shape(lookback=336, horizon=96, n_targets=n)
        found = choose_execution(model, shape, batch_size=32, n_batches=500, n_epochs=80)
        assert found.unroll is unrolled


def experiment(folder: Path) -> "forecaster.Experiment":
    rng = np.random.default_rng(1)
    write_table(folder / "t.csv", "t,a,b,c", ([t, *rng.normal(size=3).round(3)] for t in hours(70)))
    layers = [
        {"type": "gru", "units": 3},
        {
            "type": "slstm",
            "units": 2,
            "over": "columns",
            "bidirectional": True,
            "residual": True,
            "dropout": 0.2,
        },
    ]
    config = write_config(
        folder, {"targets": ["a", "b", "c"]}, model={"channels": "independent", "layers": layers}
    )
    return forecaster.Experiment.from_yaml(config)


def test_a_run_is_resumed_byte_for_byte_and_forecasts_by_its_graph(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(_: object) -> None:
        raise StoppedError

    given = experiment(tmp_path)
    whole = forecaster.train(given, run_dir=tmp_path / "whole")
    with pytest.raises(StoppedError):
        forecaster.train(given, run_dir=tmp_path / "parts", on_epoch=stop)
    parts = forecaster.train(given, run_dir=tmp_path / "parts", resume=True)
    weights = [run.path / "model" / "weights.safetensors" for run in (whole, parts)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert (whole.path / "forecasts.csv").read_bytes() == (parts.path / "forecasts.csv").read_bytes()
    assert list((whole.path / "model").glob("*.onnx"))
    found = [forecaster.load(path).predict() for path in (whole.path, parts.path)]
    assert found[0].equals(found[1])
