"""Forecasts by onnxruntime: without TensorFlow, and the same as those of Keras."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import forecaster as fc
from forecaster.stages.graphs import ENGINE_VARIABLE
from tests.integration.hostile_runs import SAMPLES
from tests.integration.tiny_runs import csv_rows, done, hours, line, read, refused, write_config, write_table

HEAVY = ("tensorflow", "keras", "onnx", "pandas", "sklearn", "matplotlib", "scipy.stats")


def modules_after(run: Path, *arguments: str) -> list[str]:
    """Which of the heavy packages a command of its own loads."""
    code = (
        "import atexit, sys; atexit.register(lambda: print([m for m in "
        f"{HEAVY!r} if m in sys.modules], file=sys.stderr)); "
        "import typer; from forecaster.cli import app; from forecaster.data.pandas_later import OwnProcess; "
        f"OwnProcess.here = True; sys.argv = ['forecaster', *{arguments!r}, {str(run)!r}, '--quiet']; app()"
    )
    done_ = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done_.stderr.splitlines()[-1].replace("'", '"'))
    return found


def test_a_forecast_loads_no_heavy_package(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "today", tmp_path / "r")
    assert modules_after(tmp_path / "r", "predict") == []


def test_a_run_of_an_earlier_version_gets_its_graph_in_memory(tmp_path: Path) -> None:
    """It holds no ONNX file, so `onnx` is loaded to write one; TensorFlow is not."""
    shutil.copytree(SAMPLES / "0.1.0", tmp_path / "r")
    assert modules_after(tmp_path / "r", "predict") == ["onnx"]


def test_all_versions_forecast_alike() -> None:
    forecasts = [done("predict", SAMPLES / name) for name in ("0.1.0", "0.2.0", "today")]
    assert forecasts[0] == forecasts[1] == forecasts[2]


def test_the_engine_is_named() -> None:
    assert json.loads(done("predict", SAMPLES / "today", "--json"))["engine"] == "onnxruntime"
    quiet, loud = (fc.load(SAMPLES / "today").prediction().engine for _ in range(2))
    assert quiet == loud
    assert quiet.sentence == "engine: onnxruntime"


def test_an_unknown_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "torch")
    assert refused(2, "predict", SAMPLES / "today") == (
        "FORECASTER_ENGINE=torch: there is no such engine; use one of auto, onnxruntime, keras"
    )


def test_a_graph_of_another_network_is_a_damaged_run(tmp_path: Path) -> None:
    from tests.integration.hostile_runs import GRAPH, reseal
    from tests.unit.model.graph.test_content import small

    shutil.copytree(SAMPLES / "today", tmp_path / "r")
    (tmp_path / "r" / GRAPH).write_bytes(small())
    reseal(tmp_path / "r")
    assert refused(2, "predict", tmp_path / "r") == (
        f"{tmp_path / 'r' / GRAPH}: wants the input 'x', which its windows do not have; restore the run directory "
        "from a copy, or train again"
    )


# -- runs that are trained -------------------------------------------------------------


def rich(folder: Path, **sections: Any) -> Path:
    """Two series with covariates, categories and a calendar."""
    rng = np.random.default_rng(0)
    n = 90
    rows = [
        [
            t,
            s,
            round(20 + 5 * np.sin(i / 4) + rng.normal(), 3),
            i % 5,
            f"w{i % 3}",
            "north" if s == "a" else "south",
            3.5,
        ]
        for s in ("a", "b")
        for i, t in enumerate(hours(n))
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "t.csv", "t,id,y,past,weather,place,size", rows)
    data = {
        "id": "id",
        "targets": ["y"],
        "past_covariates": ["past", "weather"],
        "static_covariates": ["place", "size"],
        "categorical": {"weather": "embedding", "place": "one_hot"},
        "calendar": ["hour", "dayofweek"],
    }
    return write_config(folder, data, **{"window": {"lookback": 8, "horizon": 4}, **sections})


def both(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> list[str]:
    found = []
    for engine in ("onnxruntime", "keras"):
        monkeypatch.setenv(ENGINE_VARIABLE, engine)
        found.append(done(*arguments))
    monkeypatch.delenv(ENGINE_VARIABLE)
    return found


def numbers(text: str) -> np.ndarray:
    def number(cell: str) -> float:
        try:
            return float(cell)
        except ValueError:
            return 0.0

    return np.array([[number(cell) for cell in row] for row in csv_rows(text)[1:]])


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        {"layers": [{"type": "lstm", "units": 4, "bidirectional": True}], "normalization": "revin"},
        {
            "layers": [{"type": "gru", "units": 4, "residual": True}],
            "head": {"type": "encoder_decoder"},
            "output": {"type": "distribution", "family": "normal", "samples": 20},
        },
        {
            "layers": [{"type": "gru", "units": 4}],
            "anchor": {"type": "ridge", "mode": "average"},
            "blend": ["seasonal_naive"],
            "season": 4,
        },
        {"layers": [{"type": "simple_rnn", "units": 4}], "stateful": True, "normalization": "none"},
    ],
    ids=["bidirectional", "paths", "anchor and blend", "stateful"],
)
def test_both_engines_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: dict[str, Any]) -> None:
    loss = "nll" if "output" in model else "mae"
    training = {"epochs": 1, "batch_size": 16, "ensemble": 2, "loss": loss}
    config = rich(tmp_path, model=model, training=training)
    run = tmp_path / "r"
    done("train", config, "--run-dir", run)
    onnx, keras = both(monkeypatch, "predict", run)
    np.testing.assert_allclose(numbers(onnx), numbers(keras), rtol=1e-5, atol=1e-4)
    # The forecast that the run holds is that of predict.
    assert (run / "next.csv").read_text() == done("predict", run)
    scores = read(run, "metrics.json")["splits"]["test"]["scores"]["model"]
    again = json.loads(done("evaluate", run, "--json"))["runs"][0]
    assert again["engine"] == "onnxruntime"
    assert again["scores"]["model"] == pytest.approx(scores, rel=1e-5)


@pytest.mark.slow
def test_explain_runs_on_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done("train", line(tmp_path, split={"val": 0.2, "test": 0.2}), "--run-dir", tmp_path / "r")
    onnx, keras = (
        json.loads(text) for text in both(monkeypatch, "explain", tmp_path / "r", "--windows", 8, "--json")
    )
    assert (onnx.pop("engine"), keras.pop("engine")) == ("onnxruntime", "keras")
    assert onnx["scaled_mae"] == pytest.approx(keras["scaled_mae"], rel=1e-5)


@pytest.mark.slow
def test_half_precision_and_networks_without_a_graph_need_keras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = line(tmp_path, runtime={"precision": "mixed_bfloat16"})
    done("train", config, "--run-dir", tmp_path / "r")
    assert json.loads(done("predict", tmp_path / "r", "--json"))["engine"] == "keras"
    monkeypatch.setenv(ENGINE_VARIABLE, "onnxruntime")
    assert refused(2, "predict", tmp_path / "r") == (
        "FORECASTER_ENGINE=onnxruntime: the network computes in mixed_bfloat16, and its graph in float32; unset "
        "FORECASTER_ENGINE"
    )


@pytest.mark.slow
def test_a_longer_horizon_than_that_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = line(tmp_path, model={"layers": [{"type": "gru", "units": 3}], "head": {"type": "recursive"}})
    done("train", config, "--run-dir", tmp_path / "r")
    onnx, keras = both(monkeypatch, "predict", tmp_path / "r", "--horizon", 9)
    assert len(csv_rows(onnx)) == 10
    np.testing.assert_allclose(numbers(onnx), numbers(keras), rtol=1e-5, atol=1e-4)


@pytest.mark.slow
def test_a_refit_takes_over_the_scored_graphs(tmp_path: Path) -> None:
    done("train", line(tmp_path), "--run-dir", tmp_path / "r")
    done("refit", tmp_path / "r", "--run-dir", tmp_path / "again")
    before, after = tmp_path / "r" / "model", tmp_path / "again" / "model"
    for name in ("network.json", "network-0.onnx"):
        assert (after / "scored" / name).read_bytes() == (before / name).read_bytes()
    assert (after / "network-0.onnx").read_bytes() != (before / "network-0.onnx").read_bytes()
    assert json.loads(done("evaluate", tmp_path / "again", "--json"))["runs"][0]["engine"] == "onnxruntime"
