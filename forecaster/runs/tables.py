"""Arrow tables as CSV, Parquet, JSON or Excel, in memory or in a file that is written atomically."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.errors import UsageError
from forecaster.runs.files import write_whole

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".csv", ".parquet", ".json", ".xlsx")
# How a text begins that spreadsheets take for a formula, also in the wide letters of East Asian keyboards.
_FORMULA = "^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"


def csv_bytes(table: pa.Table) -> bytes:
    """Return a table as CSV in UTF-8, with a header. Text is quoted only if it holds a comma, a quote or a line end."""
    import pyarrow as pa
    from pyarrow import compute
    from pyarrow import csv as arrow_csv

    # Arrow's style "needed" quotes all text, and "none" refuses text that must be quoted.
    must = any(
        compute.any(compute.match_substring_regex(column, '[",\r\n]')).as_py()
        for column in table.columns
        if pa.types.is_string(column.type)
    )
    out = io.BytesIO()
    style = "needed" if must else "none"
    arrow_csv.write_csv(table, out, arrow_csv.WriteOptions(include_header=False, quoting_style=style))
    return (",".join(_field(name) for name in table.column_names) + "\n").encode() + out.getvalue()


def _field(text: str) -> str:
    """Return a name as a field of the header, quoted if necessary."""
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def spreadsheet_safe(table: pa.Table) -> pa.Table:
    """Return a table whose texts and column names are no formulas in a spreadsheet.

    A text that begins with =, +, -, @, a tab or a line end gets an apostrophe in front. Numbers stay as they are.
    """
    import pyarrow as pa
    from pyarrow import compute

    columns = []
    for column in table.columns:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            marked = compute.binary_join_element_wise(
                pa.scalar("'", column.type), column, pa.scalar("", column.type)
            )
            column = compute.if_else(compute.match_substring_regex(column, _FORMULA), marked, column)
        columns.append(column)
    names = [f"'{name}" if re.match(_FORMULA, name) else name for name in table.column_names]
    return pa.table(columns, names=names)


def check_spreadsheet_safe(path: Path | None, *, as_json: bool) -> None:
    """Raise UsageError unless the result is CSV, the only form that spreadsheets look for formulas in.

    Args:
        path: The file; None is stdout.
        as_json: Whether stdout gets JSON.
    """
    if as_json if path is None else path.suffix.lower() != ".csv":
        hint = "name a file that ends in .csv with --output, or leave it out"
        raise UsageError("--spreadsheet-safe is for CSV", hint=hint)


def check_ending(path: Path) -> None:
    """Raise UsageError unless the path ends in .csv, .parquet, .json or .xlsx, is no folder, and can be written."""
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"{path}: the ending names no known format", hint=f"use one of {', '.join(ENDINGS)}")
    if path.is_dir():
        raise UsageError(f"{path}: cannot be written: it is a folder", hint="choose another path")
    if path.suffix.lower() == ".xlsx":
        from forecaster.runs.workbook import check_installed

        check_installed()


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table to a file; see `table_bytes`.

    Raises:
        UsageError: When the ending names no known format.
        EnvironmentError_: When the file cannot be written.
    """
    write_whole(path, table_bytes(table, path))


def table_bytes(table: pa.Table, path: Path) -> bytes:
    """Return a table as CSV, Parquet, JSON (a list of rows) or Excel, by the ending of a path.

    Raises:
        UsageError: When the ending names no known format.
    """
    check_ending(path)
    match path.suffix.lower():
        case ".csv":
            return csv_bytes(table)
        case ".parquet":
            from pyarrow import parquet

            out = io.BytesIO()
            parquet.write_table(table, out)
            return out.getvalue()
        case ".xlsx":
            from forecaster.runs.workbook import workbook_bytes

            return workbook_bytes(table)
        case _:
            return (json.dumps(table.to_pylist(), ensure_ascii=False, allow_nan=False) + "\n").encode()


def rows_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as CSV text with a header.

    Args:
        rows: The rows. A column is there for every key of any row, and None is an empty cell.
    """
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
