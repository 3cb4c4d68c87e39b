"""Windows by index: a series and a first row each, gathered a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from forecaster.data.ranges import ranges, rows_from
from forecaster.data.spec import WindowSpec
from forecaster.data.transforms.split import SplitBounds, SplitName, target_rows

Float32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Batch = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class WindowSource:
    """The arrays that windows are cut from: every series once, one after the other.

    Attributes:
        values: (rows, columns), scaled; targets, then past, then future covariates.
        offsets: (series + 1,), the first row of each series, and the number of rows.
        n_targets, n_past: How many columns are targets and past covariates.
        observed: (rows, targets), False where a target was filled in and does not count; None where all count.
        calendar: (positions, features), over the time axis from the first row to a horizon past the last; None
            without calendar features.
        position: (series,), the place of each series' first row in `calendar`.
        static: (series, features).
        codes: (rows, categorical columns), those of past, then of future covariates; see Encoders.
        n_past_codes: How many of them are past covariates.
        static_codes: (series, categorical static covariates).
    """

    values: Float32
    offsets: Ints
    n_targets: int
    n_past: int = 0
    observed: npt.NDArray[np.bool_] | None = None
    calendar: Float32 | None = None
    position: Ints | None = None
    static: Float32 | None = None
    codes: Codes | None = None
    n_past_codes: int = 0
    static_codes: Codes | None = None

    @property
    def n_ahead(self) -> int:
        """Number of channels known over the horizon: future covariates, then calendar features."""
        calendar = 0 if self.calendar is None else self.calendar.shape[1]
        return int(self.values.shape[1]) - self.n_targets - self.n_past + calendar


@dataclass(frozen=True)
class Windows:
    """Windows over a source, by series, then time.

    Attributes:
        source: The arrays they are cut from.
        lookback, horizon: Their lengths, in steps.
        series: (windows,).
        start: (windows,), the row of the source at which each lookback begins.
        padded: Whether windows may begin before their series; the batch has a mask then.
    """

    source: WindowSource
    lookback: int
    horizon: int
    series: npt.NDArray[np.int32]
    start: Ints
    padded: bool = False

    def __len__(self) -> int:
        return len(self.start)

    @property
    def target_row(self) -> Ints:
        """Row of the source of each window's first target, (windows,); the row before it is the cutoff."""
        return self.start + self.lookback

    def take(self, indices: Ints) -> Windows:
        """Return some of the windows, in the order given."""
        return replace(self, series=self.series[indices], start=self.start[indices])

    def inputs(self, indices: Ints) -> Batch:
        """Gather what a network sees of some windows. Only columns known ahead bring values of the horizon.

        Returns:
            past: (batch, lookback, channels).
            future: (batch, horizon, n_ahead), where anything is known ahead.
            static: (batch, features), where there are static covariates.
            past_codes, future_codes, static_codes: The same for categories.
            mask: (batch, lookback), with padding: 1 where the series has a row, 0 before its first.
        """
        s = self.source
        start, first_known = self.start[indices], s.n_targets + s.n_past
        past = self._past(s.values, indices)
        ahead = []
        if s.values.shape[1] > first_known:
            ahead.append(rows_from(s.values, start + self.lookback, self.horizon)[:, :, first_known:])
        if s.calendar is not None and s.position is not None:
            series = self.series[indices]
            row = s.position[series] + start - s.offsets[series]
            whole = self.lookback + self.horizon
            if self.padded:
                calendar = s.calendar[np.maximum(row[:, None] + np.arange(whole), 0)]
            else:
                calendar = rows_from(s.calendar, row, whole)
            past = np.concatenate([past, calendar[:, : self.lookback]], axis=2)
            ahead.append(calendar[:, self.lookback :])
        batch: Batch = {"past": past}
        if self.padded:
            batch["mask"] = self._mask(indices)
        if ahead:
            batch["future"] = ahead[0] if len(ahead) == 1 else np.concatenate(ahead, axis=2)
        if s.static is not None:
            batch["static"] = s.static[self.series[indices]]
        if s.codes is not None:
            batch["past_codes"] = self._past(s.codes, indices)
            if s.codes.shape[1] > s.n_past_codes:
                horizon = rows_from(s.codes, start + self.lookback, self.horizon)
                batch["future_codes"] = horizon[:, :, s.n_past_codes :]
        if s.static_codes is not None:
            batch["static_codes"] = s.static_codes[self.series[indices]]
        return batch

    def past_targets(self, indices: Ints) -> tuple[Float32, Float32 | None]:
        """Return the targets over the lookback, and which steps exist, both as in `inputs`, and nothing else.

        Returns:
            (batch, lookback, targets), and (batch, lookback), or None without padding.
        """
        past: Float32 = self._past(self.source.values, indices)[:, :, : self.source.n_targets]
        return past, self._mask(indices) if self.padded else None

    def _mask(self, indices: Ints) -> Float32:
        """Return 1 where the series has a row, 0 before its first, (batch, lookback)."""
        return (np.arange(self.lookback) >= self._absent(indices)[:, None]).astype(np.float32)

    def _absent(self, indices: Ints) -> Ints:
        """Return how many steps of each lookback are before its series' first row, (batch,)."""
        absent: Ints = np.maximum(self.source.offsets[:-1][self.series[indices]] - self.start[indices], 0)
        return absent

    def _past(self, table: npt.NDArray[Any], indices: Ints) -> npt.NDArray[Any]:
        """Return the lookbacks, (batch, lookback, columns); absent steps repeat the series' first row."""
        start = self.start[indices]
        if not self.padded:
            return rows_from(table, start, self.lookback)
        first = self.source.offsets[:-1][self.series[indices]]
        rows = np.maximum(start[:, None] + np.arange(self.lookback), first[:, None])
        past: npt.NDArray[Any] = table[rows]
        return past

    def with_history(self) -> tuple[Windows, Ints]:
        """Return these windows with all consecutive ones before them in their series, oldest first; and the place
        of each of these among all, (windows,)."""
        first = self.source.offsets[:-1][self.series]
        before = (self.start - first) // self.lookback
        distinct, inverse = np.unique(self.series, return_inverse=True)
        longest = np.zeros(len(distinct), dtype=np.int64)
        np.maximum.at(longest, inverse, before)
        count = longest + 1
        first_start = np.zeros(len(distinct), dtype=np.int64)
        first_start[inverse] = self.start - before * self.lookback
        series = np.repeat(distinct, count)
        start = np.repeat(first_start, count) + ranges(np.zeros_like(count), count) * self.lookback
        place = (np.cumsum(count) - count)[inverse] + before
        return replace(self, series=series, start=start), place

    def targets(self, indices: Ints) -> Float32:
        """Return the targets, (batch, horizon, targets), NaN where not observed."""
        rows = self.target_row[indices]
        y: Float32 = rows_from(self.source.values, rows, self.horizon)[:, :, : self.source.n_targets]
        if self.source.observed is not None:
            seen = self.source.observed[rows[:, None] + np.arange(self.horizon)]
            y = np.where(seen, y, np.float32(np.nan))
        return y

    def teacher(self, indices: Ints) -> Float32:
        """Return the targets, (batch, horizon, targets), with the filled values where nothing was observed."""
        rows = self.target_row[indices]
        y: Float32 = rows_from(self.source.values, rows, self.horizon)[:, :, : self.source.n_targets]
        return y

    def targets_of_every_step(self, indices: Ints, patch: int) -> Float32:
        """Return the horizon after each segment of the lookback, (batch, lookback / patch, horizon, targets).

        NaN where not observed, and after a segment before the series. The last entry equals `targets`.
        """
        ends = np.arange(patch, self.lookback + 1, patch)
        rows = self.start[indices][:, None, None] + ends[:, None] + np.arange(self.horizon)
        # Rows before the first of all become NaN below.
        rows = np.maximum(rows, 0)
        y = self.source.values[rows, : self.source.n_targets]
        if self.source.observed is not None:
            y = np.where(self.source.observed[rows], y, np.float32(np.nan))
        if self.padded:
            present = ends > self._absent(indices)[:, None]
            y = np.where(present[:, :, None, None], y, np.float32(np.nan))
        return y


def cut_windows(
    source: WindowSource,
    split_bounds: SplitBounds,
    split: SplitName,
    window: WindowSpec,
    *,
    consecutive: bool = False,
    few: Callable[[int], Ints] | None = None,
) -> Windows:
    """Cut every window whose targets all lie in one split of one series, by series, then time.

    The lookback may reach into an earlier split. It begins before its series only where window.short pads it.

    Args:
        source: The arrays to cut from.
        split_bounds: The ranges of the splits.
        split: One of them.
        window: The window section.
        consecutive: See `target_rows`.
        few: Called with the number of windows; returns the places of those to keep, ascending. None keeps all.
    """
    first, count, stride = target_rows(split_bounds, split, window, consecutive=consecutive)
    # The row at which each series' first window begins, less the strides of all windows before it.
    before = np.cumsum(count) - count
    first_start = source.offsets[:-1] + first - window.lookback - before * stride
    if few is None:
        series = np.repeat(np.arange(len(count), dtype=np.int32), count)
        start = np.repeat(first_start, count)
        place = np.arange(len(start), dtype=np.int64)
    else:
        place = few(int(count.sum()))
        with_windows = np.flatnonzero(count)
        owner = np.searchsorted(before[with_windows], place, side="right") - 1
        series = with_windows[owner].astype(np.int32)
        start = first_start[series]
    place *= stride
    start += place
    padded = window.short == "pad"
    return Windows(source, window.lookback, window.horizon, series, start, padded=padded)
