"""The files of a table: finding them, opening them, and checking that they hold the columns of the config."""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.elsewhere import Elsewhere, is_elsewhere
from forecaster.data.reading.files import file_format, is_pattern, partition_of, table_files, table_root
from forecaster.data.reading.partitions import PartitionFile, RenamedFile
from forecaster.data.reading.problems import Problems, TableFile
from forecaster.data.spec import CsvSpec, DataSpec
from forecaster.errors import DataError, Diagnostic, EnvironmentError_, Location, UsageError, unreadable
from forecaster.remote.address import IN_MEMORY, STDIO
from forecaster.text import listed, quoted

_LISTED = 20

# A table: a file, a folder of files of one format, a table in memory, or one that is fetched when it is read.
TableSource = Path | ArrowTable | Elsewhere


def as_source(data: Any, spec: DataSpec | None = None) -> TableSource:
    """Take a path, an address, or any object with Arrow's C stream interface, as a table.

    Args:
        data: The table; `-` is stdin, and `env:NAME` the address in an environment variable.
        spec: The data section, whose query is used where the address is that of a database.

    Raises:
        UsageError: The object is none of these, or nothing reads such an address.
        DataError: A column holds values that Arrow has no type for.
    """
    if isinstance(data, Elsewhere):
        return data
    if is_elsewhere(data):
        sql, order = (None, ()) if spec is None else (spec.sql, spec.order)
        found = Elsewhere(data, sql=sql, order=order)
        # A wrong name is refused here, and `env:NAME` may stand for a path.
        return found if found.address is None or found.address.scheme else Path(found.address.text)
    if isinstance(data, str | os.PathLike):
        if "\0" in os.fspath(data):
            raise UsageError(
                f"{os.fspath(data)!r}: no file has such a name", hint="check the name of the table"
            )
        return Path(data)
    return ArrowTable.of(data)


def read_once(data: Any) -> Any:
    """Return data as it is, but stdin as the table that is read from it once, however often it is asked for."""
    return Elsewhere(STDIO) if data == STDIO else data


def source_of(spec: DataSpec, base: Path) -> TableSource:
    """Return the table that a data section names: data.path, relative to a folder, or the rows of data.sql."""
    if spec.path is None or is_elsewhere(spec.path):
        return Elsewhere(spec.path or spec.connection or "", sql=spec.sql, order=spec.order, base=base)
    return base / spec.path


def place_of(source: TableSource, spec: DataSpec) -> dict[str, Any]:
    """Return the keys of a config, by their dotted names, that change where it names another table.

    Args:
        source: The table that was passed in.
        spec: The data section of the config.
    """
    if isinstance(source, Elsewhere) and source.address is not None and source.address.is_database:
        wanted: dict[str, Any] = {"path": None, "connection": source.written, "sql": source.sql}
    else:
        path = IN_MEMORY if isinstance(source, ArrowTable) else ""
        path = source.written if isinstance(source, Elsewhere) else path
        path = str(source.resolve()) if isinstance(source, Path) else path
        wanted = {"path": path, "connection": None, "sql": None}
    return {f"data.{key}": value for key, value in wanted.items() if getattr(spec, key) != value}


def fetched(source: TableSource) -> Path | ArrowTable:
    """Return the table as a file, a folder or a table in memory.

    Raises:
        DataError: It lies elsewhere, and there is no such table, or it may not be read.
        EnvironmentError_: It lies elsewhere, and cannot be reached.
    """
    return source.local if isinstance(source, Elsewhere) else source


def held_in_memory(source: TableSource, spec: DataSpec) -> Path | ArrowTable:
    """Return a table that lies elsewhere as one in memory, with its cells as they are; any other as it is."""
    import pyarrow as pa

    local = fetched(source)
    if not isinstance(source, Elsewhere) or isinstance(local, ArrowTable):
        return local
    with spoken_of(source):
        files = open_table(spec, source)
        names = wanted_columns(spec)
        tables = [pa.table(columns, names=names) for file in files for columns in file.batches(names)]
        problems = Problems()
        for i, file in enumerate(files):
            file.report_rows(problems, i)
        problems.raise_any(files)
    if not tables:
        raise DataError(
            "the table has a header and no rows", hint="give it rows", location=Location(source.name)
        )
    return ArrowTable(pa.concat_tables(tables, promote_options="permissive"), name=source.name)


def spoken_of(source: TableSource) -> AbstractContextManager[None]:
    """Let errors of the block speak of the table by its name."""
    return source.spoken_of() if isinstance(source, Elsewhere) else nullcontext()


def source_name(source: TableSource) -> str:
    """Return what messages call the table."""
    return str(source) if isinstance(source, Path) else source.name


def same_table(source: TableSource, sha256: str) -> bool:
    """Whether the table still exists, with this fingerprint. One that cannot be fetched does not."""
    if isinstance(source, Path) and not source.exists() and not is_pattern(source):
        return False
    if isinstance(source, Elsewhere):
        try:
            fetched(source)
        except (DataError, EnvironmentError_):
            return False
    return fingerprint(source) == sha256


def open_table(spec: DataSpec, source: TableSource) -> list[TableFile]:
    """Open every file of a table, in the order of `table_files`.

    Raises:
        DataError: There is nothing to read, or a file lacks a column that the spec names.
    """
    text_columns = [spec.id] if spec.id else []
    files = [_with_index(file, spec) for file in open_files(source, spec.csv, text_columns, spec.sheet)]
    for file in files:
        _check_columns(spec, file)
    return files


def open_files(
    source: TableSource, csv: CsvSpec, text_columns: Sequence[str] = (), sheet: str | None = None
) -> list[TableFile]:
    """Open every file of a table, whatever its columns; see `formats.Format` for the arguments."""
    local = fetched(source)
    if isinstance(local, ArrowTable):
        return [local.keeping(text_columns)]
    root = table_root(local)
    return [_opened(file, partition_of(file, root), csv, text_columns, sheet) for file in table_files(local)]


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
    file: Path,
    partition: dict[str, str | None],
    csv: CsvSpec,
    text_columns: Sequence[str],
    sheet: str | None,
) -> TableFile:
    found = file_format(file)(file, csv, text_columns, sheet)
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
    local = fetched(source)
    if isinstance(local, ArrowTable):
        return local.sha256
    digest, root = hashlib.sha256(), table_root(local)
    for file in table_files(local):
        if root is not None:
            digest.update(f"{file.relative_to(root).as_posix()}\0{file.stat().st_size}\0".encode())
        try:
            with file.open("rb") as handle:
                while block := handle.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise unreadable(file, error) from error
    return digest.hexdigest()


def wanted_columns(spec: DataSpec) -> list[str]:
    """Return the name of every column that a spec names."""
    return list(dict.fromkeys(name for _, name in _wanted(spec)))


def _wanted(spec: DataSpec) -> list[tuple[str, str]]:
    """Return the role and the name of every column that a spec names."""
    roles = {"time": [spec.time], "id": [spec.id] if spec.id else []}
    roles["time_parts"] = list(spec.time_parts.columns.values())
    for role in ("targets", "past_covariates", "future_covariates", "static_covariates"):
        roles[role] = getattr(spec, role)
    return [(role, name) for role, names in roles.items() for name in names]


def _check_columns(spec: DataSpec, file: TableFile) -> None:
    """Raise DataError for all columns that are absent or ambiguous."""
    wanted = _wanted(spec)
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
