"""Many series: time and memory of `validate` and `train --smoke` as the table grows, with and without a table
that was read before.

python benchmarks/scale.py [--series 25000 50000 100000] [--folder DIR]

Makes a Parquet table of each size (365 daily steps, a target and two covariates), runs the commands in processes of
their own, the first on an empty cache, and prints the tables of docs/benchmarks.md: seconds, rows per second, the most
memory at any time, and how they grow from one size to the next.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

STEPS = 365
SERIES_A_GROUP = 2_000
CONFIG = {
    "version": 1,
    "name": "scale",
    "data": {
        "path": "t.parquet",
        "time": "day",
        "freq": "D",
        "id": "id",
        "targets": ["sold"],
        "past_covariates": ["visits"],
        "future_covariates": ["price"],
    },
    "window": {"lookback": 28, "horizon": 7},
    "model": {"layers": [{"type": "gru", "units": 32}]},
    "output": {"dir": "runs"},
}


def make(path: Path, n_series: int) -> None:
    """A table in row groups, so that making it takes little memory."""
    days = np.datetime64("2023-01-01", "us") + np.arange(STEPS) * np.timedelta64(86_400_000_000, "us")
    week = 1.0 + 0.3 * np.sin(2 * np.pi * np.arange(STEPS) / 7)
    writer = None
    for first in range(0, n_series, SERIES_A_GROUP):
        n = min(SERIES_A_GROUP, n_series - first)
        rng = np.random.default_rng(first)
        ids = pa.DictionaryArray.from_arrays(
            pa.array(np.repeat(np.arange(n, dtype=np.int32), STEPS)), [f"s{first + i:06}" for i in range(n)]
        )
        level = rng.lognormal(3.0, 1.0, (n, 1))
        columns = {
            "id": ids.cast(pa.string()),
            "day": pa.array(np.tile(days, n)),
            "sold": pa.array(rng.poisson(level * week).ravel().astype(float)),
            "visits": pa.array(rng.poisson(9 * level * week).ravel().astype(float)),
            "price": pa.array(
                np.round(rng.uniform(1, 20, (n, 1)) * rng.choice([1, 0.8], (n, STEPS)), 2).ravel()
            ),
        }
        table = pa.table(columns)
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


@dataclass(frozen=True)
class Measured:
    """One process: seconds from start to end, the seconds that processors worked for it, and GiB at its
    largest: all that it had in memory, with what was mapped from files and may go at any time, and without."""

    seconds: float
    work: float
    memory: float
    own: float


def measured(command: list[str], cache: Path) -> Measured:
    """Raises SystemExit where the process fails."""
    start, own = time.monotonic(), 0
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, "FORECASTER_CACHE": str(cache)},
        )
        while True:
            done, status, usage = os.wait4(process.pid, os.WNOHANG)
            if done:
                break
            own = max(own, _own_kib(process.pid))
            time.sleep(0.02)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)}\n{said.read().decode()[-2000:]}")
    return Measured(
        time.monotonic() - start,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 2**20,
        own / 2**20,
    )


def _own_kib(pid: int) -> int:
    """What a process holds now that comes from no file."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:  # it has just ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def commands(only: str | None) -> list[tuple[str, list[str]]]:
    """What is run on each table, in this order: the first makes the cache, the others start from it."""
    train = ["train", "--smoke", "-q", "--run-dir"]
    every = [
        ("validate, first start", ["validate"]),
        ("validate, second start", ["validate"]),
        ("train --smoke, second start", train),
    ]
    if only == "train":
        every = [("train --smoke, first start", train), every[2]]
    return every[:2] if only == "validate" else every


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, nargs="+", default=[25_000, 50_000, 100_000])
    parser.add_argument("--folder", type=Path, help="where the tables go; a temporary one by default")
    parser.add_argument("--only", choices=["validate", "train"])
    given = parser.parse_args()
    head = ["series", "rows", "command", "seconds", "of work", "rows a second", "GiB", "GiB not of files"]
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    found: dict[str, list[tuple[int, Measured]]] = {}
    for n in given.series:
        with tempfile.TemporaryDirectory(dir=given.folder) as name:
            folder = Path(name)
            make(folder / "t.parquet", n)
            (folder / "c.yaml").write_text(json.dumps(CONFIG), encoding="utf-8")
            for k, (what, words) in enumerate(commands(given.only)):
                options = [*words[1:], *([str(folder / f"run{k}")] if len(words) > 1 else [])]
                command = [sys.executable, "-m", "forecaster", words[0], str(folder / "c.yaml"), *options]
                m = measured(command, folder / "cache")
                found.setdefault(what, []).append((n, m))
                row = [f"{n:,}", f"{n * STEPS:,}", what, f"{m.seconds:.1f}", f"{m.work:.1f}"]
                row += [f"{n * STEPS / m.seconds:,.0f}", f"{m.memory:.2f}", f"{m.own:.2f}"]
                print("| " + " | ".join(row) + " |", flush=True)
    print(
        "\n| from one size to the next | seconds | of work | GiB | GiB not of files |\n|---|---|---|---|---|"
    )
    for what, rows in found.items():
        for (a, small), (b, large) in pairwise(rows):
            of = [(large.seconds, small.seconds), (large.work, small.work)]
            of += [(large.memory, small.memory), (large.own, small.own)]
            shown = [f"{y / x:.2f}" if x else "" for y, x in of]
            print(f"| {what}, {a:,} to {b:,} series | " + " | ".join(shown) + " |")


if __name__ == "__main__":
    main()
