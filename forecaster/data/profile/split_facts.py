"""Which rows and windows each split has, per series, in numbers and in words."""

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
    """Targets and windows of one split, each (series,), rows counted from the series' first: targets
    low to high, half-open; how many windows, and the first target of the first and of the last of them."""

    low: Ints
    high: Ints
    count: Ints
    first: Ints
    last: Ints


def all_windows(
    split_bounds: SplitBounds, window: WindowSpec, *, consecutive: bool = False
) -> dict[SplitName, Ranges]:
    """Every window of every split."""
    found = {}
    for name in SPLITS:
        first, count, stride = target_rows(split_bounds, name, window, consecutive=consecutive)
        found[name] = Ranges(*split_bounds.range(name), count, first, first + (count - 1) * stride)
    return found


def taken_windows(split_bounds: SplitBounds, windows: Mapping[SplitName, Windows]) -> dict[SplitName, Ranges]:
    """The windows that there are, in order of series, then time."""
    found = {}
    for name, some in windows.items():
        low, high = split_bounds.range(name)
        count = np.bincount(some.series, minlength=len(low)).astype(np.int64)
        end = np.cumsum(count)
        target = np.append(some.start + some.lookback, 0)
        # What the places of series without a window hold is not looked at.
        first, last = (target[np.minimum(at, len(some))] for at in (end - count, end - 1))
        begin = some.source.offsets[:-1]
        found[name] = Ranges(low, high, count, first - begin, last - begin)
    return found


def describe_splits(
    panel: Panel, splits: Mapping[SplitName, Ranges], window: WindowSpec, series: slice
) -> Iterator[dict[str, Any]]:
    """Per series, for every split: {windows, first, last, first_window, last_window}; see `check`."""
    columns = [_split(panel, found, window, series) for found in splits.values()]
    for row in zip(*columns, strict=True):
        yield dict(zip(splits, row, strict=True))


def _split(panel: Panel, found: Ranges, window: WindowSpec, some: slice) -> Iterator[dict[str, Any]]:
    """The report on one split of each series."""
    has_rows, has_windows = found.high > found.low, found.count > 0
    columns = [
        found.count[some].tolist(),
        texts_of(panel, found.low, has_rows, some),
        texts_of(panel, found.high - 1, has_rows, some),
        _window(panel, found.first, window, has_windows, some),
        _window(panel, found.last, window, has_windows, some),
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
    return [dict(zip(edges, row, strict=True)) if here else None for here, *row in rows]


def texts_of(panel: Panel, rows: Ints, present: Any, some: slice) -> list[str | None]:
    """Timestamps of one row of each series, counted from its first; None where not present."""
    rows, present = rows[some], present[some]
    words = panel.time_axis.text(panel.first[some] + np.where(present, rows, 0))
    return [word if here else None for word, here in zip(words, present.tolist(), strict=True)]
