"""The Python API on a DataFrame beside the same table as a Parquet file: time and memory. `make bench-dataframe`.

    python benchmarks/dataframe.py [--rounds 3] [--steps validate prepare train] [--libraries pandas polars]

Makes a table of 2,000 series with 10,000 hourly rows each (id, time, a target and a past covariate) as Parquet. Every
measurement is a process of its own with an empty cache (FORECASTER_CACHE is a new folder), and the processes take
turns: one on the path, one on each library's DataFrame. All of them first take the step on a small table of the same
kind, which imports what it needs; those with a DataFrame then read it and give freed memory back to the system.

What is measured is the step that follows: wall-clock seconds, processor seconds, and the peak of the resident memory
(the kernel's VmHWM, reset before the step), in all and above what was resident before. A DataFrame is held by whoever
calls, and not by the step: the peak above the state before compares with that of the path, and the peak in all with
that of the path plus the DataFrame. The bar holds for the steps with an empty cache.

    validate  fc.validate(experiment, data=...)
    again     the same in a second process, from the cache that the first one made
    prepare   the table read, split, filled, scaled and cut into windows, as before every training
    train     fc.train(experiment, data=..., smoke=True)
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

ROOT = Path(__file__).parent.parent
BAR = 1.2
STEPS = ("validate", "again", "prepare", "train")
LIBRARIES = ("pandas", "polars")
CONFIG: dict[str, Any] = {
    "version": 1,
    "name": "dataframe",
    "data": {"time": "time", "freq": "h", "id": "id", "targets": ["y"], "past_covariates": ["x"]},
    "window": {"lookback": 168, "horizon": 24},
    "model": {"layers": [{"type": "gru", "units": 32}]},
}
SERIES_A_GROUP = 100


def write_table(path: Path, n_series: int, n_rows: int) -> None:
    """A daily wave with noise in each series, and a covariate, in row groups of a million rows."""
    times = np.datetime64("2024-01-01", "ns") + np.arange(n_rows) * np.timedelta64(1, "h")
    wave = np.sin(2 * np.pi * np.arange(n_rows) / 24)
    rng = np.random.default_rng(0)
    writer = None
    for first in range(0, n_series, SERIES_A_GROUP):
        names = [f"series-{i:05d}" for i in range(first, min(first + SERIES_A_GROUP, n_series))]
        shape = (len(names), n_rows)
        table = pa.table(
            {
                "id": pa.array(np.repeat(np.array(names, dtype=object), n_rows), pa.string()),
                "time": np.tile(times, len(names)),
                "y": (rng.uniform(50, 150, (len(names), 1)) + 20 * wave + rng.normal(0, 5, shape)).ravel(),
                "x": rng.normal(0, 1, shape).ravel(),
            }
        )
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


# -- a process -------------------------------------------------------------------------


def memory_mib(what: str) -> float:
    """A line of the kernel's own account of this process: VmRSS, VmHWM or RssAnon."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition(f"{what}:")[2].split()[0]) / 1024


class AnonymousPeak:
    """The most memory that comes from no file, looked at fifty times a second: mapped files may go at any time."""

    def __init__(self) -> None:
        self.most = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> AnonymousPeak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.02):
            self.most = max(self.most, memory_mib("RssAnon"))


def opened(table: Path, kind: str) -> Any:
    """The table as it is handed to the API: its path, or a DataFrame of a library."""
    return table if kind == "parquet" else importlib.import_module(kind).read_parquet(table)


def step(name: str, experiment: Any, data: Any, folder: Path) -> Callable[[], object]:
    import forecaster as fc
    from forecaster.api.verbs import with_table
    from forecaster.stages.prepared import prepare

    def prepared() -> object:
        given, source = with_table(experiment, data)
        return prepare(given.spec, source)

    def trained() -> object:
        return fc.train(experiment, data, smoke=True, run_dir=folder / "run", on_note=lambda note: None)

    calls: dict[str, Callable[[], object]] = {
        "validate": lambda: fc.validate(experiment, data),
        "again": lambda: fc.validate(experiment, data),
        "prepare": prepared,
        "train": trained,
    }
    return calls[name]


def child(name: str, kind: str, table: Path, folder: Path) -> dict[str, float]:
    """Measure one step in this process."""
    import forecaster as fc

    experiment = fc.Experiment.from_dict(CONFIG, base=folder)
    small = folder / "small.parquet"
    write_table(small, 3, 1_000)
    step(name, experiment, opened(small, kind), folder / "small")()
    data = opened(table, kind)
    call = step(name, experiment, data, folder)
    gc.collect()
    pa.default_memory_pool().release_unused()
    before, before_own = memory_mib("VmRSS"), memory_mib("RssAnon")
    # The kernel sets VmHWM back to what is resident now.
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    began, worked = time.perf_counter(), time.process_time()
    with AnonymousPeak() as own:
        kept = call()
    seconds, work = time.perf_counter() - began, time.process_time() - worked
    peak = memory_mib("VmHWM")
    del kept
    return {
        "seconds": seconds,
        "cpu_seconds": work,
        "before_mib": before,
        "peak_mib": peak,
        "above_mib": peak - before,
        "own_above_mib": own.most - before_own,
    }


# -- all of them -----------------------------------------------------------------------


def measured(name: str, kind: str, table: Path, folder: Path) -> dict[str, float]:
    """One step in a process of its own. folder: of its cache and its run."""
    command = [sys.executable, __file__, "--child", name, kind, str(table), str(folder)]
    environment = os.environ | {
        "FORECASTER_CACHE": str(folder / "cache"),
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def rounds(
    n: int, steps: list[str], kinds: list[str], table: Path, folder: Path
) -> dict[tuple[str, str], list[dict[str, float]]]:
    """Every step on every kind of table, n times, in turns; the first kind is the path."""
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    for turn in range(n):
        # Which kind comes first changes from turn to turn.
        for kind in [*kinds[turn % len(kinds) :], *kinds[: turn % len(kinds)]]:
            for name in steps:
                with tempfile.TemporaryDirectory(dir=folder) as own:
                    if name == "again":
                        measured("validate", kind, table, Path(own))
                    result = measured(name, kind, table, Path(own))
                found.setdefault((name, kind), []).append(result)
                print(
                    f"{turn + 1}: {name} on {kind}: {json.dumps({k: round(v, 2) for k, v in result.items()})}",
                    file=sys.stderr,
                    flush=True,
                )
    return found


FIGURES = ("seconds", "cpu_seconds", "above_mib", "own_above_mib", "peak_mib", "before_mib")
HEADER = (
    "step",
    "table",
    "seconds",
    "of work",
    "peak above before, MiB",
    "not of files, MiB",
    "peak in all, MiB",
    "before, MiB",
)


def report(found: dict[tuple[str, str], list[dict[str, float]]], steps: list[str], kinds: list[str]) -> bool:
    """Print the medians and their ratios to the path's; whether every ratio with an empty cache is within the bar."""
    median = {
        key: {figure: statistics.median(row[figure] for row in rows) for figure in FIGURES}
        for key, rows in found.items()
    }
    print("| " + " | ".join(HEADER) + " |\n|" + "---|" * len(HEADER))
    for name in steps:
        for kind in kinds:
            m = median[name, kind]
            cells = [f"{m['seconds']:.2f}", f"{m['cpu_seconds']:.2f}"]
            cells += [f"{m[figure]:,.0f}" for figure in FIGURES[2:]]
            print("| " + " | ".join([name, kind, *cells]) + " |")
    heads = ["seconds", "of work", "peak above before", "not of files", "in all, beside path + DataFrame"]
    print("\n| ratio to the path | " + " | ".join(heads) + " |\n|" + "---|" * (len(heads) + 1))
    met = True
    for name in steps:
        path = median[name, kinds[0]]
        for kind in kinds[1:]:
            m = median[name, kind]
            ratios = [m[figure] / path[figure] for figure in FIGURES[:4]]
            held = m["before_mib"] - path["before_mib"]
            ratios.append(m["peak_mib"] / (path["peak_mib"] + held))
            print(f"| {name}, {kind} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |")
            met &= name == "again" or max(ratios) <= BAR
    print(f"\nthe bar is {BAR:g}: {'met' if met else 'MISSED'}")
    return met


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        what, kind, *paths = sys.argv[2:]
        print(json.dumps(child(what, kind, *map(Path, paths))))
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--series", type=int, default=2_000)
    parser.add_argument("--rows", type=int, default=10_000, help="of each series")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=["validate", "again", "prepare"])
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=list(LIBRARIES))
    parser.add_argument("--folder", type=Path, help="where table and caches go; a temporary one by default")
    parser.add_argument("--table", type=Path, help="a Parquet file that this made before")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        table = given.table or folder / "table.parquet"
        if not table.exists():
            write_table(table, given.series, given.rows)
        kinds = ["parquet", *given.libraries]
        print(
            f"{parquet.ParquetFile(table).metadata.num_rows:,} rows, {table.stat().st_size / 2**20:,.0f} MiB"
        )
        found = rounds(given.rounds, given.steps, kinds, table, folder)
        if not report(found, given.steps, kinds):
            sys.exit(1)


if __name__ == "__main__":
    main()
