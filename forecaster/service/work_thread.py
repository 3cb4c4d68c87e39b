"""A thread that does one piece of work at a time, in the order in which it came."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

_T = TypeVar("_T")
# Pieces that wait. More would be answered long after whoever asked has gone.
MOST_WAITING = 256


class BusyError(Exception):
    """So much work waits that no more is taken."""


class WorkThread:
    """A thread of its own for the forecasts of one run.

    Keras keeps a network for the thread that built it, so a run has one thread, and forecasts of one run do not wait
    for those of another. The thread is a daemon: the process ends without waiting for a forecast that nobody gets.

    Args:
        name: The name of the thread, for messages about it.
    """

    def __init__(self, name: str) -> None:
        self._work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    @property
    def waiting(self) -> int:
        """The number of pieces that wait."""
        return self._work.qsize()

    def submit(self, work: Callable[[], _T]) -> Future[_T]:
        """Add a piece of work, which is left out if its future is cancelled before its turn.

        Raises:
            BusyError: When MOST_WAITING pieces wait.
        """
        if self.waiting >= MOST_WAITING:
            raise BusyError
        future: Future[_T] = Future()
        self._work.put((future, work))
        return future

    def close(self) -> None:
        """End the thread once what waits is done."""
        self._work.put(None)

    def _run(self) -> None:
        while (piece := self._work.get()) is not None:
            future, work = piece
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001  it is raised where the result is asked for
                future.set_exception(error)
            # The thread holds neither the table nor the answer while it waits.
            del piece, future, work
