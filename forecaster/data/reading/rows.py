"""Rows of a table, as they were read and sorted by series and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints, Scratch, row_blocks
from forecaster.data.reading.problems import CellFault, Problems

Codes = NDArray[np.integer[Any]]


@dataclass
class Rows:
    """The rows of a table as they were read.

    Attributes:
        stamps: (rows,), int64; see TimeAxis. `placing.to_positions` puts positions in their place.
        series: (rows,), the place of each row's id among `ids`.
        ids: The ids, sorted.
        values: (rows, columns); targets, past, future, then static covariates.
        segments: Runs of rows of one file: the file, the data rows in it (each, or the first where they are
            consecutive), and their number.
        source: The table's path, as messages show it.
        categories: The names of each column of categories; see Panel.
        naive: Whether the times have no offset from UTC.
        left_out: How many rows were left out because clocks skip their time.
        zones: The distinct offsets, or the zone, of times that have one; none where data.timezone is set.
    """

    stamps: Ints
    series: Codes
    ids: tuple[str, ...]
    values: Floats
    segments: list[tuple[int, Ints | int, int]]
    source: str
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    naive: bool = False
    left_out: int = 0
    zones: tuple[str, ...] = ()

    def faults(self, column: str, rows: Ints, describe: Callable[[int], CellFault]) -> Problems:
        """Return the problems of some rows, in any order; describe(i) returns the fault of rows[i]."""
        order = np.argsort(rows)
        rows = rows[order]
        begin = 0
        start = 0
        problems = Problems()
        for file, numbers, count in self.segments:
            end = int(np.searchsorted(rows, start + count))
            if end > begin:
                within = rows[begin:end] - start
                place = within + numbers if isinstance(numbers, int) else numbers[within]
                problems.add(file, place, column, _shifted(describe, order[begin:end]))
            begin, start = end, start + count
        return problems


def _shifted(describe: Callable[[int], CellFault], order: Ints) -> Callable[[int], CellFault]:
    return lambda i: describe(int(order[i]))


@dataclass
class Ordered:
    """Rows sorted by series and position.

    Attributes:
        order: (rows,), the place of each row in the order of the file; None where the file was sorted.
        positions: (rows,), on the time axis.
        series: (rows,), as in Rows.
        values: (rows, columns), as in Rows.
        again: The rows, ascending, with the same series and position as the row before them.
        n_unsorted: How many series had rows that were not in time order.
    """

    order: Ints | None
    positions: Ints
    series: Codes
    values: Floats
    again: Ints
    n_unsorted: int

    def rows_in_file(self, rows: Ints) -> Ints:
        """Return the places of sorted rows in the order of the file."""
        return rows if self.order is None else self.order[rows]


def sort_rows(rows: Rows, scratch: Scratch) -> Ordered:
    """Sort rows by series and position, using up `rows`.

    Sorting takes 24 bytes of memory per row; rows that are in order already take none.
    """
    key_of = _keys(rows)
    again = _repeated(key_of, len(rows.stamps))
    if again is not None:
        return Ordered(None, rows.stamps, rows.series, rows.values, again, 0)
    key = np.empty(len(rows.stamps), dtype=np.int64)
    for block in row_blocks(len(key)):
        key[block] = key_of(block)
    # Stable, so that rows of one time keep their order in the file.
    order = np.argsort(key, kind="stable")
    key = key[order]
    repeats = _repeated(lambda block: key[block], len(key))
    assert repeats is not None
    series = _gather(rows.series, order, scratch)
    backward = [
        np.unique(series[block][1:][(np.diff(order[block]) < 0) & (np.diff(series[block]) == 0)])
        for block in _overlapping(len(order))
    ]
    n_unsorted = len(np.unique(np.concatenate(backward)))
    positions, values = _gather(rows.stamps, order, scratch), _gather(rows.values, order, scratch)
    return Ordered(order, positions, series, values, repeats, n_unsorted)


def borders(series: Codes, n_series: int) -> Ints:
    """Return the first row of each series and the number of rows, (series + 1,). Every series has rows."""
    if n_series == 1:
        return np.array([0, len(series)], dtype=np.int64)
    return np.searchsorted(series, np.arange(n_series + 1, dtype=series.dtype)).astype(np.int64)


def counts(codes: Codes, n: int) -> Ints:
    """Return how often each code from 0 to n - 1 occurs, (n,)."""
    total = np.zeros(n, dtype=np.int64)
    for block in row_blocks(len(codes)):
        total += np.bincount(codes[block], minlength=n)
    return total


def _keys(rows: Rows) -> Callable[[slice], Ints]:
    """Return a function of a block of rows: a number per row, in the order of series and position."""
    positions, series = rows.stamps, rows.series
    low = int(positions.min())
    span = int(positions.max()) - low + 1
    if len(rows.ids) == 1:
        return lambda block: positions[block]
    if len(rows.ids) * span < 2**62:
        return lambda block: series[block] * np.int64(span) + (positions[block] - low)
    # Series times positions do not fit one integer: sort by two keys, and number the pairs.
    order = np.lexsort((positions, series))
    new = (np.diff(positions[order]) != 0) | (np.diff(series[order]) != 0)
    key = np.empty(len(order), dtype=np.int64)
    key[order] = np.append(0, np.cumsum(new))
    return lambda block: key[block]


def _repeated(key_of: Callable[[slice], Ints], n_rows: int) -> Ints | None:
    """Return the rows with the same key as the row before; None where the keys are not in order."""
    repeated = [np.zeros(0, dtype=np.int64)]
    for block in _overlapping(n_rows):
        # Compared, not subtracted: the nanoseconds between two centuries overflow.
        keys = key_of(block)
        if (keys[1:] < keys[:-1]).any():
            return None
        repeated.append(block.start + 1 + np.flatnonzero(keys[1:] == keys[:-1]))
    return np.concatenate(repeated)


def _overlapping(n_rows: int) -> Iterator[slice]:
    """Yield blocks of rows; each begins with the last row of the block before."""
    for block in row_blocks(n_rows):
        yield slice(max(block.start - 1, 0), block.stop)


def _gather(array: NDArray[Any], order: Ints, scratch: Scratch) -> NDArray[Any]:
    out = scratch.empty(array.shape, array.dtype)
    for block in row_blocks(len(order)):
        out[block] = array[order[block]]
    return out
