"""A table that is mapped from files gives the same bytes as one that is read into memory."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from forecaster.data import cache, mapped
from tests.integration.tiny_runs import done, hours, write_config, write_table

DATA = {
    "id": "id",
    "targets": ["y"],
    "past_covariates": ["p", "kind"],
    "future_covariates": ["f"],
    "categorical": {"kind": "embedding"},
    "calendar": ["hour"],
    "missing": "mask",
}


def panel(folder: Path) -> Path:
    """Three series with a gap, an empty cell, and rows ahead; not in order."""
    rows = [
        (name, t, "" if i == 20 or i >= 60 else round(n + math.sin(i) * 3, 3), i % 5, "ab"[i % 2], i % 7)
        for n, name in enumerate(["x", "z", "y"])
        for i, t in enumerate(hours(64, first=n))
        if i != 33
    ]
    write_table(folder / "t.csv", "id,t,y,p,kind,f", rows)
    return write_config(folder, DATA)


def results(folder: Path, config: Path, name: str) -> dict[str, object]:
    run = folder / name
    done("train", config, "--run-dir", run, "-q")
    found: dict[str, object] = {"validate": json.loads(done("validate", config, "--json"))}
    for file in ("forecasts.csv", "metrics.json", "splits.json", "scores/by_series.csv"):
        found[file] = (run / file).read_bytes()
    for file in run.glob("model/*.safetensors"):
        found[file.name] = {key: array.tobytes() for key, array in load_file(file).items()}
    found["predict"] = done("predict", run, "--data", folder / "t.csv", "--from", hours(1, first=50)[0])
    return found


@pytest.mark.slow
def test_trained_from_files_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = panel(tmp_path)
    in_memory = results(tmp_path, config, "memory")
    monkeypatch.setattr(cache, "LEAST_BYTES", 0)
    monkeypatch.setattr(mapped, "BLOCK", 50)
    monkeypatch.setenv("FORECASTER_CACHE", str(tmp_path / "cache"))
    first, second = (results(tmp_path, config, name) for name in ("first", "second"))
    assert any("safetensors" in name for name in first)
    assert first == in_memory
    assert second == in_memory
    # Validate and train read the same rows; predict takes in those ahead of another axis.
    assert len(list((tmp_path / "cache" / "tables").iterdir())) == 2
