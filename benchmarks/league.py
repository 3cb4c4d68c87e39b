"""What `init`, `train` and `predict` are worth with nothing edited, on published tasks: `make league DATA=folder`.

    python benchmarks/league.py --data FOLDER [--out FOLDER] [--preset good] [--tasks NAME ...] [--set KEY=VALUE ...]
                                [--past N] [--write]

FOLDER holds tasks.json and the tables it names. tasks.json is a list of objects with the keys

    name, file        the task, and its table: gzipped CSV with the columns series, time and value in FOLDER/data
    freq, season      the frequency and the season of the naive forecast that errors are divided by
    horizon, windows  the last `windows` times `horizon` steps of every series are the test
    published         {forecaster: {"MASE": …, "WQL": …}}, "seasonal_naive" among them

Every task is played as a newcomer would: `forecaster init` on the rows before the first test window, with the horizon
and the preset and nothing else; `forecaster train`; and a forecast from the end of the past of every window. The
levels of the intervals are 20, 40, 60 and 80 %, whose ends are the deciles. A task with a result in the output folder
is not played again. `--past N` plays the same tasks on tables that end N windows earlier, to choose by what lies
before the test.

MASE divides absolute errors by the in-sample error of the seasonal naive forecast over all that lies before the
window, and averages over series, windows and steps. WQL is twice the pinball loss, averaged over the nine deciles and
summed, divided by the sum of absolute values (GIFT-Eval, Aksu et al., 2024; Chronos, Ansari et al., 2024). Groups of
tasks are compared by the geometric mean of the ratio to the seasonal naive forecast. Coverage is that of the 80 %
interval. "Outside", "width 0" and "beyond" count forecasts outside one of their intervals, intervals of no width, and
values below 0 where the table has none.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).parent.parent
LEVELS = (20, 40, 60, 80)
DECILES = tuple(round(0.1 * k, 1) for k in range(1, 10))
# A task is lost where its MASE is more than this share of the seasonal naive forecast's.
LOST = 1.02
SHOWN = ("seasonal_naive", "auto_arima", "auto_ets", "xLSTM-Mixer", "TiRex", "chronos_bolt_base")
MARKS = ("<!-- league: begin -->", "<!-- league: end -->")

Series = dict[str, tuple[list[str], np.ndarray]]


def read(path: Path) -> Series:
    """Return the times and the values of each series."""
    found: dict[str, tuple[list[str], list[float]]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for name, when, value in list(csv.reader(file))[1:]:
            times, values = found.setdefault(name, ([], []))
            times.append(when)
            values.append(float(value) if value else math.nan)
    return {name: (times, np.array(values)) for name, (times, values) in found.items()}


def write(path: Path, series: Series, ends: dict[str, int]) -> None:
    """Write the first rows of each series as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["series", "time", "value"])
        for name, (times, values) in series.items():
            for when, value in zip(times[: ends[name]], values[: ends[name]].tolist(), strict=True):
                out.writerow([name, when, "" if math.isnan(value) else repr(value)])


def naive(past: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """Return the last season of the known values, repeated."""
    known = past[~np.isnan(past)]
    last = known[-season:] if len(known) >= season else np.full(1, known.mean())
    return np.resize(last, horizon)


class Sums:
    """The sums that the scores of one forecaster are made of."""

    def __init__(self) -> None:
        self.errors: list[np.ndarray] = []
        self.pinball = self.size = 0.0
        self.inside = self.counted = 0
        self.outside = self.flat = self.beyond = 0

    def add(self, actual: np.ndarray, scale: float, quantiles: np.ndarray, *, positive: bool) -> None:
        """Add a window. quantiles: (9, horizon), the deciles."""
        known = ~np.isnan(actual)
        point = quantiles[4]
        self.errors.append(np.abs(actual - point) / scale if scale > 0 else np.full(len(actual), math.nan))
        for p, q in zip(DECILES, quantiles[:, known], strict=True):
            miss = actual[known] - q
            self.pinball += float(2 * np.maximum(p * miss, (p - 1) * miss).sum()) / len(DECILES)
        self.size += float(np.abs(actual[known]).sum())
        self.inside += int(((actual >= quantiles[0]) & (actual <= quantiles[-1]))[known].sum())
        self.counted += int(known.sum())
        for k in range(4):
            self.outside += int(((point < quantiles[k]) | (point > quantiles[8 - k])).sum())
            self.flat += int((quantiles[8 - k] <= quantiles[k]).sum())
        self.beyond += int((quantiles < 0).sum()) if positive else 0

    @property
    def mase(self) -> float:
        """The mean absolute scaled error."""
        return float(np.nanmean(np.concatenate(self.errors)))

    @property
    def wql(self) -> float:
        """The weighted quantile loss."""
        return self.pinball / self.size


def command(*arguments: object, folder: Path, log: Path) -> float:
    """Run a command of this project, and return its seconds. Raises RuntimeError when it fails."""
    begin = time.monotonic()
    with log.open("a", encoding="utf-8") as file:
        words = [str(a) for a in arguments]
        print("$ forecaster", *words, file=file, flush=True)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-m", "forecaster", *words],
            cwd=folder,
            env=environment,
            stdout=file,
            stderr=file,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"forecaster {words[0]} ended with exit status {done.returncode}; see {log}")
    return time.monotonic() - begin


class Played(NamedTuple):
    """A task with its tables.

    Attributes:
        task: Its entry in tasks.json.
        series: The times and the values of each series.
        begin: The rows of each series before its first test window.
        windows: The number of test windows.
        folder: Where its files are.
    """

    task: dict[str, Any]
    series: Series
    begin: dict[str, int]
    windows: int
    folder: Path


def set_up(task: dict[str, Any], arguments: argparse.Namespace) -> Played:
    """Read the table of a task, and write the rows before its first window as train.csv."""
    folder: Path = arguments.out / task["name"].replace("/", "_")
    folder.mkdir(parents=True, exist_ok=True)
    horizon, windows, season = task["horizon"], task["windows"], task["season"]
    series = read(arguments.data / "data" / task["file"])
    if arguments.past:
        ends = {name: len(v) - windows * horizon for name, (_, v) in series.items()}
        windows = min(windows, arguments.past)
        least = windows * horizon + max(6, season + 1)
        series = {
            name: (t[: ends[name]], v[: ends[name]]) for name, (t, v) in series.items() if ends[name] >= least
        }
    begin = {name: len(v) - windows * horizon for name, (_, v) in series.items()}
    write(folder / "train.csv", series, begin)
    return Played(task, series, begin, windows, folder)


def play(task: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Play one task, and return its scores."""
    import forecaster as fc

    played = set_up(task, arguments)
    log = played.folder / "log.txt"
    log.unlink(missing_ok=True)
    spent = command(
        "init", "train.csv", "-o", "config.yaml", "--force", "--horizon", task["horizon"],
        "--preset", arguments.preset, folder=played.folder, log=log,
    )  # fmt: skip
    settings = [f"evaluation.levels={list(LEVELS)}", *arguments.set]
    spent += command(
        "train", "config.yaml", "--run-dir", "run", "--overwrite", *(x for s in settings for x in ("--set", s)),
        folder=played.folder, log=log,
    )  # fmt: skip
    run, started = fc.load(played.folder / "run"), time.monotonic()
    found = scores(played, lambda table: _csv(run.predict(table)))
    return {
        **found,
        "published": task["published"] if not arguments.past else {},
        "seconds": round(spent, 1),
        "predict_seconds": round(time.monotonic() - started, 1),
    }


def scores(played: Played, predict: Callable[[Path | None], str]) -> dict[str, Any]:
    """Forecast from the end of the past of every window, and score that beside the seasonal naive forecast.

    Args:
        played: The task.
        predict: Returns the forecast after a table, as CSV; None is the table of the training.
    """
    import pandas as pd

    task, series, begin, folder = played.task, played.series, played.begin, played.folder
    horizon, season = task["horizon"], task["season"]
    positive = min(np.nanmin(v[: begin[name]]) for name, (_, v) in series.items()) >= 0
    own, plain, left = Sums(), Sums(), set()
    for window in range(played.windows):
        ends = {name: n + window * horizon for name, n in begin.items()}
        write(folder / "now.csv", series, ends)
        frame = pd.read_csv(io.StringIO(predict(folder / "now.csv" if window else None)))
        many = "series" in frame.columns
        by_series = (
            dict(list(frame.groupby(frame["series"].astype(str)))) if many else {next(iter(series)): frame}
        )
        for name, (_, values) in series.items():
            past, actual = values[: ends[name]], values[ends[name] : ends[name] + horizon]
            change = np.abs(past[season:] - past[:-season])
            scale = float(np.nanmean(change)) if len(change) and np.isfinite(change).any() else math.nan
            usual = np.repeat(naive(past, season, horizon)[None], 9, axis=0)
            plain.add(actual, scale, usual, positive=False)
            if name not in by_series:
                # A series that the run leaves out counts as the seasonal naive forecast of it.
                left.add(name)
                own.add(actual, scale, usual, positive=False)
                continue
            rows = by_series[name].iloc[:horizon]
            ends_of = [rows[f"forecast-lo-{level}"] for level in reversed(LEVELS)]
            ends_of += [rows["forecast"], *(rows[f"forecast-hi-{level}"] for level in LEVELS)]
            own.add(actual, scale, np.array(ends_of), positive=positive)
    return {
        "task": task["name"],
        "group": group_of(task),
        "MASE": own.mase,
        "WQL": own.wql,
        "naive": {"MASE": plain.mase, "WQL": plain.wql},
        "inside": own.inside,
        "counted": own.counted,
        "outside": own.outside,
        "flat": own.flat,
        "beyond": own.beyond,
        "left_out": len(left),
    }


def _csv(table: Any) -> str:
    frame = table if hasattr(table, "to_csv") else table.to_pandas()
    return str(frame.to_csv(index=False))


def group_of(task: dict[str, Any]) -> str:
    """Return the benchmark that a task is of: GIFT-Eval names a term after two slashes."""
    return "GIFT-Eval" if "/" in task["name"] else "Chronos"


def geometric(values: Iterable[float]) -> float:
    """Return the geometric mean."""
    logs = [math.log(v) for v in values]
    return math.exp(sum(logs) / len(logs))


def ratio(result: dict[str, Any], metric: str, of: str | None = None) -> float:
    """Return a score as a share of the seasonal naive forecast's, published where it is."""
    reference = result["published"].get("seasonal_naive", result["naive"])
    scores = result if of is None else result["published"][of]
    return float(scores[metric] / reference[metric])


def table(results: list[dict[str, Any]]) -> str:
    """Return the results as Markdown."""
    peers = [p for p in SHOWN[1:] if any(p in r["published"] for r in results)]
    lines = [
        f"| task | MASE | WQL | inside 80 % | seconds | {' | '.join(peers)} |",
        f"|---|---|---|---|---|{'---|' * len(peers)}",
    ]
    for r in results:
        of_peers = [
            f"{ratio(r, 'MASE', p):.3f} / {ratio(r, 'WQL', p):.3f}" if p in r["published"] else ""
            for p in peers
        ]
        lines.append(
            f"| {r['task']} | {ratio(r, 'MASE'):.3f} | {ratio(r, 'WQL'):.3f} | {r['inside'] / r['counted']:.1%} | "
            f"{r['seconds']:.0f} | {' | '.join(of_peers)} |"
        )
    for group in dict.fromkeys(r["group"] for r in results):
        rows = [r for r in results if r["group"] == group]
        of_peers = []
        for p in peers:
            known = all(p in r["published"] for r in rows)
            means = [geometric(ratio(r, m, p) for r in rows) for m in ("MASE", "WQL")] if known else []
            of_peers.append(" / ".join(f"{m:.3f}" for m in means))
        inside = sum(r["inside"] for r in rows) / sum(r["counted"] for r in rows)
        lines.append(
            f"| **{group}, {len(rows)} tasks** | **{geometric(ratio(r, 'MASE') for r in rows):.3f}** | "
            f"**{geometric(ratio(r, 'WQL') for r in rows):.3f}** | {inside:.1%} | "
            f"{sum(r['seconds'] for r in rows):.0f} | {' | '.join(of_peers)} |"
        )
    lost = [r["task"] for r in results if ratio(r, "MASE") > LOST]
    faults = {key: sum(r[key] for r in results) for key in ("outside", "flat", "beyond", "left_out")}
    lines += [
        "",
        f"Training took {sum(r['seconds'] for r in results) / 60:.1f} minutes. "
        f"Forecasts outside an interval of theirs: {faults['outside']}; intervals of width 0: {faults['flat']}; values "
        f"below 0 where the table has none: {faults['beyond']}; series left out: {faults['left_out']}. "
        f"Tasks above {LOST} of the seasonal naive forecast: {', '.join(lost) or 'none'}.",
    ]
    return "\n".join(lines)


def main() -> int:
    """Play the tasks, print the table and, with --write, put it into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "league")
    parser.add_argument("--preset", default="good")
    parser.add_argument("--tasks", nargs="*")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--past", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.out = arguments.out.resolve()
    tasks = json.loads((arguments.data / "tasks.json").read_text(encoding="utf-8"))
    if arguments.one:
        task = next(t for t in tasks if t["name"] == arguments.one)
        result = play(task, arguments)
        path = arguments.out / task["name"].replace("/", "_") / "result.json"
        path.write_text(json.dumps(result) + "\n", encoding="utf-8")
        return 0
    tasks = [t for t in tasks if not arguments.tasks or any(x in t["name"] for x in arguments.tasks)]
    if not tasks:
        parser.error(f"no task has one of {arguments.tasks} in its name")
    results, failed = [], []
    for task in tasks:
        path = arguments.out / task["name"].replace("/", "_") / "result.json"
        if not path.is_file():
            # A process of its own, so that one task's memory and failure are its own.
            subprocess.run([sys.executable, __file__, *sys.argv[1:], "--one", task["name"]], check=False)
        if path.is_file():
            results.append(json.loads(path.read_text(encoding="utf-8")))
            r = results[-1]
            print(
                f"{r['task']:28s} MASE {ratio(r, 'MASE'):.3f}  WQL {ratio(r, 'WQL'):.3f}  inside "
                f"{r['inside'] / r['counted']:.3f}  train {r['seconds']:.0f} s  predict {r['predict_seconds']:.0f} s",
                flush=True,
            )
        else:
            failed.append(task["name"])
            print(f"{task['name']:28s} FAILED", flush=True)
    if results:
        text = table(results)
        print("\n" + text)
        if arguments.write and not failed:
            page = ROOT / "docs" / "benchmarks.md"
            begin, end = (re.escape(mark) for mark in MARKS)
            old = page.read_text(encoding="utf-8")
            new = re.sub(f"{begin}.*{end}", lambda _: f"{MARKS[0]}\n{text}\n{MARKS[1]}", old, flags=re.DOTALL)
            page.write_text(new, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
