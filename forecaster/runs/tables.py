"""Tables to bytes and files: CSV, Parquet or JSON, each written whole."""

from __future__ import annotations

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
    """Header and rows; text is quoted only where it holds a mark of the format."""
    import pyarrow as pa
    from pyarrow import compute, csv

    # Arrow's "needed" quotes all text, its "none" refuses text that must be quoted.
    must = any(
        compute.any(compute.match_substring_regex(column, '[",\r\n]')).as_py()
        for column in table.columns
        if pa.types.is_string(column.type)
    )
    out = io.BytesIO()
    style = "needed" if must else "none"
    csv.write_csv(table, out, csv.WriteOptions(include_header=False, quoting_style=style))
    return (",".join(_field(name) for name in table.column_names) + "\n").encode() + out.getvalue()


def _field(text: str) -> str:
    if any(mark in text for mark in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def check_ending(path: Path) -> None:
    """Raises UsageError for an ending that no format goes with."""
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"{path}: the ending says the format", hint=f"use one of {', '.join(ENDINGS)}")


def write_table(table: pa.Table, path: Path) -> None:
    """Write CSV, Parquet or JSON (a list of rows) by the ending of the path."""
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
    """Plain rows with the same keys as CSV text; None is empty."""
    import csv

    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
