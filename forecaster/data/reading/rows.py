"""Rows as they were read, and in the order of series and time."""

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

    stamps: (rows,). series: (rows,), index into ids, which are sorted.
    values: (rows, columns), targets, past, future, then static covariates.
    segments: file, data rows (each, or the first of consecutive ones) and count.
    source: the table's path, as shown in messages.
    categories: the names of each column of categories; see Panel.
    on_clock: the times were local ones, without an offset. left_out: rows at times that the
    clocks skip.
    """

    stamps: Ints
    series: Codes
    ids: tuple[str, ...]
    values: Floats
    segments: list[tuple[int, Ints | int, int]]
    source: str
    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    on_clock: bool = False
    left_out: int = 0

    def faults(self, column: str, rows: Ints, describe: Callable[[int], CellFault]) -> Problems:
        """Problems of these rows, given in any order; describe(i) tells of rows[i]."""
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
    """Rows sorted by series and position. row: the place in the file's order, None when it was sorted.

    again: the rows, ascending, with the series and position of the row before.
    """

    row: Ints | None
    positions: Ints
    series: Codes
    values: Floats
    again: Ints
    n_unsorted: int
    """Series whose rows were not in time order."""

    def rows_in_file(self, rows: Ints) -> Ints:
        return rows if self.row is None else self.row[rows]


def sort_rows(rows: Rows, scratch: Scratch) -> Ordered:
    """The rows in order, using up `rows`. Rows that are not in order yet take 24 bytes of memory each for a while."""
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
    """(series + 1,), first row of each of sorted codes, none of which is absent."""
    if n_series == 1:
        return np.array([0, len(series)], dtype=np.int64)
    return np.searchsorted(series, np.arange(n_series + 1, dtype=series.dtype)).astype(np.int64)


def counts(codes: Codes, n: int) -> Ints:
    """(n,), how often each code occurs."""
    total = np.zeros(n, dtype=np.int64)
    for block in row_blocks(len(codes)):
        total += np.bincount(codes[block], minlength=n)
    return total


def _keys(rows: Rows) -> Callable[[slice], Ints]:
    """A number for each row of a block, in the order of series and position."""
    positions, series = rows.stamps, rows.series
    low = int(positions.min())
    span = int(positions.max()) - low + 1
    if len(rows.ids) == 1:
        return lambda block: positions[block]
    if len(rows.ids) * span < 2**62:
        return lambda block: series[block] * np.int64(span) + (positions[block] - low)
    # Too fine a grid for one integer: sort by two keys, and number the pairs.
    order = np.lexsort((positions, series))
    new = (np.diff(positions[order]) != 0) | (np.diff(series[order]) != 0)
    key = np.empty(len(order), dtype=np.int64)
    key[order] = np.append(0, np.cumsum(new))
    return lambda block: key[block]


def _repeated(key_of: Callable[[slice], Ints], n_rows: int) -> Ints | None:
    """The rows with the key of the row before; None where the keys are not in order."""
    found = [np.zeros(0, dtype=np.int64)]
    for block in _overlapping(n_rows):
        steps = np.diff(key_of(block))
        if (steps < 0).any():
            return None
        found.append(block.start + 1 + np.flatnonzero(steps == 0))
    return np.concatenate(found)


def _overlapping(n_rows: int) -> Iterator[slice]:
    """Blocks of rows that begin with the last row of the block before."""
    for block in row_blocks(n_rows):
        yield slice(max(block.start - 1, 0), block.stop)


def _gather(array: NDArray[Any], order: Ints, scratch: Scratch) -> NDArray[Any]:
    out = scratch.empty(array.shape, array.dtype)
    for block in row_blocks(len(order)):
        out[block] = array[order[block]]
    return out
