"""Worker processes, in which trials run apart from the search.

A worker reads one line of JSON per task on stdin and answers with lines of JSON. It exits when stdin ends, so that it
never outlives the search, even if the search is killed. It is replaced after several trials, because TensorFlow leaks
memory.
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
# A worker is replaced after this many trials.
TRIALS_PER_WORKER = 8
# A trial is run this often if its process is killed, because the trial may not be the cause.
ATTEMPTS = 3
_MAIN = "from forecaster.search.worker import main; main()"


class WorkFailed(Exception):  # noqa: N818  an answer, not an error of the search
    """The task failed, or its process was lost repeatedly. The message is the reason."""


class WorkCancelled(Exception):  # noqa: N818  an answer, not an error of the search
    """The engine was stopped."""


def result_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the result in the last answer of a worker.

    Raises:
        WorkFailed: When the task failed.
        EnvironmentError_: When any other task would fail too.
    """
    if "lacking" in answer:
        raise EnvironmentError_(answer["lacking"]["message"], hint=answer["lacking"]["hint"])
    if "failed" in answer:
        raise WorkFailed(answer["failed"])
    result: dict[str, Any] = answer["result"]
    return result


class Engine(Protocol):
    """Runs tasks in other processes."""

    def run(self, task: WorkerTask, report: OnProgress) -> dict[str, Any]:
        """Run a task and return its result. Several threads may call this at the same time.

        Args:
            task: The task, as plain values.
            report: Takes the progress of the task.

        Raises:
            WorkFailed: When the task failed, or its process was lost repeatedly.
            WorkCancelled: When the engine was stopped.
            EnvironmentError_: When any other task would fail too.
        """

    def stop(self) -> None:
        """End all processes. Every running call of `run` raises WorkCancelled."""


class LocalEngine:
    """An engine that runs each task in a process on this machine.

    Args:
        module: The name of a module with `start(setup)`, called once in each process, and `run(task, report)`.
        setup: The argument of `start`, as plain values.
        size: The number of processes to start in advance.
        threads: The number of threads of each process.
    """

    def __init__(self, module: str, setup: dict[str, Any], *, size: int, threads: int) -> None:
        self.module, self.setup, self.threads = module, setup, threads
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._stopped = False
        for _ in range(size):
            # All processes start at once, because TensorFlow takes seconds to load.
            self._idle.append(self._start())

    def run(self, task: WorkerTask, report: OnProgress) -> dict[str, Any]:
        """Run a task in a process, in another one if it is lost. See `Engine.run`."""
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
        """Return the ids of the processes that are alive."""
        with self._lock:
            return [p.popen.pid for p in self._all if p.popen.poll() is None]

    def stop(self) -> None:
        """Kill all processes. See `Engine.stop`."""
        with self._lock:
            self._stopped = True
            for process in self._all:
                process.popen.kill()
            # The threads that use the other processes close them.
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
                # The next process loads TensorFlow while this one runs its last task.
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
    """A worker process, the number of its tasks, and whether it was lost."""

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
            # In a group of its own the worker gets no Ctrl-C; the search stops it instead.
            start_new_session=NEW_GROUP,
            creationflags=NEW_GROUP_FLAGS,
        )
        self._send({"module": module, "setup": setup})

    def run(self, task: WorkerTask, report: OnProgress) -> dict[str, Any]:
        """Send a task, pass its progress on, and return its result. Raises _Lost when the process ends before."""
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
        """Close stdin, which ends the process, and wait for it."""
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
            # The process has ended, which `run` notices when it reads. Windows raises no BrokenPipeError here.
            self.lost = True

    def _last_words(self) -> str:
        """Return the last line that the process wrote to stderr, in brackets."""
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return f" ({lines[-1][:300]})" if lines else ""


def worker_environment(threads: int) -> dict[str, str]:
    """Return the environment variables of a worker process.

    Args:
        threads: The number of threads of the numerical libraries.
    """
    path = os.pathsep.join(p for p in sys.path if p)
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    # Several processes share a GPU, so each may take only the memory that it needs.
    return {
        **limits,
        "PYTHONPATH": path,
        # The last line of stderr is decoded as UTF-8.
        "PYTHONIOENCODING": "utf-8",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }
