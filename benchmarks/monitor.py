"""How often `monitor` raises an alarm on rows as they came, and how often it finds a shift of a fifth.

    python benchmarks/monitor.py departures|sine|sunspots [--json FILE]
    python benchmarks/monitor.py etth1|m4_hourly --data DATA

A small network is trained on the first part of a table. Then a look follows every week to the end of the table (M4
Hourly: every day; sine: every period; sunspots: every year). Each look has all rows so far, as they came, and is made a
second time with the newest two horizons multiplied by 1.2. The rows are as clean as the world is: storms and holidays
stay in.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import forecaster as fc
from benchmarks.accuracy import m4_table

ROOT = Path(__file__).parent.parent
SHIFT = 1.2


@dataclass(frozen=True)
class Case:
    """held_out: last rows of each series, which the run does not know. step: rows between two looks."""

    table: str
    data: dict[str, Any]
    horizon: int
    lookback: int
    season: int
    held_out: int
    step: int
    model: dict[str, Any] = field(default_factory=lambda: {"normalization": "last", "patch": 24})


CASES = {
    "departures": Case(
        "nyc_departures.csv",
        {"time": "time_hour", "freq": "h", "id": "origin", "targets": ["departures"]},
        24,
        336,
        168,
        26 * 168,
        168,
    ),
    "etth1": Case(
        "ETTh1.csv",
        {
            "time": "date",
            "freq": "h",
            "targets": ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"],
        },
        24,
        336,
        168,
        52 * 168,
        168,
    ),
    "m4_hourly": Case(
        "m4_hourly",
        {"time": "step", "freq": 1, "id": "series", "targets": ["value"]},
        24,
        168,
        24,
        192,
        24,
    ),
    "sine": Case(
        "sine",
        {"time": "t", "freq": 1, "targets": ["y"]},
        25,
        50,
        25,
        52 * 25 + 25,
        25,
        {"normalization": "none"},
    ),
    "sunspots": Case(
        "sunspots.csv",
        {"time": "month", "freq": "MS", "targets": ["sunspots"]},
        24,
        132,
        132,
        600,
        12,
        {"normalization": "none", "patch": 12},
    ),
}


def table_of(case: Case, data: Path, folder: Path) -> pd.DataFrame:
    """Return the whole table. That of the sine is the one of the tutorial, longer, with a little noise."""
    if case.table == "sine":
        t = np.arange(3000)
        noise = np.random.default_rng(0).normal(size=len(t))
        return pd.DataFrame({"t": t, "y": np.sin(t / 4) + 0.1 * noise})
    return pd.read_csv(m4_table(data, folder) if case.table == "m4_hourly" else data / case.table)


def without_last(table: pd.DataFrame, case: Case, rows: int) -> pd.DataFrame:
    """Return a table without the last rows of each series."""
    by_id = case.data.get("id")
    if not rows:
        return table
    return table.groupby(by_id, sort=False).head(-rows) if by_id else table.head(-rows)


def trained(case: Case, rows: pd.DataFrame, folder: Path) -> fc.Run:
    experiment = fc.Experiment.from_dict(
        {
            "name": "monitored",
            "data": case.data,
            "split": {"val": 0.15, "test": 0.3},
            "window": {"lookback": case.lookback, "horizon": case.horizon},
            "model": {**case.model, "layers": [{"type": "gru", "units": 32}]},
            "training": {
                "epochs": 8,
                "batch_size": 128,
                "optimizer": {"learning_rate": 2e-3, "clipnorm": 1.0},
                "schedule": {"type": "cosine"},
            },
            "evaluation": {"seasonality": case.season, "baselines": ["seasonal_naive"], "levels": [80]},
        }
    )
    return fc.train(experiment, data=rows, run_dir=folder / "run")


def looks(case: Case, table: pd.DataFrame, run: fc.Run) -> list[dict[str, Any]]:
    """Return the alarms of every look, on the rows as they came and with a shift at the end."""
    by_id = case.data.get("id")
    targets, found = case.data["targets"], []
    begin = case.held_out - case.step * -(-2 * case.horizon // case.step)
    for left in range(begin, -1, -case.step):
        rows = without_last(table, case, left)
        last = rows.groupby(by_id).cumcount(ascending=False) if by_id else pd.Series(range(len(rows)))[::-1]
        shifted = rows.copy()
        shifted[targets] = shifted[targets].astype(float)
        shifted.loc[(last < 2 * case.horizon).to_numpy(), targets] *= SHIFT
        alarms = {
            name: run.monitor(one, on_note=lambda note: None).as_json()
            for name, one in (("clean", rows), ("shifted", shifted))
        }
        row = {name: [c["name"] for c in one["checks"] if c["alarm"]] for name, one in alarms.items()}
        found.append({"until": alarms["clean"]["last"], **row})
        print(found[-1], flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", choices=list(CASES))
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    case = CASES[given.case]
    with tempfile.TemporaryDirectory() as folder:
        table = table_of(case, given.data, Path(folder))
        run = trained(case, without_last(table, case, case.held_out), Path(folder))
        found = looks(case, table, run)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")
    clean, shifted = (sum(bool(one[name]) for one in found) for name in ("clean", "shifted"))
    print(f"{given.case}: {len(found)} looks, {clean} alarms as they came, {shifted} with a shift of a fifth")


if __name__ == "__main__":
    main()
