"""forecaster export, and a reader of what it writes that knows nothing of forecaster."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import forecaster as fc
from tests.integration.hostile_runs import SAMPLES
from tests.integration.test_engines import numbers, rich
from tests.integration.tiny_runs import done, line, refused

READER = Path(__file__).parents[2] / "examples" / "read_export.py"


def read_by_others(export: Path, rows: Path) -> np.ndarray:
    """The forecast columns of the reader."""
    found = subprocess.run(
        [sys.executable, str(READER), str(export), str(rows)], capture_output=True, text=True, check=True
    )
    return numbers(found.stdout)[:, 3:]


def test_the_reader_does_not_import_forecaster() -> None:
    assert "import forecaster" not in READER.read_text(encoding="utf-8")
    assert "from forecaster" not in READER.read_text(encoding="utf-8")


def test_onnx_is_exported_from_runs_of_every_version(tmp_path: Path) -> None:
    files = ["network-0.onnx", "network.json", "state.json"]
    for name in ("0.1.0", "today"):
        found = json.loads(done("export", SAMPLES / name, "--output", tmp_path / name, "--json"))
        assert found["files"] == files
        assert found["bytes"] == sum((tmp_path / name / file).stat().st_size for file in files)
    assert (tmp_path / "today" / "network-0.onnx").read_bytes() == (
        SAMPLES / "today" / "model" / "network-0.onnx"
    ).read_bytes()


def test_the_reader_forecasts_the_sample(tmp_path: Path) -> None:
    done("export", SAMPLES / "today", "--output", tmp_path / "e")
    found = read_by_others(tmp_path / "e", SAMPLES / "today" / "model" / "context.csv")
    np.testing.assert_allclose(found, numbers(done("predict", SAMPLES / "today"))[:, 2:], rtol=1e-6)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "mine").write_text("x")
    assert refused(2, "export", SAMPLES / "today", "--output", tmp_path / "e") == (
        f"--output {tmp_path / 'e'}: is already there; choose a new folder"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["e"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "e").mkdir()
    exported = fc.load(SAMPLES / "today").export(tmp_path / "e")
    assert exported.files == ("network-0.onnx", "network.json", "state.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e"]


def test_an_unknown_format_is_refused_in_python(tmp_path: Path) -> None:
    with pytest.raises(fc.UsageError, match="there is no such format"):
        fc.load(SAMPLES / "today").export(tmp_path / "e", format="pickle")  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize(
    "sections",
    [
        {
            "model": {
                "layers": [{"type": "lstm", "units": 4}],
                "output": {"type": "quantiles"},
                "anchor": {"type": "ridge"},
                "differences": [2],
            },
            "training": {"epochs": 1, "batch_size": 16, "ensemble": 2, "loss": "pinball"},
        },
        {
            "model": {
                "layers": [{"type": "gru", "units": 4, "bidirectional": True}],
                "head": {"type": "encoder_decoder"},
                "normalization": "mean",
            },
            "scaling": {"method": "log", "per_series": False},
            "window": {"lookback": 8, "horizon": 4, "short": "pad"},
        },
        {
            "model": {
                "layers": [{"type": "simple_rnn", "units": 4}],
                "output": {"type": "distribution", "family": "normal"},
                "blend": ["seasonal_naive"],
                "season": 4,
            },
            "training": {"epochs": 1, "batch_size": 16, "loss": "nll"},
            "evaluation": {"seasonality": 4, "calibration": "none"},
        },
    ],
    ids=["quantiles, anchor, ensemble", "log, padded, calibrated", "distribution, blend"],
)
def test_a_reader_in_another_language_could_forecast(tmp_path: Path, sections: dict[str, Any]) -> None:
    run = tmp_path / "r"
    done(
        "train", rich(tmp_path, **{"training": {"epochs": 1, "batch_size": 16}, **sections}), "--run-dir", run
    )
    done("export", run, "--output", tmp_path / "e")
    found = read_by_others(tmp_path / "e", run / "model" / "context.csv")
    np.testing.assert_allclose(found, numbers(done("predict", run))[:, 2:], rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_a_saved_model_gives_what_the_graph_gives(tmp_path: Path) -> None:
    import onnxruntime
    import tensorflow as tf

    run = tmp_path / "r"
    done("train", rich(tmp_path), "--run-dir", run)
    done("export", run, "--format", "saved_model", "--output", tmp_path / "tf")
    done("export", run, "--output", tmp_path / "onnx")
    network = json.loads((tmp_path / "tf" / "network.json").read_text())
    rng = np.random.default_rng(0)
    loaded = tf.saved_model.load(str(tmp_path / "tf" / "network-0"))
    for batch in (1, 5):
        windows = {
            one["name"]: rng.integers(0, 3, size=(batch, *one["shape"][1:])).astype(one["dtype"])
            for one in network["inputs"]
        }
        session = onnxruntime.InferenceSession(tmp_path / "onnx" / "network-0.onnx")
        (expected,) = session.run(["forecast"], windows)
        np.testing.assert_allclose(np.asarray(loaded.serve(windows)), expected, atol=1e-5)


@pytest.mark.slow
def test_a_state_that_is_carried_has_no_saved_model(tmp_path: Path) -> None:
    model = {"layers": [{"type": "gru", "units": 3}], "stateful": True, "normalization": "none"}
    done("train", line(tmp_path, model=model), "--run-dir", tmp_path / "r")
    said = refused(2, "export", tmp_path / "r", "--format", "saved_model", "--output", tmp_path / "e")
    assert said == (
        f"{tmp_path / 'r'}: its network carries its state from window to window, which a SavedModel would hide; "
        "use --format onnx, where the state is an input and an output"
    )
    assert not (tmp_path / "e").exists()
    names = json.loads(done("export", tmp_path / "r", "--output", tmp_path / "e", "--json"))["files"]
    assert "network-0.onnx" in names
