"""The claim of a run directory: one process creates or takes it over, and locks it against all others."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.errors import DataError, RunTakenError
from forecaster.runs.directory import MANIFEST, OVERWRITING, REPLACED, RUN_FILES, RunDir
from forecaster.runs.files import disk_errors
from forecaster.system import is_locked, patiently

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOCK = ".lock"
# Whoever looks whether a run is held has its lock for some microseconds, which no start must take for a process.
LOOK_S, AGAIN_S = 0.2, 0.02


def is_held(path: Path) -> bool:
    """Return whether a process is working on a run directory. Writes nothing."""
    return is_locked(path / LOCK)


def lock_of(path: Path) -> BaseFileLock:
    """Return the lock of a run directory, not yet acquired. Raises Timeout of filelock when another process has it."""
    from filelock import FileLock

    # A soft lock, a mere file, would outlive a killed process. A lock whose file is removed could be taken twice.
    return FileLock(
        path / LOCK,
        timeout=LOOK_S,
        poll_interval=AGAIN_S,
        thread_local=False,
        fallback_to_soft=False,
        preserve_lock_file=True,
    )


def check_free(path: Path, *, resume: bool = False, overwrite: bool = False) -> None:
    """Check that a run directory can be claimed. Writes nothing.

    Args:
        path: The run directory.
        resume: Whether the run in it is to be continued.
        overwrite: Whether the run in it is to be replaced.

    Raises:
        RunTakenError: When the directory has content and neither resume nor overwrite is set, or when its content
            is not a run.
        DataError: When there is nothing to resume.
    """
    if resume and not path.is_dir():
        raise DataError(f"{path}: there is no run to resume", hint="leave out --resume to start it")
    if path.exists() and not path.is_dir():
        raise RunTakenError(f"{path}: is a file", hint="choose another --run-dir")
    has_content = path.is_dir() and any(not _left_by_a_start(p) for p in path.iterdir())
    if has_content and not (resume or overwrite):
        raise RunTakenError(
            f"{path}: already exists",
            hint="add --resume to continue it, --overwrite to replace it, or choose another --run-dir",
        )
    if has_content and not _looks_like_run(path):
        raise RunTakenError(
            f"{path}: is not a run directory, so nothing in it is changed", hint="choose another --run-dir"
        )


@contextlib.contextmanager
def claim(path: Path, *, resume: bool = False, overwrite: bool = False) -> Iterator[RunDir]:
    """Create or take over a run directory, and lock it until the block ends.

    The operating system releases the lock when the process ends, even if it is killed.

    Args:
        path: The run directory.
        resume: Whether the run in it is to be continued.
        overwrite: Whether the run in it is to be replaced.

    Yields:
        The run directory. With overwrite, it is empty, but for the complete run that is kept in `.replaced`.

    Raises:
        RunTakenError: When another process has locked the directory; also as in `check_free`.
        DataError: When there is nothing to resume.
        EnvironmentError_: When the directory cannot be written.
    """
    from filelock import Timeout

    check_free(path, resume=resume, overwrite=overwrite)
    lock = lock_of(path)
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise RunTakenError(
                f"{path}: another process is working on it", hint="wait for it, or choose another --run-dir"
            ) from None
    try:
        # Check again: another process may have written a run before this one got the lock.
        check_free(path, resume=resume, overwrite=overwrite)
        # A process that is killed while it empties the directory leaves parts of a run that nobody wants.
        if overwrite or (path / OVERWRITING).is_file():
            with disk_errors(path):
                _empty(path)
        yield RunDir(path)
    finally:
        lock.release()


def give_up(path: Path) -> None:
    """Take a run that is not wanted out of a directory that this process has claimed.

    A complete run that it would have replaced is put back. A process that is killed here leaves that run in
    `.replaced`, or in its place.

    Args:
        path: The run directory.

    Raises:
        EnvironmentError_: When the directory cannot be written.
    """
    kept = path / REPLACED
    with disk_errors(path):
        (path / OVERWRITING).touch()
        for entry in path.iterdir():
            if entry.name not in (".lock", OVERWRITING, REPLACED):
                _remove(entry)
        if (kept / MANIFEST).is_file():
            # Copied, not moved: until its manifest is in place, the run is whole in `.replaced`.
            shutil.copytree(kept, path, dirs_exist_ok=True, ignore=_manifest_of(kept))
            part = path / f".{MANIFEST}.part"
            shutil.copyfile(kept / MANIFEST, part)
            _rename(part, path / MANIFEST)
        (path / OVERWRITING).unlink()
        _remove(kept)


def _manifest_of(folder: Path) -> Callable[[str, list[str]], list[str]]:
    """Return a function that leaves the manifest of a folder, and no other file, out of a copy."""
    return lambda where, names: [MANIFEST] if Path(where) == folder and MANIFEST in names else []


def _left_by_a_start(path: Path) -> bool:
    """Return whether a process that was killed before its run began may have left this file or folder."""
    return path.name in (LOCK, OVERWRITING, REPLACED) or (
        path.name.startswith(".") and path.name.endswith(".part")
    )


def _looks_like_run(path: Path) -> bool:
    """Return whether the directory has a file that only runs have."""
    return any((path / name).is_file() for name in (*RUN_FILES, OVERWRITING))


def _empty(path: Path) -> None:
    """Take the run out of a directory. A complete run is kept until the new one is complete, any other is removed."""
    kept, mark = path / REPLACED, path / OVERWRITING
    if (path / MANIFEST).is_file():
        _remove(kept)
        kept.mkdir()
        _rename(path / MANIFEST, mark)
    elif not mark.is_file():
        # A folder without a manifest is what a kill left beside a complete run.
        if not (kept / MANIFEST).is_file():
            _remove(kept)
        told_by = next((path / name for name in RUN_FILES if (path / name).is_file()), None)
        if told_by is not None:
            _rename(told_by, mark)
    keeping = kept.is_dir() and not (kept / MANIFEST).is_file()
    for entry in path.iterdir():
        if entry.name in (LOCK, OVERWRITING, REPLACED):
            continue
        if keeping:
            _rename(entry, kept / entry.name)
        else:
            _remove(entry)
    if keeping:
        # The manifest comes last: what is kept is complete, or the next start goes on moving.
        _rename(mark, kept / MANIFEST)
    mark.unlink(missing_ok=True)


def _rename(old: Path, new: Path) -> None:
    """Rename a file or folder.

    A rename ends the run in one step and needs no disk space. A process that is killed before it leaves the run as it
    was. After it, the next start clears the rest away before it writes anything, so no file of the old run, such as a
    checkpoint, gets into the new one.
    """
    patiently(lambda: old.replace(new))


def _remove(entry: Path) -> None:
    """Remove a file, a link or a folder; nothing where there is none."""
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink(missing_ok=True)
