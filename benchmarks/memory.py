"""Peak memory of `forecaster train --smoke` on a long table, at several lookbacks.

    python benchmarks/memory.py [--rows 20000000] [--lookbacks 64 512 2048] [--formats parquet csv]

Makes the table itself, in a folder that is removed afterwards: one float column beside a
timestamp, a row each second. Each training is a process of its own, and its peak is what the
kernel counted for that process (ru_maxrss), interpreter, TensorFlow and all. The first line is
of a small table: what the process takes without much data.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

FIRST = np.datetime64("2024-01-01T00:00:00", "s")
BAR_GIB = 3.0
BLOCK = 1_000_000
SMALL_ROWS = 20_000
CONFIG = """\
version: 1
name: long
data: {{path: {path}, time: time, freq: s, targets: [load]}}
window: {{lookback: {lookback}, horizon: 24}}
model:
  patch: 32
  layers:
    - {{type: gru, units: 32}}
"""


def write_table(path: Path, rows: int) -> None:
    """A daily wave with noise, written a block at a time."""
    schema = pa.schema([("time", pa.timestamp("s")), ("load", pa.float64())])
    open_writer = pa.csv.CSVWriter if path.suffix == ".csv" else pa.parquet.ParquetWriter
    rng = np.random.default_rng(0)
    with open_writer(path, schema) as writer:
        for start in range(0, rows, BLOCK):
            seconds = np.arange(start, min(start + BLOCK, rows))
            load = 100 + 20 * np.sin(2 * np.pi * seconds / 86_400) + rng.normal(0, 5, len(seconds))
            writer.write(pa.table([FIRST + seconds, load.round(3)], schema=schema))


def train(folder: Path, table: Path, lookback: int) -> dict[str, float]:
    """Train on a table with one lookback; see `measured`."""
    config = folder / f"{table.stem}-{lookback}.yaml"
    config.write_text(CONFIG.format(path=table.name, lookback=lookback), encoding="utf-8")
    return measured(config, folder / f"run-{table.stem}{table.suffix}-{lookback}", "--smoke")


def measured(config: Path, run: Path, *options: str) -> dict[str, float]:
    """Train in a process of its own: its peak in GiB, wall and processor seconds."""
    folder = config.parent
    command = [sys.executable, "-m", "forecaster", "train", str(config), "--run-dir", str(run), *options]
    began = time.monotonic()
    output = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    actions = [(os.POSIX_SPAWN_DUP2, output, stream) for stream in (1, 2)]
    environment = {**os.environ, "FORECASTER_CACHE": str(folder / "cache")}
    child = os.posix_spawn(command[0], command, environment, file_actions=actions)
    os.close(output)
    # wait4 gives the usage of this child alone; RUSAGE_CHILDREN would give the largest so far.
    _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)} failed:\n{(folder / 'log.txt').read_text(encoding='utf-8')}")
    return {
        "peak_gib": usage.ru_maxrss / 2**20,
        "seconds": time.monotonic() - began,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--lookbacks", type=int, nargs="+", default=[64, 512, 2048])
    parser.add_argument("--formats", nargs="+", choices=["parquet", "csv"], default=["parquet", "csv"])
    parser.add_argument(
        "--folder", type=Path, help="where the table goes; default: the system's temporary folder"
    )
    parser.add_argument("--json", type=Path, help="add a JSON line per training to this file")
    args = parser.parse_args()

    results = []
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        small = folder / "small.parquet"
        write_table(small, SMALL_ROWS)
        tasks = [(small, SMALL_ROWS, lookback) for lookback in args.lookbacks[:1]]
        print(f"{'table':8}  {'rows':>10}  {'lookback':>8}  {'peak GiB':>8}  {'seconds':>7}  {'cpu s':>6}")
        for kind in args.formats:
            table = folder / f"long.{kind}"
            tasks += [(table, args.rows, lookback) for lookback in args.lookbacks]
        for table, rows, lookback in tasks:
            if not table.exists():
                write_table(table, rows)
            result = {"format": table.suffix[1:], "rows": rows, "lookback": lookback}
            result |= train(folder, table, lookback)
            results.append(result)
            print(
                f"{result['format']:8}  {rows:>10,}  {lookback:>8}  {result['peak_gib']:>8.2f}  "
                f"{result['seconds']:>7.1f}  {result['cpu_seconds']:>6.1f}",
                flush=True,
            )
            if args.json is not None:
                with args.json.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(result) + "\n")
    worst = max(result["peak_gib"] for result in results)
    print(
        f"largest peak {worst:.2f} GiB; the bar is {BAR_GIB:g} GiB: {'met' if worst < BAR_GIB else 'MISSED'}"
    )
    if worst >= BAR_GIB:
        sys.exit(1)


if __name__ == "__main__":
    main()
