"""Sorted rows to regular series: trimmed to their targets, with a row at every step in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints
from forecaster.data.ranges import ranges


@dataclass(frozen=True)
class Piece:
    """The rows of some whole series.

    Attributes:
        positions: (rows,), on the time axis; ascending and distinct within a series.
        offsets: (series + 1,); rows offsets[s]:offsets[s + 1] are those of series s.
        values: (rows, columns).
    """

    positions: Ints
    offsets: Ints
    values: Floats


@dataclass(frozen=True)
class StepCounts:
    """How many steps of the time axis lie between neighbouring rows of a series.

    Attributes:
        distinct: Every number of steps that occurs, ascending.
        counts: How often each occurs.
    """

    distinct: Ints
    counts: Ints

    @property
    def total(self) -> int:
        """Pairs of neighbouring rows."""
        return int(self.counts.sum())

    def count(self, n_steps: int) -> int:
        """Return how many pairs are this number of steps apart."""
        return int(self.counts[self.distinct == n_steps].sum())

    def median(self) -> int:
        """Return the median number of steps, rounded down."""
        ends = np.cumsum(self.counts)
        low, high = np.searchsorted(ends, [(self.total - 1) // 2, self.total // 2], side="right")
        return int((self.distinct[low] + self.distinct[high]) // 2)

    @classmethod
    def of(cls, steps: Ints) -> StepCounts:
        """Count the steps between each pair of neighbouring rows, (pairs,)."""
        return cls(*np.unique(steps, return_counts=True))

    @classmethod
    def joined(cls, parts: Sequence[StepCounts]) -> StepCounts:
        """Add the counts of several parts of a table."""
        distinct, place = np.unique(np.concatenate([p.distinct for p in parts]), return_inverse=True)
        weights = np.concatenate([p.counts for p in parts])
        counts = np.bincount(place, weights=weights, minlength=len(distinct))
        return cls(distinct, counts.astype(np.int64))


@dataclass(frozen=True)
class Regular:
    """Series with a row at every step of the time axis; see Panel and Findings for the other fields.

    Attributes:
        kept: (kept series,), the series that have a target value at all; every other field that has an entry
            per series is in this order.
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
    check: Callable[[StepCounts, int], None],
    out: Callable[[tuple[int, int]], Floats],
) -> Regular:
    """Trim each series to its observed targets, and insert absent rows as NaN.

    Args:
        pieces: Returns all series, some at a time; called twice.
        n_targets: How many columns, the first ones, are targets.
        n_future: How many columns, the last ones, are future covariates that keep rows after the last observed
            target; 0 keeps none.
        check: Called with the steps between neighbouring rows and the number of rows with gaps filled in, where
            there are gaps; may raise before memory is taken for them.
        out: Returns the array of the values, given its shape.

    Returns:
        The series; empty where no target has a value.
    """
    parts, n_series, n_columns = [], 0, 0
    for piece in pieces():
        parts.append(_measured(piece, n_series, n_targets, n_future))
        n_series, n_columns = n_series + len(piece.offsets) - 1, piece.values.shape[1]
    n_out = sum(part.n_out for part in parts)
    if n_out > sum(part.n_rows for part in parts):
        check(StepCounts.joined([part.steps for part in parts]), n_out)
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
class _Measured:
    """What is known about a piece before its values are copied.

    Attributes:
        low, end: (kept series,), first and one past the last of the rows that stay.
        length: (kept series,), their number once gaps are filled in.
        before_gap: Rows that stay and are followed by a gap, counted among the rows that stay.
        gap_series: (gaps,), places among the kept series of the piece. The other fields are as in Regular.
    """

    low: Ints
    end: Ints
    length: Ints
    steps: StepCounts
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


def _measured(piece: Piece, first_series: int, n_targets: int, n_future: int) -> _Measured:
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
    # Steps, not rows: a gap between the last target and the rows after it is not known history.
    future_steps = positions[end - 1] - positions[high - 1]
    within = np.append(0, np.cumsum(end - low))
    if within[-1] != len(positions):
        rows = ranges(low, end)
        positions, values = positions[rows], values[rows]
    steps = np.diff(positions)
    inside = np.ones(len(steps), dtype=bool)
    inside[within[1:-1] - 1] = False
    before_gap = np.flatnonzero(inside & (steps > 1))
    return _Measured(
        low=low,
        end=end,
        length=length,
        steps=StepCounts.of(steps[inside]),
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


def _spread(piece: Piece, part: _Measured, out: Floats) -> None:
    """Copy the rows that stay to their places in `out`, and put NaN where there is no row."""
    values = piece.values
    if part.n_rows != len(values):
        values = values[ranges(part.low, part.end)]
    if not len(part.gap_length):
        out[:] = values
        return
    out[:] = np.nan
    # Each row moves down by the rows inserted before it.
    shift = np.zeros(len(values), dtype=np.int64)
    shift[part.before_gap + 1] = part.gap_length
    out[np.arange(len(values)) + np.cumsum(shift)] = values


def _any_known(values: Floats) -> NDArray[np.bool_]:
    known = np.zeros(len(values), dtype=bool)
    for c in range(values.shape[1]):
        known |= ~np.isnan(values[:, c])
    return known


def _extent(known: NDArray[np.bool_], offsets: Ints) -> tuple[Ints, Ints]:
    """Return the first and one past the last known row of each series; equal where it has none."""
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
    """Return the number of NaN cells, (series, columns). No series is empty."""
    out = np.zeros((len(offsets) - 1, values.shape[1]), dtype=np.int64)
    for c in range(values.shape[1]):
        where = np.flatnonzero(np.isnan(values[:, c]))
        if len(where):
            out[:, c] = np.diff(np.searchsorted(where, offsets))
    return out
