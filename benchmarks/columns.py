"""Peak memory of a short `forecaster train` on tables of many columns, with independent channels.

    python benchmarks/columns.py [--columns 30 300 900] [--rows 5000] [--horizon 96] [--lookback 336]

Makes each table itself, in a folder that is removed afterwards: daily waves of hourly values with noise. Each training
is a process of its own, of 20 steps, and its peak is what the kernel counted for that process. All windows of
validation and test are forecast and scored.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.memory import measured

FIRST = np.datetime64("2024-01-01T00:00:00", "s")
CONFIG = """\
version: 1
name: columns
data:
  path: {path}
  time: time
  freq: h
  targets: {targets}
window: {{lookback: {lookback}, horizon: {horizon}}}
model:
  patch: 24
  channels: independent
  head: {{type: segments}}
  anchor: {{type: ridge, mode: average}}
  layers:
    - {{type: gru, units: 64}}
training: {{epochs: 1, steps_per_epoch: 20, batch_size: 32}}
evaluation: {{baselines: [seasonal_naive, ridge]}}
"""


def write_table(path: Path, *, rows: int, columns: int) -> list[str]:
    """Write waves of one day, each column with its own phase, and return the names of the columns."""
    names = [f"c{i}" for i in range(columns)]
    hours = np.arange(rows)
    rng = np.random.default_rng(0)
    phase = rng.uniform(0, 24, columns)
    values = np.sin(2 * np.pi * (hours[:, None] + phase) / 24) + rng.normal(0, 0.3, (rows, columns))
    arrays = [FIRST + hours * 3600, *values.T.round(3)]
    pa.parquet.write_table(pa.table(arrays, names=["time", *names]), path)
    return names


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--columns", type=int, nargs="+", default=[30, 300, 900])
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--lookback", type=int, default=336)
    parser.add_argument("--horizon", type=int, default=96)
    parser.add_argument("--set", action="append", default=[], help="passed on to train")
    args = parser.parse_args()
    print(f"{'columns':>8}  {'rows':>7}  {'peak GiB':>8}  {'seconds':>7}  {'cpu s':>6}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for columns in args.columns:
            path = folder / f"table-{columns}.parquet"
            targets = write_table(path, rows=args.rows, columns=columns)
            config = folder / f"columns-{columns}.yaml"
            text = CONFIG.format(
                path=path.name, targets=json.dumps(targets), lookback=args.lookback, horizon=args.horizon
            )
            config.write_text(text, encoding="utf-8")
            options = [part for setting in args.set for part in ("--set", setting)]
            found = measured(config, folder / f"run-{columns}", *options)
            print(
                f"{columns:>8}  {args.rows:>7,}  {found['peak_gib']:>8.2f}  {found['seconds']:>7.1f}  "
                f"{found['cpu_seconds']:>6.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
