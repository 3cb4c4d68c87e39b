"""Cells of a categorical column as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.data.reading.columns import ColumnBatch
from forecaster.data.reading.missing_cells import NOTHING, MissingCells

if TYPE_CHECKING:
    import pyarrow as pa


def read_categories(column: ColumnBatch, missing: MissingCells = NOTHING) -> pa.Array:
    """Return categories as dictionary-encoded text without outer blanks; an empty cell is null.

    "NA" is a name like any other. A type that holds no categories is added to the problems of the column.

    Args:
        column: Text, integers, Booleans, or whole numbers that are stored as floats.
        missing: What stands for no category, besides an empty cell.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    cells = column.cells
    if types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if types.is_floating(cells.type):
        cells = _whole(cells)
    kind = cells.type
    is_text = types.is_string(kind) or types.is_large_string(kind)
    if not (is_text or types.is_integer(kind) or types.is_boolean(kind) or types.is_null(kind)):
        column.report_type((f"the column holds {kind}, not categories", "store them as text or integers"))
        cells = pa.nulls(len(cells), pa.string())
    text = cells.cast(pa.string())
    text = missing.without_texts(text)
    if is_text or missing.texts:
        text = pc.utf8_trim_whitespace(text)
        text = pc.if_else(pc.equal(text, ""), None, text)
    return text.dictionary_encode()


def _whole(cells: pa.Array) -> pa.Array:
    """Return floats as integers where an empty cell has made floats of whole numbers; others as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pc.if_else(pc.is_nan(cells), None, cells)
    try:
        return cells.cast(pa.int64())
    except pa.ArrowInvalid:
        return cells
