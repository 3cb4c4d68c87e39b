"""Tables of JSON values: rows as objects, columns and data, or a list for each column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import TableSource
from forecaster.errors import Diagnostic
from forecaster.service.problems import RequestError
from forecaster.service.tables import check_rows
from forecaster.text import listed, quoted, shortened

if TYPE_CHECKING:
    import pyarrow as pa


def table_of_json(value: Any, *, path: str, most_rows: int) -> TableSource:
    """Return a table of JSON values: a list of records, columns and data, or a list for each column.

    Args:
        value: The JSON values.
        path: The key of the body that holds them, for messages.
        most_rows: The most rows.

    Raises:
        RequestError: When they are no table.
    """
    import pyarrow as pa

    columns = _columns(value, path)
    check_rows(max((len(cells) for cells in columns.values()), default=0), most_rows)
    arrays = {}
    for name, cells in columns.items():
        try:
            arrays[name] = pa.array(cells)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, OverflowError, UnicodeEncodeError):
            arrays[name] = _as_written(name, cells, path)
        if not _is_plain(arrays[name].type):
            raise _no_table(f"the column {name!r} holds lists or objects", path)
    return ArrowTable.of(pa.table(arrays))


def _as_written(name: str, cells: list[Any], path: str) -> pa.Array:
    """Return cells of mixed types as text, which the reader explains by row where it is none it can read."""
    import pyarrow as pa

    if any(isinstance(cell, list | dict) for cell in cells):
        raise _no_table(f"the column {shortened(name, 60)!r} holds lists or objects", path)
    words = [cell if cell is None or isinstance(cell, str) else json.dumps(cell) for cell in cells]
    try:
        return pa.array(words, pa.string())
    except (pa.ArrowInvalid, UnicodeEncodeError):
        raise _no_table(f"the column {shortened(name, 60)!r} holds text that is no Unicode", path) from None


def _is_plain(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    return not (types.is_nested(kind))


def _columns(value: Any, path: str) -> dict[str, list[Any]]:
    if isinstance(value, list):
        return _of_records(value, path)
    if isinstance(value, dict):
        if "columns" in value and "data" in value and set(value) <= {"columns", "data", "index"}:
            return _of_split(value["columns"], value["data"], path)
        return _of_columns(value, path)
    raise _no_table("is no table", path)


def _of_records(records: list[Any], path: str) -> dict[str, list[Any]]:
    names: dict[str, None] = {}
    for i, record in enumerate(records):
        if not isinstance(record, dict):
            raise _no_table(f"row {i + 1:,}: is no object", path)
        names.update(dict.fromkeys(record))
    return {name: [record.get(name) for record in records] for name in names}


def _of_split(names: Any, rows: Any, path: str) -> dict[str, list[Any]]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _no_table("columns is no list of names", path)
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise _no_table(f"columns has {listed(quoted(twice), most=3)} twice", path)
    if not isinstance(rows, list):
        raise _no_table("data is no list of rows", path)
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(names):
            raise _no_table(f"row {i + 1:,}: is no list of {len(names)} cells", path)
    return {name: [row[c] for row in rows] for c, name in enumerate(names)}


def _of_columns(columns: Mapping[str, Any], path: str) -> dict[str, list[Any]]:
    for name, cells in columns.items():
        if not isinstance(cells, list):
            raise _no_table(f"the column {shortened(name, 60)!r} is no list of cells", path)
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        raise _no_table(f"its columns have from {min(lengths):,} to {max(lengths):,} cells", path)
    return dict(columns)


def _no_table(text: str, path: str) -> RequestError:
    hint = "send a list of objects, one for each row, or columns and data"
    return RequestError(422, "table", f"{path}: {text}", [Diagnostic(text, hint=hint, path=path)])
