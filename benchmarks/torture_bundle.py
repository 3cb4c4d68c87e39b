"""What becomes of a run directory that is damaged: every byte in turn, and in hundreds of other ways.

    python benchmarks/torture_bundle.py [--run RUN] [--every 1] [--damages 700] [--first 0]

Each damaged copy is read as `predict`, `show` and `report` read it, in this process and without TensorFlow. Prints how
many were refused with exit status 2, how many changed nothing that a forecast follows from, and everything else, which
should be nothing. The same arguments give the same damage. The exit status is 1 where something else was found.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from forecaster.errors import ForecasterError
from forecaster.runs.directory import RunDir
from tests.integration.hostile_runs import BUNDLE, READERS, SAMPLES, mutate, read_report, what_predict_reads


def outcome(path: Path, expected: object) -> str:
    """Read a run as `predict` does, and say what came of it."""
    try:
        return "harmless" if what_predict_reads(path) == expected else "another forecast"
    except ForecasterError as error:
        return "refused" if error.exit_code == 2 else f"status {error.exit_code}"
    except Exception as error:  # noqa: BLE001  a traceback is what is looked for
        return f"traceback: {type(error).__name__}"


def flip_bytes(run: Path, *, every: int) -> Counter[str]:
    """Flip bytes of the files that `predict` reads, one at a time, and count what came of it."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "r"
        shutil.copytree(run, copy)
        expected = what_predict_reads(copy)
        for name in BUNDLE:
            whole = (copy / name).read_bytes()
            for at in range(0, len(whole), every):
                (copy / name).write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
                found[outcome(copy, expected)] += 1
            (copy / name).write_bytes(whole)
    return found


def damage(run: Path, seeds: range) -> tuple[Counter[str], float]:
    """Damage a run once for each seed, read it, and count what came of it; also the most seconds of processor time."""
    found: Counter[str] = Counter()
    slowest = 0.0
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            copy, outside = Path(folder) / "r", Path(folder) / "outside"
            shutil.copytree(run, copy)
            outside.mkdir()
            what = mutate(copy, random.Random(seed), outside)
            began, said = time.process_time(), "harmless"
            for reader in (*READERS, read_report):
                try:
                    reader(RunDir(copy))
                except ForecasterError as error:
                    said = "refused" if error.exit_code == 2 else f"status {error.exit_code}"
                except Exception as error:  # noqa: BLE001  a traceback is what is looked for
                    said = f"traceback: {type(error).__name__}"
                    print(f"{seed}: {what}: {said}: {str(error)[:200]}")
                    break
            found[said] += 1
            slowest = max(slowest, time.process_time() - began)
    return found, slowest


def main() -> int:
    """Damage a run as the command line asks for, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", type=Path, default=SAMPLES / "today")
    parser.add_argument("--every", type=int, default=1, help="flip every n-th byte")
    parser.add_argument("--damages", type=int, default=700)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    given = parser.parse_args()
    flips = flip_bytes(given.run, every=given.every)
    print(f"bytes flipped: {flips.total():,}: {dict(flips)}")
    found, slowest = damage(given.run, range(given.first, given.first + given.damages))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"damaged: {found.total():,}: {dict(found)}; at most {slowest:.1f} s of processor time, {peak} MiB")
    print(f"TensorFlow loaded: {'tensorflow' in sys.modules}")
    return int(bool((flips.keys() | found.keys()) - {"refused", "harmless"}))


if __name__ == "__main__":
    raise SystemExit(main())
