"""Tables that were read before, as files that are mapped into memory: read once, checked, trimmed and sorted.

An entry is a folder, `tables/KEY`, that appears whole or not at all: it is made under another name and
then renamed. Nothing in it is trusted that does not have the length and the checksum it was sealed with.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

import forecaster
from forecaster.data.arrays import OFF, SCRATCH, WHERE, NoRoomError, Scratch, cache_folder
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.assemble import VALUES
from forecaster.data.reading.sources import fingerprint, table_files
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.errors import Diagnostic, Location
from forecaster.system import patiently, sync_folder

FORMAT = 1
# Smaller tables are read in less time than anybody notices.
LEAST_BYTES = 16 << 20
MOST_BYTES, MOST_DAYS = 32 << 30, 30
_FACTS, _ARRAYS, _SEAL = "facts.json", "arrays.npz", "seal.json"
_NEW, _OLD = ".new-", ".old-"
_CHUNK = 1 << 20
_DAY_S = 86_400
_NAMES = ("targets", "past", "future", "statics")
_OF_PANEL = ("offsets", "first", "static")
# Neither changes what is read.
_APART = {"path", "calendar"}


def load_table(
    spec: DataSpec, path: Path, *, keep_future: bool = False, time_axis: TimeAxis | None = None
) -> tuple[Panel, Findings]:
    """What `read_table` returns, for large tables with values that are mapped, not in memory.

    A table is read once, in as much memory as a few blocks of it take, and kept for the next start
    under a key of its bytes and of everything that changes the result. Where it cannot be kept, it is
    read into memory and a warning says so.
    """
    folder = cache_folder()
    key = None if folder is None else _key(spec, path, keep_future=keep_future, time_axis=time_axis)
    if folder is None or key is None:
        return read_table(spec, path, keep_future=keep_future, time_axis=time_axis)
    entry = folder / "tables" / key
    found = _opened(entry, str(path))
    if found is not None:
        return found
    try:
        return _made(entry, spec, path, keep_future=keep_future, time_axis=time_axis)
    except (NoRoomError, OSError) as error:
        panel, findings = read_table(spec, path, keep_future=keep_future, time_axis=time_axis)
        why = error.diagnostics[0].summary if isinstance(error, NoRoomError) else str(error)
        remark = Diagnostic(
            f"the table was read into memory, for it cannot be kept: {why}",
            hint=f"make space, set {WHERE} to another folder, or to {OFF}",
            location=Location(str(path)),
            severity="warning",
        )
        return panel, replace(findings, warnings=(*findings.warnings, remark))


def _key(spec: DataSpec, path: Path, *, keep_future: bool, time_axis: TimeAxis | None) -> str | None:
    """None for a table that is small, or that cannot be read: reading it says why."""
    files = table_files(path)
    try:
        if sum(file.stat().st_size for file in files) < LEAST_BYTES:
            return None
        data = fingerprint(path)
    except OSError:
        return None
    facts = {
        "format": FORMAT,
        "version": forecaster.__version__,
        "data": data,
        "endings": ["".join(file.suffixes[-2:]) for file in files],
        "spec": spec.model_dump(mode="json", exclude=_APART),
        "keep_future": keep_future,
        "grid": None if time_axis is None else time_axis.as_json(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _made(
    entry: Path, spec: DataSpec, path: Path, *, keep_future: bool, time_axis: TimeAxis | None
) -> tuple[Panel, Findings]:
    """Read the table into a new entry. Raises NoRoomError and OSError where it cannot be written, and
    leaves nothing of it behind."""
    entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = _stats(path)
    new = Path(tempfile.mkdtemp(prefix=_NEW, dir=entry.parent))
    try:
        panel, findings = read_table(
            spec, path, keep_future=keep_future, time_axis=time_axis, scratch=Scratch(new)
        )
        _write(new, panel, findings)
        if _stats(path) != before:
            # The file changed while it was read: these rows belong to no key.
            return panel, findings
        # Windows renames no folder while a file in it is open, as the one that holds the values is.
        del panel, findings
        _put(new, entry)
        made = _opened(entry, str(path))
        if made is None:
            raise OSError(errno.EIO, "what was written there cannot be read back", str(entry))
        _tidy(entry)
        return made
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _stats(path: Path) -> list[tuple[int, int]]:
    return [(s.st_size, s.st_mtime_ns) for s in (file.stat() for file in table_files(path))]


def _write(folder: Path, panel: Panel, findings: Findings) -> None:
    values = panel.values
    if isinstance(values, np.memmap):
        values.flush()
    else:  # a table without rows or columns
        (folder / VALUES).write_bytes(values.tobytes())
    arrays = {name: getattr(panel, name) for name in _OF_PANEL}
    arrays |= {f.name: getattr(findings, f.name) for f in _arrays_of_findings(findings)}
    np.savez(folder / _ARRAYS, **arrays)
    facts = {
        "grid": panel.time_axis.as_json(),
        "ids": panel.ids,
        **{name: getattr(panel, name) for name in _NAMES},
        "categories": dict(panel.categories),
        "shape": values.shape,
        "dropped": findings.dropped,
        "unsorted": findings.unsorted,
        "warnings": [warning.summary for warning in findings.warnings],
    }
    (folder / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
    seal = {name: _measure(folder / name) for name in (VALUES, _ARRAYS, _FACTS)}
    (folder / _SEAL).write_text(json.dumps(seal), encoding="utf-8")
    for file in (VALUES, _ARRAYS, _FACTS, _SEAL):
        _to_disk(folder / file)
    _to_disk(folder)


def _arrays_of_findings(findings: Findings) -> list[Any]:
    return [f for f in fields(findings) if isinstance(getattr(findings, f.name), np.ndarray)]


def _opened(entry: Path, source: str) -> tuple[Panel, Findings] | None:
    """The table of an entry; None where there is none, or it is damaged."""
    try:
        seal = json.loads((entry / _SEAL).read_bytes())
        if any(_measure(entry / name) != seal[name] for name in (VALUES, _ARRAYS, _FACTS)):
            return None
        facts = json.loads((entry / _FACTS).read_bytes())
        with np.load(entry / _ARRAYS, allow_pickle=False) as stored:
            arrays = dict(stored)
        shape = tuple(facts["shape"])
        # Nothing cannot be mapped.
        values = np.empty(shape) if 0 in shape else np.memmap(entry / VALUES, np.float64, "r", shape=shape)
        # The least recently used go first.
        os.utime(entry)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    named: dict[str, Any] = {name: tuple(facts[name]) for name in _NAMES}
    named |= {name: arrays.pop(name) for name in _OF_PANEL}
    panel = Panel(
        time_axis=TimeAxis.from_json(facts["grid"]),
        ids=tuple(facts["ids"]),
        values=values,
        source=source,
        categories={name: tuple(of) for name, of in facts["categories"].items()},
        **named,
    )
    warnings = tuple(
        Diagnostic(text, location=Location(source), severity="warning") for text in facts["warnings"]
    )
    findings = Findings(
        **arrays, dropped=tuple(facts["dropped"]), unsorted=facts["unsorted"], warnings=warnings
    )
    return panel, findings


def _put(new: Path, entry: Path) -> None:
    """Give a finished entry its name, in place of a damaged one."""
    # Windows moves no entry that another process has open.
    with contextlib.suppress(FileNotFoundError, PermissionError):
        _remove(entry)
    try:
        patiently(lambda: new.rename(entry))
    except OSError as error:
        # Another process was first; its entry is as good.
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
    _to_disk(entry.parent)


def _tidy(kept: Path) -> None:
    """Keep the cache within its bounds: the least recently used entries go, and what kills left behind.

    On Windows what another process has open stays until the next time.
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
            size = sum(file.stat().st_size for file in folder.iterdir())
            if folder.name.startswith((_NEW, _OLD)):
                if now - used > _DAY_S:
                    shutil.rmtree(folder, ignore_errors=True)
            elif folder != kept:
                entries.append((used, size, folder))
    room = MOST_BYTES - sum(file.stat().st_size for file in kept.iterdir())
    for used, size, folder in sorted(entries, reverse=True):
        room -= size
        if room < 0 or now - used > MOST_DAYS * _DAY_S:
            with contextlib.suppress(FileNotFoundError, PermissionError):
                _remove(folder)


def _remove(entry: Path) -> None:
    """Under another name first: nobody sees an entry that is half there."""
    old = Path(tempfile.mkdtemp(prefix=_OLD, dir=entry.parent))
    try:
        entry.rename(old / entry.name)
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _measure(file: Path) -> list[int]:
    """Length and checksum."""
    size = check = 0
    for chunk in _chunks(file):
        size, check = size + len(chunk), zlib.crc32(chunk, check)
    return [size, check]


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            yield chunk


def _to_disk(path: Path) -> None:
    if path.is_dir():
        sync_folder(path)
        return
    with path.open(
        "r+b"
    ) as file:  # Windows writes nothing to the disk through a file that is open for reading
        os.fsync(file.fileno())
