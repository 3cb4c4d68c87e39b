"""Many series: time and memory of `validate` and `train --smoke` as the table grows.

python benchmarks/scale.py [--series 25000 50000 100000] [--folder DIR]

Makes a Parquet table of each size (365 daily steps, a target and two covariates), runs both commands in processes of
their own and prints the rows of docs/benchmarks.md: seconds, rows per second and the most memory at any time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
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


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds and GiB of one process at its largest. Raises SystemExit where it fails."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)}\n{said.read().decode()[-2000:]}")
    return time.monotonic() - start, usage.ru_maxrss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, nargs="+", default=[25_000, 50_000, 100_000])
    parser.add_argument("--folder", type=Path, help="where the tables go; a temporary one by default")
    parser.add_argument("--only", choices=["validate", "train"])
    given = parser.parse_args()
    print("| series | rows | file | command | seconds | rows a second | GiB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for n in given.series:
        with tempfile.TemporaryDirectory(dir=given.folder) as name:
            folder = Path(name)
            make(folder / "t.parquet", n)
            (folder / "c.yaml").write_text(json.dumps(CONFIG))
            size = (folder / "t.parquet").stat().st_size / 2**20
            tool = [sys.executable, "-m", "forecaster"]
            for verb in (["validate"], ["train", "--smoke", "-q", "--run-dir", str(folder / "run")]):
                if given.only not in (None, verb[0]):
                    continue
                seconds, memory = measured([*tool, verb[0], str(folder / "c.yaml"), *verb[1:]])
                rate = f"{n * STEPS / seconds:,.0f}"
                shown = " ".join(verb[:2]) if "--smoke" in verb else verb[0]
                row = [
                    f"{n:,}",
                    f"{n * STEPS:,}",
                    f"{size:.0f} MiB",
                    shown,
                    f"{seconds:.1f}",
                    rate,
                    f"{memory:.2f}",
                ]
                print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
