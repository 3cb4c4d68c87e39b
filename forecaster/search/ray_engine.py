"""Trials as tasks of a Ray cluster: the one that RAY_ADDRESS names, else a local one started here.

Every machine of the cluster sees the run directory and the data under the same path.
"""

from __future__ import annotations

import os
import threading
from typing import Any

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

POLL_S = 0.5


class RayEngine:
    """At most `size` actors of so many processors each; see `workers.LocalEngine`."""

    def __init__(self, module: str, setup: dict[str, Any], *, size: int, threads: int) -> None:
        import ray

        self.ray, self.module, self.setup, self.threads = ray, module, setup, threads
        address = os.environ.get("RAY_ADDRESS")
        self._started = not ray.is_initialized()
        if self._started:
            # A local cluster is as large as what was asked of it; a real one knows its own size.
            extent = {} if address else {"num_cpus": size * threads, "include_dashboard": False}
            ray.init(address=address, log_to_driver=False, logging_level="ERROR", **extent)
        self._lock = threading.Lock()
        self._idle: list[_Actor] = []
        self._all: list[_Actor] = []
        self._stopped = False

    def run(self, task: WorkerTask, report: OnProgress) -> dict[str, Any]:
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

    def pids(self) -> list[int]:
        """Of the processes that live, where they are on this machine."""
        with self._lock:
            handles = [a.handle for a in self._all if not a.lost]
        return [int(self.ray.get(h.pid.remote())) for h in handles]

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            actors, self._all, self._idle = self._all, [], []
        for actor in actors:
            self.ray.kill(actor.handle)
        if self._started and self.ray.is_initialized():
            self.ray.shutdown()

    def _wait(self, actor: _Actor, task: WorkerTask, report: OnProgress) -> dict[str, Any]:
        answer = actor.handle.run.remote(task)
        told = None
        while not self.ray.wait([answer], timeout=POLL_S)[0]:
            if self._stopped:
                raise WorkCancelled
            said = self.ray.get(actor.handle.said.remote())
            if said is not None and said != told:
                told = said
                report(said)
        if self._stopped:
            raise WorkCancelled
        return result_of(self.ray.get(answer))

    def _take(self) -> _Actor:
        with self._lock:
            if self._stopped:
                raise WorkCancelled
            if self._idle:
                actor = self._idle.pop()
            else:
                kind = self.ray.remote(
                    num_cpus=self.threads,
                    max_concurrency=2,
                    runtime_env={"env_vars": worker_environment(self.threads)},
                )(_Served)
                actor = _Actor(kind.remote(self.module, self.setup))
                self._all.append(actor)
            actor.n_tasks += 1
            return actor

    def _put(self, actor: _Actor) -> None:
        with self._lock:
            if self._stopped:
                return
            if actor.lost or actor.n_tasks >= TRIALS_PER_WORKER:
                self._all.remove(actor)
                self.ray.kill(actor.handle)
            else:
                self._idle.append(actor)


class _Actor:
    def __init__(self, handle: Any) -> None:
        self.handle, self.n_tasks, self.lost = handle, 0, False


class _Served:
    """The inside of an actor, as `worker.main` is that of a process."""

    def __init__(self, module: str, setup: dict[str, Any]) -> None:
        import importlib

        self.module = importlib.import_module(module)
        self.module.start(setup)
        self._said: dict[str, Any] | None = None

    def run(self, task: dict[str, Any]) -> dict[str, Any]:
        from forecaster.search.worker import attempt

        return attempt(self.module, dict(task), self._say)

    def said(self) -> dict[str, Any] | None:
        return self._said

    def pid(self) -> int:
        return os.getpid()

    def _say(self, said: dict[str, Any]) -> None:
        self._said = said
