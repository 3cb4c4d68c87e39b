"""A complete run of a few files, for the tests of runs/."""

from pathlib import Path
from typing import Any

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.runs.checkpoints import FileCheckpoints
from forecaster.runs.claim import claim
from forecaster.runs.directory import RunDir

TABLE = {"path": "t.csv", "sha256": "0" * 64, "rows": 1}
DONE: dict[str, Any] = {"name": "a", "seed": 1, "versions": {}, "data": TABLE}


def state_of(axis: TimeAxis) -> dict[str, Any]:
    """The content of model/state.json of one series, with a scaler that changes nothing."""
    scaler = {"method": "standard", "ids": None, "n_targets": 1, "center": [[0.0]], "spread": [[1.0]]}
    scaler |= {"static_center": [], "static_spread": []}
    return {"format_version": 1, "scaler": scaler, "grid": axis.as_json(), "encoders": {}}


def sealed(path: Path) -> RunDir:
    """A complete run of a few files."""
    with claim(path) as run:
        run.event("started", smoke=False)
        (path / "model").mkdir()
        run.file("resolved.yaml").write_text("name: a\n")
        run.file("model/weights.safetensors").write_bytes(bytes(range(100)))
        run.file("metrics.json").write_text("{}\n")
        run.file("history.csv").write_text("epoch\n1\n")
        FileCheckpoints(run.file("checkpoints/member-0.safetensors")).save({}, {})
        run.seal(DONE)
    return run
