"""Accuracy on published benchmarks and on the shipped data: `make bench-accuracy DATA=folder`.

Every row is the mean over seeds of whole `forecaster train` runs from the fixed files in
configs/benchmarks/, beside the baselines that the same runs scored on the same windows.
Writes a JSON line per run to --log, and takes the runs that are already there from it.

DATA holds ETTh1.csv (Zhou et al., 2021) and m4_hourly_train.csv and m4_hourly_test.csv
(Makridakis et al., 2020), one row per series.

    python benchmarks/accuracy.py --data DATA --tables ETTh1 ETTm1 weather --horizons 96 720 --seeds 1

runs one file, configs/benchmarks/long_horizon.yaml, on each of these tables, with nothing set but the facts of the
table, the horizon and the seed. DATA then holds ETTh1.csv, ETTm1.csv and weather.csv (Wu et al., 2021), or the same
with .gz.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, pstdev
from typing import Any

# Of one run: its scores by split, forecaster and metric, and how it went.
Result = dict[str, Any]
CONFIGS = Path(__file__).parents[1] / "configs" / "benchmarks"
HORIZONS = {96: 5, 192: 3, 336: 2, 720: 2}
"""ETTh1's horizons, and the most epochs at each, chosen on validation."""
STACKS = ("stack_simple_rnn", "stack_lstm", "stack_gru", "departures")
# Naive2 on M4 Hourly, by the organisers.
NAIVE2 = {"smape": 18.383, "mase": 2.395}


@dataclass(frozen=True)
class LongTable:
    """The facts of a table that is forecast at long horizons. Every column but the time is a target.

    Attributes:
        freq: The time from one row to the next.
        season: Steps in a day, which the seasonal naive forecast repeats.
        val, test: Rows of validation and test. The rows before them are for training.
        end: The last row that counts; None counts all.
        encoding: The encoding of the file.
    """

    freq: str
    season: int
    val: int
    test: int
    end: str | None = None
    encoding: str = "utf-8"


LONG_TABLES = {
    # 12, 4 and 4 months of 30 days; the rest of the file is not used.
    "ETTh1": LongTable("h", 24, 2880, 2880, end="2018-02-20 23:00:00"),
    "ETTm1": LongTable("15min", 96, 11520, 11520, end="2018-02-20 23:45:00"),
    # 10 and 20 % of 52,696 rows. The rows that are absent and repeated are all in the first 70 %.
    "weather": LongTable("10min", 144, 5270, 10539, encoding="latin-1"),
}
LONG_HORIZONS = (96, 192, 336, 720)


def m4_table(data: Path, folder: Path) -> Path:
    """One long table: the training steps of each series, then its 48 test steps."""
    path = folder / "m4_hourly.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["series", "step", "value"])
        parts = [
            (data / f"m4_hourly_{part}.csv").open(encoding="utf-8", newline="") for part in ("train", "test")
        ]
        for before, after in zip(*(list(csv.reader(p))[1:] for p in parts), strict=True):
            if before[0] != after[0]:
                raise SystemExit(f"train has {before[0]} where test has {after[0]}")
            values = [v for v in before[1:] + after[1:] if v not in ("", "NA")]
            writer.writerows([before[0], i, v] for i, v in enumerate(values))
        for part in parts:
            part.close()
    return path


def train(config: Path, seed: int, settings: list[str]) -> Result:
    """One whole run in a process of its own; its scores and how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "forecaster", "train", str(config), "--json", "-q"]
        command += ["--run-dir", f"{folder}/run", "--set", f"seed={seed}"]
        for setting in settings:
            command += ["--set", setting]
        start = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - start
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
        splits = json.loads(done.stdout)["splits"]
        events = [
            json.loads(line)
            for line in Path(folder, "run", "events.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        shares = [e["network_share"] for e in events if e["event"] == "member_done"]
        with Path(folder, "run", "history.csv").open(encoding="utf-8") as file:
            epochs = [int(row["epoch"]) for row in csv.DictReader(file)]
    scores = {split: splits[split]["scores"] for split in splits}
    windows = {split: splits[split]["windows"] for split in splits}
    return {"seconds": seconds, "windows": windows, "scores": scores, "shares": shares, "epochs": epochs}


class Runs:
    """The log of runs: what was run with the same config and settings is not run again."""

    def __init__(self, log: Path, seeds: int) -> None:
        # Far apart, because the members of an ensemble take the seeds that follow.
        self.log, self.seeds = log, range(0, 100 * seeds, 100)
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        self.done = {json.loads(line)["key"]: json.loads(line) for line in lines}

    def of(self, name: str, settings: list[str], shown: list[str]) -> list[Result]:
        """One run per seed. shown: the settings that the log and the key name."""
        config = CONFIGS / f"{name}.yaml"
        digest = hashlib.sha256(config.read_bytes()).hexdigest()[:12]
        runs = []
        for seed in self.seeds:
            key = " ".join([name, digest, *shown, f"seed={seed}"])
            if key not in self.done:
                print(f"running {key}", file=sys.stderr, flush=True)
                self.done[key] = {"key": key, **train(config, seed, settings)}
                with self.log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(self.done[key]) + "\n")
            runs.append(self.done[key])
        return runs


def spread(values: list[float], digits: int) -> str:
    return f"{mean(values):.{digits}f} ± {pstdev(values):.{digits}f}"


def table(title: str, header: list[str], rows: list[list[str]]) -> None:
    print(f"\n{title}\n")
    for row in [header, ["---"] * len(header), *rows]:
        print("| " + " | ".join(row) + " |")


DEPARTURES = ["", "val MASE", "test MASE", "test MAE", "seconds"]


def departures_row(name: str, runs: list[Result]) -> list[str]:
    """The cells under DEPARTURES: mean and spread over the seeds."""
    shown = [("val", "mase"), ("test", "mase"), ("test", "mae")]
    cells = [spread([run["scores"][split]["model"][metric] for run in runs], 3) for split, metric in shown]
    return [name, *cells, f"{mean(run['seconds'] for run in runs):.0f}"]


def of(run: Result, who: str, metric: str) -> float:
    found: float = run["scores"]["test"][who][metric]
    return found


def etth1(runs: Runs, data: Path) -> None:
    rows: list[list[str]] = []
    means: dict[str, list[tuple[list[float], list[float]]]] = {}
    for horizon, epochs in HORIZONS.items():
        shown = [f"window.horizon={horizon}", f"training.epochs={epochs}"]
        found = runs.of("etth1", [*shown, f"data.path={data / 'ETTh1.csv'}"], shown)
        for who in found[0]["scores"]["test"]:
            mse = [of(r, who, "scaled_mse") for r in found]
            mae = [of(r, who, "scaled_mae") for r in found]
            means.setdefault(who, []).append((mse, mae))
            seconds = f"{mean(r['seconds'] for r in found):.0f}" if who == "model" else ""
            share = ", ".join(f"{r['shares'][0]:g}" for r in found) if who == "model" else ""
            rows.append([str(horizon), who, spread(mse, 4), spread(mae, 4), share, seconds])
    for who, parts in means.items():
        by_seed = [[mean(seeds) for seeds in zip(*(p[i] for p in parts), strict=True)] for i in (0, 1)]
        rows.append(["mean", who, spread(by_seed[0], 4), spread(by_seed[1], 4), "", ""])
    header = ["horizon", "", "MSE", "MAE", "network's share, by seed", "seconds a run"]
    table("ETTh1, scaled, all test windows", header, rows)


def long_file(data: Path, name: str) -> Path:
    """The file of a table, compressed or not."""
    for path in (data / f"{name}.csv", data / f"{name}.csv.gz"):
        if path.exists():
            return path
    raise SystemExit(f"{data} has no {name}.csv and no {name}.csv.gz")


def long_settings(path: Path, facts: LongTable) -> list[str]:
    """The settings that tell long_horizon.yaml about a table: its path, columns, frequency, season and split."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding=facts.encoding) as file:
        time_column, *targets = next(csv.reader(file))
    return [
        f"data.path={path}",
        f"data.csv.encoding={facts.encoding}",
        f"data.time={time_column}",
        f"data.targets={json.dumps(targets, ensure_ascii=False)}",
        f"data.freq={facts.freq}",
        f"data.end={json.dumps(facts.end)}",
        f"split.val={facts.val}",
        f"split.test={facts.test}",
        f"evaluation.seasonality={facts.season}",
    ]


def long_horizon(runs: Runs, data: Path, names: list[str], horizons: list[int]) -> None:
    """One file for every table. The mean over horizons is of those that were asked for."""
    for name in names:
        settings = long_settings(long_file(data, name), LONG_TABLES[name])
        rows: list[list[str]] = []
        errors: dict[str, list[tuple[float, float]]] = {}
        for horizon in horizons:
            shown = [f"window.horizon={horizon}"]
            found = runs.of("long_horizon", [*settings, *shown], [name, *shown])
            for who in found[0]["scores"]["test"]:
                mse, mae = ([of(r, who, m) for r in found] for m in ("scaled_mse", "scaled_mae"))
                errors.setdefault(who, []).append((mean(mse), mean(mae)))
                val = mean(r["scores"]["val"][who]["scaled_mse"] for r in found)
                seconds = f"{mean(r['seconds'] for r in found):.0f}" if who == "model" else ""
                rows.append([str(horizon), who, f"{val:.4f}", spread(mse, 4), spread(mae, 4), seconds])
        for who, parts in errors.items():
            cells = [f"{mean(part[i] for part in parts):.4f}" for i in (0, 1)]
            rows.append(["mean", who, "", *cells, ""])
        header = ["horizon", "", "validation MSE", "MSE", "MAE", "seconds a run"]
        table(f"{name}, scaled, all test windows", header, rows)


def m4_hourly(runs: Runs, data: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = runs.of("m4_hourly", [f"data.path={m4_table(data, Path(folder))}"], [])
    rows = []
    for who in found[0]["scores"]["test"]:
        smape, mase = ([of(r, who, m) for r in found] for m in ("smape", "mase"))
        owa = [(s / NAIVE2["smape"] + m / NAIVE2["mase"]) / 2 for s, m in zip(smape, mase, strict=True)]
        seconds = f"{mean(r['seconds'] for r in found):.0f}" if who == "model" else ""
        rows.append([who, spread(owa, 4), spread(smape, 3), spread(mase, 3), seconds])
    table("M4 Hourly, 414 series, 48 steps", ["", "OWA", "sMAPE", "MASE", "seconds a run"], rows)


def departures(runs: Runs) -> None:
    rows, baselines = [], {}
    for name in STACKS:
        found = runs.of(name, [], [])
        metrics = ("mae", "rmse", "mase")
        cells = [spread([of(r, "model", m) for r in found], 3) for m in metrics]
        epochs = ", ".join(str(max(r["epochs"])) for r in found)
        rows.append([name, *cells, epochs, f"{mean(r['seconds'] for r in found):.0f}"])
        for who in ("naive", "seasonal_naive", "ridge"):
            label = f"{who}, windows of {name}" if who == "ridge" else who
            baselines[label] = [label, *(f"{of(found[0], who, m):.3f}" for m in metrics), "", ""]
    rows += baselines.values()
    table("Departures, 24 hours ahead", ["", "MAE", "RMSE", "MASE", "epochs, by seed", "seconds a run"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of ETTh1.csv and the M4 files")
    parser.add_argument("--log", type=Path, default=Path("runs/accuracy.jsonl"), help="a JSON line per run")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=["etth1", "m4_hourly", "departures"])
    parser.add_argument(
        "--tables", nargs="+", choices=LONG_TABLES, help="run long_horizon.yaml on these, and nothing else"
    )
    parser.add_argument("--horizons", type=int, nargs="+", default=LONG_HORIZONS, help="with --tables")
    given = parser.parse_args()
    given.log.parent.mkdir(parents=True, exist_ok=True)
    runs = Runs(given.log, given.seeds)
    if given.data is None and given.only != "departures":
        parser.error("--data names the folder of ETTh1.csv and the M4 files; without it: --only departures")
    if given.tables:
        long_horizon(runs, given.data.resolve(), given.tables, list(given.horizons))
        return
    if given.only in (None, "etth1"):
        etth1(runs, given.data.resolve())
    if given.only in (None, "m4_hourly"):
        m4_hourly(runs, given.data.resolve())
    if given.only in (None, "departures"):
        departures(runs)


if __name__ == "__main__":
    main()
