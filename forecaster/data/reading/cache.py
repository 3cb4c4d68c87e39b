"""Cache of tables: read once, checked, trimmed and sorted, and mapped into memory at later starts.

An entry is a folder, `tables/KEY`. It appears whole or not at all: it is made under another name, then renamed.
A file in it is used only if it has the length and the checksum that the entry was sealed with.
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
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.data.arrays import OFF, SCRATCH, WHERE, NoRoomError, Scratch, cache_folder
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.assemble import VALUES
from forecaster.data.reading.files import table_files
from forecaster.data.reading.sources import TableSource, fingerprint, source_name
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.errors import Diagnostic, EnvironmentError_, Location
from forecaster.system import patiently, sync_folder
from forecaster.version import __version__

FORMAT = 1
# Reading a smaller table takes no time that a person notices.
LEAST_BYTES = 16 << 20
MOST_BYTES, MOST_DAYS = 32 << 30, 30
_FACTS, _ARRAYS, _SEAL = "facts.json", "arrays.npz", "seal.json"
_NEW, _OLD = ".new-", ".old-"
_CHUNK = 1 << 20
_DAY_S = 86_400
_NAMES = ("targets", "past", "future", "statics")
_OF_PANEL = ("offsets", "first", "static")
# Keys of the data section that do not change what is read.
_APART = {"path", "calendar"}


def load_table(
    spec: DataSpec, source: TableSource, *, keep_future: bool = False, time_axis: TimeAxis | None = None
) -> tuple[Panel, Findings]:
    """Read a table as `read_table` does, but map the values of a large table instead of holding them in memory.

    A large table is read once, in the memory that a few blocks of it take, and kept for the next start under a
    key of its bytes and of everything that changes the result. A table that cannot be kept is read into memory,
    with a warning.

    Takes the arguments of `read_table`.

    Returns:
        The panel, whose values are a read-only map where they come from the cache, and the findings.

    Raises:
        DataError, ConfigError: As for `read_table`.
    """
    folder = cache_folder()
    key = None if folder is None else _key(spec, source, keep_future=keep_future, time_axis=time_axis)
    if folder is None or key is None:
        return read_table(spec, source, keep_future=keep_future, time_axis=time_axis)
    entry = folder / "tables" / key
    cached = _opened(entry, source_name(source))
    if cached is not None:
        return cached
    try:
        return _made(entry, spec, source, keep_future=keep_future, time_axis=time_axis)
    except (NoRoomError, OSError) as error:
        panel, findings = read_table(spec, source, keep_future=keep_future, time_axis=time_axis)
        why = error.diagnostics[0].summary if isinstance(error, NoRoomError) else str(error)
        remark = Diagnostic(
            f"the table was read into memory, because it cannot be kept: {why}",
            hint=f"make space, set {WHERE} to another folder, or to {OFF}",
            location=Location(source_name(source)),
            severity="warning",
        )
        return panel, replace(findings, warnings=(*findings.warnings, remark))


def _key(spec: DataSpec, source: TableSource, *, keep_future: bool, time_axis: TimeAxis | None) -> str | None:
    """Return the key of a table; None where it is small, or cannot be read, which reading it will explain."""
    try:
        if _size(source) < LEAST_BYTES:
            return None
        data = fingerprint(source)
    except (OSError, EnvironmentError_):
        return None
    facts = {
        "format": FORMAT,
        "version": __version__,
        "data": data,
        "endings": _endings(source),
        "spec": spec.model_dump(mode="json", exclude=_APART),
        "keep_future": keep_future,
        "grid": None if time_axis is None else time_axis.as_json(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _made(
    entry: Path, spec: DataSpec, source: TableSource, *, keep_future: bool, time_axis: TimeAxis | None
) -> tuple[Panel, Findings]:
    """Read the table into a new entry. Raises NoRoomError or OSError where it cannot be written; no part of the
    entry remains then."""
    entry.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    before = _stats(source)
    new = Path(tempfile.mkdtemp(prefix=_NEW, dir=entry.parent))
    try:
        panel, findings = read_table(
            spec, source, keep_future=keep_future, time_axis=time_axis, scratch=Scratch(new)
        )
        _write(new, panel, findings)
        if _stats(source) != before:
            # The file changed while it was read: no key describes these rows.
            return panel, findings
        # Windows renames no folder while a file in it is open, as the one that holds the values is.
        del panel, findings
        _put(new, entry)
        made = _opened(entry, source_name(source))
        if made is None:
            raise OSError(errno.EIO, "what was written there cannot be read back", str(entry))
        _tidy(entry)
        return made
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _size(source: TableSource) -> int:
    """Bytes of the table."""
    if isinstance(source, ArrowTable):
        return source.nbytes
    return sum(file.stat().st_size for file in table_files(source))


def _endings(source: TableSource) -> list[str]:
    if isinstance(source, ArrowTable):
        return []
    return ["".join(file.suffixes[-2:]) for file in table_files(source)]


def _stats(source: TableSource) -> list[tuple[int, int]]:
    """What tells that a file was changed; a table in memory is not expected to."""
    if isinstance(source, ArrowTable):
        return []
    return [(s.st_size, s.st_mtime_ns) for s in (file.stat() for file in table_files(source))]


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
    """Return the table of an entry; None where there is no entry, or it is damaged."""
    try:
        seal = json.loads((entry / _SEAL).read_bytes())
        if any(_measure(entry / name) != seal[name] for name in (VALUES, _ARRAYS, _FACTS)):
            return None
        facts = json.loads((entry / _FACTS).read_bytes())
        with np.load(entry / _ARRAYS, allow_pickle=False) as stored:
            arrays = dict(stored)
        shape = tuple(facts["shape"])
        # An empty file cannot be mapped.
        values = np.empty(shape) if 0 in shape else np.memmap(entry / VALUES, np.float64, "r", shape=shape)
        # `_tidy` removes the least recently used entries first.
        os.utime(entry)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        zipfile.BadZipFile,
    ):  # what a failing disk does to an archive
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
        # Another process has made the same entry meanwhile.
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
    _to_disk(entry.parent)


def _tidy(kept: Path) -> None:
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
    """Rename an entry, then remove it: no other process sees one half removed."""
    old = Path(tempfile.mkdtemp(prefix=_OLD, dir=entry.parent))
    try:
        entry.rename(old / entry.name)
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _measure(file: Path) -> list[int]:
    """Return the length and the CRC-32 of a file."""
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
