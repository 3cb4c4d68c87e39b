"""Sorted rows to regular series: trimmed to their targets, with a row at every step between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecaster.data.panel import Floats, Ints
from forecaster.data.ranges import ranges


@dataclass(frozen=True)
class Regular:
    """Series with a row at every grid position; see Panel and Findings for the fields.

    kept: (kept series,), which series have a target value at all; every other
    per-series field is in this order.
    """

    kept: Ints
    offsets: Ints
    first: Ints
    values: Floats
    leading: Ints
    trailing: Ints
    future_rows: Ints
    missing: Ints
    gap_series: Ints
    gap_first: Ints
    gap_length: Ints


def regularise(
    positions: Ints,
    offsets: Ints,
    values: Floats,
    *,
    n_targets: int,
    n_future: int,
    check: Callable[[Ints, int], None],
) -> Regular:
    """Trim each series to its observed targets and put in the absent rows as NaN.

    positions: (rows,), ascending and distinct within a series. offsets: (series + 1,).
    n_future: future covariates, the last columns, that keep rows after the last
    observed target; 0 keeps none. check(steps, n_out) may refuse the steps
    between neighbouring rows, (rows - series,), before memory is taken for n_out rows.
    """
    low, high = _extent(_any_known(values[:, :n_targets]), offsets)
    future_high = high
    if n_future:
        known = _any_known(values[:, values.shape[1] - n_future :])
        future_high = np.maximum(high, _extent(known, offsets)[1])
    kept = np.flatnonzero(high > low)
    low, high, end = low[kept], high[kept], future_high[kept]
    length = positions[end - 1] - positions[low] + 1 if len(kept) else np.zeros(0, dtype=np.int64)
    out_offsets = np.append(0, np.cumsum(length))
    # Steps of the grid, not rows: a hole before the rows ahead is not known history.
    future_steps = positions[end - 1] - positions[high - 1]
    whole = len(kept) == len(offsets) - 1 and int((end - low).sum()) == len(positions)
    rows: Ints | None = None
    if not whole:
        rows = ranges(low, end)
        positions, values = positions[rows], values[rows]
    in_offsets = np.append(0, np.cumsum(end - low))
    steps = np.diff(positions)
    inside = np.ones(len(steps), dtype=bool)
    inside[in_offsets[1:-1] - 1] = False
    n_out = int(out_offsets[-1])
    if n_out > len(positions):
        check(steps[inside], n_out)
    before_gap = np.flatnonzero(inside & (steps > 1))
    gap_length = steps[before_gap] - 1
    missing = _missing(values, in_offsets)
    if n_out > len(positions):
        spread = np.full((n_out, values.shape[1]), np.nan)
        # Each row moves down by the gap rows put in before it.
        shift = np.zeros(len(positions), dtype=np.int64)
        shift[before_gap + 1] = gap_length
        spread[np.arange(len(positions)) + np.cumsum(shift)] = values
        values = spread
    return Regular(
        kept=kept,
        offsets=out_offsets,
        first=positions[in_offsets[:-1]],
        values=values,
        leading=low - offsets[kept],
        trailing=offsets[kept + 1] - end,
        future_rows=future_steps,
        missing=missing,
        gap_series=np.searchsorted(in_offsets, before_gap, side="right") - 1,
        gap_first=positions[before_gap] + 1,
        gap_length=gap_length,
    )


def _any_known(values: Floats) -> NDArray[np.bool_]:
    known = np.zeros(len(values), dtype=bool)
    for c in range(values.shape[1]):
        known |= ~np.isnan(values[:, c])
    return known


def _extent(known: NDArray[np.bool_], offsets: Ints) -> tuple[Ints, Ints]:
    """First and one-past-last known row of each series; equal where it has none."""
    if known.all():
        return offsets[:-1], offsets[1:]
    rows = np.flatnonzero(known)
    at = np.searchsorted(rows, offsets)
    has = at[1:] > at[:-1]
    low, high = offsets[:-1].copy(), offsets[:-1].copy()
    low[has] = rows[at[:-1][has]]
    high[has] = rows[at[1:][has] - 1] + 1
    return low, high


def _missing(values: Floats, offsets: Ints) -> Ints:
    """(series, columns), NaN cells of each. No series is empty."""
    out = np.zeros((len(offsets) - 1, values.shape[1]), dtype=np.int64)
    for c in range(values.shape[1]):
        where = np.flatnonzero(np.isnan(values[:, c]))
        if len(where):
            out[:, c] = np.diff(np.searchsorted(where, offsets))
    return out
