"""What stands for no value in an unknown table: signs such as ? in columns of numbers, and numbers such as -9999."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Floats
from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.kinds import filled, kind_of, mostly_numbers
from forecaster.data.reading.columns import ColumnBatch
from forecaster.data.reading.missing_cells import MissingCells
from forecaster.data.reading.numbers import read_numbers
from forecaster.data.reading.problems import Problems
from forecaster.data.reading.stand_ins import numbers_for_none, stands_for_none
from forecaster.data.spec import CsvSpec
from forecaster.text import joined, listed

if TYPE_CHECKING:
    import pandas as pd

# So many numbers show that a column holds numbers, however many cells say that there is none.
_LEAST = 3
_NAMED = 5


@dataclass(frozen=True)
class FoundMissing:
    """What stands for no value.

    Attributes:
        values: As data.missing_values has them.
        columns: The columns of numbers.
        choice: The choice to take them for no value; None where there are none.
    """

    values: tuple[str | int | float, ...] = ()
    columns: frozenset[str] = frozenset()
    choice: Ambiguity | None = None


NOTHING = FoundMissing()


def find_missing_values(table: pd.DataFrame, csv: CsvSpec) -> FoundMissing:
    """Find the texts and numbers in columns of numbers that stand for no value.

    A number counts only where it lies apart in every column that holds it.

    Args:
        table: The first rows.
        csv: The marks of numbers.
    """
    texts: dict[str, int] = {}
    numbers: dict[float, int] = {}
    within: set[float] = set()
    columns = set()
    for name in table:
        found = _texts(table[name], csv)
        values = _numbers(table[name], csv, list(found))
        if values is None:
            continue
        columns.add(str(name))
        for text, count in found.items():
            texts[text] = texts.get(text, 0) + count
        apart = numbers_for_none(lambda values=values: iter([values]))  # type: ignore[misc]
        for number, count in apart.items():
            numbers[number] = numbers.get(number, 0) + count
        within |= {float(v) for v in np.unique(values) if v not in apart}
    numbers = {number: count for number, count in numbers.items() if number not in within}
    if not texts and not numbers:
        return NOTHING
    values_ = (*texts, *(int(number) if number.is_integer() else number for number in numbers))
    return FoundMissing(values_, frozenset(columns), _choice({**texts, **_written(numbers)}))


def without_values(table: pd.DataFrame, missing: FoundMissing) -> pd.DataFrame:
    """Return a table whose columns of numbers are empty where something stands for no value."""
    import pandas as pd

    names = [name for name in table if name in missing.columns]
    if not missing.values or not names:
        return table
    table = table.copy()
    cells = MissingCells.of(missing.values)
    for name in names:
        column = table[name]
        if column.dtype.kind in "iuf":
            out = np.isin(column.to_numpy(dtype=np.float64, na_value=np.nan), cells.numbers)
            table[name] = column.where(~out) if out.any() else column
        else:
            plain = column.fillna("").astype(str).str.strip()
            out = plain.isin(cells.texts).to_numpy(dtype=bool)
            as_number = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=np.float64)
            table[name] = column.mask(out | np.isin(as_number, cells.numbers), "")
    return table


def _texts(column: pd.Series[Any], csv: CsvSpec) -> dict[str, int]:
    """Return the texts in a column of numbers that stand for no value, and how often each does."""
    if column.dtype.kind in "iufbM":
        return {}
    cells = filled(column)
    signs = [cell for cell in cells if stands_for_none(cell)]
    rest = [cell for cell in cells if not stands_for_none(cell)]
    if not signs or len(rest) < _LEAST or not mostly_numbers(rest, csv):
        return {}
    return {text: signs.count(text) for text in dict.fromkeys(signs)}


def _numbers(column: pd.Series[Any], csv: CsvSpec, texts: Iterable[str]) -> Floats | None:
    """Return the numbers of a column, (rows,), NaN where there is none; None where it is no column of numbers."""
    import pyarrow as pa

    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if column.dtype.kind in "bM":
        return None
    known = set(texts)
    cells = [cell for cell in filled(column) if cell not in known]
    if kind_of(column[~column.isin(known)], csv) not in ("integer", "number", "mixed"):
        return None
    rows = np.arange(len(cells), dtype=np.int64)
    return read_numbers(ColumnBatch("", pa.array(cells, pa.string()), 0, rows, Problems()), csv)


def _written(numbers: dict[float, int]) -> dict[str, int]:
    return {f"{number:.15g}": count for number, count in numbers.items()}


def _choice(counts: dict[str, int]) -> Ambiguity:
    shown = [f"{text} in {count:,} {'cell' if count == 1 else 'cells'}" for text, count in counts.items()]
    said = joined(shown, word="and") if len(shown) <= _NAMED else listed(shown, most=_NAMED)
    verb = "stands" if len(shown) == 1 else "stand"
    return Ambiguity(
        "data.missing_values",
        f"{said} of the first rows {verb} for no value, by data.missing_values",
        ("empty cells in the table", "data.missing_values: []"),
    )
