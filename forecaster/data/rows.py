"""Rows as they were read, and in the order of series and time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.panel import Floats, Ints
from forecaster.data.problems import Fault, Problems

Bools = NDArray[np.bool_]
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

    def faults(self, column: str, rows: Ints, describe: Callable[[int], Fault]) -> Problems:
        """Problems of these rows, given in any order; describe(i) tells of rows[i]."""
        order = np.argsort(rows)
        rows = rows[order]
        begin = 0
        start = 0
        problems = Problems()
        for file, origin, count in self.segments:
            end = int(np.searchsorted(rows, start + count))
            if end > begin:
                within = rows[begin:end] - start
                place = within + origin if isinstance(origin, int) else origin[within]
                problems.add(file, place, column, _shifted(describe, order[begin:end]))
            begin, start = end, start + count
        return problems


def _shifted(describe: Callable[[int], Fault], order: Ints) -> Callable[[int], Fault]:
    return lambda i: describe(int(order[i]))


@dataclass
class Ordered:
    """Rows sorted by series and position. row: the place in the file's order, None when it was sorted."""

    row: Ints | None
    positions: Ints
    series: Codes
    values: Floats
    repeats: Bools
    """(rows - 1,), whether the next row has the same series and position."""
    n_unsorted: int
    """Series whose rows were not in time order."""

    def rows_in_file(self, rows: Ints) -> Ints:
        return rows if self.row is None else self.row[rows]


def sort_rows(rows: Rows) -> Ordered:
    positions, series = rows.stamps, rows.series
    low = int(positions.min())
    span = int(positions.max()) - low + 1
    order: Ints | None = None
    if len(rows.ids) == 1:
        key = positions
    elif len(rows.ids) * span < 2**62:
        key = series * np.int64(span) + (positions - low)
    else:
        # Too fine a grid for one integer: sort by two keys, and number the pairs.
        order = np.lexsort((positions, series))
        new = (np.diff(positions[order]) != 0) | (np.diff(series[order]) != 0)
        key = np.empty(len(order), dtype=np.int64)
        key[order] = np.append(0, np.cumsum(new))
    if (key[1:] >= key[:-1]).all():
        return Ordered(None, positions, series, rows.values, key[1:] == key[:-1], 0)
    # Stable, so that rows of one time keep their order in the file.
    order = np.argsort(key, kind="stable")
    key = key[order]
    repeats = key[1:] == key[:-1]
    series = series[order]
    backward = (order[1:] < order[:-1]) & (series[1:] == series[:-1])
    n_unsorted = len(np.unique(series[1:][backward]))
    return Ordered(order, positions[order], series, rows.values[order], repeats, n_unsorted)


def borders(series: Codes, n_series: int) -> Ints:
    """(series + 1,), first row of each of sorted codes, none of which is absent."""
    changes = np.flatnonzero(series[1:] != series[:-1]) + 1
    found = np.concatenate([[0], changes, [len(series)]])
    assert len(found) == n_series + 1
    return found
