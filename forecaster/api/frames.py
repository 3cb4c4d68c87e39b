"""Conversion of Arrow tables to the library of the table that a caller passed in."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from forecaster.arguments import wrong_type

if TYPE_CHECKING:
    import pyarrow as pa

# The library of the answer when the caller passed a path or no table.
DEFAULT_KIND = "pandas"


def kind_of(data: Any) -> str:
    """Return the library that a table belongs to: "pandas", "polars", "duckdb" or "pyarrow".

    The answer for a path or None is `DEFAULT_KIND`; for any other object with Arrow's interface it is "pyarrow".
    """
    package = type(data).__module__.partition(".")[0]
    if package in ("pandas", "polars", "pyarrow"):
        return package
    if package in ("duckdb", "_duckdb"):
        return "duckdb"
    return "pyarrow" if hasattr(data, "__arrow_c_stream__") else DEFAULT_KIND


def to_kind(table: pa.Table, kind: str, like: pa.Schema | None = None) -> Any:
    """Convert an Arrow table to a table of another library.

    Args:
        table: The values.
        kind: The library, as `kind_of` returns it.
        like: The schema of the caller's table. Columns that both tables have, such as the id and the time, get
            its types, so that the result can be joined to the caller's table.

    Returns:
        A pandas or polars data frame, a DuckDB relation, or the Arrow table itself.
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


def has_native_times(like: pa.Schema | None, time: str) -> bool:
    """Return whether the times of an answer are timestamps; if not, they are text, as in a CSV file.

    Args:
        like: The schema of the caller's table; None if there is none in memory.
        time: The name of its column of times.
    """
    import pyarrow.types as types

    at = -1 if like is None else like.get_field_index(time)
    if like is None or at < 0:
        return True
    kind = like.field(at).type
    kind = kind.value_type if types.is_dictionary(kind) else kind
    return not (types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def spreadsheet_safe(table: Any) -> Any:
    """Return a table that can be written as CSV and opened in a spreadsheet without any of its texts as a formula.

    Args:
        table: A table of pandas, polars, DuckDB or pyarrow, such as `Run.predict` returns.

    Returns:
        A table of the same library. A text or a column name that begins with =, +, -, @, a tab or a line end has an
        apostrophe in front; all else stays as it is.

    Raises:
        UsageError: When it is no table.
    """
    import pyarrow as pa

    from forecaster.runs.tables import spreadsheet_safe as safe

    kind = kind_of(table)
    if kind == "pandas" and not hasattr(table, "columns"):
        raise wrong_type("table", table, "a table of pandas, polars, DuckDB or pyarrow")
    arrow = pa.Table.from_pandas(table, preserve_index=False) if kind == "pandas" else pa.table(table)
    return to_kind(safe(arrow), kind)


def _with_types(table: pa.Table, like: pa.Schema) -> pa.Table:
    """Return the table with the types of another schema, column by column, where the values can be cast."""
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
            # The type holds less than the values, as a date does of a time at noon.
            continue
        table = table.set_column(i, field.name, column)
    return table
