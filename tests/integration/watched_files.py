"""Reads, writes and fsync of the files in a folder, which Python's audit hooks do not see."""

import builtins
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

Met = Callable[[str, str, Callable[[], object]], None]
"""Takes an operation before it happens: its kind, the path in the folder, and what does half of it."""


def install(folder: Path, met: Met) -> None:
    """Let this process tell of them from here on. fsync does nothing else, which saves time."""
    opened = io.open

    def watched(file: Any, mode: str = "r", buffering: int = -1, *more: Any, **others: Any) -> Any:
        path = None if isinstance(file, int) else Path(os.fsdecode(file)).absolute()
        if path is None or folder not in path.parents or others.get("opener") is not None:
            return opened(file, mode, buffering, *more, **others)
        raw = _Watched(file, mode.replace("b", "").replace("t", ""))
        raw.tell_to(met, path.relative_to(folder).as_posix())
        if buffering == 0:
            return raw
        kind = io.BufferedRandom if "+" in mode else io.BufferedReader if "r" in mode else io.BufferedWriter
        buffered = kind(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *more, **others)

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path == folder or folder in path.parents:
            met("fsync", path.relative_to(folder).as_posix(), lambda: None)

    builtins.open = io.open = watched  # type: ignore[assignment]
    os.fsync = fsync  # type: ignore[assignment]


class _Watched(io.FileIO):
    """An open file that tells of every read and write before it happens."""

    def tell_to(self, met: Met, path: str) -> None:
        self._met, self._path = met, path

    def write(self, data: Any) -> int:
        content = bytes(data)
        self._met("write", self._path, lambda: io.FileIO.write(self, content[: len(content) // 2]))
        return super().write(data)

    def readinto(self, buffer: Any) -> int:
        self._met("read", self._path, lambda: None)
        return super().readinto(buffer)

    def readall(self) -> bytes:
        self._met("read", self._path, lambda: None)
        return super().readall()

    def read(self, size: int | None = -1) -> bytes:
        self._met("read", self._path, lambda: None)
        return super().read(-1 if size is None else size)
