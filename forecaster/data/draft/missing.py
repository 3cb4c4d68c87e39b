"""What stands for no value in an unknown table: signs such as ? in columns of numbers, and numbers such as -9999."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.kinds import MOSTLY
from forecaster.data.reading.columns import ColumnBatch, plain_text
from forecaster.data.reading.missing_cells import MissingCells
from forecaster.data.reading.numbers import MISSING, read_numbers
from forecaster.data.reading.problems import Problems
from forecaster.data.reading.stand_ins import numbers_for_none, stands_for_none, usual_numbers_among
from forecaster.data.spec import CsvSpec
from forecaster.text import joined, listed

if TYPE_CHECKING:
    import pandas as pd

# So many numbers show that a column holds numbers, however many cells say that there is none.
_LEAST = 3
_NAMED = 5


@dataclass(frozen=True)
class ColumnMissing:
    """What stands for no value in one column of numbers.

    Attributes:
        counts: The texts and numbers, and how often each occurs.
        values: The usual numbers of this kind that are values of the column.
    """

    counts: Mapping[str | float, int]
    values: frozenset[float]


@dataclass(frozen=True)
class FoundMissing:
    """What stands for no value in a table.

    Attributes:
        by_column: The columns of numbers, by name.
        in_part: The columns of which the first rows were looked at only.
    """

    by_column: Mapping[str, ColumnMissing] = field(default_factory=dict)
    in_part: frozenset[str] = frozenset()

    @property
    def values(self) -> tuple[str | int | float, ...]:
        """What stands for no value, as data.missing_values has it."""
        return tuple(
            value if isinstance(value, str) else int(value) if value.is_integer() else value
            for value in self._counts()
        )

    @property
    def choice(self) -> Ambiguity | None:
        """The choice to take it for no value; None where there is nothing of the kind."""
        counts = self._counts()
        if not counts:
            return None
        shown = [self._shown(value, count) for value, count in counts.items()]
        said = joined(shown, word="and") if len(shown) <= _NAMED else listed(shown, most=_NAMED)
        verb = "stands" if len(shown) == 1 else "stand"
        return Ambiguity(
            "data.missing_values",
            f"{said} {verb} for no value, by data.missing_values",
            ("empty cells in the table", "data.missing_values: []"),
        )

    def with_whole(self, columns: pd.DataFrame, csv: CsvSpec) -> FoundMissing:
        """Return what stands for no value now that some columns are known from the first row to the last."""
        looked_at, now = frozenset(map(str, columns)), _by_column(columns, csv)
        in_order = {
            name: now.get(name) if name in looked_at else found
            for name, found in {**self.by_column, **now}.items()
        }
        by_column = {name: found for name, found in in_order.items() if found is not None}
        return FoundMissing(by_column, self.in_part - looked_at)

    def _counts(self) -> dict[str | float, int]:
        """Return the texts, then the numbers; a number counts only if it is a value in no column."""
        taken: set[str | float] = {number for found in self.by_column.values() for number in found.values}
        counts: dict[str | float, int] = {}
        for found in self.by_column.values():
            for value, count in found.counts.items():
                if value not in taken:
                    counts[value] = counts.get(value, 0) + count
        return dict(sorted(counts.items(), key=lambda item: not isinstance(item[0], str)))

    def _shown(self, value: str | float, count: int) -> str:
        text = value if isinstance(value, str) else f"{value:.15g}"
        more = any(value in self.by_column[name].counts for name in self.in_part)
        return f"{text} in {count:,} {'cell' if count == 1 else 'cells'}{' or more' if more else ''}"


NOTHING = FoundMissing()


def find_missing_values(table: pd.DataFrame, csv: CsvSpec, *, whole: bool) -> FoundMissing:
    """Find the texts and numbers in columns of numbers that stand for no value.

    Args:
        table: The first rows.
        csv: The marks of numbers.
        whole: Whether the table has no other rows.
    """
    by_column = _by_column(table, csv)
    return FoundMissing(by_column, frozenset() if whole else frozenset(by_column))


def without_values(table: pd.DataFrame, missing: FoundMissing) -> pd.DataFrame:
    """Return a table whose columns of numbers are empty where something stands for no value."""
    import pandas as pd

    values = missing.values
    names = [name for name in table if name in missing.by_column]
    if not values or not names:
        return table
    table = table.copy()
    cells = MissingCells.of(values)
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


def _by_column(table: pd.DataFrame, csv: CsvSpec) -> dict[str, ColumnMissing]:
    found = {str(name): _of_column(table[name], csv) for name in table}
    return {name: one for name, one in found.items() if one is not None}


def _of_column(column: pd.Series[Any], csv: CsvSpec) -> ColumnMissing | None:
    """Return what stands for no value in a column; None where it is no column of numbers."""
    import pyarrow as pa

    if column.dtype.kind in "bM":
        return None
    texts: dict[str | float, int] = {}
    if column.dtype.kind in "iuf":
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        cells = plain_text(pa.array(column))
        if not pa.types.is_string(cells.type):
            return None
        rows = np.arange(len(column), dtype=np.int64)
        values = read_numbers(ColumnBatch("", cells, 0, rows, Problems()), csv)
        odd = [
            cell for cell in map(_stripped, cells.filter(pa.array(np.isnan(values)))) if cell not in MISSING
        ]
        signs = [cell for cell in odd if stands_for_none(cell)]
        n_numbers, n_faults = int(np.isfinite(values).sum()), len(odd) - len(signs)
        if n_numbers + n_faults == 0 or n_faults > (1 - MOSTLY) * (n_numbers + n_faults):
            return None
        if signs and n_numbers + n_faults >= _LEAST:
            texts = dict(Counter(signs))
    apart = numbers_for_none(lambda: iter([values]))
    return ColumnMissing(
        {**texts, **dict[str | float, int](apart.items())}, usual_numbers_among(values) - set(apart)
    )


def _stripped(cell: Any) -> str:
    return str(cell.as_py() or "").strip()
