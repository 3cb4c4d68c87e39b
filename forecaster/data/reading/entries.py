"""Entries of the cache: folders that appear whole or not at all, and those that are used no more."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from pathlib import Path

from forecaster.data.arrays import SCRATCH
from forecaster.system import patiently, sync_folder

MOST_BYTES, MOST_DAYS = 32 << 30, 30
NEW, OLD = ".new-", ".old-"
_DAY_S = 86_400


def put(new: Path, entry: Path) -> None:
    """Give a finished entry its name, in place of a damaged one."""
    # Windows moves no entry that another process has open.
    with contextlib.suppress(FileNotFoundError, PermissionError):
        _remove(entry)
    try:
        patiently(lambda: new.rename(entry))
    except OSError as error:
        # Another process has made the same entry meanwhile.
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
    to_disk(entry.parent)


def tidy(kept: Path) -> None:
    """Keep the cache within its bounds: remove the least recently used entries, and what killed processes left.

    On Windows a file that another process has open stays until the next time.

    Args:
        kept: The entry that stays in any case.
    """
    now = time.time()
    for file in kept.parent.parent.glob(f"{SCRATCH}*"):
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if now - file.stat().st_mtime > _DAY_S:
                file.unlink()
    entries = []
    for folder in kept.parent.iterdir():
        with contextlib.suppress(FileNotFoundError):
            used = folder.stat().st_mtime
            size = sum(file.stat().st_size for file in folder.rglob("*"))
            if folder.name.startswith((NEW, OLD)):
                if now - used > _DAY_S:
                    shutil.rmtree(folder, ignore_errors=True)
            elif folder != kept:
                entries.append((used, size, folder))
    room = MOST_BYTES - sum(file.stat().st_size for file in kept.rglob("*"))
    for used, size, folder in sorted(entries, reverse=True):
        room -= size
        if room < 0 or now - used > MOST_DAYS * _DAY_S:
            with contextlib.suppress(FileNotFoundError, PermissionError):
                _remove(folder)


def _remove(entry: Path) -> None:
    """Rename an entry, then remove it: no other process sees one half removed."""
    old = Path(tempfile.mkdtemp(prefix=OLD, dir=entry.parent))
    try:
        entry.rename(old / entry.name)
    finally:
        shutil.rmtree(old, ignore_errors=True)


def to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if path.is_dir():
        sync_folder(path)
        return
    with path.open(
        "r+b"
    ) as file:  # Windows writes nothing to the disk through a file that is open for reading
        os.fsync(file.fileno())
