"""Missing values: refused, or filled without any value of a later split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints, beside, copied, row_blocks, series_blocks
from forecaster.data.panel import Panel
from forecaster.errors import DataError, Diagnostic, Location

Policy = Literal["error", "ffill", "interpolate", "zero", "mask"]
# The share of the rows from which on a fill is more than a few absent rows, and is said.
SIZEABLE = 0.2
_SHOWN = 5
WAYS_OUT = "set data.missing to ffill, interpolate, zero or mask, or complete the table"


def fill(panel: Panel, policy: Policy, *, barriers: Ints) -> tuple[Panel, NDArray[np.bool_]]:
    """Fill missing values, or refuse them.

    No fill uses a value after a barrier for a cell before it: a gap that reaches a barrier repeats the last value
    before the gap, also under interpolate, which draws lines among training rows alone. A gap without any earlier
    value takes the mean of the series' training rows, or of all series' training rows where it has none.

    Categories are neither interpolated nor averaged: a gap repeats the category before it. Without one, or
    under zero, the cell stays NaN, which Encoders count as an unknown category.

    Args:
        panel: The table.
        policy: data.missing.
        barriers: (series, k), ascending rows counted from each series' first row; the first barrier ends the
            training rows.

    Returns:
        The panel without NaN, and which target cells count, (rows, targets): False under mask for every target
        cell that was missing, True elsewhere.

    Raises:
        DataError: A value is missing under error, or a column has no value to fill from.
    """
    n_targets = len(panel.targets)
    observed = beside(panel.values).empty((len(panel.values), n_targets), np.bool_)
    empty = np.zeros(panel.values.shape[1], dtype=bool)
    for block in row_blocks(len(observed)):
        missing = np.isnan(panel.values[block])
        empty |= missing.any(axis=0)
        observed[block] = ~missing[:, :n_targets] if policy == "mask" else True
    gappy = np.flatnonzero(empty).tolist()
    if not gappy and not np.isnan(panel.static).any():
        return panel, observed
    if policy == "error":
        raise refusal(panel, WAYS_OUT)
    values = copied(panel.values)
    for c in gappy:
        means: Floats | None = None
        for s, end in series_blocks(panel.offsets):
            part, until = panel.series(s, end), barriers[s:end]
            column = values[panel.offsets[s] : panel.offsets[end], c]
            rows = np.flatnonzero(np.isnan(column))
            if not rows.size:
                continue
            if panel.columns[c] in panel.categories:
                if policy != "zero":
                    column[rows] = _repeated(part, c, rows, until)
            elif policy == "zero":
                column[rows] = 0.0
            else:
                column[rows], leading = _filled(part, c, rows, until, policy == "interpolate")
                if leading.any():
                    owner = s + part.series_of_rows(rows[leading])
                    means = _training_means(panel, c, barriers) if means is None else means
                    column[rows[leading]] = means[owner]
    return replace(panel, values=values, static=_fill_static(panel, policy)), observed


@dataclass(frozen=True)
class _Runs:
    """Runs of missing cells of one column. A run ends where its series or its block, between two barriers, ends.

    Attributes:
        series: (runs,).
        before: (runs,), the last observed row of the series before the run, or -1.
        after: (runs,), the first observed row after the run in the same block, or -1.
        of_cell: (missing cells,), the run of each cell.
    """

    series: Ints
    before: Ints
    after: Ints
    of_cell: Ints


def _repeated(panel: Panel, c: int, rows: Ints, barriers: Ints) -> Floats:
    """Return the last category before each missing cell (row, c), (rows,); NaN where there is none."""
    runs = _runs(panel, rows, barriers)
    before = runs.before[runs.of_cell]
    return np.where(before >= 0, panel.values[before, c], np.nan)


def _filled(
    panel: Panel, c: int, rows: Ints, barriers: Ints, interpolate: bool
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the value of each missing cell (row, c), and which cells have no value before them, each (rows,)."""
    column = panel.values[:, c]
    runs = _runs(panel, rows, barriers)
    before, after = runs.before[runs.of_cell], runs.after[runs.of_cell]
    out = column[before]
    if interpolate:
        # After the training rows, a line to a later value would show a forecast its own future.
        training = rows - panel.offsets[runs.series[runs.of_cell]] < barriers[runs.series[runs.of_cell], 0]
        inside = (before >= 0) & (after >= 0) & training
        low, high, at = before[inside], after[inside], rows[inside]
        out[inside] = column[low] + (column[high] - column[low]) * ((at - low) / (high - low))
    return out, before < 0


def _runs(panel: Panel, rows: Ints, barriers: Ints) -> _Runs:
    series = panel.series_of_rows(rows)
    local = rows - panel.offsets[series]
    at_border = (local == 0) | (local[:, None] == barriers[series]).any(axis=1)
    begins = at_border | (np.diff(rows, prepend=-2) != 1)
    of_cell = np.cumsum(begins) - 1
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(rows)) - 1
    start, end, owner = rows[first], rows[last] + 1, series[first]
    # A run that begins at a barrier may follow a run that ends there: both have the same `before`.
    follows = np.append(False, (start[1:] == end[:-1]) & (owner[1:] == owner[:-1]))
    before = np.where(local[first] == 0, -1, start - 1)
    for _ in range(barriers.shape[1]):
        before = np.where(follows, np.roll(before, 1), before)
    block = (barriers[owner] <= local[first, None]).sum(axis=1)
    ends = np.column_stack([barriers[owner], panel.lengths[owner]])
    block_end = panel.offsets[owner] + ends[np.arange(len(owner)), block]
    return _Runs(owner, before, np.where(end < block_end, end, -1), of_cell)


def _training_means(panel: Panel, c: int, barriers: Ints) -> Floats:
    """Return the mean of each series' observed training rows, (series,); of all series' where it has none."""
    end = barriers[:, 0] if barriers.shape[1] else panel.lengths
    total, count = np.zeros(len(end)), np.zeros(len(end), dtype=np.int64)
    for s, stop in series_blocks(panel.offsets):
        first = panel.offsets[s:stop] - panel.offsets[s]
        edges = np.column_stack([first, first + end[s:stop]]).ravel()
        rows = slice(panel.offsets[s], panel.offsets[stop])
        column = np.append(panel.values[rows, c], np.nan)  # the last edge may be one past the last row
        known = ~np.isnan(column)
        total[s:stop] = np.add.reduceat(np.where(known, column, 0.0), edges)[::2]
        count[s:stop] = np.add.reduceat(known.astype(np.int64), edges)[::2]
    count[end == 0] = 0
    if not count.any():
        raise DataError(
            f"no training row has a value of {panel.columns[c]!r}",
            hint="leave the column out, or give it values",
            location=Location(panel.source),
        )
    everywhere = total[count > 0].sum() / count.sum()
    return np.where(count > 0, total / np.maximum(count, 1), everywhere)


def _fill_static(panel: Panel, policy: Policy) -> Floats:
    static = panel.static.copy()
    for k, name in enumerate(panel.statics):
        missing = np.isnan(static[:, k])
        if name in panel.categories:
            continue
        if missing.all() and policy != "zero":
            raise DataError(
                f"no series has a value of {name!r}",
                hint="leave the column out, or give it values",
                location=Location(panel.source),
            )
        if missing.any():
            static[missing, k] = 0.0 if policy == "zero" else static[~missing, k].mean()
    return static


def refusal(panel: Panel, hint: str) -> DataError:
    """Return the error about missing values: a line per series and column, for the first few.

    hint: the next move, shown after the last line.
    """
    missing = np.isnan(panel.values)
    absent = missing.all(axis=1)
    lines: list[str] = []
    count = _describe(panel, np.flatnonzero(absent), lines, _rows_text)
    for c, name in enumerate(panel.columns):
        cells = np.flatnonzero(missing[:, c] & ~absent)
        count += _describe(panel, cells, lines, partial(_cells_text, name))
    for k, name in enumerate(panel.statics):
        series = np.flatnonzero(np.isnan(panel.static[:, k]))
        count += len(series)
        lines += [f"{_series(panel, s)} has no value in {name!r}" for s in series[:_SHOWN]]
    shown = lines[:_SHOWN]
    if count > len(shown):
        shown.append(f"and {count - len(shown):,} more like these")
    place = Location(panel.source)
    found = [Diagnostic(line, location=place) for line in shown[:-1]]
    found.append(Diagnostic(shown[-1], hint=hint, location=place))
    return DataError("missing values", diagnostics=found)


def _describe(panel: Panel, rows: Ints, lines: list[str], text: Callable[[int], str]) -> int:
    """Append a line per series to `lines`, for the first few. Returns how many series there are."""
    series, first, counts = np.unique(panel.series_of_rows(rows), return_index=True, return_counts=True)
    head = slice(0, _SHOWN)
    since = panel.time_axis.text(panel.positions_of_rows(rows[first[head]]))
    for s, n, when in zip(series[head], counts[head].tolist(), since, strict=True):
        lines.append(f"{_series(panel, s)} has {text(n)}, the first at {when}")
    return len(series)


def _rows_text(n: int) -> str:
    return f"{n:,} absent or empty {'row' if n == 1 else 'rows'}"


def _cells_text(name: str, n: int) -> str:
    return f"{n:,} missing {'value' if n == 1 else 'values'} in {name!r}"


def _series(panel: Panel, s: int) -> str:
    return f"series {panel.ids[s]!r}" if panel.ids != ("",) else "the table"
