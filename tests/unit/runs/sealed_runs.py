"""A complete run of a few files, for the tests of runs/."""

from pathlib import Path

from forecaster.runs.claim import claim
from forecaster.runs.directory import FileCheckpoints, RunDir

DONE = {"name": "a", "seed": 1}


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
