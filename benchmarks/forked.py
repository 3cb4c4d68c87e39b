"""Real commands, each in a process forked from one that has imported everything: for `torture.py`."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.commands import HOURS, write_config, write_table

ROOT = Path(__file__).parents[1]
# Beginning of each phase, and the function of the package that it begins with; an epoch tells of itself.
PHASES = {
    "reading": "forecaster.pipeline.train.prepare",
    "compiling": "forecaster.stages.fitting.fit_members",
    "epoch": "",
    "scoring": "forecaster.stages.fitting.forecast_splits",
    "refit": "forecaster.stages.complete.refit",
    "report": "forecaster.stages.complete.write_report",
}
MOST_S = 5.0
# The child leaves the loop and ends as every command does, by the interpreter.
ZYGOTE = """
import importlib, json, os, sys
import keras, tensorflow, pandas, pyarrow.csv, sklearn.preprocessing, matplotlib.figure, jinja2, filelock
import forecaster.cli, forecaster.api.verbs, forecaster.model.kept_networks, forecaster.training.fit
import uvicorn, fastapi

if sys.argv[2] == "arithmetic":
    import pytest
    import forecaster.search.driver
    from tests.integration import fake_training
    fake_training.install(pytest.MonkeyPatch())
    forecaster.search.driver.WORK = "tests.integration.fake_trials"

def told(name, work):
    def tell(*given, **named):
        print(f"phase {name}", file=sys.stderr, flush=True)
        return work(*given, **named)
    return tell

for phase, place in json.loads(sys.argv[1]).items():
    module, _, function = place.rpartition(".")
    if module:
        module = importlib.import_module(module)
        setattr(module, function, told(phase, getattr(module, function)))
print("ready", flush=True)
for line in sys.stdin:
    words, said = json.loads(line)
    child = os.fork()
    if child == 0:
        break
    print(child, flush=True)
    _, status, used = os.wait4(child, 0)
    print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, flush=True)
else:
    os._exit(0)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 2)
sys.argv = ["forecaster", *words]
forecaster.cli.main()
"""


@dataclass(frozen=True)
class Ended:
    """A command that has ended: its status, minus the signal where one ended it, and what it said on stderr."""

    status: int
    said: str


class Zygote:
    """The process that forks commands.

    Args:
        folder: Where it keeps what the commands say, and the cache of tables.
        arithmetic: Whether commands train no network, but work out weights from the seed.
    """

    def __init__(self, folder: Path, *, arithmetic: bool = False) -> None:
        self.said = folder / ("said-arithmetic.txt" if arithmetic else "said.txt")
        environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", ZYGOTE, json.dumps(PHASES), "arithmetic" if arithmetic else ""],
            cwd=ROOT,
            env={**environment, "PYTHONPATH": str(ROOT), "FORECASTER_CACHE": str(folder / "cache")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def start(self, *words: object) -> int:
        """Start a command. Returns the number of its process."""
        self.said.write_text("", encoding="utf-8")
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([[str(word) for word in words], str(self.said)]) + "\n")
        self.process.stdin.flush()
        return int(self._line())

    def run(self, *words: object) -> Ended:
        """Run a command to its end."""
        self.start(*words)
        return Ended(int(self._line().split()[0]), self.said.read_text(encoding="utf-8", errors="replace"))

    def stop(self, *words: object, mark: str) -> Ended:
        """Run a command that works until it is told to stop: SIGTERM once it has said this."""
        child = self.start(*words)
        self._wait_for(mark)
        os.kill(child, signal.SIGTERM)
        return Ended(int(self._line().split()[0]), self.said.read_text(encoding="utf-8", errors="replace"))

    def seconds_of(self, *words: object, fresh: Callable[[], object] = lambda: None) -> float:
        """Run a command. Returns the seconds that it takes."""
        fresh()
        begun = time.monotonic()
        ended = self.run(*words)
        assert ended.status == 0, ended.said[-400:]
        return time.monotonic() - begun

    def kill(self, after: float, *words: object) -> int:
        """Send a command SIGKILL after so many seconds. Returns its status: 0 where it was over before."""
        child = self.start(*words)
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], after)
        if not ready:
            # It may end by itself at the same moment.
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        status = int(self._line().split()[0])
        assert status in (0, -signal.SIGKILL), f"{status}: {self.said.read_text(encoding='utf-8')[-400:]}"
        return status

    def check_killed(self, after: float, config: Path, whole: Path, run: Path) -> int:
        """Kill a training of real networks after so many seconds; it is resumed to the bytes of a whole one.

        Returns:
            The status of the first start; 0 where it was over before.
        """
        words = ["train", config, "--run-dir", run, "-q"]
        status = self.kill(after, *words)
        begun = run.exists() and any(path.name != ".lock" for path in run.iterdir())
        again = self.run(*words, *(["--resume"] if begun else []))
        assert again.status == 0, again.said[-400:]
        _check_same(run, whole)
        return status

    def _wait_for(self, mark: str) -> None:
        until = time.monotonic() + 300
        while mark not in self.said.read_text(encoding="utf-8", errors="replace"):
            assert time.monotonic() < until, self.said.read_text(encoding="utf-8")
            time.sleep(0.005)

    def check_signal(self, phase: str, number: int, config: Path, whole: Path) -> None:
        """Send a training a signal in a phase; it ends within 5 s with the status of the signal, and is resumed."""
        run = whole.with_name(f"{phase}-{number}")
        words = ["train", config, "--run-dir", run]
        child = self.start(*words)
        self._wait_for("epoch 2/" if phase == "epoch" else f"phase {phase}")
        time.sleep(random.uniform(0, 0.3))
        before, sent = _processor_s(child), time.monotonic()
        os.kill(child, number)
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        waited = time.monotonic() - sent
        if not ready:
            os.kill(child, signal.SIGKILL)
        ended, used = self._line().split()
        status, said = int(ended), self.said.read_text(encoding="utf-8", errors="replace")
        assert ready, "did not end in a minute"
        # On a busy machine it waits for a processor; what it then takes of one is its own.
        assert min(waited, float(used) - before) < MOST_S, f"ended after {waited:.1f} s"
        # 0: it was over before the signal came; minus the signal: Python itself was ending.
        assert status in (0, 128 + number, -number), f"{status}: {said[-400:]}"
        assert "Traceback" not in said, said[-400:]
        again = self.run(*words, *(["--resume"] if run.exists() else []))
        assert again.status == 0, again.said[-400:]
        _check_same(run, whole)


def _check_same(run: Path, whole: Path) -> None:
    for name in ("model/weights.safetensors", "metrics.json", "forecasts.csv", "next.csv"):
        assert (run / name).read_bytes() == (whole / name).read_bytes(), name
    assert (run / "report.html").is_file()


def _processor_s(process: int) -> float:
    """Return the seconds of processor time that a living process has used."""
    words = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def training(folder: Path) -> Path:
    """A config with several epochs and a training on all rows, beside its table."""
    write_table(folder / "t.csv", HOURS)
    return write_config(folder / "c.yaml")
