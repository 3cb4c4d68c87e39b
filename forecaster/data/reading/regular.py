"""Sorted rows to regular series: trimmed to their targets, with a row at every step between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints
from forecaster.data.ranges import ranges


@dataclass(frozen=True)
class Piece:
    """The rows of some series: positions, (rows,), ascending and distinct within a series; values,
    (rows, columns). offsets: (series + 1,)."""

    positions: Ints
    offsets: Ints
    values: Floats


@dataclass(frozen=True)
class RegularSteps:
    """Grid steps between neighbouring rows of a series: each that occurs, and how often."""

    found: Ints
    counts: Ints

    @property
    def total(self) -> int:
        return int(self.counts.sum())

    def count(self, step: int) -> int:
        return int(self.counts[self.found == step].sum())

    def median(self) -> int:
        """Rounded down where the middle two differ."""
        ends = np.cumsum(self.counts)
        low, high = np.searchsorted(ends, [(self.total - 1) // 2, self.total // 2], side="right")
        return int((self.found[low] + self.found[high]) // 2)

    @classmethod
    def of(cls, steps: Ints) -> RegularSteps:
        return cls(*np.unique(steps, return_counts=True))

    @classmethod
    def joined(cls, parts: Sequence[RegularSteps]) -> RegularSteps:
        found, place = np.unique(np.concatenate([p.found for p in parts]), return_inverse=True)
        counts = np.bincount(place, weights=np.concatenate([p.counts for p in parts]), minlength=len(found))
        return cls(found, counts.astype(np.int64))


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
    pieces: Callable[[], Iterator[Piece]],
    *,
    n_targets: int,
    n_future: int,
    check: Callable[[RegularSteps, int], None],
    out: Callable[[tuple[int, int]], Floats],
) -> Regular:
    """Trim each series to its observed targets and put in the absent rows as NaN.

    pieces: gives all series, some at a time, as often as it is called. n_future: future
    covariates, the last columns, that keep rows after the last observed target; 0 keeps none.
    check(steps, n_out) may refuse the steps between neighbouring rows before out(shape) takes
    room for n_out rows.
    """
    parts, n_series, n_columns = [], 0, 0
    for piece in pieces():
        parts.append(_look(piece, n_series, n_targets, n_future))
        n_series, n_columns = n_series + len(piece.offsets) - 1, piece.values.shape[1]
    n_out = sum(part.n_out for part in parts)
    if n_out > sum(part.n_rows for part in parts):
        check(RegularSteps.joined([part.steps for part in parts]), n_out)
    values, at = out((n_out, n_columns)), 0
    for piece, part in zip(pieces(), parts, strict=True):
        _spread(piece, part, values[at : at + part.n_out])
        at += part.n_out

    def joined(name: str) -> Ints:
        return np.concatenate([getattr(part, name) for part in parts])

    kept = np.cumsum([0, *(len(part.kept) for part in parts)])
    return Regular(
        kept=joined("kept"),
        offsets=np.append(0, np.cumsum(joined("length"))),
        first=joined("first"),
        values=values,
        leading=joined("leading"),
        trailing=joined("trailing"),
        future_rows=joined("future_rows"),
        missing=joined("missing"),
        gap_series=np.concatenate([part.gap_series + k for part, k in zip(parts, kept, strict=False)]),
        gap_first=joined("gap_first"),
        gap_length=joined("gap_length"),
    )


@dataclass(frozen=True)
class _Look:
    """What is known of a piece before its values are put in their place.

    low, end: (kept,), its rows that stay. The others are as in Regular; gap_series counts the
    kept series of the piece.
    """

    low: Ints
    end: Ints
    length: Ints
    steps: RegularSteps
    kept: Ints
    first: Ints
    leading: Ints
    trailing: Ints
    future_rows: Ints
    missing: Ints
    before_gap: Ints
    gap_series: Ints
    gap_first: Ints
    gap_length: Ints

    @property
    def n_rows(self) -> int:
        return int((self.end - self.low).sum())

    @property
    def n_out(self) -> int:
        return int(self.length.sum())


def _look(piece: Piece, first_series: int, n_targets: int, n_future: int) -> _Look:
    positions, offsets, values = piece.positions, piece.offsets, piece.values
    low, high = _extent(_any_known(values[:, :n_targets]), offsets)
    future_high = high
    if n_future:
        known = _any_known(values[:, values.shape[1] - n_future :])
        future_high = np.maximum(high, _extent(known, offsets)[1])
    kept = np.flatnonzero(high > low)
    low, high, end = low[kept], high[kept], future_high[kept]
    first = positions[low]
    length = positions[end - 1] - first + 1
    # Steps of the grid, not rows: a hole before the rows ahead is not known history.
    future_steps = positions[end - 1] - positions[high - 1]
    within = np.append(0, np.cumsum(end - low))
    if within[-1] != len(positions):
        rows = ranges(low, end)
        positions, values = positions[rows], values[rows]
    steps = np.diff(positions)
    inside = np.ones(len(steps), dtype=bool)
    inside[within[1:-1] - 1] = False
    before_gap = np.flatnonzero(inside & (steps > 1))
    return _Look(
        low=low,
        end=end,
        length=length,
        steps=RegularSteps.of(steps[inside]),
        kept=kept + first_series,
        first=np.asarray(first),
        leading=low - offsets[kept],
        trailing=offsets[kept + 1] - end,
        future_rows=np.asarray(future_steps),
        missing=_missing(values, within),
        before_gap=before_gap,
        gap_series=np.searchsorted(within, before_gap, side="right") - 1,
        gap_first=np.asarray(positions[before_gap] + 1),
        gap_length=np.asarray(steps[before_gap] - 1),
    )


def _spread(piece: Piece, look: _Look, out: Floats) -> None:
    """Put the rows that stay in their place, and NaN where there is none."""
    values = piece.values
    if look.n_rows != len(values):
        values = values[ranges(look.low, look.end)]
    if not len(look.gap_length):
        out[:] = values
        return
    out[:] = np.nan
    # Each row moves down by the gap rows put in before it.
    shift = np.zeros(len(values), dtype=np.int64)
    shift[look.before_gap + 1] = look.gap_length
    out[np.arange(len(values)) + np.cumsum(shift)] = values


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
