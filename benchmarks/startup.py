"""Seconds from a command to its end, for what must answer at once.

    python benchmarks/startup.py [--rounds 10] [--against FOLDER]

Prints the median and the best of several runs beside the bar; the files are in the cache after the first run, which
is not counted. `--against` names another checkout of the project, such as a worktree of an earlier commit: its
commands run in turn with those of this one, and the ratios of the medians are printed.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BARS_S: dict[str, float | None] = {
    "--help": 0.4,
    "validate configs/quickstart.yaml": 1.5,
    "show RUN": None,
}


def seconds(arguments: str, *, checkout: Path, run: Path) -> tuple[float, float]:
    """Run a command once, in a checkout. Returns wall-clock and processor seconds."""
    words = [str(run) if word == "RUN" else word for word in arguments.split()]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "forecaster", *words],
        cwd=checkout,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--against", type=Path, help="another checkout")
    options = parser.parse_args()
    checkouts = [ROOT] + ([options.against.resolve()] if options.against else [])
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [sys.executable, "-m", "forecaster", "train", "configs/quickstart.yaml", "--smoke", "-q"]
        subprocess.run(
            [*command, "--run-dir", str(run)],
            cwd=checkouts[-1],
            env=os.environ | {"PYTHONPATH": str(checkouts[-1])},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        missed = []
        for arguments, bar in BARS_S.items():
            times: list[list[tuple[float, float]]] = [[] for _ in checkouts]
            for round_ in range(options.rounds + 1):
                for place, checkout in enumerate(checkouts):
                    taken = seconds(arguments, checkout=checkout, run=run)
                    if round_:
                        times[place].append(taken)
            wall = [statistics.median(w for w, _ in found) for found in times]
            work = [statistics.median(c for _, c in found) for found in times]
            best = min(w for w, _ in times[0])
            line = f"{arguments:36}  median {wall[0]:.2f} s, best {best:.2f} s, processor {work[0]:.2f} s"
            if bar is not None:
                line += f", at most {bar} s"
                missed += [arguments] if wall[0] > bar else []
            if len(checkouts) > 1:
                line += f"; against the other: {wall[0] / wall[1]:.2f} x wall, {work[0] / work[1]:.2f} x processor"
            print(line, flush=True)
    if missed:
        sys.exit(f"slower than the bar: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
