"""Faulty cells and rows of a table: collected while it is read, reported together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from forecaster.data.arrays import Ints
from forecaster.errors import DataError, Diagnostic, Location

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = 5
# What is wrong with a cell, and the next move.
CellFault = tuple[str, str | None]


class TableFile(Protocol):
    """What reading needs of one file of a table, or of one table in memory.

    Every method raises DataError where the file itself is at fault. A format of files is one such class
    and its line in `formats.FORMATS`; subclasses inherit the methods that few formats need of their own.

    Attributes:
        name: What messages call the file: its path.
        columns: Names of the columns, in the file's order.
        n_rows: How many rows there are; None where only reading them tells.
    """

    name: str
    columns: list[str]
    n_rows: int | None

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns, some rows at a time; each array has the type that the file gives it."""
        ...

    def places(self, rows: list[int]) -> list[tuple[Location, str]]:
        """Return a location, and words to put before the summary, for each data row, counted from 0.

        Rows are named by their number, from 1; a format whose files have lines names those.
        """
        return [(Location(self.name), f"row {row + 1:,}: ") for row in rows]

    def header_fault(self) -> Diagnostic | None:
        """Return what is wrong with the header as a whole, asked when a column is not found."""
        return None

    def hint_at(self, line: int | None) -> str | None:
        """Return the next move where a line of the file is no row at all; None where it is one."""
        return None

    def report_rows(self, problems: Problems, file: int) -> None:
        """Add the rows that no batch could hold, once all batches are read. file: its place in the table."""
        return


@dataclass(frozen=True)
class _Row:
    file: int
    row: int
    column: str
    summary: str
    hint: str | None


@dataclass
class Problems:
    """The first few problems of each column, and the number of all of them."""

    count: int = 0
    _rows: list[_Row] = field(default_factory=list)
    _kept: dict[str, int] = field(default_factory=dict)

    def add(self, file: int, rows: Ints, column: str, describe: Callable[[int], CellFault]) -> None:
        """Add one problem for each row.

        Args:
            file: The place of the file among the files of the table.
            rows: Data rows of the file, counted from 0, ascending.
            column: The column at fault; "" for the whole row.
            describe: Returns the fault of rows[i], given i; called for the rows that are kept.
        """
        self.count += len(rows)
        for i, row in enumerate(rows[: SHOWN - self._kept.get(column, 0)].tolist()):
            summary, hint = describe(i)
            self._rows.append(_Row(file, row, column, summary, hint))
            self._kept[column] = self._kept.get(column, 0) + 1

    def renumber(self, file: int, number: Callable[[int], int]) -> None:
        """Give the rows of a file other numbers, once rows that were left out are known."""
        self._rows = [replace(r, row=number(r.row)) if r.file == file else r for r in self._rows]

    def raise_any(self, tables: Sequence[TableFile]) -> None:
        """Raise DataError with the first rows at fault, in the order of the table, where there are any."""
        if not self.count:
            return
        first = sorted(self._rows, key=lambda r: (r.file, r.row))[:SHOWN]
        found: list[Diagnostic] = []
        for file, group in groupby(first, key=lambda r: r.file):
            faults = list(group)
            places = tables[file].places([r.row for r in faults])
            for r, (place, words) in zip(faults, places, strict=True):
                hint = tables[file].hint_at(place.line) or r.hint
                found.append(Diagnostic(words + r.summary, hint=hint, location=place, path=r.column))
        if self.count > len(found):
            rest = self.count - len(found)
            text = f"and {rest:,} more {'problem' if rest == 1 else 'problems'}"
            found.append(Diagnostic(text, location=Location(tables[first[-1].file].name)))
        raise DataError(f"{self.count} problem(s)", diagnostics=found)
