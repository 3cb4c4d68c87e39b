"""Seconds from a command to its end, for what must answer at once.

    python benchmarks/startup.py [--rounds 10]

Prints the median and the best of several runs beside the bar; the files are in the cache after
the first run, which is not counted.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BARS_S = {"--help": 0.4, "validate configs/quickstart.yaml": 1.5}


def seconds(arguments: str) -> float:
    command = [str(Path(sys.executable).with_name("forecaster")), *arguments.split()]
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    args = parser.parse_args()
    missed = []
    print(f"{'':44}  {'median':>6}  {'best':>6}  bar, s")
    for arguments, bar in BARS_S.items():
        seconds(arguments)
        found = [seconds(arguments) for _ in range(args.rounds)]
        median = statistics.median(found)
        print(f"forecaster {arguments:33}  {median:>6.2f}  {min(found):>6.2f}  {bar:g}")
        if median > bar:
            missed.append(arguments)
    if missed:
        sys.exit(f"slower than the bar: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
