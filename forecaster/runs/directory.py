"""The run directory: its files, events, checkpoints and manifest."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from forecaster.errors import FORMAT_VERSION, DataError
from forecaster.runs.files import disk_errors, sha256_of, write_json
from forecaster.runs.reading import MIB, MOST_JSON, check_plain, damaged, digest_file, parse_json, read_file
from forecaster.system import is_device, quoted

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from forecaster.runs.checkpoints import FileCheckpoints

_T = TypeVar("_T")

MANIFEST = "manifest.json"
EVENTS = "events.jsonl"
RESOLVED = "resolved.yaml"
CHECKPOINTS = "checkpoints"
# In the place of one of `RUN_FILES` while the directory is emptied for another run.
OVERWRITING = ".forecaster-overwriting"
# Where the complete run that --overwrite replaces is kept until the new one is complete.
REPLACED = ".replaced"
# What trackers write, which goes on after the run is complete.
TRACKING = "tracking"
# The manifest does not list these files.
_UNSEALED = {MANIFEST, ".lock"}
# Files that only runs have: they tell a run from any other folder.
RUN_FILES = (MANIFEST, EVENTS, RESOLVED)
# How many runs a hint names.
_NAMED = 3
# The largest manifest, and the largest file of events.
MOST_SMALL = 64 * MIB


@dataclass(frozen=True)
class Seal:
    """The manifest of a complete run, as it was read.

    Attributes:
        sha256: The SHA-256 of the manifest, which stands for all files that it lists.
        manifest: Its content.
    """

    sha256: str
    manifest: dict[str, Any]


@dataclass(frozen=True)
class RunDir:
    """A run directory on disk.

    Attributes:
        path: The directory.
        seal_read: The manifest that everything is compared with; None reads it again each time.
    """

    path: Path
    seal_read: Seal | None = field(default=None, compare=False, repr=False)

    def opened(self, *, expect_sha256: str | None = None) -> RunDir:
        """Return the complete run with its manifest as it is now, so that no file of another run is read in its place.

        Args:
            expect_sha256: The SHA-256 that the manifest must have; None takes any.

        Raises:
            DataError: As `manifest`; also when the manifest is another one.
        """
        seal = self._read_seal()
        if expect_sha256 is not None and seal.sha256 != expect_sha256.lower():
            raise DataError(
                f"{self.path}: has sha256 {seal.sha256}, and {expect_sha256[:64]} is expected",
                hint=f"use the run that was meant, or forecaster show {quoted(str(self.path))} to see what it is",
            )
        return RunDir(self.path, seal)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the manifest, which holds those of all files. Raises DataError as `manifest`."""
        return (self.seal_read or self._read_seal()).sha256

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
        """Return the event that the run began with; None if it was stopped before that.

        Raises:
            DataError: When the file is damaged.
        """
        from forecaster.runs.schemas import STARTED

        path = self.path / EVENTS
        # Only a complete run has an events.jsonl that must be whole.
        if self.seal_read is not None or self.sealed:
            if EVENTS not in self.manifest()["files"]:
                return None
            content = self.read(EVENTS, most=MOST_SMALL)
        elif path.is_symlink() or path.exists():
            content = read_file(self.path, EVENTS, most=MOST_SMALL)
        else:
            return None
        for line in content.decode("utf-8", errors="replace").splitlines():
            # A killed process may have left an incomplete line, which is no event.
            with contextlib.suppress(ValueError, RecursionError):
                entry = json.loads(line)
                if isinstance(entry, dict) and entry.get("event") == "started":
                    found: Any = check_plain(path, entry, STARTED)
                    return dict(found)
        return None

    def seal(self, facts: dict[str, Any]) -> None:
        """Write the manifest, which completes the run, and remove the checkpoints.

        Args:
            facts: What the manifest holds besides the sizes and checksums of the files.
        """
        self.drop_parts()
        apart = {self.path / CHECKPOINTS, self.path / REPLACED, self.path / TRACKING}
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

    def checkpoints(self, member: int, part: str = "", notes: list[str] | None = None) -> FileCheckpoints:
        """Return the checkpoint store of one member of an ensemble.

        Args:
            member: The number of the member, from 0.
            part: A part of the run with checkpoints of its own, such as a fold of a backtest.
            notes: Takes a remark for each checkpoint that cannot be used.
        """
        # NumPy is imported for weights only: a thousand runs are listed without it.
        from forecaster.runs.checkpoints import FileCheckpoints

        folder = self.path / CHECKPOINTS / part
        return FileCheckpoints(folder / f"member-{member}.safetensors", [] if notes is None else notes)

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
        """Return the manifest.

        Raises:
            DataError: When the directory is not a complete run, or was written in another format version.
        """
        return (self.seal_read or self._read_seal()).manifest

    def _read_seal(self) -> Seal:
        from forecaster.runs import schemas

        if not self.path.is_dir():
            raise DataError(f"{self.path}: there is no such run directory", hint=_nearest_runs(self.path))
        path = self.path / MANIFEST
        if not (path.is_symlink() or path.exists()):
            self._check_sealed()
        content = read_file(self.path, MANIFEST, most=MOST_SMALL)
        try:
            manifest: Any = parse_json(path, content, schemas.MANIFEST)
        except DataError:
            self._check_version(parse_json(path, content, schemas.VERSIONED).get("format_version"))
            raise
        return Seal(sha256(content).hexdigest(), manifest)

    def _check_version(self, version: Any) -> None:
        """Raise DataError when the manifest is of another format version, whose form is not known here."""
        if version == FORMAT_VERSION:
            return
        known = type(version) is int and abs(version) < 2**53
        shown = f"format_version {version}" if known else "no format_version"
        raise DataError(
            f"{self.path}: has {shown}, this forecaster reads {FORMAT_VERSION}",
            hint="train again, or use the version of forecaster that made it",
        )

    def _check_sealed(self) -> None:
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
            # `refit` and `update` take it over from the run that they train again.
            *(
                ["--smoke"]
                if started.get("smoke") and started.get("command") not in ("refit", "update")
                else []
            ),
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
            noted = files.get(name)
            if noted is None:
                raise self._damaged(name, "the file is missing")
            self._compare(name, noted, partial(digest_file, self.path, name, most=noted["bytes"]))

    def read(self, name: str, *, most: int = MOST_JSON) -> bytes:
        """Return the content of a file of a complete run, as the manifest lists it.

        Args:
            name: The file, relative to the directory.
            most: The largest size in bytes.

        Raises:
            DataError: When the file is missing, was changed, is cut short, too large or a link.
        """
        noted = self.manifest()["files"].get(name)
        if noted is None:
            raise self._damaged(name, "the file is missing")
        if noted["bytes"] > most:
            raise self._damaged(name, f"has {noted['bytes']:,} bytes, and at most {most:,} are read")
        content = b""

        def found() -> tuple[int, str]:
            nonlocal content
            content = read_file(self.path, name, most=most)
            return len(content), sha256(content).hexdigest()

        self._compare(name, noted, found)
        return content

    def json(self, name: str, schema: TypeAdapter[_T]) -> _T:
        """Return the values of a JSON file of a complete run.

        Args:
            name: The file, relative to the directory.
            schema: Its form, from `schemas`.

        Raises:
            DataError: As `read`, or when the file has another form.
        """
        return parse_json(self.path / name, self.read(name), schema)

    def _compare(self, name: str, noted: dict[str, Any], find: Callable[[], tuple[int, str]]) -> None:
        """Raise DataError unless a file has the size and the SHA-256 that the manifest lists."""
        try:
            n, digest = find()
        except DataError as error:
            # A file of a run that is being replaced may be missing for a moment.
            raise (self._replaced() or error) from None
        if n != noted["bytes"] or digest != noted["sha256"]:
            raise self._damaged(name, "was changed or cut short since the run was complete")

    def _damaged(self, name: str, why: str) -> DataError:
        return self._replaced() or damaged(self.path / name, why)

    def still_sealed(self) -> bool:
        """Return whether the manifest is the one that was read."""
        try:
            now = sha256(read_file(self.path, MANIFEST, most=MOST_SMALL)).hexdigest()
        except DataError:
            return False
        return self.seal_read is not None and now == self.seal_read.sha256

    def _replaced(self) -> DataError | None:
        """Return an error if another run has taken the place of this one since its manifest was read."""
        if self.seal_read is None or self.still_sealed():
            return None
        return RunReplacedError(
            f"{self.path}: was replaced by another run while it was read",
            hint="try again when it is complete",
        )


class RunReplacedError(DataError):
    """A run that another one has taken the place of since its manifest was read."""


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
    near = difflib.get_close_matches(path.name, runs, n=1)
    if near:
        return f"did you mean {folder / near[0]}?"
    # The last are the newest where names end in times.
    more = f" and {len(runs) - _NAMED:,} more" if len(runs) > _NAMED else ""
    return f"complete runs in {folder}: {', '.join(runs[-_NAMED:])}{more}"
