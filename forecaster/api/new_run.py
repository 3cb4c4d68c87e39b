"""Parameters of the functions that write a new run directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.api.listeners import EpochAdapter, OnEpoch
from forecaster.errors import UsageError
from forecaster.text import shortened

if TYPE_CHECKING:
    from forecaster.training.progress import Listener


def path_of(run_dir: str | Path | None) -> Path | None:
    """Return the run directory as a path; None stays None."""
    return None if run_dir is None else Path(run_dir)


def check_resume(*, resume: bool, overwrite: bool, run_dir: str | Path | None, what: str) -> None:
    """Raise UsageError when resume and overwrite are both given, or resume without a directory.

    Args:
        resume: Whether to continue what is in the directory.
        overwrite: Whether to replace it.
        run_dir: The directory.
        what: What is written there, such as "run".
    """
    if resume and overwrite:
        raise UsageError("--resume and --overwrite exclude each other", hint="use one of them")
    if resume and run_dir is None:
        raise UsageError("--resume needs --run-dir", hint=f"name the directory of the {what} to continue")


def check_count(name: str, value: int | None, *, most: int) -> None:
    """Raise UsageError unless a number that was asked for is from 1 to the most that makes sense; None is none.

    Args:
        name: The option.
        value: The number.
        most: The largest number: beyond it a machine would work for years, or run out of memory.
    """
    if value is not None and not 1 <= value <= most:
        number = shortened(f"{value:,}", 60) if abs(value) < 10**100 else "of a hundred digits and more"
        raise UsageError(f"--{name} {number}: needs a whole number from 1 to {most:,}")


def listener_of(on_epoch: OnEpoch | None) -> Listener | None:
    """Return a listener that passes each epoch to a function; None for None."""
    return None if on_epoch is None else EpochAdapter(on_epoch)
