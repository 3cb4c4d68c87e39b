"""Forecasts in parts: their time and memory by the number of series and workers, and what kills leave of them.

python benchmarks/parts.py [--series 100000] [--workers 0 1 2] [--rounds 1] [--units 16] [--folder DIR]
python benchmarks/parts.py --kills 20 [--engine local|ray] [--folder DIR]

A table of 48 hourly steps per series as one Parquet file, sorted by series, and a run of a GRU, of 16 units unless
said, with a lookback and a horizon of 48 steps. `--workers 0` is the local engine, in one process; others are workers
of Ray, in turn. Memory is that of all processes of the command together, those of Ray too, each page counted once.

With --kills the command is killed that often at random moments, alone or with all processes that it started, and then
started again.
At the end all files of the folder must be those of a command that nobody killed. The second half of the kills is of
`predict` into one file, which is there as a whole or not at all.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as parquet

STEPS, SERIES_A_GROUP = 48, 20_000
CONFIG = """name: parts
data: {path: train.parquet, time: t, freq: h, id: id, targets: [y]}
window: {lookback: 48, horizon: 48}
model: {layers: [{type: gru, units: UNITS}]}
training: {epochs: 1, batch_size: 64}
"""
MARK = "FORECASTER_BENCHMARK_PARTS"
FORECASTER = [sys.executable, "-m", "forecaster"]


def make(path: Path, n_series: int, steps: int) -> None:
    """Write a table in groups of rows, so that making it takes little memory."""
    stamps = np.datetime64("2024-01-01T00", "us") + np.arange(steps) * np.timedelta64(3_600_000_000, "us")
    writer = None
    for first in range(0, n_series, SERIES_A_GROUP):
        n = min(SERIES_A_GROUP, n_series - first)
        rng = np.random.default_rng(first)
        level = rng.lognormal(2.0, 1.0, (n, 1))
        values = level * (1.5 + np.sin(np.arange(steps) / 3.8)) + rng.normal(0, 0.1, (n, steps))
        ids = np.repeat([f"s{first + i:07d}" for i in range(n)], steps)
        table = pa.table({"id": ids, "t": np.tile(stamps, n), "y": values.ravel()})
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def prepare(folder: Path, n_series: int, units: int = 16) -> list[str]:
    """Make the run and the table where they are not there yet, and return the command without its output."""
    folder.mkdir(parents=True, exist_ok=True)
    table, run = folder / f"{n_series}.parquet", folder / "run"
    if not table.exists():
        make(table, n_series, STEPS)
    if not run.exists():
        make(folder / "train.parquet", 20, 900)
        (folder / "c.yaml").write_text(CONFIG.replace("UNITS", str(units)), encoding="utf-8")
        subprocess.run(
            [*FORECASTER, "train", str(folder / "c.yaml"), "--run-dir", str(run), "-q"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return [*FORECASTER, "predict", str(run), "-q", "--data", str(table)]


def started_by(mark: str) -> Iterator[psutil.Process]:
    """Yield the processes of a command, also those that have left its tree."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == mark and process.pid != os.getpid():
                yield process


def measured(command: list[str]) -> tuple[float, float]:
    """Run a command, and return its seconds and the most GiB of all of its processes together."""
    mark, most, start = str(time.time_ns()), 0, time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, MARK: mark}) as process:
        while process.poll() is None:
            held = 0
            for one in started_by(mark):
                with contextlib.suppress(psutil.Error):
                    held += one.memory_full_info().pss
            most = max(most, held)
            time.sleep(1.0)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return time.monotonic() - start, most / 2**30


def how(workers: int) -> list[str]:
    """Return the options of an engine."""
    return ["--engine", "ray", "--workers", str(workers)] if workers else []


def measure(folder: Path, n_series: int, workers: list[int], rounds: int, units: int) -> None:
    """Print a row for each number of workers and round, in turn."""
    command = prepare(folder, n_series, units)
    print("| series | engine | seconds | GiB |\n|---|---|---|---|")
    for _ in range(rounds):
        for n in workers:
            shutil.rmtree(folder / "out", ignore_errors=True)
            seconds, memory = measured([*command, "--output", f"{folder / 'out'}/", *how(n)])
            engine = f"Ray, {n} workers" if n else "local"
            print(f"| {n_series:,} | {engine} | {seconds:.0f} | {memory:.2f} |", flush=True)


def killed(command: list[str], after_s: float, *, whole: bool) -> bool:
    """Start a command and kill it after some seconds. Returns whether it was still running."""
    mark = str(time.time_ns())
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, MARK: mark}) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
            return False
        others = list(started_by(mark)) if whole else []
        process.send_signal(signal.SIGKILL)
        for other in others:
            with contextlib.suppress(psutil.Error):
                other.kill()
    return True


def content(place: Path) -> dict[str, bytes]:
    """Return the files of a folder by name, or the one file."""
    return {p.name: p.read_bytes() for p in place.iterdir()} if place.is_dir() else {"": place.read_bytes()}


def kill_often(folder: Path, n_kills: int, engine: str, seed: int) -> None:
    """Kill a forecast over and over, and compare what it comes to. Raises SystemExit where that differs."""
    command, chance = prepare(folder, 60_000), random.Random(seed)
    for output, kills in (
        (f"{folder / 'out'}/", n_kills - n_kills // 2),
        (f"{folder / 'f.parquet'}", n_kills // 2),
    ):
        place = Path(output)
        in_parts = output.endswith("/")
        options = ["--engine", engine] if engine != "local" and in_parts else []
        calm = folder / f"calm{place.suffix}"
        start = time.monotonic()
        subprocess.run(
            [*command, "--output", f"{calm}/" if in_parts else str(calm)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        took, n, ended, half = time.monotonic() - start, 0, 0, 0
        shutil.rmtree(place, ignore_errors=True)
        place.unlink(missing_ok=True)
        while n < kills:
            after, start = chance.uniform(0.1, 0.8) * took, time.monotonic()
            if killed([*command, "--output", output, *options], after, whole=chance.random() < 0.5):
                n += 1
                half += place.is_file() and place.read_bytes() != calm.read_bytes()
                continue
            ended += 1
            # Where others use the machine too, the next kill comes by the time of the last end.
            took = time.monotonic() - start
            if content(place) != content(calm):
                raise SystemExit(f"{place}: differs from {calm}")
            shutil.rmtree(place, ignore_errors=True)
            place.unlink(missing_ok=True)
        subprocess.run([*command, "--output", output, *options], check=True, stdout=subprocess.DEVNULL)
        same = content(place) == content(calm)
        print(
            f"{place.name}: {n} kills, {ended} ends between them, {half} halves, the same bytes: {same}",
            flush=True,
        )
        if half or not same:
            raise SystemExit(1)


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--units", type=int, default=16)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--engine", default="local")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.folder or Path(scratch)
        if args.kills:
            kill_often(folder, args.kills, args.engine, args.seed)
        else:
            measure(folder, args.series, args.workers, args.rounds, args.units)


if __name__ == "__main__":
    main()
