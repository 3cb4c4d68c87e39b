"""Commands that read a run which another process replaces at the same time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from forecaster.runs.directory import RunReplacedError

_T = TypeVar("_T")
# A run is replaced once in a while; one that is replaced at every try is not waited for.
TRIES = 3


def again_if_replaced(read: Callable[[], _T]) -> _T:
    """Read a run, and read the run that took its place where it was replaced on the way.

    Args:
        read: Opens the run and reads it. Writes nothing before everything is read.

    Raises:
        DataError: When the run that took its place is not complete yet, or is replaced in turn.
    """
    for _ in range(TRIES - 1):
        try:
            return read()
        except RunReplacedError:
            continue
    return read()
