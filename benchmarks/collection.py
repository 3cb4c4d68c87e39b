"""Seconds that list, diff, clean and latest take on a folder of many runs.

    python benchmarks/collection.py [--runs 1000] [--rounds 10]

Copies one run that many times, and runs each command several times; the files are in the cache after the first time,
which is not counted. Prints the median and the best beside the bar, and whether TensorFlow or NumPy was loaded.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "tests" / "samples" / "runs" / "today"
BAR_S = 0.5
PROBE = """
import sys
from forecaster.cli import app
try:
    app()
finally:
    print("loaded:", *sorted({"tensorflow", "numpy", "pandas"} & set(sys.modules)), file=sys.stderr)
"""
COMMANDS = (
    ["list", "runs"],
    ["list", "runs", "--json", "--sort", "score"],
    ["clean", "runs", "--older-than", "30d", "--keep-best", "5", "--dry-run"],
    ["clean", "runs", "--keep-best", "5", "--dry-run"],
    ["diff", "runs/run-0001", "runs/latest"],
)


def seconds(arguments: list[str], folder: Path) -> tuple[float, float, str]:
    """Run a command once. Returns its wall-clock and processor seconds, and the libraries that it loaded."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, work, done.stderr.splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    missed = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for i in range(options.runs):
            shutil.copytree(SAMPLE, folder / "runs" / f"run-{i:04d}")
        for arguments in COMMANDS:
            found = [seconds(arguments, folder) for _ in range(options.rounds + 1)][1:]
            median, best = statistics.median(wall for wall, _, _ in found), min(wall for wall, _, _ in found)
            work = statistics.median(work for _, work, _ in found)
            print(
                f"{' '.join(arguments):60}  median {median:.2f} s, best {best:.2f} s, processor {work:.2f} s, "
                f"at most {BAR_S} s; {found[0][2]}"
            )
            missed += [arguments] if median > BAR_S else []
    if missed:
        sys.exit(f"over the bar: {'; '.join(' '.join(arguments) for arguments in missed)}")


if __name__ == "__main__":
    main()
