"""The rows and windows of each split, per series: as numbers, and as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.spec import WindowSpec
from forecaster.data.transforms.split import SPLITS, SplitBounds, SplitName, target_rows
from forecaster.data.transforms.windows import Windows


@dataclass(frozen=True)
class Ranges:
    """Targets and windows of one split. Rows are counted from each series' first row.

    Attributes:
        low, high: (series,), first target row and one past the last.
        count: (series,), how many windows.
        first, last: (series,), first target row of the first window and of the last.
    """

    low: Ints
    high: Ints
    count: Ints
    first: Ints
    last: Ints


def all_windows(
    split_bounds: SplitBounds, window: WindowSpec, *, consecutive: bool = False
) -> dict[SplitName, Ranges]:
    """Return every possible window of every split. Arguments as for `target_rows`."""
    ranges = {}
    for name in SPLITS:
        first, count, stride = target_rows(split_bounds, name, window, consecutive=consecutive)
        ranges[name] = Ranges(*split_bounds.range(name), count, first, first + (count - 1) * stride)
    return ranges


def taken_windows(split_bounds: SplitBounds, windows: Mapping[SplitName, Windows]) -> dict[SplitName, Ranges]:
    """Return the windows that a run uses. windows: by series, then time."""
    ranges = {}
    for name, some in windows.items():
        low, high = split_bounds.range(name)
        count = np.bincount(some.series, minlength=len(low)).astype(np.int64)
        end = np.cumsum(count)
        target = np.append(some.start + some.lookback, 0)
        # The entries of series without a window are not used.
        first, last = (target[np.minimum(at, len(some))] for at in (end - count, end - 1))
        begin = some.source.offsets[:-1]
        ranges[name] = Ranges(low, high, count, first - begin, last - begin)
    return ranges


def describe_splits(
    panel: Panel, splits: Mapping[SplitName, Ranges], window: WindowSpec, series: slice
) -> Iterator[dict[str, Any]]:
    """Yield for each series, {split: {windows, first, last, first_window, last_window}}; see `check`."""
    columns = [_split(panel, ranges, window, series) for ranges in splits.values()]
    for row in zip(*columns, strict=True):
        yield dict(zip(splits, row, strict=True))


def _split(panel: Panel, ranges: Ranges, window: WindowSpec, some: slice) -> Iterator[dict[str, Any]]:
    """Yield the facts about one split of each series."""
    has_rows, has_windows = ranges.high > ranges.low, ranges.count > 0
    columns = [
        ranges.count[some].tolist(),
        texts_of(panel, ranges.low, has_rows, some),
        texts_of(panel, ranges.high - 1, has_rows, some),
        _window(panel, ranges.first, window, has_windows, some),
        _window(panel, ranges.last, window, has_windows, some),
    ]
    names = ("windows", "first", "last", "first_window", "last_window")
    return (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))


def _window(
    panel: Panel, target: Ints, window: WindowSpec, has: Any, some: slice
) -> list[dict[str, str | None] | None]:
    edges = {
        # A padded lookback begins before the series does.
        "lookback_first": np.maximum(target - window.lookback, 0),
        "cutoff": target - 1,
        "target_first": target,
        "target_last": target + window.horizon - 1,
    }
    texts = [texts_of(panel, rows, has, some) for rows in edges.values()]
    rows = zip(has[some].tolist(), *texts, strict=True)
    return [dict(zip(edges, row, strict=True)) if present else None for present, *row in rows]


def texts_of(panel: Panel, rows: Ints, present: Any, some: slice) -> list[str | None]:
    """Return the time of one row of each series as text; None where not present.

    rows, present: (series,), rows counted from each series' first row. some: the series to return.
    """
    rows, present = rows[some], present[some]
    texts = panel.time_axis.text(panel.first[some] + np.where(present, rows, 0))
    return [text if shown else None for text, shown in zip(texts, present.tolist(), strict=True)]
