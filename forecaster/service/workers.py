"""Several processes that answer at one address, and the one that watches over them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from multiprocessing.process import BaseProcess
from types import FrameType

from forecaster.errors import EnvironmentError_, ForecasterError
from forecaster.service.logs import Log
from forecaster.service.metrics import SHARED_FOLDER
from forecaster.service.server import DRAIN_S, Endpoint, answer_requests, wait_until
from forecaster.service.settings import Settings

# A worker that ends sooner than this after its start will not do better at once.
_SOON_S, _LOOK_S = 10.0, 0.1
# Beyond the time that requests have, for the process itself to end.
_GRACE_S = 0.7


def answer_with_workers(
    settings: Settings, address: Endpoint, listener: socket.socket, log: Log, *, n_workers: int
) -> None:
    """Answer requests in several processes, each with the runs loaded, until this one is told to stop.

    Args:
        settings: The settings.
        address: Where they listen.
        listener: The socket that listens there.
        log: Takes what happens to the processes.
        n_workers: The number of processes.

    Raises:
        EnvironmentError_: When a process ends before it has begun to answer.
    """
    with tempfile.TemporaryDirectory(prefix="forecaster-serve-", ignore_cleanup_errors=True) as folder:
        os.environ[SHARED_FOLDER] = folder
        try:
            _Workers(settings, address, listener, log, n_workers).run()
        finally:
            del os.environ[SHARED_FOLDER]


class _Workers:
    def __init__(
        self, settings: Settings, address: Endpoint, listener: socket.socket, log: Log, n_workers: int
    ) -> None:
        self._given = (settings, address, listener)
        self._log = log
        # Not forked: a copy of a process with threads is no whole process.
        self._context = multiprocessing.get_context("spawn")
        self._started: dict[int, float] = {}
        self._workers: list[BaseProcess] = []
        self._n, self._stop = n_workers, False

    def run(self) -> None:
        """Start the workers, start those again that end, and stop all at a signal."""
        before = {number: signal.signal(number, self._told) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._workers = [self._start() for _ in range(self._n)]
            while not self._stop:
                time.sleep(_LOOK_S)
                self._workers = [self._alive(worker) for worker in self._workers]
        finally:
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _start(self) -> BaseProcess:
        worker = self._context.Process(target=_work, args=self._given)
        worker.start()
        self._started[worker.pid or 0] = time.monotonic()
        return worker

    def _alive(self, worker: BaseProcess) -> BaseProcess:
        """Return a worker, or another one in its place. Raises EnvironmentError_ for one that cannot start."""
        if worker.is_alive() or self._stop:
            return worker
        lived = time.monotonic() - self._started.pop(worker.pid or 0)
        if lived < _SOON_S:
            raise EnvironmentError_(
                f"a worker ended with status {worker.exitcode} as it began",
                hint="its lines in the log say why",
            )
        self._log.write("error", "worker-ended", pid=worker.pid, status=worker.exitcode)
        return self._start()

    def _told(self, sig: int, frame: FrameType | None) -> None:
        if self._stop:
            for worker in self._workers:
                worker.kill()
            os._exit(0)
        self._stop = True

    def _end(self) -> None:
        for worker in self._workers:
            worker.terminate()
        if not wait_until(lambda: not any(w.is_alive() for w in self._workers), within_s=DRAIN_S + _GRACE_S):
            for worker in self._workers:
                worker.kill()


def _work(settings: Settings, address: Endpoint, listener: socket.socket) -> None:
    """Answer requests, in a process of its own."""
    log = Log()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    status = 0
    try:
        answer_requests(settings, address, listener, log)
    except ForecasterError as error:
        log.write("error", "not-started", problem=str(error))
        status = error.exit_code
    except Exception as bug:  # noqa: BLE001  the process ends with it, and the log says why
        log.bug(bug)
        status = 1
    sys.stdout.flush()
    os._exit(status)


def _end_with_parent() -> None:
    """Stop when the process that watches over the workers has gone, however it went: the port is to be free then."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
