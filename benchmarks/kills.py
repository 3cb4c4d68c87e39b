"""Kills a search over and over, its main process and its workers, and looks at what is left.

python benchmarks/kills.py [--kills 200] [--seed 0] [--engine local|ray] [--folder DIR]

Trials take no time to speak of, so that kills land in the search itself: while it proposes, logs, plays
the log back, deletes checkpoints. One kill in five is of the main process. After every one of these the
log must be readable, with every trial in it that was completed before; at the end no trial may have
completed twice or begun again after it completed.

With --engine ray a worker is an actor of the local cluster, and one kill in five of the others is of a
process of the cluster itself (raylet, GCS), after which the search may end by itself: it is resumed as
after a kill. With --folder what is counted so far is kept there, and the next call goes on from it.
"""

from __future__ import annotations

import argparse
import contextlib
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
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
MAIN = "import forecaster.search.driver as t; t.WORK = 'benchmarks.kills'; from forecaster.cli import main; main()"
CONFIG = """name: kills
data: {path: t.csv, time: t, freq: h, targets: [y]}
window: {lookback: 6, horizon: 3}
model:
  layers:
    - {type: simple_rnn, units: {int: {min: 1, max: 60000, default: 4}}}
tune: {algorithm: random, max_trials: 100000, max_failed_trials: 1000, time_budget: 2h}
"""


def start(setup: dict[str, Any]) -> None:
    """A worker of this benchmark; see forecaster.search.worker."""


def run(task: dict[str, Any], say: Any) -> dict[str, Any]:
    """A trial of this benchmark."""
    folder = Path(task["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parents[2].parent / "begun.txt").open("a", encoding="utf-8") as file:
        file.write(f"{folder.name}\n")
    say({"epoch": 1, "epochs": 1, "val_loss": None})
    (folder / "config.yaml").write_text(task["config"], encoding="utf-8")
    score = random.Random(folder.name).random()
    time.sleep(0.02 + 0.15 * score)
    return {"score": score, "details": {"epochs": 1}}


@dataclass
class Count:
    main: int = 0
    workers: int = 0
    nodes: int = 0
    ended_by_itself: int = 0
    unreadable: int = 0
    lost: int = 0
    duplicated: int = 0
    begun_again: int = 0
    completed: set[str] = field(default_factory=set)

    @property
    def kills(self) -> int:
        return self.main + self.workers + self.nodes

    @property
    def clean(self) -> bool:
        return not (self.unreadable or self.lost or self.duplicated or self.begun_again)

    def facts(self) -> dict[str, Any]:
        return {**vars(self), "completed": sorted(self.completed)}


class Process(NamedTuple):
    parent: int
    began: str
    """In ticks since the machine started: with its number it tells a process from every other."""
    words: str


def kill_often(folder: Path, *, kills: int, seed: int, workers: int = 2, engine: str = "local") -> Count:
    """So many kills of one search in a folder, those counted there among them, and what became of its log."""
    kept = folder / "count.json"
    count = Count(**json.loads(kept.read_text(encoding="utf-8"))) if kept.exists() else Count()
    count.completed = set(count.completed)
    folder.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"2024-01-{1 + i // 24:02d} {i % 24:02d}:00:00,{i}\n" for i in range(240))
    (folder / "t.csv").write_text("t,y\n" + rows, encoding="utf-8")
    (folder / "c.yaml").write_text(CONFIG, encoding="utf-8")
    while count.kills < kills:
        # A chance of its own for every start, so that a later call does not repeat the earlier kills.
        chance = random.Random(f"{seed} {count.kills}")
        _one_start(folder, count, chance, most=kills, workers=workers, engine=engine)
        _look(folder / "run/tune/trials.jsonl", folder / "begun.txt", count)
        whole = kept.with_suffix(".part")
        whole.write_text(json.dumps(count.facts()), encoding="utf-8")
        whole.replace(kept)
    return count


def _one_start(
    folder: Path, count: Count, chance: random.Random, *, most: int, workers: int, engine: str
) -> None:
    """One start of the search, or its resumption, up to the end of its main process."""
    path, log = folder / "run", folder / "run/tune/trials.jsonl"
    how = ["--resume"] if log.exists() else ["--overwrite"] if path.exists() else []
    command = ["tune", str(folder / "c.yaml"), "--run-dir", str(path), "--workers", str(workers), "-q"]
    said = tempfile.TemporaryFile()  # noqa: SIM115  a pipe would be held open by what outlives the search
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, *command, "--engine", engine, *how],
        cwd=ROOT,
        stderr=said,
        env={**os.environ, "RAY_TMPDIR": str(folder)},
        start_new_session=True,
    )
    seen: dict[int, Process] = {}
    before = log.stat().st_size if log.exists() else 0
    if chance.random() < 0.15:
        # As it starts, or plays the log back.
        time.sleep(chance.uniform(0.2, 4.0))
    else:
        _await_growth(log, before, process)
        for _ in range(min(4, most - count.kills - 1)):
            time.sleep(chance.uniform(0.0, 0.5))
            # What loses its parent to a kill is no longer found under the search.
            seen |= _beneath(process.pid)
            _kill_beneath(process.pid, chance, count, engine)
        time.sleep(chance.uniform(0.0, 0.5))
    seen |= _beneath(process.pid)
    process.kill()
    process.wait()
    if process.returncode == -signal.SIGKILL:
        count.main += 1
    elif count.nodes and engine == "ray":
        count.ended_by_itself += 1
    else:
        said.seek(0)
        raise SystemExit(
            f"the search ended by itself with {process.returncode}: {said.read().decode()[-2000:]}"
        )
    said.close()
    _clear_away(seen)


def _await_growth(log: Path, before: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while (not log.exists() or log.stat().st_size < before + 600) and time.monotonic() < until:
        if process.poll() is not None:
            return
        time.sleep(0.05)


def _kill_beneath(parent: int, chance: random.Random, count: Count, engine: str) -> None:
    """Kill a worker, or with Ray sometimes a process of the cluster; nothing where there is none yet."""
    found = _beneath(parent)
    if engine == "local":
        victims, kind = sorted(found), "workers"
    else:
        actors = sorted(pid for pid, one in found.items() if one.words.startswith("ray::_Served"))
        cluster = ("raylet/raylet", "gcs_server")
        nodes = sorted(pid for pid, one in found.items() if any(part in one.words for part in cluster))
        victims, kind = (nodes, "nodes") if chance.random() < 0.2 else (actors, "workers")
    if not victims:
        return
    try:
        os.kill(chance.choice(victims), signal.SIGKILL)
    except ProcessLookupError:
        return
    setattr(count, kind, getattr(count, kind) + 1)


def _beneath(parent: int) -> dict[int, Process]:
    """Living processes under another one."""
    there = {
        int(folder.name): found
        for folder in Path("/proc").glob("[0-9]*")
        if (found := _process(int(folder.name))) is not None
    }
    beneath: set[int] = set()
    fresh = {parent}
    while fresh:
        fresh = {pid for pid, one in there.items() if one.parent in fresh}
        beneath |= fresh
    return {pid: there[pid] for pid in beneath}


def _process(pid: int) -> Process | None:
    """None where it has ended."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if after_name[0] == "Z" else Process(int(after_name[1]), after_name[19], words)


def _clear_away(seen: dict[int, Process]) -> None:
    """End what a killed search left: workers end by themselves, a cluster mostly does."""

    def left() -> list[int]:
        # Another process of the same number began at another time.
        now = {pid: _process(pid) for pid in seen}
        return [pid for pid, one in now.items() if one is not None and one.began == seen[pid].began]

    until = time.monotonic() + 3
    while left() and time.monotonic() < until:
        time.sleep(0.1)
    for pid in left():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _look(log: Path, begun: Path, count: Count) -> None:
    from forecaster.errors import DataError
    from forecaster.search.log import TrialLog

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
    names = begun.read_text(encoding="utf-8").split() if begun.exists() else []
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
    parser.add_argument("--folder", type=Path, help="where the search and the count are kept")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        # Short: a socket of Ray lies some folders beneath it, and its path may have 107 characters.
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        count = kill_often(
            folder.resolve(), kills=given.kills, seed=given.seed, workers=given.workers, engine=given.engine
        )
    print(json.dumps({**count.facts(), "completed": len(count.completed)}))
    sys.exit(not count.clean)


if __name__ == "__main__":
    main()
