"""The kind of a column's values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecaster.data.reading.columns import ColumnBatch
from forecaster.data.reading.numbers import MISSING, read_numbers
from forecaster.data.reading.problems import Problems
from forecaster.data.spec import CsvSpec

if TYPE_CHECKING:
    import pandas as pd

# The share of cells that are numbers, above which the others are faults and not values: `closed` among sales.
MOSTLY = 0.9
INTEGER = re.compile(r"[+-]?\d+")
ISO = re.compile(
    r"\d{4}-\d{2}(-\d{2}([T ]\d{2}(:\d{2}(:\d{2}(\.\d{1,9})?)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?)?"
)

Kind = Literal["time", "integer", "number", "mixed", "text", "empty"]


def kind_of(column: pd.Series[Any], csv: CsvSpec, *, mostly: float = MOSTLY) -> Kind:
    """Return what a column's values are, empty cells aside. Text that reads as ISO 8601 is time.

    A column is mixed where most cells are numbers, and some are text.

    Args:
        column: The column.
        csv: The marks of numbers.
        mostly: The share of cells that are numbers, above which the others are faults.
    """
    import pandas as pd

    if pd.api.types.is_bool_dtype(column.dtype):
        return "text"
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "time"
    if pd.api.types.is_integer_dtype(column.dtype):
        return "integer"
    if pd.api.types.is_float_dtype(column.dtype):
        return "number"
    cells = filled(column)
    if not cells:
        return "empty"
    if all(ISO.fullmatch(cell) for cell in cells):
        return "time"
    faults = number_faults(cells, csv)
    if faults:
        return "mixed" if len(faults) <= (1 - mostly) * len(cells) else "text"
    return "integer" if all(INTEGER.fullmatch(cell) for cell in cells) else "number"


def mostly_numbers(cells: list[str], csv: CsvSpec) -> bool:
    """Return whether nearly all cells are numbers that are written in a given way."""
    return bool(cells) and len(number_faults(cells, csv)) <= (1 - MOSTLY) * len(cells)


def number_faults(cells: list[str], csv: CsvSpec) -> list[str]:
    """Return the cells that training would not read as numbers: integers that a float would round are text (ids)."""
    import pyarrow as pa

    texts = pa.array(cells, pa.string())
    problems = Problems()
    rows = np.arange(len(cells), dtype=np.int64)
    values = read_numbers(ColumnBatch("", texts, 0, rows, problems), csv)
    return [cells[i] for i in np.flatnonzero(np.isnan(values))] if problems.count else []


def filled(column: pd.Series[Any]) -> list[str]:
    """Return the cells that hold something, as text."""
    texts = (_text(cell).strip() for cell in column.dropna().tolist())
    return [text for text in texts if text not in MISSING]


def _text(cell: Any) -> str:
    try:
        return str(cell)
    except (NotImplementedError, OverflowError, ValueError):
        # A time that is out of the range of Python's, such as the year 10000.
        return str(cell.asm8)
