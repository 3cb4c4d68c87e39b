"""Rows of one series and time: refused, or merged into one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from forecaster.data.arrays import Floats, Ints, series_blocks
from forecaster.data.reading.problems import CellFault, TableFile
from forecaster.data.reading.regular import Piece
from forecaster.data.reading.rows import Ordered, Rows
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import TimeAxis


def check_no_repeats(
    spec: DataSpec, time_axis: TimeAxis, rows: Rows, ordered: Ordered, tables: Sequence[TableFile]
) -> None:
    """Refuse several rows of one series and time under data.duplicates: error.

    Raises:
        DataError: There are such rows.
    """
    again = ordered.again
    if not len(again) or spec.duplicates != "error":
        return
    hint = "delete one, or set data.duplicates to mean or last"
    if spec.id is None:
        hint = "set data.id if the table holds several series; otherwise " + hint

    def describe(i: int) -> CellFault:
        row = int(again[i])
        [when] = time_axis.text(ordered.positions[row : row + 1])
        of = f" of series {rows.ids[int(ordered.series[row])]!r}" if spec.id else ""
        return f"another row{of} has the time {when} too", hint

    rows.faults(spec.time, ordered.rows_in_file(again), describe).raise_any(tables)


def pieces(spec: DataSpec, rows: Rows, ordered: Ordered, offsets: Ints) -> Iterator[Piece]:
    """Yield some whole series at a time, without static covariates, with one row per series and position."""
    n = ordered.values.shape[1] - len(spec.static_covariates)
    names = [*spec.targets, *spec.past_covariates, *spec.future_covariates]
    coded = [c for c, name in enumerate(names) if name in rows.categories]
    for s, end in series_blocks(offsets):
        a, b = int(offsets[s]), int(offsets[end])
        positions, values, local = ordered.positions[a:b], ordered.values[a:b, :n], offsets[s : end + 1] - a
        low, high = np.searchsorted(ordered.again, [a, b])
        if high > low:
            single = np.ones(b - a, dtype=bool)
            single[ordered.again[low:high] - a] = False
            starts = np.flatnonzero(single)
            values = _merged(values, starts, coded, last=spec.duplicates == "last")
            positions, local = positions[starts], np.searchsorted(starts, local)
        yield Piece(positions, local, values)


def _merged(values: Floats, starts: Ints, coded: list[int], *, last: bool) -> Floats:
    """Return one row for each run of rows of one time: the last of the run, or the mean of the run.

    values: (rows, columns). starts: (runs,), the first row of each. coded: the columns of categories.
    """
    if last:
        newest: Floats = values[np.append(starts[1:], len(values)) - 1]
        return newest
    known = ~np.isnan(values)
    total = np.add.reduceat(np.where(known, values, 0.0), starts)
    count = np.add.reduceat(known.astype(np.int64), starts)
    merged: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    for c in coded:
        # Categories have no mean: the last one of each time remains.
        row = np.maximum.reduceat(np.where(known[:, c], np.arange(len(known)), -1), starts)
        merged[:, c] = np.where(row >= 0, values[row, c], np.nan)
    return merged
