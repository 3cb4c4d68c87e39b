"""Faulty cells and rows of a table: collected while reading, reported together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Protocol

from forecaster.data.arrays import Ints
from forecaster.errors import DataError, Diagnostic, Location

SHOWN = 5
# What is wrong with a cell, and the next move.
CellFault = tuple[str, str | None]


class TableFile(Protocol):
    """A file that can say where its rows are."""

    name: str

    def places(self, rows: list[int]) -> list[tuple[Location, str]]:
        """A location, and words to put before the summary, for each data row, counted from 0."""
        ...


@dataclass(frozen=True)
class _Row:
    file: int
    row: int
    column: str
    summary: str
    hint: str | None


@dataclass
class Problems:
    """Keeps the first few of each column, and counts them all."""

    count: int = 0
    _rows: list[_Row] = field(default_factory=list)
    _kept: dict[str, int] = field(default_factory=dict)

    def add(self, file: int, rows: Ints, column: str, describe: Callable[[int], CellFault]) -> None:
        """rows: data rows of the file, counted from 0, ascending. describe(i) tells of rows[i]."""
        self.count += len(rows)
        for i, row in enumerate(rows[: SHOWN - self._kept.get(column, 0)].tolist()):
            summary, hint = describe(i)
            self._rows.append(_Row(file, row, column, summary, hint))
            self._kept[column] = self._kept.get(column, 0) + 1

    def renumber(self, file: int, number: Callable[[int], int]) -> None:
        """Give the rows of a file other numbers, once rows that were left out are known."""
        self._rows = [replace(r, row=number(r.row)) if r.file == file else r for r in self._rows]

    def raise_any(self, tables: Sequence[TableFile]) -> None:
        """Raise DataError with the first rows that are wrong, in the order of the table."""
        if not self.count:
            return
        first = sorted(self._rows, key=lambda r: (r.file, r.row))[:SHOWN]
        found: list[Diagnostic] = []
        for file, group in groupby(first, key=lambda r: r.file):
            faults = list(group)
            places = tables[file].places([r.row for r in faults])
            for r, (place, words) in zip(faults, places, strict=True):
                found.append(Diagnostic(words + r.summary, hint=r.hint, location=place, path=r.column))
        if self.count > len(found):
            rest = self.count - len(found)
            text = f"and {rest:,} more {'problem' if rest == 1 else 'problems'}"
            found.append(Diagnostic(text, location=Location(tables[first[-1].file].name)))
        raise DataError(f"{self.count} problem(s)", diagnostics=found)
