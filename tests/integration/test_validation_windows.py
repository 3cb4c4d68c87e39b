"""training.validation_windows: after an epoch a few windows are forecast, and in the end all are scored."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import forecaster as fc
from tests.integration.tiny_runs import write_config, write_table

pytestmark = pytest.mark.slow


def trained(folder: Path, **training: object) -> tuple[list[float], dict[str, float]]:
    """Return the validation losses of a training, and its scores on all validation windows."""
    rng = np.random.default_rng(3)
    rows = [(t, s, float(np.round(5 + rng.normal(), 3))) for s in "ab" for t in range(80)]
    folder.mkdir()
    write_table(folder / "t.csv", "t,id,y", rows)
    config = write_config(
        folder,
        {"freq": 1, "id": "id", "targets": ["y"]},
        training={"epochs": 2, "early_stopping": None} | training,
        split={"val": 20, "test": 12},
    )
    fc.train(fc.Experiment.from_yaml(config), run_dir=folder / "run")
    with (folder / "run" / "history.csv").open(newline="") as lines:
        losses = [float(row["val_loss"]) for row in csv.DictReader(lines)]
    metrics = json.loads((folder / "run" / "metrics.json").read_text(encoding="utf-8"))
    return losses, metrics["splits"]["val"]["scores"]["model"]


def test_few_windows_are_forecast_after_an_epoch_and_all_are_scored(tmp_path: Path) -> None:
    every, scores = trained(tmp_path / "all")
    many, same_scores = trained(tmp_path / "many", validation_windows=1_000)
    few, scores_of_all = trained(tmp_path / "few", validation_windows=5)
    assert many == every
    assert same_scores == scores
    assert few != every
    # The last epoch's weights are kept in each, so the scores are of the same networks and windows.
    assert scores_of_all == scores
