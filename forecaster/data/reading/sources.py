"""The files of a table: finding them, opening them, and checking that they hold the columns of the config."""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.files import file_format, is_pattern, partition_of, table_files, table_root
from forecaster.data.reading.partitions import PartitionFile, RenamedFile
from forecaster.data.reading.problems import TableFile
from forecaster.data.spec import CsvSpec, DataSpec
from forecaster.errors import DataError, Diagnostic, Location, unreadable
from forecaster.text import listed, quoted

_LISTED = 20

# A table: a file, a folder of files of one format, or a table in memory.
TableSource = Path | ArrowTable


def as_source(data: Any) -> TableSource:
    """Take a path, or any object with Arrow's C stream interface, as a table.

    Raises:
        UsageError: The object is neither.
        DataError: A column holds values that Arrow has no type for.
    """
    if isinstance(data, str | os.PathLike):
        return Path(data)
    return ArrowTable.of(data)


def source_name(source: TableSource) -> str:
    """Return what messages call the table."""
    return source.name if isinstance(source, ArrowTable) else str(source)


def same_table(source: TableSource, sha256: str) -> bool:
    """Whether the table still exists, with this fingerprint."""
    if isinstance(source, Path) and not source.exists() and not is_pattern(source):
        return False
    return fingerprint(source) == sha256


def open_table(spec: DataSpec, source: TableSource) -> list[TableFile]:
    """Open every file of a table, in the order of `table_files`.

    Raises:
        DataError: There is nothing to read, or a file lacks a column that the spec names.
    """
    files = [_with_index(file, spec) for file in open_files(source, spec.csv, [spec.id] if spec.id else [])]
    for file in files:
        _check_columns(spec, file)
    return files


def open_files(source: TableSource, csv: CsvSpec, text_columns: Sequence[str] = ()) -> list[TableFile]:
    """Open every file of a table, whatever its columns; see `formats.Format` for the arguments."""
    if isinstance(source, ArrowTable):
        return [source.keeping(text_columns)]
    root = table_root(source)
    return [_opened(file, partition_of(file, root), csv, text_columns) for file in table_files(source)]


def _with_index(file: TableFile, spec: DataSpec) -> TableFile:
    """Return a file whose index without a name is called as in the config: every format calls it in another way."""
    names = {}
    for level in (0, 1):
        known = [
            f"__index_level_{level}__",
            f"Unnamed: {level}",
            f"level_{level}",
            *(["index"] if level == 0 else []),
        ]
        held = [name for name in known if name in file.columns]
        for name in (spec.time, spec.id):
            if name in known and name not in file.columns and len(held) == 1:
                names[name] = held[0]
    return RenamedFile(file, names) if names else file


def _opened(
    file: Path, partition: dict[str, str | None], csv: CsvSpec, text_columns: Sequence[str]
) -> TableFile:
    found = file_format(file)(file, csv, text_columns)
    absent = {name: value for name, value in partition.items() if name not in found.columns}
    return PartitionFile(found, absent) if absent else found


def fingerprint(source: TableSource) -> str:
    """Return the sha256, in hex, of a table.

    Of a file, it is that of its bytes; of a folder or a pattern, that of its files' names and bytes in order; of a
    table in memory, that of its names, types and values.

    Raises:
        DataError: There is nothing to read; see `table_files`.
        EnvironmentError_: A file cannot be read.
    """
    if isinstance(source, ArrowTable):
        return source.sha256
    digest, root = hashlib.sha256(), table_root(source)
    for file in table_files(source):
        if root is not None:
            digest.update(f"{file.relative_to(root).as_posix()}\0{file.stat().st_size}\0".encode())
        try:
            with file.open("rb") as handle:
                while block := handle.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise unreadable(file, error) from error
    return digest.hexdigest()


def _check_columns(spec: DataSpec, file: TableFile) -> None:
    """Raise DataError for all columns that are absent or ambiguous."""
    roles = {"time": [spec.time], "id": [spec.id] if spec.id else []}
    roles["time_parts"] = list(spec.time_parts.columns.values())
    for role in ("targets", "past_covariates", "future_covariates", "static_covariates"):
        roles[role] = getattr(spec, role)
    wanted = [(role, name) for role, names in roles.items() for name in names]
    place = Location(file.name)
    absent = [(role, name) for role, name in wanted if name not in file.columns]
    fault = file.header_fault() if absent else None
    if fault is not None:
        raise DataError("wrong header", diagnostics=[fault])
    faults = []
    for role, name in absent:
        near = difflib.get_close_matches(name, file.columns, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        hint += f"the columns are {listed(quoted(file.columns), most=_LISTED)}"
        faults.append(Diagnostic(f"no column is called {name!r}", hint, place, f"data.{role}"))
    for role, name in wanted:
        n = file.columns.count(name)
        if n > 1:
            summary = f"{n} columns are called {name!r}"
            faults.append(Diagnostic(summary, "rename all but one", place, f"data.{role}"))
    if faults:
        raise DataError("wrong columns", diagnostics=faults)
