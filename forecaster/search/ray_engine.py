"""Trials as tasks of a Ray cluster: the one that RAY_ADDRESS names, or else a local one that is started here.

Every machine of the cluster must see the run directory and the data under the same path.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any, Literal

from forecaster.errors import EnvironmentError_, UsageError, install_hint
from forecaster.search.worker import attempt
from forecaster.search.workers import (
    ATTEMPTS,
    TRIALS_PER_WORKER,
    OnProgress,
    WorkCancelled,
    WorkerTask,
    WorkFailed,
    result_of,
    worker_environment,
)
from forecaster.system import quoted as as_typed

EngineName = Literal["local", "ray"]
ENGINES = ("local", "ray")
POLL_S = 0.5
# The smallest store of objects that Ray starts with.
STORE_BYTES = 80 << 20


def check_engine(engine: str) -> None:
    """Raise UsageError for an engine that there is not, and EnvironmentError_ where Ray is not installed."""
    if engine not in ENGINES:
        raise UsageError(f"--engine {as_typed(engine)}: there is no such engine", hint="use local or ray")
    if engine == "ray" and importlib.util.find_spec("ray") is None:
        raise EnvironmentError_("--engine ray needs Ray, which is not installed", hint=install_hint("ray"))


class RayEngine:
    """An engine that runs each task in an actor of Ray; see `workers.LocalEngine`.

    Args:
        module: The name of a module with `start(setup)`, called once in each actor, and `run(task, report)`.
        setup: The argument of `start`, as plain values.
        size: The largest number of actors.
        threads: The number of processors of each actor.
        tasks_each: The number of tasks after which an actor is replaced.
    """

    def __init__(
        self,
        module: str,
        setup: dict[str, Any],
        *,
        size: int,
        threads: int,
        tasks_each: int = TRIALS_PER_WORKER,
    ) -> None:
        # Nobody asked for figures on the use of Ray to be sent anywhere.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        import ray

        self.ray, self.module, self.setup, self.threads = ray, module, setup, threads
        self.tasks_each = tasks_each
        address = os.environ.get("RAY_ADDRESS")
        self._started = not ray.is_initialized()
        if self._started:
            # A local cluster gets the size that this search needs; an existing cluster has its own.
            # Tasks and answers are small, and files hold the rest, so the store of objects may be as small as it gets.
            own = {"num_cpus": size * threads, "include_dashboard": False, "object_store_memory": STORE_BYTES}
            extent = {} if address else own
            with _own_end():
                ray.init(address=address, log_to_driver=False, logging_level="ERROR", **extent)
        self._lock = threading.Lock()
        self._idle: list[_Actor] = []
        self._all: list[_Actor] = []
        self._stopped = False

    def run(self, task: WorkerTask, report: OnProgress) -> dict[str, Any]:
        """Run a task in an actor, in another one if it is lost. See `workers.Engine.run`."""
        reason = ""
        for _ in range(ATTEMPTS):
            actor = self._take()
            try:
                return self._wait(actor, task, report)
            except self.ray.exceptions.RayError as lost:
                actor.lost = True
                reason = str(lost).strip().splitlines()[0]
            finally:
                self._put(actor)
            if self._stopped:
                raise WorkCancelled
        raise WorkFailed(f"its process was lost {ATTEMPTS} times: {reason}")

    def start(self, n: int) -> None:
        """Start so many actors before their first tasks, which then do not wait for them."""
        with self._lock:
            if not self._stopped:
                self._idle += [self._start() for _ in range(n)]

    def pids(self) -> list[int]:
        """Return the ids of the processes of the actors that are alive."""
        with self._lock:
            handles = [a.handle for a in self._all if not a.lost]
        return [int(self.ray.get(h.pid.remote())) for h in handles]

    def stop(self) -> None:
        """Kill all actors. See `workers.Engine.stop`."""
        with self._lock:
            self._stopped = True
            actors, self._all, self._idle = self._all, [], []
        for actor in actors:
            self.ray.kill(actor.handle)
        if self._started and self.ray.is_initialized():
            self.ray.shutdown()

    def _wait(self, actor: _Actor, task: WorkerTask, report: OnProgress) -> dict[str, Any]:
        answer = actor.handle.run.remote(task)
        latest = None
        while not self.ray.wait([answer], timeout=POLL_S)[0]:
            if self._stopped:
                raise WorkCancelled
            progress = self.ray.get(actor.handle.progress.remote())
            if progress is not None and progress != latest:
                latest = progress
                report(progress)
        if self._stopped:
            raise WorkCancelled
        return result_of(self.ray.get(answer))

    def _take(self) -> _Actor:
        with self._lock:
            if self._stopped:
                raise WorkCancelled
            actor = self._idle.pop() if self._idle else self._start()
            actor.n_tasks += 1
            return actor

    def _start(self) -> _Actor:
        """Start an actor. The caller holds the lock."""
        kind = self.ray.remote(
            num_cpus=self.threads,
            max_concurrency=2,
            runtime_env={"env_vars": worker_environment(self.threads)},
        )(_Served)
        actor = _Actor(kind.remote(self.module, self.setup))
        self._all.append(actor)
        return actor

    def _put(self, actor: _Actor) -> None:
        with self._lock:
            if self._stopped:
                return
            if actor.lost or actor.n_tasks >= self.tasks_each:
                self._all.remove(actor)
                self.ray.kill(actor.handle)
            else:
                self._idle.append(actor)


@contextlib.contextmanager
def _own_end() -> Iterator[None]:
    """Put back after the block how this process answers SIGTERM: Ray would end it with a status of its own."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    if before is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)


class _Actor:
    """A handle of an actor, the number of its tasks, and whether it was lost."""

    def __init__(self, handle: Any) -> None:
        self.handle, self.n_tasks, self.lost = handle, 0, False


class _Served:
    """The code of an actor, as `worker.main` is the code of a local worker process."""

    def __init__(self, module: str, setup: dict[str, Any]) -> None:
        self.module = importlib.import_module(module)
        self.module.start(setup)
        self._progress: dict[str, Any] | None = None

    def run(self, task: dict[str, Any]) -> dict[str, Any]:
        """Run a task and return its answer; see `worker.attempt`."""
        return attempt(self.module, dict(task), self._keep)

    def progress(self) -> dict[str, Any] | None:
        """Return the latest progress of the task; None before the first."""
        return self._progress

    def pid(self) -> int:
        """Return the id of the process."""
        return os.getpid()

    def _keep(self, progress: dict[str, Any]) -> None:
        self._progress = progress
