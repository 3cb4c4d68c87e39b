"""Cells of a categorical column as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.data.arrays import Ints
from forecaster.data.reading.problems import Problems

if TYPE_CHECKING:
    import pyarrow as pa


def read_categories(column: pa.Array, problems: Problems, *, name: str, file: int, rows: Ints) -> pa.Array:
    """Categories as dictionary-encoded text without outer blanks; an empty cell is null.

    "NA" is a name like any other. rows: the data row of each cell, for messages.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if types.is_floating(kind):
        column = _whole(column)
        kind = column.type
    texty = types.is_string(kind) or types.is_large_string(kind)
    if not (texty or types.is_integer(kind) or types.is_boolean(kind) or types.is_null(kind)):
        hint = "store them as text or integers"
        problems.add(file, rows[:1], name, lambda _: (f"the column holds {kind}, not categories", hint))
        column = pa.nulls(len(rows), pa.string())
    text = column.cast(pa.string())
    if texty:
        text = pc.utf8_trim_whitespace(text)
        text = pc.if_else(pc.equal(text, ""), None, text)
    return text.dictionary_encode()


def _whole(column: pa.Array) -> pa.Array:
    """Whole numbers that an empty cell has turned into floats; others as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = pc.if_else(pc.is_nan(column), None, column)
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column
