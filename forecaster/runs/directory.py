"""The run directory: made, locked, filled, sealed with a manifest, opened again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecaster.errors import FORMAT_VERSION, DataError, RunTakenError
from forecaster.runs.files import (
    Arrays,
    damaged,
    disk_errors,
    load_arrays,
    read_json,
    save_arrays,
    sha256_of,
    write_json,
)
from forecaster.system import is_device, quoted

MANIFEST = "manifest.json"
EVENTS = "events.jsonl"
RESOLVED = "resolved.yaml"
CHECKPOINTS = "checkpoints"
# Files of a directory that is under way; a manifest never lists them.
_UNSEALED = {MANIFEST, ".lock"}


@dataclass(frozen=True)
class RunDir:
    """A run directory on disk. Sealed once its manifest is there."""

    path: Path

    def file(self, name: str) -> Path:
        return self.path / name

    @property
    def sealed(self) -> bool:
        return (self.path / MANIFEST).is_file()

    def event(self, kind: str, **details: Any) -> None:
        """Append one line to events.jsonl: what happened, and when (UTC)."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": kind, **details}
        with disk_errors(self.path), self.file(EVENTS).open("a+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            # A kill may have cut the last line short; this one must not be glued to it.
            cut = size > 0 and file.read() != b"\n"
            file.write(b"\n" * cut + json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def started(self) -> dict[str, Any] | None:
        """The event that the run began with; None where it was stopped before that."""
        path = self.path / EVENTS
        if not path.is_file():
            return None
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            # A kill may have cut a line short; such a line says nothing.
            with contextlib.suppress(ValueError):
                entry: dict[str, Any] = json.loads(line)
                if entry.get("event") == "started":
                    return entry
        return None

    def seal(self, facts: dict[str, Any]) -> None:
        """Write the manifest: from here on the run is complete and its files are checked."""
        for left_by_a_kill in self.path.rglob(".*.part"):
            left_by_a_kill.unlink()
        checkpoints = self.path / CHECKPOINTS
        files = {
            p.relative_to(self.path).as_posix(): {"bytes": p.stat().st_size, "sha256": sha256_of(p)}
            for p in sorted(self.path.rglob("*"))
            if p.is_file() and p.name not in _UNSEALED and checkpoints not in p.parents
        }
        write_json(self.path / MANIFEST, {"format_version": FORMAT_VERSION, **facts, "files": files})
        # Last, so that a kill before the manifest never costs the training.
        self.drop_checkpoints()

    def checkpoints(self, member: int, part: str = "") -> FileCheckpoints:
        """Where one member of an ensemble keeps its checkpoint.

        Args:
            member: Counted from 0.
            part: Of the run, such as a fold of a backtest.
        """
        folder = self.path / CHECKPOINTS / part
        return FileCheckpoints(folder / f"member-{member}.safetensors")

    def drop_checkpoints(self) -> None:
        """Of a complete run; a kill just behind its manifest may have left them."""
        shutil.rmtree(self.path / CHECKPOINTS, ignore_errors=True)

    def manifest(self) -> dict[str, Any]:
        """Raises DataError when the run is not complete or of a version we cannot read."""
        if not self.path.is_dir():
            raise DataError(f"{self.path}: there is no such run directory", hint=_nearest_runs(self.path))
        if not self.sealed:
            if (self.path / RESOLVED).is_file() or "config" in (self.started() or {}):
                raise DataError(
                    f"{self.path}: this run is not complete",
                    hint=f"finish it with: {self._unfinished()}",
                )
            raise DataError(
                f"{self.path}: is not a run directory", hint="name a folder that `forecaster train` wrote"
            )
        content = read_json(self.path / MANIFEST)
        manifest: dict[str, Any] = content if isinstance(content, dict) else {}
        version = manifest.get("format_version")
        if version != FORMAT_VERSION:
            raise DataError(
                f"{self.path}: has format_version {version}, this forecaster reads {FORMAT_VERSION}",
                hint="train again, or use the version of forecaster that made it",
            )
        files = manifest.get("files")
        if not isinstance(files, dict) or not all(
            isinstance(noted, dict) and noted.keys() >= {"bytes", "sha256"} for noted in files.values()
        ):
            raise damaged(self.path / MANIFEST, "lists no files with their bytes and sha256")
        return manifest

    def _unfinished(self) -> str:
        """The command that goes on with this run."""
        started = self.started() or {}
        words = [
            "forecaster",
            started.get("command", "train"),
            quoted(started.get("config", str(self.path / "resolved.yaml"))),
            *started.get("options", []),
            *(["--smoke"] if started.get("smoke") else []),
            f"--run-dir {quoted(str(self.path))} --resume",
        ]
        return " ".join(words)

    def check(self, *names: str) -> None:
        """Compare files with the manifest. Raises DataError where one is changed, cut short or gone."""
        files = self.manifest()["files"]
        for name in names:
            path, noted = self.path / name, files.get(name)
            if noted is None or not path.is_file():
                raise damaged(path, "the file is missing")
            if path.stat().st_size != noted["bytes"] or sha256_of(path) != noted["sha256"]:
                raise damaged(path, "was changed or cut short since the run was complete")


@dataclass(frozen=True)
class FileCheckpoints:
    """One checkpoint of one member, in one file that is replaced as a whole."""

    path: Path

    def save(self, arrays: Arrays, progress: dict[str, Any]) -> None:
        save_arrays(self.path, arrays, progress)

    def load(self) -> tuple[Arrays, dict[str, Any]] | None:
        return load_arrays(self.path) if self.path.is_file() else None


def new_run_path(folder: Path, name: str) -> Path:
    """A new run directory in a folder, named after the experiment and the time in UTC."""
    return folder / new_name(name, datetime.now(UTC))


def new_name(name: str, now: datetime) -> str:
    """name-20261121T093000Z; con_.v2-… for con.v2, which Windows would take for a device."""
    if is_device(name):
        stem, dot, rest = name.partition(".")
        name = f"{stem}_{dot}{rest}"
    return f"{name}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def check_free(path: Path, *, resume: bool = False, overwrite: bool = False) -> None:
    """Whether `claim` would be allowed. Writes nothing.

    Raises RunTakenError when the directory exists and neither resume nor overwrite was
    asked, or when either would touch what is no run; DataError with nothing to resume.
    """
    if resume and not path.is_dir():
        raise DataError(f"{path}: there is no run to resume", hint="leave out --resume to start it")
    if path.exists() and not path.is_dir():
        raise RunTakenError(f"{path}: is a file", hint="choose another --run-dir")
    has_content = path.is_dir() and any(not _left_by_a_start(p) for p in path.iterdir())
    if has_content and not (resume or overwrite):
        raise RunTakenError(
            f"{path}: exists already",
            hint="add --resume to go on with it, --overwrite to begin again, or choose another --run-dir",
        )
    if has_content and not _looks_like_run(path):
        raise RunTakenError(
            f"{path}: is no run directory, so nothing in it is touched", hint="choose another --run-dir"
        )


@contextlib.contextmanager
def claim(path: Path, *, resume: bool = False, overwrite: bool = False) -> Iterator[RunDir]:
    """Make or take a run directory, and hold it against every other process.

    The system frees the lock when the process ends, however that happens.

    Raises what `check_free` raises, and RunTakenError when another process holds it.
    """
    from filelock import FileLock, Timeout

    check_free(path, resume=resume, overwrite=overwrite)
    # A lock that is a mere file would outlive a process that is killed; one whose file is removed could be
    # taken twice.
    lock = FileLock(
        path / ".lock", blocking=False, thread_local=False, fallback_to_soft=False, preserve_lock_file=True
    )
    with disk_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise RunTakenError(
                f"{path}: another process is working on it", hint="wait for it, or choose another --run-dir"
            ) from None
    try:
        # Looked at again: another process may have come and gone before the lock was ours.
        check_free(path, resume=resume, overwrite=overwrite)
        if overwrite:
            with disk_errors(path):
                _empty(path)
        yield RunDir(path)
    finally:
        lock.release()


def _left_by_a_start(path: Path) -> bool:
    """Whether a process that was killed before its run had begun may have left this file."""
    return path.name == ".lock" or (path.name.startswith(".") and path.name.endswith(".part"))


def _looks_like_run(path: Path) -> bool:
    return any((path / name).is_file() for name in (MANIFEST, RESOLVED, EVENTS))


def _empty(path: Path) -> None:
    # The manifest goes first: a kill half-way leaves an incomplete run, never a damaged complete one. What tells a
    # run from a folder of somebody's own goes last, and the settings after the event that says it had begun.
    last = (EVENTS, RESOLVED)
    (path / MANIFEST).unlink(missing_ok=True)
    for entry in path.iterdir():
        if entry.name == ".lock" or entry.name in last:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    for name in last:
        (path / name).unlink(missing_ok=True)


def _nearest_runs(path: Path) -> str:
    folder = path.parent
    runs = sorted(p.parent.name for p in folder.glob(f"*/{MANIFEST}")) if folder.is_dir() else []
    if not runs:
        return "`forecaster train` makes one"
    return f"complete runs in {folder}: {', '.join(runs[-3:])}"
