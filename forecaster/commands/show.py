"""forecaster show: what a run is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forecaster.artifacts.bundle import read_json, read_whole
from forecaster.artifacts.run_dir import RunDir
from forecaster.errors import FORMAT_VERSION


def run(run_dir: Path) -> dict[str, Any]:
    """Plain values: manifest, resolved config as text, scores. Raises DataError for what is no complete run."""
    taken = RunDir(run_dir)
    manifest = taken.manifest()
    taken.check("resolved.yaml", "metrics.json")
    return {
        "format_version": FORMAT_VERSION,
        "run": str(run_dir),
        "name": manifest["name"],
        "seed": manifest["seed"],
        "data": manifest["data"],
        "versions": manifest["versions"],
        "files": {name: entry["bytes"] for name, entry in manifest["files"].items()},
        "splits": read_json(taken.file("metrics.json"))["splits"],
        "config": read_whole(taken.file("resolved.yaml")).decode(),
    }
