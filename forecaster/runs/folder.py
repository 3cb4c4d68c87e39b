"""The runs in a folder: what each is, when it was made and how much of the disk it takes.

Only what is needed is read of each, no link is followed, and no run is changed. NumPy is not loaded, so that a thousand
runs are looked at in a fraction of a second.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from forecaster.errors import DataError, EnvironmentError_, ForecasterError, unreadable
from forecaster.runs.claim import is_held
from forecaster.runs.directory import EVENTS, MANIFEST, OVERWRITING, REPLACED, RESOLVED, RunDir, Seal

RunState = Literal["complete", "running", "unfinished", "damaged"]
# The name that stands for the newest run of a folder, and the folder where it stands alone.
LATEST, DEFAULT_FOLDER = "latest", Path("runs")
# What the names of directories begin with that are on their way out.
REMOVED = ".forecaster-removed-"
# The most files that are counted of one run, and the most folders that lie in one another.
MOST_FILES, MOST_DEPTH = 100_000, 16


@dataclass(frozen=True)
class FoundRun:
    """A run of a folder, as it was found.

    Attributes:
        path: The run directory.
        state: Whether it is complete, running (a process is working on it), unfinished (stopped before its end) or
            damaged (it cannot be read as a run).
        modified: When its manifest was written; of a run without one, when it last changed. Seconds since 1970.
        seal: The manifest of a complete run.
        why: Why a damaged run cannot be read.
    """

    path: Path
    state: RunState
    modified: float
    seal: Seal | None = None
    why: str | None = None

    @property
    def run(self) -> RunDir:
        """The run directory, read through the manifest that was found."""
        return RunDir(self.path, self.seal)


def runs_in(folder: Path) -> list[FoundRun]:
    """Return the runs of a folder, by name. Whatever else lies there is left out.

    Args:
        folder: The folder, which may itself be a link.

    Raises:
        DataError: When there is no such folder.
        EnvironmentError_: When it cannot be read.
    """
    return [found for entry in _entries(folder) if (found := _found(entry)) is not None]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder", hint="name a folder that holds runs")
    try:
        with os.scandir(folder) as entries:
            # A hidden name is a part of something, such as a run that is on its way out.
            return sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)
    except OSError as error:
        raise unreadable(folder, error) from error


def _found(entry: os.DirEntry[str]) -> FoundRun | None:
    """Return what an entry of a folder is; None if it is no run."""
    path = Path(entry.path)
    try:
        if entry.is_symlink():
            return _link(path)
        if not entry.is_dir(follow_symlinks=False):
            return None
        written = _modified(path, MANIFEST)
        return _unsealed(path) if written is None else _sealed(path, written)
    except OSError as error:
        return FoundRun(path, "damaged", 0.0, why=f"cannot be read: {error.strerror or error}")


def _link(path: Path) -> FoundRun | None:
    """Return a link out of the folder as damaged; one to another entry of the folder is that entry."""
    target = path.readlink()
    if len(target.parts) == 1 and target.name:
        return None
    return FoundRun(path, "damaged", path.lstat().st_mtime, why="is a link, which is not followed")


def _sealed(path: Path, written: float) -> FoundRun:
    try:
        return FoundRun(path, "complete", written, seal=RunDir(path).opened().seal_read)
    except (DataError, EnvironmentError_) as error:
        if _modified(path, MANIFEST) is None and (replaced := _unsealed(path)) is not None:
            return replaced
        return FoundRun(path, "damaged", written, why=reason_of(error, path))


def _unsealed(path: Path) -> FoundRun | None:
    """Return a directory without a manifest as a run, if it is one."""
    parts = (EVENTS, RESOLVED, OVERWRITING, f"{REPLACED}/{MANIFEST}")
    times = [time for name in parts if (time := _modified(path, name)) is not None]
    held = is_held(path)
    if not times and not held:
        return None
    modified = max([*times, path.lstat().st_mtime, *_times(path / "checkpoints")])
    return FoundRun(path, "running" if held else "unfinished", modified)


def _times(folder: Path) -> list[float]:
    """Return when the files of a folder were last written; none where it is missing or a link."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return [entry.stat(follow_symlinks=False).st_mtime for entry in entries]


def _modified(path: Path, name: str) -> float | None:
    """Return when a file of a run was last written; None if there is none."""
    try:
        return os.lstat(f"{path}{os.sep}{name}").st_mtime
    except (FileNotFoundError, NotADirectoryError):
        return None


def reason_of(error: ForecasterError, path: Path) -> str:
    """Return what an error says about a run, without the directory that its place begins with."""
    said = error.diagnostics[0].summary
    return said.removeprefix(f"{path}{os.sep}").removeprefix(f"{path}: ")


def sealed_size(path: Path, seal: Seal) -> int:
    """Return the bytes of a complete run: those of the files that the manifest lists, and of others beside it."""
    listed = seal.manifest["files"]
    try:
        with os.scandir(path) as entries:
            others = [
                e.stat(follow_symlinks=False).st_size
                for e in entries
                if e.name not in listed and e.is_file(follow_symlinks=False)
            ]
    except OSError:
        others = []
    total: int = sum(entry["bytes"] for entry in listed.values())
    return total + sum(others)


def size_of(path: Path) -> int | None:
    """Return the bytes of all files of a directory, links not followed; None if there are too many to count."""
    total = count = 0
    for info in _files(path, 0):
        total, count = total + info.st_size, count + 1
        if count > MOST_FILES:
            return None
    return total


def _files(path: str | Path, depth: int) -> Iterator[os.stat_result]:
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                info = entry.stat(follow_symlinks=False)
                yield info
                if stat.S_ISDIR(info.st_mode) and depth < MOST_DEPTH:
                    yield from _files(entry.path, depth + 1)
    except OSError:
        # What a run that is being written or removed has no more, or nobody may read, has no size that is known.
        return


def located(run: Path) -> Path:
    """Return the run directory that is meant: where no file is called `latest`, that is the newest run of its folder.

    Args:
        run: A run directory; `latest` alone means `runs/latest`.

    Raises:
        DataError: When the folder holds no complete run, or the newest one is damaged.
    """
    if run.name != LATEST or run.is_symlink() or run.exists():
        return run
    alone = run == Path(LATEST)
    return newest(DEFAULT_FOLDER if alone else run.parent)


def newest(folder: Path) -> Path:
    """Return the newest complete run of a folder that can forecast: not a backtest, which stores no network.

    Args:
        folder: The folder.

    Raises:
        DataError: When it holds no such run, or the newest one is damaged.
    """
    sealed = [
        (written, Path(entry.path))
        for entry in _entries(folder)
        if not entry.is_symlink() and entry.is_dir(follow_symlinks=False)
        if (written := _modified(Path(entry.path), MANIFEST)) is not None
    ]
    for written, path in sorted(sealed, reverse=True):
        found = _sealed(path, written)
        if found.state == "damaged":
            raise DataError(
                f"{path}: the newest run of {folder} cannot be used: {found.why}",
                hint="name another run, or restore this one from a copy",
            )
        if found.seal is not None and forecasts(found.seal):
            return path
    raise DataError(
        f"{folder}: holds no complete run, so none is the {LATEST}", hint="`forecaster train` creates one"
    )


def forecasts(seal: Seal) -> bool:
    """Return whether a run can forecast: it holds the network that a backtest lacks."""
    return "model/spec.json" in seal.manifest["files"]
