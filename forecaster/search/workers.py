"""Worker processes: trials run in them, apart from the search, and they are replaced before they grow.

A worker reads a JSON line per task on stdin and answers with JSON lines; it exits when stdin ends,
so that none outlives the search, however that ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import IO, Any, Protocol

from forecaster.errors import EnvironmentError_
from forecaster.system import NEW_GROUP, NEW_GROUP_FLAGS

WorkerTask = dict[str, Any]
OnProgress = Callable[[dict[str, Any]], None]
# A worker imports TensorFlow once in so many trials, and gives back what they leaked.
TRIALS_PER_WORKER = 8
# A trial whose process was killed is tried again: the kill may have been meant for another.
ATTEMPTS = 3
_MAIN = "from forecaster.search.worker import main; main()"


class WorkFailed(Exception):  # noqa: N818  an answer, not an error of the search
    """The task failed in the worker, or took its worker with it. The text is the reason."""


class WorkCancelled(Exception):  # noqa: N818  an answer, not an error of the search
    """The engine was stopped."""


def result_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Of a worker's last answer. Raises WorkFailed, and EnvironmentError_ where no task can be done."""
    if "lacking" in answer:
        raise EnvironmentError_(answer["lacking"]["message"], hint=answer["lacking"]["hint"])
    if "failed" in answer:
        raise WorkFailed(answer["failed"])
    result: dict[str, Any] = answer["result"]
    return result


class Engine(Protocol):
    """Runs tasks somewhere else."""

    def run(self, task: WorkerTask, report: OnProgress) -> dict[str, Any]:
        """The answer to one task. Raises WorkFailed, WorkCancelled and EnvironmentError_. Any number of
        threads may call."""

    def stop(self) -> None:
        """Kill what is under way; every `run` raises WorkCancelled."""


class LocalEngine:
    """At most `size` processes on this machine.

    module: has `start(setup)`, called once in each process, and `run(task, report)`.
    """

    def __init__(self, module: str, setup: dict[str, Any], *, size: int, threads: int) -> None:
        self.module, self.setup, self.threads = module, setup, threads
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._stopped = False
        for _ in range(size):
            # All at once: TensorFlow takes seconds to load.
            self._idle.append(self._start())

    def run(self, task: WorkerTask, report: OnProgress) -> dict[str, Any]:
        reason = ""
        for _ in range(ATTEMPTS):
            process = self._take()
            try:
                return process.run(task, report)
            except _Lost as lost:
                reason = str(lost)
            finally:
                self._put(process)
            if self._stopped:
                raise WorkCancelled
        raise WorkFailed(f"its process was lost {ATTEMPTS} times: {reason}")

    def pids(self) -> list[int]:
        """Of the processes that live."""
        with self._lock:
            return [p.popen.pid for p in self._all if p.popen.poll() is None]

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._all:
                process.popen.kill()
            # Those that are in use are closed by whoever uses them.
            for process in self._idle:
                process.close()
            self._idle = []

    def _start(self) -> _Process:
        process = _Process(self.module, self.setup, self.threads)
        self._all.add(process)
        return process

    def _take(self) -> _Process:
        with self._lock:
            if self._stopped:
                raise WorkCancelled
            process = self._idle.pop(0) if self._idle else self._start()
            process.n_tasks += 1
            if process.n_tasks == TRIALS_PER_WORKER:
                # The next one loads TensorFlow while this one's last task is under way.
                self._idle.append(self._start())
        return process

    def _put(self, process: _Process) -> None:
        with self._lock:
            if process.lost or process.n_tasks >= TRIALS_PER_WORKER or self._stopped:
                process.close()
                self._all.discard(process)
            else:
                self._idle.insert(0, process)


class _Lost(Exception):  # noqa: N818  an answer, not an error of the search
    """The process ended without an answer."""


class _Process:
    def __init__(self, module: str, setup: dict[str, Any], threads: int) -> None:
        self.n_tasks = 0
        self.lost = False
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the process
        self.popen = subprocess.Popen(
            [sys.executable, "-c", _MAIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **worker_environment(threads)},
            # Ctrl-C is for the search, which stops its workers itself.
            start_new_session=NEW_GROUP,
            creationflags=NEW_GROUP_FLAGS,
        )
        self._send({"module": module, "setup": setup})

    def run(self, task: WorkerTask, report: OnProgress) -> dict[str, Any]:
        self._send(task)
        stdout = self.popen.stdout
        while stdout is not None and (line := stdout.readline()):
            if not line.endswith(b"\n"):
                break
            answer = json.loads(line)
            if answer.keys() & {"result", "failed", "lacking"}:
                return result_of(answer)
            report(answer)
        self.lost = True
        code = self.popen.wait()
        how = f"killed by signal {-code}" if code < 0 else f"ended with status {code}"
        raise _Lost(
            how + (", which is what happens when memory runs out" if code == -9 else "") + self._last_words()
        )

    def close(self) -> None:
        """End the process: it exits as its stdin does."""
        for stream in (self.popen.stdin, self.popen.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # it has ended
                    continue
        try:
            self.popen.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self._errors.close()

    def _send(self, message: dict[str, Any]) -> None:
        if self.popen.stdin is None:
            return
        try:
            self.popen.stdin.write(json.dumps(message).encode() + b"\n")
            self.popen.stdin.flush()
        except OSError:
            # It has ended; `run` sees that as it reads. Windows does not call it a broken pipe.
            self.lost = True

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return f" ({lines[-1][:300]})" if lines else ""


def worker_environment(threads: int) -> dict[str, str]:
    """Variables of a process that runs trials."""
    path = os.pathsep.join(p for p in sys.path if p)
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    # Several processes share a GPU: each takes the memory that it needs and no more.
    return {
        **limits,
        "PYTHONPATH": path,
        # What it says at its end is read as UTF-8.
        "PYTHONIOENCODING": "utf-8",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }
