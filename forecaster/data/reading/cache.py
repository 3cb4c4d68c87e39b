"""Cache of tables: read once, checked, trimmed and sorted, and mapped into memory at later starts.

An entry is a folder, `tables/KEY`. It appears whole or not at all: it is made under another name, then renamed.
A file in it is used only if it has the length and the checksum that the entry was sealed with.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.data.arrays import OFF, WHERE, NoRoomError, Scratch, cache_folder
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.assemble import VALUES
from forecaster.data.reading.entries import NEW
from forecaster.data.reading.entries import put as _put
from forecaster.data.reading.entries import tidy as _tidy
from forecaster.data.reading.entries import to_disk as _to_disk
from forecaster.data.reading.files import table_files
from forecaster.data.reading.sources import TableSource, fetched, fingerprint, source_name, spoken_of
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.errors import Diagnostic, EnvironmentError_, Location
from forecaster.version import __version__

FORMAT = 1
# Reading a smaller table takes no time that a person notices.
LEAST_BYTES = 16 << 20
_FACTS, _ARRAYS, _SEAL = "facts.json", "arrays.npz", "seal.json"
_CHUNK = 1 << 20
_NAMES = ("targets", "past", "future", "statics")
_OF_PANEL = ("offsets", "first", "static")
# Keys of the data section that do not change what is read.
_APART = {"path", "sql", "connection", "calendar"}


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
    with spoken_of(source):
        return _load_table(spec, source, keep_future=keep_future, time_axis=time_axis)


def _load_table(
    spec: DataSpec, source: TableSource, *, keep_future: bool, time_axis: TimeAxis | None
) -> tuple[Panel, Findings]:
    fetched(source)
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
    new = Path(tempfile.mkdtemp(prefix=NEW, dir=entry.parent))
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
    local = fetched(source)
    if isinstance(local, ArrowTable):
        return local.nbytes
    return sum(file.stat().st_size for file in table_files(local))


def _endings(source: TableSource) -> list[str]:
    local = fetched(source)
    if isinstance(local, ArrowTable):
        return []
    return ["".join(file.suffixes[-2:]) for file in table_files(local)]


def _stats(source: TableSource) -> list[tuple[int, int]]:
    """What tells that a file was changed; a table in memory is not expected to."""
    local = fetched(source)
    if isinstance(local, ArrowTable):
        return []
    return [(s.st_size, s.st_mtime_ns) for s in (file.stat() for file in table_files(local))]


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
