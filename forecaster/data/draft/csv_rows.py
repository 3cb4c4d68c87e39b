"""The first rows of the CSV files of a table, as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.data.draft.not_csv import check_named, check_row_names
from forecaster.data.reading.csv_file import with_names
from forecaster.data.reading.files import partition_of, table_files, table_root
from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    import pandas as pd

# Of a table with very many files, some show how it is written.
_MOST_FILES = 100
_LEAST_ROWS = 50
_LONGEST_FIELD = 4 << 20


def first_rows(source: Path, separator: str, head: Callable[[Path], str], most_rows: int) -> pd.DataFrame:
    """Return the first rows of each file of a table, with the columns that the names of its folders hold.

    Args:
        source: The file, the folder or the pattern.
        separator: The mark between two fields.
        head: Returns the first lines of a file, without those that are no rows.
        most_rows: How many rows to return, of all files together.

    Raises:
        DataError: A row has another number of fields than the header, or the files differ in their columns.
    """
    import pandas as pd

    files, root = table_files(source)[:_MOST_FILES], table_root(source)
    n_rows = max(most_rows // len(files), _LEAST_ROWS)
    tables: list[pd.DataFrame] = []
    for file in files:
        table = _rows(file, head(file), separator, n_rows)
        for name, value in partition_of(file, root).items():
            if name not in table:
                table[name] = pd.array([value or ""] * len(table), dtype="str")
        if tables and (absent := [name for name in tables[0] if name not in table]):
            # A line without the separator is one field.
            apart = len(table.columns) == 1 and any(mark in table.columns[0] for mark in ",;\t|")
            raise DataError(
                f"no column is called {absent[0]!r}, as in {files[0]}"
                + (f", whose mark between columns is {separator!r}" if apart else ""),
                hint=f"give every file of the table the same {'mark between columns' if apart else 'columns'}",
                location=Location(str(file)),
            )
        tables.append(table[list(tables[0])] if tables else table)
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def _rows(path: Path, text: str, separator: str, n_rows: int) -> pd.DataFrame:
    import pandas as pd

    numbered = _fields(path, text, separator)
    if text.count("\n") > len(numbered) > n_rows:
        # The sample may end inside a quoted cell of several lines.
        numbered.pop()
    if not numbered:
        raise DataError(f"{path}: the file is empty", hint="give a table with a header line")
    header, body = with_names(numbered[0][1], stripped=separator == "|"), numbered[1 : n_rows + 1]
    check_named(header, numbered[0][0], path)
    check_row_names(header, body, path)
    for line, fields in body:
        if len(fields) != len(header):
            raise DataError(
                f"the line has {len(fields)} fields, the header has {len(header)}",
                hint="write as many fields in every line as in the first",
                location=Location(str(path), line),
            )
    check_repeated(header, str(path))
    return pd.DataFrame([fields for _, fields in body], columns=pd.Index(header), dtype="str")


def check_repeated(names: list[str], source: str) -> None:
    """Raise DataError where two columns of a table have one name."""
    repeated = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if repeated is not None:
        raise DataError(
            f"{names.count(repeated)} columns are called {repeated!r}",
            hint="rename all but one",
            location=Location(source),
        )


def _fields(path: Path, text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Return the first line and the fields of every record that is not blank."""
    found, line = [], 1
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for fields in reader:
            if fields:
                found.append((line, fields))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"the file is not a CSV table: {error}",
            hint="check the separator and the quotes",
            location=Location(str(path), line),
        ) from None
    finally:
        csv.field_size_limit(before)
    return found
