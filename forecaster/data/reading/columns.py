"""One column of one batch of a table: its cells, and the one way to report those that are at fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints
from forecaster.data.reading.problems import CellFault, Problems

if TYPE_CHECKING:
    import pyarrow as pa

Bools = NDArray[np.bool_]
_TRIED = 100


@dataclass(frozen=True)
class ColumnBatch:
    """Cells of one column, and what a message needs to say where they are.

    Attributes:
        name: The column's name.
        cells: The cells, (rows,), of any Arrow type.
        file: The place of the file among the files of the table.
        rows: The data row of each cell in its file, (rows,), counted from 0, ascending.
        problems: Collects the faults.
    """

    name: str
    cells: pa.Array
    file: int
    rows: Ints
    problems: Problems

    def report(self, bad: Bools, describe: Callable[[str], CellFault]) -> None:
        """Report every cell that `bad`, (rows,), marks. `describe` gets the text of a cell, "" for null."""
        places = np.flatnonzero(bad)
        if len(places):
            self.problems.add(
                self.file, self.rows[places], self.name, lambda i: describe(self.text(places[i]))
            )

    def report_type(self, fault: CellFault) -> None:
        """Report the type of the whole column, at its first row."""
        self.problems.add(self.file, self.rows[:1], self.name, lambda _: fault)

    def text(self, i: int) -> str:
        """Return the text of one cell, "" for null."""
        return _text(self.cells[int(i)])

    def texts(self, chosen: Bools) -> list[str]:
        """Return the texts of the cells that `chosen`, (rows,), marks, none of them null."""
        return [_text(cell) for cell in self.cells.filter(mask(chosen))]


def _text(cell: pa.Scalar) -> str:
    """Return the text of a cell, "" for null."""
    try:
        value = cell.as_py()
    except (OverflowError, ValueError):
        # A time beyond the years that Python knows; Arrow writes some of these, and NumPy all.
        import pyarrow as pa

        value = pa.array([cell]).to_numpy(zero_copy_only=False)[0]
    return "" if value is None else str(value)


def cast_text(cells: pa.Array, kind: pa.DataType) -> pa.Array:
    """Read every text as a number or a time, by Arrow's own strict cast.

    Raises:
        ArrowInvalid: One of them cannot be read.
    """
    # A cast that fails writes a message for every cell that does: it is tried on a few cells first.
    cells[:_TRIED].cast(kind)
    return cells.cast(kind)


def to_floats(cells: pa.Array) -> Floats:
    """Return numbers as float64 that can be written to, with NaN for null."""
    return np.array(cells.to_numpy(zero_copy_only=False), dtype=np.float64)


def to_ints(cells: pa.Array) -> Ints:
    """Return integers as int64, with 0 for null."""
    out: Ints = cells.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return out


def to_flags(cells: pa.Array) -> Bools:
    """Return Booleans, none of them null, as an array that can be written to."""
    return np.array(cells.to_numpy(zero_copy_only=False), dtype=bool)


def mask(flags: Bools) -> pa.Array:
    """Return Booleans as Arrow's own, to filter and to choose by."""
    import pyarrow as pa

    return pa.array(flags)


def dictionary_of_strings(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return dictionary-encoded views, as polars has them, with a dictionary of strings: Arrow cannot decode views.

    Any other dictionary stays as it is.
    """
    import pyarrow as pa
    import pyarrow.types as types

    if not types.is_string_view(column.type.value_type):
        return column
    return pa.DictionaryArray.from_arrays(column.indices, column.dictionary.cast(pa.large_string()))


def plain_text(column: pa.Array, *, keep_dictionary: bool = False) -> pa.Array:
    """Return a column with one type of text in place of Arrow's three.

    Args:
        column: A column of any type; only text and dictionaries change.
        keep_dictionary: Whether dictionary-encoded text may stay encoded; other columns are decoded.
    """
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_dictionary(column.type):
        column = dictionary_of_strings(column)
        if keep_dictionary:
            return column
        column = column.dictionary_decode()
    if types.is_large_string(column.type) or types.is_string_view(column.type):
        column = column.cast(pa.string())
    return column
