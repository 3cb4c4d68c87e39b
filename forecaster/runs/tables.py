"""Arrow tables as CSV, Parquet or JSON, in memory or in a file that is written atomically."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.errors import UsageError
from forecaster.runs.files import write_whole

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".csv", ".parquet", ".json")


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


def check_ending(path: Path) -> None:
    """Raise UsageError unless the path ends in .csv, .parquet or .json."""
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"{path}: the ending names no known format", hint=f"use one of {', '.join(ENDINGS)}")


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as CSV, Parquet or JSON (a list of rows), by the ending of the path.

    Args:
        table: The table.
        path: The file.

    Raises:
        UsageError: When the ending names no known format.
        EnvironmentError_: When the file cannot be written.
    """
    check_ending(path)
    match path.suffix.lower():
        case ".csv":
            content = csv_bytes(table)
        case ".parquet":
            from pyarrow import parquet

            out = io.BytesIO()
            parquet.write_table(table, out)
            content = out.getvalue()
        case _:
            content = (json.dumps(table.to_pylist(), ensure_ascii=False, allow_nan=False) + "\n").encode()
    write_whole(path, content)


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
