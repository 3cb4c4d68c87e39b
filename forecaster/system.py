"""What operating systems do differently, each difference in one place."""

from __future__ import annotations

import errno
import io
import os
import re
import shlex
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

_Result = TypeVar("_Result")

MIB = 1 << 20
_WINDOWS = sys.platform == "win32"
# What a file system answers that cannot reserve space, such as some network disks.
_CANNOT_RESERVE = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
# How long a step that Windows refuses is tried again: a second in all.
_WAITS_S = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.4) if _WINDOWS else ()
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", re.IGNORECASE)

# Ctrl-C on a terminal goes to every process of its group: a worker is in a group of its own, so that
# only the search hears it. For subprocess.Popen; each system knows one of the two, and takes the other for nothing.
NEW_GROUP = True
if sys.platform == "win32":
    NEW_GROUP_FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP
else:
    NEW_GROUP_FLAGS = 0


def take_space(handle: int, size: int) -> None:
    """Reserve the first `size` bytes of a new, empty file on its disk.

    A disk that fills up under a mapped file ends the process; one that is full here raises OSError.

    Args:
        handle: File descriptor, open for writing, at the beginning of the file.
        size: Bytes.
    """
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(handle, 0, size)
        except OSError as error:
            if error.errno not in _CANNOT_RESERVE:
                raise
        else:
            return
    # Where space cannot be reserved (macOS, Windows, some network disks), it is written.
    zeros = bytes(min(size, MIB))
    left = size
    while left > 0:
        left -= os.write(handle, memoryview(zeros)[: min(left, MIB)])


def open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting, for `open(opener=...)`: a named pipe that nothing writes to is empty.

    A pipe that something writes to, as from `<(...)` in a shell, is read to its end as always.
    """
    if sys.platform == "win32":
        return os.open(path, flags)
    handle = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(handle, True)
    return handle


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk itself: a new file is only safe once its name is.

    Windows has no such order, and writes a name together with its file.
    """
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def open_without_links(folder: Path, name: str) -> int:
    """Open a file in a folder for reading, and follow no link below the folder.

    Where the system can, each name is looked up in the folder that is already open, so that nothing can be exchanged
    between a check and the opening; Windows checks each name first. A pipe is opened without waiting for its writer.

    Args:
        folder: The folder, which may itself be a link.
        name: The name of the file relative to the folder, with slashes.

    Returns:
        A file descriptor.

    Raises:
        OSError: When the file cannot be opened, or a part of its name is a link.
    """
    *folders, last = name.split("/")
    if sys.platform == "win32":
        path = folder
        for part in (*folders, last):
            path = path / part
            if os.lstat(path).st_file_attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
        return os.open(path, os.O_RDONLY | os.O_BINARY)
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in folders:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            inner = os.open(part, flags, dir_fd=at)
            os.close(at)
            at = inner
        return os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    finally:
        os.close(at)


def is_locked(path: Path) -> bool:
    """Return whether a process holds the lock of a file, as filelock takes it. Creates no file and follows no link.

    Nobody holds a missing file, or a link. The lock is taken for a moment, shared where the system can.
    """
    if sys.platform == "win32":
        import filelock

        if path.is_symlink() or not path.is_file():
            return False
        try:
            with filelock.FileLock(path, blocking=False, preserve_lock_file=True):
                return False
        except filelock.Timeout:
            return True
    import fcntl

    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return False
        raise
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def patiently(step: Callable[[], _Result]) -> _Result:
    """Rename, replace or remove something, and try again for a second where Windows refuses it.

    It does so while a virus scanner or an indexer has a new file open, which is over in a moment.
    """
    for wait_s in _WAITS_S:
        try:
            return step()
        except PermissionError:
            time.sleep(wait_s)
    return step()


def reader_is_gone(error: OSError) -> bool:
    """Whether a write failed because nobody reads the other end of the pipe any more."""
    if isinstance(error, BrokenPipeError):
        return True
    # Windows calls it an invalid argument. An error that names a file is about that file.
    return _WINDOWS and error.errno == errno.EINVAL and error.filename is None


def is_device(name: str) -> bool:
    """Whether Windows takes a file of this name for a device: CON, or nul.png, in any letters."""
    return _DEVICE.fullmatch(name) is not None


def quoted(word: str) -> str:
    """Return one word of a command as it is typed into a shell: quoted where it holds a space."""
    return subprocess.list2cmdline([word]) if _WINDOWS else shlex.quote(word)


def in_quotes(word: str) -> str:
    """Return one word of a command in single quotes, and as `quoted` writes it where it holds one itself."""
    return quoted(word) if "'" in word else f"'{word}'"


def processors() -> int:
    """Return how many processors this process may use."""
    if sys.platform == "darwin":  # a process cannot be bound to some of them there
        return os.cpu_count() or 1
    import psutil

    return len(psutil.Process().cpu_affinity())


def memory() -> int:
    """Return the memory of this machine, in bytes."""
    import psutil

    return psutil.virtual_memory().total


def free_memory() -> int:
    """Return the memory that programs may still take without swapping, in bytes."""
    import psutil

    return psutil.virtual_memory().available


def memory_limit() -> int | None:
    """Return the most memory that the container of this process may take, in bytes; None without such a limit."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        text = _of_container(name)
        # The older interface has a number beyond any memory where there is no limit.
        if text and text[0].isdecimal() and int(text[0]) < 1 << 60:
            return int(text[0])
    return None


def time_limit() -> float | None:
    """Return the share of processors that the container of this process may use, such as 1.5; None without a limit."""
    text = _of_container("cpu.max")
    if len(text) == 2 and text[0].isdecimal() and text[1].isdecimal():
        return int(text[0]) / int(text[1])
    quota = _of_container("cpu/cpu.cfs_quota_us")
    period = _of_container("cpu/cpu.cfs_period_us")
    if quota and period and quota[0].isdecimal() and period[0].isdecimal():
        return int(quota[0]) / int(period[0])
    return None


def _of_container(name: str) -> list[str]:
    """Return the words of a file in which Linux tells the limits of a container; none elsewhere."""
    try:
        return (Path("/sys/fs/cgroup") / name).read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return []


def peak_memory() -> int:
    """Return the most memory that this process has held at a time so far, in bytes."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset
    if sys.platform == "linux":
        # ru_maxrss begins at what the process that started this one held.
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    # Counted in KiB, by macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def write_utf8(stream: IO[str] | None) -> None:
    """Let a standard stream write UTF-8 and plain line ends where it leads to a file or a pipe.

    By itself it would write what the system's settings say: on Windows a code page, in which most letters
    cannot be written, and other line ends. A terminal keeps its own encoding; there a letter that it lacks is
    written as an escape. PYTHONIOENCODING, where it is set, has the last word on the encoding.
    """
    if not isinstance(stream, io.TextIOWrapper):
        return
    # Python sets the former in the locale C: names of files go out as the bytes that came in.
    errors = "surrogateescape" if stream.errors == "surrogateescape" else "backslashreplace"
    if stream.isatty() or os.environ.get("PYTHONIOENCODING"):
        stream.reconfigure(errors=errors)
    else:
        stream.reconfigure(encoding="utf-8", errors=errors, newline="\n")
