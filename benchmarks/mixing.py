"""Whether layers over columns win on validation: the same network without one, with one, and both ways.

python benchmarks/mixing.py --data DATA [--tables ETTh1 weather] [--seeds N]

DATA holds ETTh1.csv (Zhou et al., 2021) and weather.csv (Wu et al., 2021), or the same with .gz. The network is that of
configs/benchmarks/long_horizon.yaml with half its units, a lookback of 336 steps and less training: alone and, on
ETTh1, averaged with its ridge too. Of weather only the last three tenths of the training rows and the first ten days of
validation are used. Nothing is scored on the test rows. Prints the table of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean
from typing import Any

ROOT = Path(__file__).parents[1]
TABLES: dict[str, dict[str, Any]] = {
    # The test rows of the usual split, and what follows them, are left out.
    "ETTh1": {"data.end": "2017-10-23 23:00:00", "split.val": 2880},
    "weather": {
        "data.freq": "10min",
        "data.csv.encoding": "latin-1",
        "data.start": "2020-06-28 08:50:00",
        "data.end": "2020-09-23 05:10:00",
        "split.val": 1440,
        "evaluation.seasonality": 144,
    },
}
UNITS = 64
MIXED = {"units": UNITS, "over": "columns", "residual": True}
LAYERS: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "dense, of each target alone": [{"type": "dense", "units": UNITS, "activation": "relu"}],
    "gru": [{"type": "gru", **MIXED}],
    "slstm": [{"type": "slstm", **MIXED}],
    "slstm, both ways": [{"type": "slstm", **MIXED, "units": UNITS // 2, "bidirectional": True}],
}


def table(data: Path, name: str) -> Path:
    return next(path for path in (data / f"{name}.csv", data / f"{name}.csv.gz") if path.exists())


def columns_of(path: Path, encoding: str) -> list[str]:
    import pandas as pd

    return [name for name in pd.read_csv(path, nrows=0, encoding=encoding).columns if name != "date"]


def run(name: str, data: Path, mixing: list[dict[str, Any]], seed: int, folder: Path) -> dict[str, float]:
    """Return the scaled MSE on validation, of the network alone and with its ridge, and the seconds of each."""
    import forecaster

    facts, path = TABLES[name], table(data, name)
    found = {}
    # The ridges of weather would take longer than its networks.
    kinds = {"alone": None, "with its ridge": {"type": "ridge", "mode": "average"}}
    for kind, anchor in list(kinds.items())[: 2 if name == "ETTh1" else 1]:
        settings = {
            **facts,
            "data.path": str(path),
            "data.targets": columns_of(path, facts.get("data.csv.encoding", "utf-8")),
            "seed": seed,
            "split.test": 0,
            "window.lookback": 336,
            "model.anchor": anchor,
            "model.layers": [{"type": "gru", "units": UNITS}, *mixing, {"type": "dropout", "rate": 0.3}],
            "training.steps_per_epoch": 100,
            "training.epochs": 4,
            "training.early_stopping": None,
            "evaluation.baselines": ["seasonal_naive"],
        }
        start = time.monotonic()
        config = ROOT / "configs" / "benchmarks" / "long_horizon.yaml"
        overrides = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
        experiment = forecaster.Experiment.from_yaml(config, overrides)
        trained = forecaster.train(experiment, run_dir=folder / "run", overwrite=True)
        found[kind] = trained.metrics["val"]["scores"]["model"]["scaled_mse"]
        found[f"seconds, {kind}"] = time.monotonic() - start
    return found


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--seeds", type=int, default=1)
    given = parser.parse_args()
    print("| table | after the GRU over steps | alone | with its ridge | seconds |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in given.tables:
            for label, mixing in LAYERS.items():
                rows = [run(name, given.data, mixing, seed, Path(folder)) for seed in range(given.seeds)]
                alone, ridge, seconds = (
                    mean(row.get(key, math.nan) for row in rows)
                    for key in ("alone", "with its ridge", "seconds, alone")
                )
                both = "–" if math.isnan(ridge) else f"{ridge:.4f}"
                print(f"| {name} | {label} | {alone:.4f} | {both} | {seconds:.0f} |", flush=True)
                print(name, label, rows, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
