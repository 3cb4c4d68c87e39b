"""A forecast with onnxruntime and with Keras: time and memory of `predict` and `evaluate`, in processes of their own.

python benchmarks/engines.py RUN [--rounds 7] [--evaluate] [--data TABLE]

The two take turns. Prints the rows of a table of docs/benchmarks.md: medians of seconds from start to end and of
processor time, and the most memory at any time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ENGINES = ("onnxruntime", "keras")


@dataclass(frozen=True)
class Measured:
    """One process: seconds from start to end, seconds that processors worked for it, and MiB at its largest."""

    seconds: float
    work: float
    memory: float


def measured(arguments: list[str], engine: str) -> Measured:
    """Raises SystemExit where the process fails."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "forecaster", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, "FORECASTER_ENGINE": engine},
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode()[-2000:])
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", choices=ENGINES)
    options = parser.parse_args()
    table = ["--data", str(options.data)] if options.data else []
    verbs = ["predict", *(["evaluate"] if options.evaluate else [])]
    with tempfile.TemporaryDirectory() as folder:
        for verb in verbs:
            output = ["--output", str(Path(folder) / "out.parquet")] if verb == "predict" else []
            command = [verb, str(options.run), *table, *output, "--quiet"]
            found: dict[str, list[Measured]] = {}
            for _ in range(options.rounds):
                for engine in ENGINES if options.only is None else (options.only,):
                    found.setdefault(engine, []).append(measured(command, engine))
            for engine, times in found.items():
                seconds, work = median(m.seconds for m in times), median(m.work for m in times)
                memory = max(m.memory for m in times)
                print(f"| `{verb}`, {engine} | {seconds:.2f} s | {work:.2f} s | {memory:,.0f} MiB |")


if __name__ == "__main__":
    main()
