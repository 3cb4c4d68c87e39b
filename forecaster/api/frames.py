"""Answers in the kind of table that the question came in."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# The kind of an answer to a question that came without a table, or with a path.
DEFAULT_KIND = "pandas"


def kind_of(data: Any) -> str:
    """The library that a table belongs to: pandas, polars, duckdb or pyarrow.

    A path is answered in pandas; any other object with Arrow's interface as a pyarrow table.
    """
    package = type(data).__module__.partition(".")[0]
    if package in ("pandas", "polars", "pyarrow"):
        return package
    if package in ("duckdb", "_duckdb"):
        return "duckdb"
    return "pyarrow" if hasattr(data, "__arrow_c_stream__") else DEFAULT_KIND


def to_kind(table: pa.Table, kind: str, like: pa.Schema | None = None) -> Any:
    """An Arrow table as a table of a library.

    Args:
        table: The values.
        kind: Of `kind_of`.
        like: The schema of the table that was asked about: columns that both have, such as the id and the
            time, get its types, so that the answer can be joined to it.
    """
    if like is not None:
        table = _with_types(table, like)
    if kind == "pandas":
        return table.to_pandas()
    if kind == "polars":
        return importlib.import_module("polars").from_arrow(table)
    if kind == "duckdb":
        return importlib.import_module("duckdb").from_arrow(table)
    return table


def _with_types(table: pa.Table, like: pa.Schema) -> pa.Table:
    import pyarrow as pa
    import pyarrow.types as types

    time_type = next((f.type for f in like if types.is_timestamp(f.type) or types.is_date(f.type)), None)
    for i, field in enumerate(table.schema):
        at = like.get_field_index(field.name)
        wanted = like.field(at).type if at >= 0 else None
        if field.name == "cutoff" and wanted is None and types.is_timestamp(field.type):
            wanted = time_type
        if wanted is None or wanted == field.type or types.is_dictionary(wanted):
            continue
        try:
            column = table.column(i).cast(wanted)
            same = column.cast(field.type).equals(table.column(i))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            continue
        if not same:
            # The type holds less, as a date does of a time at noon.
            continue
        table = table.set_column(i, field.name, column)
    return table
