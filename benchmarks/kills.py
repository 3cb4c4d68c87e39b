"""Kills a search over and over, its main process and its workers, and looks at what is left.

python benchmarks/kills.py [--kills 200] [--seed 0]

Trials take no time to speak of, so that kills land in the search itself: while it proposes, logs, plays
the log back, deletes checkpoints. One kill in five is of the main process. After every one of these the
log must be readable, with every trial in it that was completed before; at the end no trial may have
completed twice or begun again after it completed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MAIN = "import forecaster.pipeline.tune as t; t.WORK = 'benchmarks.kills'; from forecaster.cli import main; main()"
CONFIG = """name: kills
data: {path: t.csv, time: t, freq: h, targets: [y]}
window: {lookback: 6, horizon: 3}
model:
  layers:
    - {type: simple_rnn, units: {int: {min: 1, max: 60000, default: 4}}}
tune: {algorithm: random, max_trials: 100000, max_failed_trials: 1000, time_budget: 2h}
"""


def start(setup: dict[str, Any]) -> None:
    """A worker of this benchmark; see forecaster.tuning.worker."""


def run(task: dict[str, Any], say: Any) -> dict[str, Any]:
    """A trial of this benchmark."""
    folder = Path(task["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parents[2].parent / "begun.txt").open("a") as file:
        file.write(f"{folder.name}\n")
    say({"epoch": 1, "epochs": 1, "val_loss": None})
    (folder / "config.yaml").write_text(task["config"])
    score = random.Random(folder.name).random()
    time.sleep(0.02 + 0.15 * score)
    return {"score": score, "details": {"epochs": 1}}


@dataclass
class Count:
    main: int = 0
    workers: int = 0
    unreadable: int = 0
    lost: int = 0
    duplicated: int = 0
    begun_again: int = 0
    completed: set[str] = field(default_factory=set)

    @property
    def clean(self) -> bool:
        return not (self.unreadable or self.lost or self.duplicated or self.begun_again)


def kill_often(folder: Path, *, kills: int, seed: int, workers: int = 2, engine: str = "local") -> Count:
    """So many kills of one search in a folder, and what became of its log."""
    chance, count = random.Random(seed), Count()
    folder.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"2024-01-{1 + i // 24:02d} {i % 24:02d}:00:00,{i}\n" for i in range(240))
    (folder / "t.csv").write_text("t,y\n" + rows)
    (folder / "c.yaml").write_text(CONFIG)
    path, log = folder / "run", folder / "run/tune/trials.jsonl"
    while count.main + count.workers < kills:
        how = ["--resume"] if log.exists() else ["--overwrite"] if path.exists() else []
        command = ["tune", str(folder / "c.yaml"), "--run-dir", str(path), "--workers", str(workers), "-q"]
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, *command, "--engine", engine, *how],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        before = log.stat().st_size if log.exists() else 0
        if chance.random() < 0.15:
            # As it starts, or plays the log back.
            time.sleep(chance.uniform(0.2, 4.0))
        else:
            _await_growth(log, before, process)
            for _ in range(min(4, kills - count.main - count.workers - 1)):
                time.sleep(chance.uniform(0.0, 0.5))
                count.workers += _kill_a_worker(process.pid, chance)
            time.sleep(chance.uniform(0.0, 0.5))
        process.kill()
        _, said = process.communicate()
        if process.returncode != -signal.SIGKILL:
            raise SystemExit(f"the search ended by itself with {process.returncode}: {said.decode()[-2000:]}")
        count.main += 1
        _look(log, folder / "begun.txt", count)
    return count


def _await_growth(log: Path, before: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while (not log.exists() or log.stat().st_size < before + 600) and time.monotonic() < until:
        if process.poll() is not None:
            return
        time.sleep(0.05)


def _kill_a_worker(parent: int, chance: random.Random) -> int:
    """Kill one child of a process. Returns how many were."""
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(after_name[1]) == parent and after_name[0] != "Z":
            children.append(int(stat.parent.name))
    if not children:
        return 0
    try:
        os.kill(chance.choice(sorted(children)), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def _look(log: Path, begun: Path, count: Count) -> None:
    from forecaster.errors import DataError
    from forecaster.tuning.log import TrialLog

    if not log.exists():
        return
    try:
        entries = TrialLog(log).entries
    except DataError as damage:
        print(damage)
        count.unreadable += 1
        return
    completed = [e["trial"] for e in entries if e["event"] == "completed"]
    count.duplicated += len(completed) - len(set(completed))
    count.lost += len(count.completed - set(completed))
    # What begins from here on must be none of those that are complete.
    names = begun.read_text().split() if begun.exists() else []
    begun.unlink(missing_ok=True)
    count.begun_again += len(count.completed & set(names))
    count.completed = set(completed)


def main() -> None:
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--engine", choices=["local", "ray"], default="local")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        count = kill_often(
            Path(folder), kills=given.kills, seed=given.seed, workers=given.workers, engine=given.engine
        )
    facts = {k: v for k, v in vars(count).items() if k != "completed"}
    print(json.dumps({**facts, "completed": len(count.completed)}))
    sys.exit(not count.clean)


if __name__ == "__main__":
    main()
