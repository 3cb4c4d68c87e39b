"""The removal of a run: in one step for everybody who looks, and then file by file.

The directory gets a name that no command takes for a run before the first of its files is removed. A process that is
killed on the way leaves a directory of that name, which the next removal in the folder ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
from pathlib import Path

from forecaster.errors import RunTakenError
from forecaster.runs.claim import lock_of
from forecaster.runs.directory import MANIFEST, REPLACED
from forecaster.runs.files import disk_errors
from forecaster.runs.folder import MOST_DEPTH, REMOVED, FoundRun, RunState
from forecaster.system import patiently


def remove_run(found: FoundRun) -> None:
    """Remove a run directory with everything in it, if it still is what was found. Links in it are not followed.

    Args:
        found: The run, complete or unfinished.

    Raises:
        RunTakenError: When a process is working on the run, or it changed since it was found.
        EnvironmentError_: When it cannot be removed, as in a folder without permission to write.
    """
    from filelock import Timeout

    path = found.path
    lock = lock_of(path)
    with disk_errors(path):
        try:
            lock.acquire()
        except Timeout:
            raise RunTakenError(f"{path}: a process is working on it") from None
    try:
        # The lock of this process is the one that would make it a running one.
        if not _is_still(found):
            raise RunTakenError(f"{path}: has changed since it was looked at")
        gone = path.with_name(f"{REMOVED}{secrets.token_hex(8)}")
        with disk_errors(path):
            if sys.platform == "win32":  # where a directory with an open file keeps its name
                lock.release()
            patiently(lambda: path.rename(gone))
            shutil.rmtree(gone)
    finally:
        lock.release()


def end_removals(folder: Path) -> None:
    """Remove what removals that were killed have left in a folder.

    Raises:
        EnvironmentError_: When it cannot be removed.
    """
    with os.scandir(folder) as entries:
        left = [Path(e.path) for e in entries if e.name.startswith(REMOVED) and not e.is_symlink()]
    for path in left:
        # Another removal may be under way in it.
        with disk_errors(path), contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path)


def holds_another(path: Path) -> bool:
    """Return whether a run lies somewhere in the directory of another, besides the one that it replaces."""
    return any(_holds_one(entry.path, MOST_DEPTH) for entry in _folders(path) if entry.name != REPLACED)


def _holds_one(path: str, depth: int) -> bool:
    if os.path.lexists(f"{path}{os.sep}{MANIFEST}"):
        return True
    return depth > 0 and any(_holds_one(entry.path, depth - 1) for entry in _folders(path))


def _folders(path: str | Path) -> list[os.DirEntry[str]]:
    # What nobody may look into cannot be removed either, which the removal says.
    with contextlib.suppress(OSError), os.scandir(path) as entries:
        return [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    return []


def _is_still(found: FoundRun) -> bool:
    """Return whether a run, whose lock is held here, is in the state in which it was found."""
    if found.path.is_symlink():
        return False
    state: RunState = "complete" if (found.path / MANIFEST).is_file() else "unfinished"
    if found.seal is None or state != "complete":
        return state == found.state
    return found.run.still_sealed()
