"""The run directory: its files, events, checkpoints and manifest."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecaster.errors import FORMAT_VERSION, DataError
from forecaster.runs.files import (
    Arrays,
    damaged,
    disk_errors,
    load_arrays,
    read_errors,
    read_json,
    read_whole,
    save_arrays,
    sha256_of,
    write_json,
)
from forecaster.system import is_device, quoted

MANIFEST = "manifest.json"
EVENTS = "events.jsonl"
RESOLVED = "resolved.yaml"
CHECKPOINTS = "checkpoints"
# In the place of one of `RUN_FILES` while the directory is emptied for another run.
OVERWRITING = ".forecaster-overwriting"
# Where the complete run that --overwrite replaces is kept until the new one is complete.
REPLACED = ".replaced"
# The manifest does not list these files.
_UNSEALED = {MANIFEST, ".lock"}
# Files that only runs have: they tell a run from any other folder.
RUN_FILES = (MANIFEST, EVENTS, RESOLVED)


@dataclass(frozen=True)
class RunDir:
    """A run directory on disk.

    Attributes:
        path: The directory.
    """

    path: Path

    def file(self, name: str) -> Path:
        """Return the path of a file, by its name relative to the directory."""
        return self.path / name

    @property
    def sealed(self) -> bool:
        """Whether the run is complete: it has a manifest."""
        return (self.path / MANIFEST).is_file()

    def event(self, kind: str, **details: Any) -> None:
        """Append one line to events.jsonl with the time (UTC), the event and its details.

        Args:
            kind: The event, such as "started".
            details: Further keys of the line; their values are plain data.

        Raises:
            EnvironmentError_: When the file cannot be written.
        """
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": kind, **details}
        path = self.file(EVENTS)
        with disk_errors(path), path.open("a+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            # A killed process may have left an incomplete last line, which this one must not continue.
            cut = size > 0 and file.read() != b"\n"
            file.write(b"\n" * cut + json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def started(self) -> dict[str, Any] | None:
        """Return the event that the run began with; None if it was stopped before that."""
        path = self.path / EVENTS
        if not path.is_file():
            return None
        for line in read_whole(path).decode(errors="replace").splitlines():
            # A killed process may have left an incomplete line, which is no event.
            with contextlib.suppress(ValueError):
                entry: dict[str, Any] = json.loads(line)
                if entry.get("event") == "started":
                    return entry
        return None

    def seal(self, facts: dict[str, Any]) -> None:
        """Write the manifest, which completes the run, and remove the checkpoints.

        Args:
            facts: What the manifest holds besides the sizes and checksums of the files.
        """
        self.drop_parts()
        apart = {self.path / CHECKPOINTS, self.path / REPLACED}
        with disk_errors(self.path / MANIFEST):
            files = {
                p.relative_to(self.path).as_posix(): {"bytes": p.stat().st_size, "sha256": sha256_of(p)}
                for p in sorted(self.path.rglob("*"))
                if p.is_file() and p.name not in _UNSEALED and apart.isdisjoint(p.parents)
            }
        write_json(self.path / MANIFEST, {"format_version": FORMAT_VERSION, **facts, "files": files})
        # These go last, so that a process that is killed before the manifest loses no training and no run.
        self.drop_checkpoints()
        self.drop_replaced()

    def checkpoints(self, member: int, part: str = "") -> FileCheckpoints:
        """Return the checkpoint store of one member of an ensemble.

        Args:
            member: The number of the member, from 0.
            part: A part of the run with checkpoints of its own, such as a fold of a backtest.
        """
        folder = self.path / CHECKPOINTS / part
        return FileCheckpoints(folder / f"member-{member}.safetensors")

    def drop_checkpoints(self) -> None:
        """Remove the checkpoints. A complete run has some only if it was killed right after its manifest."""
        shutil.rmtree(self.path / CHECKPOINTS, ignore_errors=True)

    def drop_replaced(self) -> None:
        """Remove the run that this one replaced. Only a complete run may do so."""
        shutil.rmtree(self.path / REPLACED, ignore_errors=True)

    def drop_parts(self) -> None:
        """Remove the incomplete files that a killed process left.

        Raises:
            EnvironmentError_: When one cannot be removed.
        """
        for part in self.path.rglob(".*.part"):
            with disk_errors(part):
                part.unlink()

    def manifest(self) -> dict[str, Any]:
        """Read the manifest.

        Raises:
            DataError: When the directory is not a complete run, or was written in another format version.
        """
        if not self.path.is_dir():
            raise DataError(f"{self.path}: there is no such run directory", hint=_nearest_runs(self.path))
        if not self.sealed:
            started = self.started() or {}
            named = any(
                (self.path / name).is_file() for name in (RESOLVED, OVERWRITING, f"{REPLACED}/{MANIFEST}")
            )
            if named or "config" in started:
                hint = f"{self._kept()}{self._to_finish(started)}"
                raise DataError(f"{self.path}: this run is not complete", hint=hint)
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

    def _kept(self) -> str:
        """Return where the run is that this one replaces, for a hint that goes on; empty if there is none."""
        kept = self.path / REPLACED
        return f"the run that it replaces is kept in {kept}; " if (kept / MANIFEST).is_file() else ""

    def _to_finish(self, started: dict[str, Any]) -> str:
        """Return how to continue this run, from the event that it began with; {} if it was stopped before that."""
        if not started or (self.path / OVERWRITING).is_file():
            # Nothing in the directory tells which command it was, or with which options.
            return "repeat the command that was to make it, with --resume"
        words = [
            "forecaster",
            started.get("command", "train"),
            quoted(started.get("config", str(self.path / RESOLVED))),
            *started.get("options", []),
            # `refit` takes it over from the run that it trains again.
            *(["--smoke"] if started.get("smoke") and started.get("command") != "refit" else []),
            f"--run-dir {quoted(str(self.path))} --resume",
        ]
        return f"finish it with: {' '.join(words)}"

    def check(self, *names: str) -> None:
        """Compare files with the manifest.

        Args:
            names: The files, relative to the directory.

        Raises:
            DataError: When a file is missing, was changed or is cut short.
        """
        files = self.manifest()["files"]
        for name in names:
            path, noted = self.path / name, files.get(name)
            if noted is None or not path.is_file():
                raise damaged(path, "the file is missing")
            with read_errors(path):
                same = path.stat().st_size == noted["bytes"] and sha256_of(path) == noted["sha256"]
            if not same:
                raise damaged(path, "was changed or cut short since the run was complete")


@dataclass(frozen=True)
class FileCheckpoints:
    """The checkpoint of one member, in one file that is replaced atomically.

    Attributes:
        path: The file.
    """

    path: Path

    def save(self, arrays: Arrays, progress: dict[str, Any]) -> None:
        """Replace the checkpoint.

        Args:
            arrays: The weights and the state of the optimizer, by name.
            progress: How far the training is, as plain data.
        """
        save_arrays(self.path, arrays, progress)

    def load(self) -> tuple[Arrays, dict[str, Any]] | None:
        """Return the arrays and the progress of the checkpoint; None if there is none."""
        return load_arrays(self.path) if self.path.is_file() else None


def new_run_path(folder: Path, name: str) -> Path:
    """Return the path of a new run directory in a folder, named after the experiment and the time in UTC."""
    return folder / new_name(name, datetime.now(UTC))


def new_name(name: str, now: datetime) -> str:
    """Return name-20261121T093000Z; con.v2 becomes con_.v2-…, because Windows takes con.v2 for a device."""
    if is_device(name):
        stem, dot, rest = name.partition(".")
        name = f"{stem}_{dot}{rest}"
    return f"{name}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _nearest_runs(path: Path) -> str:
    """Return a hint that names complete runs in the same folder."""
    folder = path.parent
    runs = sorted(p.parent.name for p in folder.glob(f"*/{MANIFEST}")) if folder.is_dir() else []
    if not runs:
        return "`forecaster train` creates one"
    return f"complete runs in {folder}: {', '.join(runs[-3:])}"
