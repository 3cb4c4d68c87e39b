"""What `update` takes and what it is worth beside a training anew, over eight steps of new rows.

    python benchmarks/update.py departures [--settings EPOCHS:RATE ...] [--json FILE]
    python benchmarks/update.py m4_hourly --data DATA

The table is cut eight steps before its end, and a run is trained on it with `training.refit: all`. At every step new
rows come in: a week of the departures, a day of M4 Hourly (its series are four weeks long). Each time the settings are
trained anew on all rows so far, and the run of the step before is updated; both forecast the rows that come next, which
neither has seen. Seconds are processor seconds of whole calls in one process, one after the other: reading, training,
scoring, plots and report. EPOCHS is the share of the epochs, RATE that of the learning rate; the default is what
`update` uses. A run that was not published is carried on as it was.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

import forecaster as fc
from benchmarks.accuracy import m4_table
from forecaster.stages import training_on

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Case:
    """step: rows of each series that come in at a time. ahead: those that are forecast after each step."""

    config: str
    id: str
    time: str
    step: int
    ahead: int
    settings: dict[str, Any]


CASES = {
    "departures": Case("departures.yaml", "origin", "time_hour", 168, 168, {}),
    "m4_hourly": Case("m4_hourly.yaml", "series", "step", 24, 48, {}),
}


@dataclass(frozen=True)
class Taken:
    """step: counts from 1. seconds: processor time of the call. mase: on the rows that come next. published: whether
    there is a new run."""

    step: int
    seconds: float
    mase: float
    published: bool = True


def until(table: pd.DataFrame, case: Case, rows_left: int) -> pd.DataFrame:
    """Return a table without the last rows of each series."""
    if not rows_left:
        return table
    return table.groupby(case.id, sort=False).head(-rows_left)


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    found = call()
    return found, time.process_time() - began


def mase(run: fc.Run, table: Path) -> float:
    return float(run.evaluate(table).scores["scores"]["model"]["mase"])


def compared(
    case: Case, table: pd.DataFrame, folder: Path, *, steps: int, every: int, settings: list[str]
) -> dict[str, Any]:
    """Return the trainings anew and the updates of each setting, step by step."""
    config = ROOT / "configs" / "benchmarks" / case.config
    # The rows after the first training: those of every step, and those that are forecast after the last.
    n = case.step * steps + case.ahead

    def file(name: str, rows_left: int) -> Path:
        path = folder / f"{name}.csv"
        until(table, case, rows_left).to_csv(path, index=False)
        return path

    def anew(rows: Path, name: str) -> fc.Run:
        experiment = fc.Experiment.from_yaml(config).with_(
            {"training.refit": "all", "data.path": str(rows), **case.settings}
        )
        return fc.train(experiment, run_dir=folder / name)

    first = anew(file("first", n), "first")
    current = dict.fromkeys(settings, first)
    found: dict[str, list[Taken]] = {"anew": [], **{name: [] for name in settings}}
    for step in range(1, steps + 1):
        left = n - case.step * step
        rows, after = file("rows", left), file("next", left - case.ahead)
        if step % every == 0:
            trained, seconds = timed(partial(anew, rows, f"anew-{step}"))
            found["anew"].append(Taken(step, seconds, mase(trained, after)))
        for name in settings:
            training_on.EPOCHS, training_on.RATE = (float(part) for part in name.split(":"))
            before = current[name]
            where = folder / f"{name.replace(':', '-')}-{step}"
            updated, seconds = timed(partial(before.update, rows, run_dir=where))
            current[name] = updated.run or before
            found[name].append(Taken(step, seconds, mase(current[name], after), updated.published))
        said = {name: (round(t[-1].seconds, 1), round(t[-1].mase, 4)) for name, t in found.items() if t}
        print(step, said, flush=True)
    return {name: [vars(one) for one in taken] for name, taken in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", choices=list(CASES))
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--anew-every", type=int, default=1, help="steps from one training anew to the next")
    parser.add_argument("--settings", nargs="*", default=[f"{training_on.EPOCHS}:{training_on.RATE}"])
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    case = CASES[given.case]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = ROOT / "data" / "nyc_departures.csv"
        if given.case == "m4_hourly":
            path = m4_table(given.data.resolve(), folder)
        table = pd.read_csv(path)
        # TensorFlow loads before anything is timed.
        fc.train(
            fc.Experiment.from_yaml(ROOT / "configs" / "smoke.yaml"), run_dir=folder / "warm", smoke=True
        )
        found = compared(
            case, table, folder, steps=given.steps, every=given.anew_every, settings=given.settings
        )
    if given.json:
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")
    anew = {one["step"]: one for one in found.pop("anew")}
    full, error = (statistics.mean(one[key] for one in anew.values()) for key in ("seconds", "mase"))
    print("setting  share of the time  MASE beside training anew  published")
    for setting, taken in found.items():
        spent = statistics.mean(one["seconds"] for one in taken)
        own = statistics.mean(one["mase"] for one in taken if one["step"] in anew)
        kept = sum(one["published"] for one in taken)
        print(f"{setting:9} {spent / full:6.1%} {own / error - 1:+8.2%} {kept} of {len(taken)}")


if __name__ == "__main__":
    main()
