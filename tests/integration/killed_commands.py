"""Commands that are killed at one of their file operations, or whose operation fails, each in a process of its own.

Python's audit hooks see every file that is opened, renamed or removed before it happens. The process ends there and
then, as if it were killed: nothing is cleaned up, and no later operation happens. In place of the kill the operation
may fail, as on a full disk. What the audit does not see, reads, writes and fsync, `watched_files` adds.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.main import get_command

from forecaster.cli import app
from tests.integration import fake_training, watched_files

KILLED = 77
COMMANDS = get_command(app)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# The beginning of every line and of every JSON file, and no whole one.
_CUT_SHORT = b'{"time": "20'
# What `train` and `backtest` import where they need it, TensorFlow aside.
_PRELOADED = (
    "filelock",
    "forecaster.api.verbs",
    "forecaster.pipeline.backtest",
    "forecaster.pipeline.refit",
    "forecaster.pipeline.train",
    "forecaster.terminal.training_progress",
    "jinja2",
    "pandas",
    "pyarrow.compute",
    "pyarrow.csv",
    "pyarrow.ipc",
    "safetensors.numpy",
    "sklearn.preprocessing",
)


class Operation(NamedTuple):
    """A change to a file or folder.

    Attributes:
        kind: open, rename, remove, mkdir or rmdir; with `Kill.fine` also read, write or fsync.
        path: What is changed, relative to the run directory; of a rename, where to.
    """

    kind: str
    path: str


@dataclass(frozen=True)
class Kill:
    """Where a command ends.

    Attributes:
        at: Operations that happen before it; None never ends it.
        cut_short: The operation, which opens a file to write, still happens, and a part is written; of a write, half.
        before: In place of `at`, the first operation of this kind and path.
        fine: Reads, writes and fsync count too.
        fault: The operation fails with this errno, once, and the command goes on; None kills it.
        said: Where its stderr goes; None leaves it.
    """

    at: int | None = None
    cut_short: bool = False
    before: Operation | None = None
    fine: bool = False
    fault: int | None = None
    said: Path | None = None


def kill_within(work: Callable[[], object], folder: Path, kill: Kill) -> tuple[int | None, list[Operation]]:
    """Do something in a process of its own, up to a file operation.

    Args:
        work: Is done; made of functions that a module names.
        folder: The run directory, whose operations are counted.
        kill: Where the process ends.

    Returns:
        The exit status, KILLED where it was killed, and the operations up to there, that one included.
    """
    # A server that has imported everything but TensorFlow forks a process in milliseconds, and has no threads.
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["__main__", __name__, *_PRELOADED])
    receiver, sender = server.Pipe(duplex=False)
    process = server.Process(target=_watched, args=(work, folder, kill, sender))
    process.start()
    sender.close()
    operations = []
    while True:
        try:
            operations.append(Operation(*receiver.recv()))
        except EOFError:
            break
    process.join()
    return process.exitcode, operations


def command(*arguments: object) -> Callable[[], object]:
    """A command of the command line, for `kill_within`."""
    return partial(_command, [str(a) for a in arguments], fake=False)


def fake_command(*arguments: object) -> Callable[[], object]:
    """A command that trains no network; see `fake_training`."""
    return partial(_command, [str(a) for a in arguments], fake=True)


def _command(arguments: list[str], *, fake: bool) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    if fake:
        fake_training.install(pytest.MonkeyPatch())
    COMMANDS(arguments)


def _watched(work: Callable[[], object], folder: Path, kill: Kill, seen: Connection) -> None:
    count, ending = 0, False
    if kill.said is not None:
        os.dup2(os.open(kill.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 2)

    def met(operation: Operation, cut_short: Callable[[], object]) -> None:
        nonlocal count, ending
        if ending:
            return
        seen.send(operation)
        if kill.at == count or kill.before == operation:
            ending = True
            if kill.cut_short:
                cut_short()
            if kill.fault is None:
                os._exit(KILLED)
            raise _failure(kill.fault, folder, operation)
        count += 1

    def watch(event: str, given: tuple[Any, ...]) -> None:
        operation = None if ending else _operation(event, given, folder)
        if operation is not None:
            met(operation, lambda: os.write(os.open(given[0], given[2] & ~os.O_EXCL, 0o644), _CUT_SHORT))

    if kill.fine:
        watched_files.install(folder, lambda kind, path, half: met(Operation(kind, path), half))
    sys.addaudithook(watch)
    work()


def _failure(code: int, folder: Path, operation: Operation) -> OSError:
    """What Python raises: no system call on an open file knows the name of the file."""
    if operation.kind in ("read", "write", "fsync"):
        return OSError(code, os.strerror(code))
    return OSError(code, os.strerror(code), str(folder / operation.path))


def _operation(event: str, given: tuple[Any, ...], folder: Path) -> Operation | None:
    """What changes something in the folder; None for everything else that a process does."""
    match event:
        case "open" if isinstance(given[0], str | bytes | os.PathLike) and given[2] & _WRITES:
            kind, path, beneath = "open", given[0], -1
        case "os.rename":
            kind, path, beneath = "rename", given[1], given[3]
        case "os.remove" | "os.rmdir":
            kind, path, beneath = event.removeprefix("os."), given[0], given[1]
        case "os.mkdir":
            kind, path, beneath = "mkdir", given[0], given[2]
        case _:
            return None
    whole = Path(os.fsdecode(path))
    if beneath != -1:
        whole = Path(f"/proc/self/fd/{beneath}").readlink() / whole
    if whole != folder and folder not in whole.parents:
        return None
    # To make what is there, or to remove what is not, changes nothing.
    if (kind == "mkdir") == os.path.lexists(whole) and kind in ("mkdir", "remove", "rmdir"):
        return None
    return Operation(kind, whole.relative_to(folder).as_posix())
