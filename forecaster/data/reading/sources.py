"""The files of a table: found, opened, and held to the columns that the config names."""

from __future__ import annotations

import difflib
import hashlib
import os
from pathlib import Path

from forecaster.data.reading import csv_file as read_csv
from forecaster.data.reading import parquet_file as read_parquet
from forecaster.data.reading.csv_file import CsvFile
from forecaster.data.reading.parquet_file import ParquetFile
from forecaster.data.spec import DataSpec
from forecaster.errors import DataError, Diagnostic, Location

_LISTED = 20


def open_table(spec: DataSpec, path: Path) -> list[CsvFile | ParquetFile]:
    """Open every file and check its columns. Raises DataError."""
    files = [_open(p, spec) for p in table_files(path)]
    for file in files:
        _check_columns(spec, file)
    return files


def fingerprint(path: Path) -> str:
    """sha256 of the file's bytes; of a folder, of its files' names and bytes in order."""
    digest = hashlib.sha256()
    for file in table_files(path):
        if path.is_dir():
            digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as handle:
            while block := handle.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def table_files(path: Path) -> list[Path]:
    """The files of a table, sorted by name. Raises DataError when there are none to read."""
    place = Location(str(path))
    os.fsencode(path)  # raises for a name that the locale lacks, which would seem not to be there
    if path.is_dir():
        found = [p for p in path.rglob("*") if p.suffix in read_parquet.ENDINGS and p.is_file()]
        # By their parts: paths themselves are compared in another way on Windows.
        found.sort(key=lambda p: p.parts)
        if not found:
            raise DataError(
                "the folder holds no Parquet file",
                hint="point data.path to a file; several CSV files must be joined into one first",
                location=place,
            )
        return found
    if not path.exists():
        raise DataError("no such file", hint=_nearest_file(path), location=place)
    if not path.is_file():
        raise DataError("not a regular file", hint="point data.path to a CSV or Parquet file", location=place)
    if not path.name.lower().endswith((*read_csv.ENDINGS, *read_parquet.ENDINGS)):
        raise DataError(
            f"cannot read files that end in {''.join(path.suffixes[-2:]) or 'nothing'!r}",
            hint="use .csv, .csv.gz or .parquet",
            location=place,
        )
    return [path]


def _open(path: Path, spec: DataSpec) -> CsvFile | ParquetFile:
    if path.name.lower().endswith(read_parquet.ENDINGS):
        return ParquetFile(path, [spec.id] if spec.id else [])
    return CsvFile(path, spec.csv)


def _check_columns(spec: DataSpec, file: CsvFile | ParquetFile) -> None:
    """Raise DataError for columns that are not there, or there twice, all at once."""
    roles = {"time": [spec.time], "id": [spec.id] if spec.id else []}
    for role in ("targets", "past_covariates", "future_covariates", "static_covariates"):
        roles[role] = getattr(spec, role)
    wanted = [(role, name) for role, names in roles.items() for name in names]
    place = Location(file.name)
    absent = [(role, name) for role, name in wanted if name not in file.columns]
    if absent and isinstance(file, CsvFile):
        mark = read_csv.other_separator(file.columns, spec.csv.separator)
        if mark is not None:
            raise DataError(
                f"the header is one column when split at {spec.csv.separator!r}, and holds {mark!r}",
                hint=f"set data.csv.separator: {mark!r}" if mark != "\t" else 'set data.csv.separator: "\\t"',
                location=place,
            )
    found = []
    for role, name in absent:
        near = difflib.get_close_matches(name, file.columns, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        found.append(
            Diagnostic(f"no column is called {name!r}", f"{hint}{_list(file.columns)}", place, f"data.{role}")
        )
    for role, name in wanted:
        n = file.columns.count(name)
        if n > 1:
            summary = f"{n} columns are called {name!r}"
            found.append(Diagnostic(summary, "rename all but one", place, f"data.{role}"))
    if found:
        raise DataError("wrong columns", diagnostics=found)


def _list(columns: list[str]) -> str:
    more = f", and {len(columns) - _LISTED} more" if len(columns) > _LISTED else ""
    return f"the columns are {', '.join(map(repr, columns[:_LISTED]))}{more}"


def _nearest_file(path: Path) -> str:
    """What to do about a path that is not there."""
    folder = path.parent
    if not folder.is_dir():
        return f"the folder {folder} is not there either; data.path is relative to the YAML file"
    names = [p.name for p in folder.iterdir() if not p.name.startswith(".")]
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else "data.path is relative to the YAML file"
