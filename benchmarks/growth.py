"""What more rows, series, columns, lookback, horizon, units and layers cost: time and memory of whole commands.

    python benchmarks/growth.py [--only rows units ...] [--commands train predict] [--doublings 5] [--rounds 1]
                                [--log FILE] [--folder DIR]

Each of them is doubled five times while all others stay as they are. The tables are made, CSV with a wave of 24 steps
and noise, always the same. Every command is a process of its own with an empty cache, and its figures are what the
kernel counted for that process: processor seconds of user and system, and the most resident memory (ru_maxrss),
interpreter, TensorFlow and all. `train` learns every window once where rows, series or columns grow, and a fixed number
of batches where lookback, horizon, units or layers do, with as many windows of validation and test at every size.
`validate` and `predict --data` have tables of their own, larger ones, and a run that was trained with `--smoke`.

The exponent is that of the part that grows: the slope of log(cost - floor) over log(size - size of the floor) along the
last two doublings, where the floor is the same command at a size close to 0 (one layer: there is none with fewer). 1 is
linear. "last doubling" is the plain ratio of the two largest sizes, with everything that does not grow. A cost that is
less than a fifth above its floor at the largest size is called flat. With more than one round the best counts, because
other work on the machine only adds. `--log` keeps every figure as a line of JSON; what the file holds already is not
measured again.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SEASON = 24
BLOCK = 200_000
# The exponent is that along so many of the last doublings.
LAST = 2
FLAT = 0.2


@dataclass(frozen=True)
class Sizes:
    """A table and a network. scored: windows of validation and as many of test; 0 takes the usual shares of the rows.
    batches: of the epoch; 0 takes every window once."""

    rows: int
    series: int = 1
    covariates: int = 0
    targets: int = 1
    lookback: int = 48
    horizon: int = 24
    units: int = 32
    layers: int = 1
    scored: int = 0
    batches: int = 0


@dataclass(frozen=True)
class Case:
    """What grows, from which size, in which commands, beside what. floor: a size close to 0."""

    name: str
    field: str
    base: int
    floor: int
    beside: Sizes
    commands: tuple[str, ...]

    def at(self, size: int) -> Sizes:
        return replace(self.beside, **{self.field: size})


TRAIN = ("train",)
READ = ("validate", "predict")
PREDICT = ("predict",)
CASES = [
    Case("rows", "rows", 16_000, 500, Sizes(0), TRAIN),
    Case("series", "series", 128, 2, Sizes(120, lookback=24, horizon=12), TRAIN),
    Case("covariates", "covariates", 16, 0, Sizes(20_000), TRAIN),
    Case("targets", "targets", 4, 1, Sizes(5_000), TRAIN),
    Case("lookback", "lookback", 24, 1, Sizes(6_000, scored=500, batches=150), TRAIN),
    Case("horizon", "horizon", 24, 1, Sizes(10_000, scored=2_000, batches=100), TRAIN),
    Case("units", "units", 16, 1, Sizes(4_000, scored=500, batches=100), TRAIN),
    Case("layers", "layers", 1, 1, Sizes(4_000, scored=500, batches=50), TRAIN),
    Case("rows", "rows", 250_000, 1_000, Sizes(0), READ),
    Case("series", "series", 1_000, 10, Sizes(150, lookback=24, horizon=12), READ),
    Case("covariates", "covariates", 16, 0, Sizes(40_000), READ),
    Case("targets", "targets", 16, 1, Sizes(40_000), READ),
    Case("lookback", "lookback", 24, 1, Sizes(1_200, series=2_000), PREDICT),
    Case("horizon", "horizon", 24, 1, Sizes(2_500, series=1_000, scored=8), PREDICT),
    Case("units", "units", 16, 1, Sizes(250, series=4_000), PREDICT),
    Case("layers", "layers", 1, 1, Sizes(250, series=4_000), PREDICT),
]


def columns(sizes: Sizes) -> tuple[list[str], list[str]]:
    """The names of the targets and of the covariates."""
    return [f"y{i}" for i in range(sizes.targets)], [f"x{i}" for i in range(sizes.covariates)]


def config(sizes: Sizes) -> dict[str, Any]:
    targets, covariates = columns(sizes)
    ranges = sizes.scored + sizes.horizon - 1
    training: dict[str, Any] = {"epochs": 1, "batch_size": 64}
    if sizes.batches:
        training["steps_per_epoch"] = sizes.batches
    return {
        "version": 1,
        "name": "growth",
        "data": {
            "path": "t.csv",
            "time": "time",
            "freq": "min",
            "targets": targets,
            **({"past_covariates": covariates} if covariates else {}),
            **({"id": "id"} if sizes.series > 1 else {}),
        },
        **({"split": {"val": ranges, "test": ranges}} if sizes.scored else {}),
        "window": {"lookback": sizes.lookback, "horizon": sizes.horizon},
        "model": {"layers": [{"type": "gru", "units": sizes.units, "repeat": sizes.layers}]},
        "training": training,
        "evaluation": {"seasonality": SEASON},
    }


def write_table(path: Path, sizes: Sizes) -> None:
    """A wave with noise in every column, whole series at a time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv

    rng = np.random.default_rng(0)
    names = [name for group in columns(sizes) for name in group]
    steps = np.arange(sizes.rows)
    times = np.datetime64("2000-01-01T00:00:00", "s") + steps * 60
    wave = 100 + 20 * np.sin(2 * np.pi * steps / SEASON)[:, None]
    at_once = max(1, BLOCK // sizes.rows)
    writer = None
    for first in range(0, sizes.series, at_once):
        n = min(at_once, sizes.series - first)
        values = np.tile(wave, (n, 1)) + rng.normal(0, 5, (n * sizes.rows, len(names)))
        table = {"time": np.tile(times, n)} | dict(zip(names, values.round(3).T, strict=True))
        if sizes.series > 1:
            table = {"id": np.repeat([f"s{first + i:06}" for i in range(n)], sizes.rows)} | table
        made = pa.table(table)
        writer = writer or pyarrow.csv.CSVWriter(path, made.schema)
        writer.write(made)
    if writer is not None:
        writer.close()


@dataclass(frozen=True)
class Cost:
    """One process: seconds from start to end, seconds that processors worked for it, MiB at its largest."""

    wall: float
    seconds: float
    mib: float


def measured(folder: Path, *words: str) -> Cost:
    """Run a command in a process of its own, with an empty cache. Raises SystemExit where it fails."""
    command = [sys.executable, "-m", "forecaster", *words]
    cache = folder / "cache"
    shutil.rmtree(cache, ignore_errors=True)
    # The checkout that this script lies in, whatever is installed.
    environment = {**os.environ, "FORECASTER_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    output = os.open(folder / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    actions = [(os.POSIX_SPAWN_DUP2, output, stream) for stream in (1, 2)]
    began = time.monotonic()
    child = os.posix_spawn(command[0], command, environment, file_actions=actions)
    os.close(output)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - began
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)} failed:\n{(folder / 'said.txt').read_text(encoding='utf-8')}")
    return Cost(round(wall, 2), round(usage.ru_utime + usage.ru_stime, 2), round(usage.ru_maxrss / 1024, 1))


def run_all(sizes: Sizes, commands: Iterable[str], parent: Path | None) -> dict[str, Cost]:
    """Make a table, and run commands on it."""
    with tempfile.TemporaryDirectory(dir=parent) as name:
        folder = Path(name)
        table, file, run = folder / "t.csv", folder / "config.yaml", folder / "run"
        # In another process: what this one has held counts for the processes that it starts.
        maker = multiprocessing.get_context("spawn").Process(target=write_table, args=(table, sizes))
        maker.start()
        maker.join()
        if maker.exitcode:
            sys.exit("the table was not made")
        file.write_text(json.dumps(config(sizes)), encoding="utf-8")
        found = {}
        for command in commands:
            if command == "validate":
                words = ["validate", str(file)]
            elif command == "train":
                words = ["train", str(file), "-q", "--run-dir", str(run)]
            else:
                measured(folder, "train", str(file), "-q", "--run-dir", str(run), "--smoke")
                words = ["predict", str(run), "-q", "--data", str(table), "--output", str(folder / "f.csv")]
            found[command] = measured(folder, *words)
        return found


class Log:
    """What was measured, by sizes, command and round; also in a file, if there is one."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.lines = path, list[dict[str, Any]]()
        if path is not None and path.exists():
            self.lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def costs(self, sizes: Sizes, command: str) -> list[Cost]:
        return [
            Cost(line["wall"], line["seconds"], line["mib"])
            for line in self.lines
            if line["command"] == command and line["sizes"] == asdict(sizes)
        ]

    def add(self, case: Case, sizes: Sizes, command: str, cost: Cost) -> None:
        line = {"grows": case.name, "command": command, **asdict(cost), "sizes": asdict(sizes)}
        self.lines.append(line)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def best(self, sizes: Sizes, command: str) -> Cost:
        found = self.costs(sizes, command)
        return Cost(*(min(getattr(cost, key) for cost in found) for key in ("wall", "seconds", "mib")))


def exponent(sizes: list[int], costs: list[float], floor_size: int, floor: float) -> str:
    """The slope of the part that grows along the last doublings. The first size and cost may be the floor itself."""
    if costs[-1] - floor < FLAT * floor:
        return "flat"
    first = max(0, len(sizes) - 1 - LAST)
    first += sizes[first] == floor_size
    grown = costs[-1] - floor, costs[first] - floor
    if first == len(sizes) - 1 or grown[1] <= 0:
        return ""
    return f"{math.log(grown[0] / grown[1]) / math.log((sizes[-1] - floor_size) / (sizes[first] - floor_size)):.2f}"


def row(case: Case, command: str, sizes: list[int], log: Log) -> str:
    costs, floor = (
        [log.best(case.at(size), command) for size in sizes],
        log.best(case.at(case.floor), command),
    )
    cells = [f"{case.name}, `{command}`", f"{sizes[0]:,} to {sizes[-1]:,}", f"{floor.seconds:.1f}"]
    cells.append(", ".join(f"{cost.seconds:.1f}" for cost in costs))
    cells.append(exponent(sizes, [cost.seconds for cost in costs], case.floor, floor.seconds))
    cells.append(f"{costs[-1].seconds / costs[-2].seconds:.2f}" if len(costs) > 1 else "")
    cells.append(f"{costs[-1].wall:.0f}")
    cells.append(f"{floor.mib:,.0f}")
    cells.append(" ".join(f"{cost.mib:,.0f}" for cost in costs))
    cells.append(exponent(sizes, [cost.mib for cost in costs], case.floor, floor.mib))
    cells.append(f"{costs[-1].mib / costs[-2].mib:.2f}" if len(costs) > 1 else "")
    return "| " + " | ".join(cells) + " |"


HEAD = ["what grows", "sizes", "floor, s", "processor s at each size", "exponent", "last doubling"]
HEAD += ["wall s, largest", "floor, MiB", "MiB at each size", "exponent", "last doubling"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=sorted({case.name for case in CASES}))
    parser.add_argument("--commands", nargs="+", choices=["train", "validate", "predict"])
    parser.add_argument("--doublings", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--log", type=Path, help="add every figure to this file, and take over what it holds")
    parser.add_argument("--folder", type=Path, help="where the tables go; a temporary one by default")
    given = parser.parse_args()
    log, rows = Log(given.log), []
    for case in CASES:
        commands = [command for command in case.commands if command in (given.commands or case.commands)]
        if (given.only and case.name not in given.only) or not commands:
            continue
        sizes = [case.base * 2**k for k in range(given.doublings + 1)]
        for size in sorted({case.floor, *sizes}):
            made = case.at(size)
            for _ in range(given.rounds):
                left = [command for command in commands if len(log.costs(made, command)) < given.rounds]
                for command, cost in run_all(made, left, given.folder).items() if left else []:
                    log.add(case, made, command, cost)
                    print(
                        f"{case.name} {size:,}, {command}: {cost.seconds:.1f} s of work, "
                        f"{cost.wall:.1f} s, {cost.mib:,.0f} MiB",
                        file=sys.stderr,
                        flush=True,
                    )
        for command in commands:
            rows.append(row(case, command, sizes, log))
    print("| " + " | ".join(HEAD) + " |")
    print("|" + "---|" * len(HEAD))
    print("\n".join(rows))


if __name__ == "__main__":
    main()
