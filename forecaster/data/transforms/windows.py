"""Windows by index: a (series, start) pair each, gathered a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from forecaster.data.ranges import ranges
from forecaster.data.spec import WindowSpec
from forecaster.data.transforms.split import SplitBounds, SplitName, target_rows

Float32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Batch = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class WindowSource:
    """What windows are cut from: every series end to end, once.

    values: (rows, columns), scaled; targets, then past, then future covariates.
    observed: (rows, targets), False where a target was filled in and must not
    count; None where all count. calendar: (positions, features) over the time axis
    from the first row to a horizon past the last; None without calendar features.
    position: (series,), place of each series' first row in `calendar`.
    static: (series, features). codes: (rows, columns of categories), those of past, then of
    future covariates; static_codes: (series, static columns of categories).
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
        """Channels of numbers known over the horizon: future covariates, then calendar features."""
        calendar = 0 if self.calendar is None else self.calendar.shape[1]
        return int(self.values.shape[1]) - self.n_targets - self.n_past + calendar


@dataclass(frozen=True)
class Windows:
    """Complete windows over a Source, in order of series, then time.

    series: (windows,). start: (windows,), flat row of the first step of each lookback.
    padded: windows may begin before their series, and say so in a mask.
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
        """Flat row of each window's first target; the row before it is the forecast origin."""
        return self.start + self.lookback

    def take(self, indices: Ints) -> Windows:
        return replace(self, series=self.series[indices], start=self.start[indices])

    def inputs(self, indices: Ints) -> Batch:
        """Gather: past (batch, lookback, channels); future (batch, horizon, n_ahead) and
        static (batch, features) where there are any; past_codes, future_codes and static_codes
        likewise for categories; with padding, mask (batch, lookback), 1 where a step is there.

        Values of the horizon enter `future` only from columns known ahead.
        """
        s = self.source
        start, first_known = self.start[indices], s.n_targets + s.n_past
        past = self._past(s.values, indices)
        ahead = []
        if s.values.shape[1] > first_known:
            ahead.append(_gather(s.values, start + self.lookback, self.horizon)[:, :, first_known:])
        if s.calendar is not None and s.position is not None:
            series = self.series[indices]
            row = s.position[series] + start - s.offsets[series]
            steps = row[:, None] + np.arange(self.lookback + self.horizon)
            calendar = s.calendar[np.maximum(steps, 0)]
            past = np.concatenate([past, calendar[:, : self.lookback]], axis=2)
            ahead.append(calendar[:, self.lookback :])
        batch: Batch = {"past": past}
        if self.padded:
            batch["mask"] = (np.arange(self.lookback) >= self._absent(indices)[:, None]).astype(np.float32)
        if ahead:
            batch["future"] = ahead[0] if len(ahead) == 1 else np.concatenate(ahead, axis=2)
        if s.static is not None:
            batch["static"] = s.static[self.series[indices]]
        if s.codes is not None:
            batch["past_codes"] = self._past(s.codes, indices)
            if s.codes.shape[1] > s.n_past_codes:
                horizon = _gather(s.codes, start + self.lookback, self.horizon)
                batch["future_codes"] = horizon[:, :, s.n_past_codes :]
        if s.static_codes is not None:
            batch["static_codes"] = s.static_codes[self.series[indices]]
        return batch

    def _absent(self, indices: Ints) -> Ints:
        """(batch,), steps of each lookback before its series' first row."""
        absent: Ints = np.maximum(self.source.offsets[:-1][self.series[indices]] - self.start[indices], 0)
        return absent

    def _past(self, table: npt.NDArray[Any], indices: Ints) -> npt.NDArray[Any]:
        """(batch, lookback, columns); absent steps repeat the series' first row."""
        start = self.start[indices]
        if not self.padded:
            return _gather(table, start, self.lookback)
        first = self.source.offsets[:-1][self.series[indices]]
        rows = np.maximum(start[:, None] + np.arange(self.lookback), first[:, None])
        past: npt.NDArray[Any] = table[rows]
        return past

    def with_history(self) -> tuple[Windows, Ints]:
        """These windows and all consecutive ones before them in their series, oldest first; and
        the place of each of these among all."""
        first = self.source.offsets[:-1][self.series]
        before = (self.start - first) // self.lookback
        found, inverse = np.unique(self.series, return_inverse=True)
        longest = np.zeros(len(found), dtype=np.int64)
        np.maximum.at(longest, inverse, before)
        count = longest + 1
        first_start = np.zeros(len(found), dtype=np.int64)
        first_start[inverse] = self.start - before * self.lookback
        series = np.repeat(found, count)
        start = np.repeat(first_start, count) + ranges(np.zeros_like(count), count) * self.lookback
        place = (np.cumsum(count) - count)[inverse] + before
        return replace(self, series=series, start=start), place

    def targets(self, indices: Ints) -> Float32:
        """(batch, horizon, targets), NaN where not observed."""
        rows = self.target_row[indices]
        y: Float32 = _gather(self.source.values, rows, self.horizon)[:, :, : self.source.n_targets]
        if self.source.observed is not None:
            seen = self.source.observed[rows[:, None] + np.arange(self.horizon)]
            y = np.where(seen, y, np.float32(np.nan))
        return y

    def teacher(self, indices: Ints) -> Float32:
        """(batch, horizon, targets), with the filled values where nothing was observed."""
        rows = self.target_row[indices]
        y: Float32 = _gather(self.source.values, rows, self.horizon)[:, :, : self.source.n_targets]
        return y

    def targets_of_every_step(self, indices: Ints, patch: int) -> Float32:
        """(batch, lookback / patch, horizon, targets): the horizon after each segment of the
        lookback, NaN where not observed and after segments before the series. The last entry
        is `targets`."""
        ends = np.arange(patch, self.lookback + 1, patch)
        rows = self.start[indices][:, None, None] + ends[:, None] + np.arange(self.horizon)
        # Those before the first row of all are not read, whatever stands there.
        rows = np.maximum(rows, 0)
        y = self.source.values[rows, : self.source.n_targets]
        if self.source.observed is not None:
            y = np.where(self.source.observed[rows], y, np.float32(np.nan))
        if self.padded:
            there = ends > self._absent(indices)[:, None]
            y = np.where(there[:, :, None, None], y, np.float32(np.nan))
        return y


def _gather(table: npt.NDArray[Any], start: Ints, steps: int) -> npt.NDArray[Any]:
    """(batch, steps, columns): rows are end to end, so a window is one run of memory."""
    n = table.shape[1]
    runs = np.lib.stride_tricks.sliding_window_view(table.reshape(-1), steps * n)
    gathered: npt.NDArray[Any] = runs[start * n].reshape(len(start), steps, n)
    return gathered


def cut_windows(
    source: WindowSource,
    split_bounds: SplitBounds,
    split: SplitName,
    window: WindowSpec,
    *,
    consecutive: bool = False,
    few: Callable[[int], Ints] | None = None,
) -> Windows:
    """Every window whose targets all lie in one split of one series, oldest first.

    The lookback may reach into an earlier split; it never leaves the series but where
    window.short pads it. consecutive: see `target_rows`.
    few: of so many windows, the places of those to keep, ascending.
    """
    first, count, stride = target_rows(split_bounds, split, window, consecutive=consecutive)
    # The first step of each series' first window, less the steps of all windows before it.
    before = np.cumsum(count) - count
    first_start = source.offsets[:-1] + first - window.lookback - before * stride
    if few is None:
        series = np.repeat(np.arange(len(count), dtype=np.int32), count)
        start = np.repeat(first_start, count)
        nth = np.arange(len(start), dtype=np.int64)
    else:
        nth = few(int(count.sum()))
        having = np.flatnonzero(count)
        series = having[np.searchsorted(before[having], nth, side="right") - 1].astype(np.int32)
        start = first_start[series]
    nth *= stride
    start += nth
    padded = window.short == "pad"
    return Windows(source, window.lookback, window.horizon, series, start, padded=padded)
