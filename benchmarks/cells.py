"""The recurrent cells beside each other: validation error and windows per second.

python benchmarks/cells.py [--seeds N]

Trains every cell with the same units, layers, epochs and learning rate on three small tasks, in one process, the cells
of a seed one after the other. Nothing is tuned for any of them. Prints the tables of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, pstdev
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
CELLS = ("gru", "lstm", "slstm", "min_gru", "min_lstm")
UNITS = 32


@dataclass(frozen=True)
class Task:
    """A table and how it is forecast."""

    name: str
    data: dict[str, Any]
    lookback: int
    horizon: int
    stride: int
    epochs: int
    model: dict[str, Any]
    split: dict[str, Any]


def jumps(path: Path) -> Path:
    """Eight hourly series of a daily wave and noise, whose level jumps about once in four days."""
    rng = np.random.default_rng(0)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["series", "step", "y"])
        for series in range(8):
            level = 0.0
            for step in range(720):
                level = rng.normal() * 2 if rng.random() < 0.01 else level
                wave = math.sin(2 * math.pi * (step + 3 * series) / 24)
                writer.writerow([series, step, round(level + wave + rng.normal() * 0.2, 4)])
    return path


def tasks(folder: Path) -> list[Task]:
    spots = {
        "path": str(ROOT / "data" / "sunspots.csv"),
        "time": "month",
        "freq": "MS",
        "targets": ["sunspots"],
    }
    dates = {"val": "1950-01-01", "test": "1980-01-01"}
    made = {
        "path": str(jumps(folder / "jumps.csv")),
        "time": "step",
        "freq": 1,
        "id": "series",
        "targets": ["y"],
    }
    plain = {"normalization": "none"}
    return [
        Task("sunspots, 11 steps of a year", spots, 132, 24, 1, 12, {**plain, "patch": 12}, dates),
        Task("sunspots, 132 steps of a month", spots, 132, 24, 4, 8, plain, dates),
        Task("levels that jump, 72 steps", made, 72, 12, 2, 6, plain, {"val": 0.15, "test": 0.05}),
    ]


def run(task: Task, cell: str, seed: int, folder: Path) -> tuple[float, float]:
    """Return the MAE on validation, in standard deviations of the table, and the windows per second of an epoch."""
    import forecaster

    experiment = forecaster.Experiment.from_dict(
        {
            "name": "cells",
            "seed": seed,
            "data": task.data,
            "split": task.split,
            "window": {"lookback": task.lookback, "horizon": task.horizon, "stride": task.stride},
            "model": {**task.model, "cell": cell, "layers": [{"units": UNITS}, {"units": UNITS}]},
            "training": {"epochs": task.epochs, "early_stopping": None, "optimizer": {"learning_rate": 3e-3}},
            "evaluation": {"baselines": ["naive"], "metrics": ["mae", "scaled_mae"]},
        }
    )
    windows = forecaster.validate(experiment).report.summary["windows"]["train"]
    found = forecaster.train(experiment, run_dir=folder / "run", overwrite=True)
    with (found.path / "history.csv").open(encoding="utf-8") as file:
        # The first epoch compiles.
        seconds = [float(row["seconds"]) for row in csv.DictReader(file)][1:]
    return found.metrics["val"]["scores"]["model"]["scaled_mae"], windows / median(seconds)


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for task in tasks(Path(folder)):
            rows: dict[str, list[tuple[float, float]]] = {cell: [] for cell in CELLS}
            for seed in range(given.seeds):
                for cell in CELLS:
                    rows[cell].append(run(task, cell, 100 * seed, Path(folder)))
                    print(task.name, cell, seed, *rows[cell][-1], file=sys.stderr, flush=True)
            print(f"\n| {task.name} | MAE on validation | windows per second |\n|---|---|---|")
            for cell, found in rows.items():
                errors, speeds = zip(*found, strict=True)
                print(
                    f"| {cell} | {mean(errors):.4f} ± {pstdev(errors):.4f} | {median(speeds):,.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
