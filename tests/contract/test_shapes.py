"""Every shape of the config reference trains, saves, loads and predicts the same numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

import forecaster as fc
from forecaster.pipeline.predict import predict
from forecaster.runs.directory import RunDir
from forecaster.stages.opened import open_run

pytestmark = pytest.mark.slow

SHAPES = {
    "many to one": ({"lookback": 8, "horizon": 1}, {}),
    "many to many, unequal": ({"lookback": 8, "horizon": 4}, {}),
    "many to many, unequal, decoded": ({"lookback": 8, "horizon": 4}, {"head": {"type": "encoder_decoder"}}),
    "many to many, equal": (
        {"lookback": 8, "horizon": 8},
        {"head": {"type": "sequence"}, "normalization": "none"},
    ),
    "one to many, decoded": ({"lookback": 1, "horizon": 4}, {"head": {"type": "encoder_decoder"}}),
    "one to many, fed back": ({"lookback": 1, "horizon": 4}, {"head": {"type": "recursive"}}),
    "one to one": ({"lookback": 1, "horizon": 1}, {}),
    "free running": ({"lookback": 8, "horizon": 4}, {"head": {"type": "recursive"}}),
    "segments": ({"lookback": 8, "horizon": 5}, {"head": {"type": "segments"}, "patch": 2}),
    "carried": ({"lookback": 8, "horizon": 4}, {"stateful": True, "normalization": "none"}),
    "padded": ({"lookback": 30, "horizon": 4, "short": "pad"}, {}),
    "padded, fed back": ({"lookback": 30, "horizon": 4, "short": "pad"}, {"head": {"type": "recursive"}}),
    "padded, equal": (
        {"lookback": 30, "horizon": 4, "short": "pad"},
        {"head": {"type": "sequence"}, "normalization": "none", "patch": 3},
    ),
}


def run_of(folder: Path, window: dict[str, object], model: dict[str, object]) -> RunDir:
    rows = [f"{t},{s},{5 + np.sin(t / 3) + s:.4f}" for s in range(2) for t in range(40 + 30 * s)]
    (folder / "t.csv").write_text("\n".join(["t,id,y", *rows]) + "\n")
    layers = [{"type": "gru", "units": 6, "dropout": 0.1}, {"type": "lstm", "units": 5}]
    config = {
        "name": "shape",
        "data": {"path": "t.csv", "time": "t", "freq": 1, "id": "id", "targets": ["y"]},
        "split": {"val": 8, "test": 8},
        "window": window,
        "model": {"layers": layers} | model,
        "training": {"epochs": 2, "batch_size": 8},
        "evaluation": {"seasonality": 6},
    }
    (folder / "c.yaml").write_text(yaml.safe_dump(config))
    return RunDir(fc.train(fc.Experiment.from_yaml(folder / "c.yaml"), run_dir=folder / "run").path)


@pytest.mark.parametrize("shape", SHAPES)
def test_shape_trains_and_predicts_what_its_test_said(shape: str, tmp_path: Path) -> None:
    window, model = SHAPES[shape]
    run = run_of(tmp_path, window, model)
    scores = json.loads(run.file("metrics.json").read_text())["splits"]["test"]["scores"]
    assert 0 < scores["model"]["mae"] < 10
    table = predict(open_run(run)).table.to_pydict()
    steps = int(window["horizon"])  # type: ignore[call-overload]
    assert table["t"] == [*range(40, 40 + steps), *range(70, 70 + steps)]
    assert np.isfinite(table["forecast"]).all()
    # The last test window again, from its own origin: the loaded network says the same.
    header, *rows = [line.split(",") for line in run.file("forecasts.csv").read_text().splitlines()]
    last = [dict(zip(header, row, strict=True)) for row in rows[-steps:]]
    again = predict(open_run(run), cutoff=last[0]["cutoff"]).table.to_pydict()
    mine = [f for f, s, t in zip(again["forecast"], again["id"], again["t"], strict=True) if s == "1"]
    np.testing.assert_allclose(mine, [float(row["forecast"]) for row in last], rtol=1e-4)


def test_recursive_goes_on_beyond_its_horizon(tmp_path: Path) -> None:
    run = run_of(tmp_path, *SHAPES["free running"])
    short, long = (
        predict(open_run(run)).table.to_pydict(),
        predict(open_run(run), horizon=9).table.to_pydict(),
    )
    assert long["id"].count("0") == 9
    first = [f for f, s in zip(long["forecast"], long["id"], strict=True) if s == "0"][:4]
    np.testing.assert_allclose(first, short["forecast"][:4], rtol=1e-4)
