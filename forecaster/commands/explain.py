"""forecaster explain: what the forecasts of a run rest on."""

from __future__ import annotations

from pathlib import Path

from forecaster.artifacts.run_dir import RunDir
from forecaster.pipeline.importance import Explained, explain


def run(run_dir: Path, *, windows: int = 256, repeats: int = 5, seed: int = 0) -> Explained:
    return explain(RunDir(run_dir), windows=windows, repeats=repeats, seed=seed)
