"""Chronological splits: ranges of target rows, never slices of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from forecaster.data.panel import Panel
from forecaster.data.spec import SplitSpec, WindowSpec
from forecaster.errors import DataError

Ints = npt.NDArray[np.int64]
SplitName = Literal["train", "val", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "val", "test")


@dataclass(frozen=True)
class SplitBounds:
    """Where training, validation and test targets end: rows counted from each series' first row.

    Windows may look back across a border; their targets never cross one.

    Attributes:
        train_end: (series,); training targets are rows 0 to train_end, half-open.
        val_end: (series,); validation targets are rows train_end to val_end.
        length: (series,); test targets are rows val_end to length.
    """

    train_end: Ints
    val_end: Ints
    length: Ints

    def range(self, split: SplitName) -> tuple[Ints, Ints]:
        """Return the first and one past the last target row of each series, each (series,)."""
        zero = np.zeros_like(self.length)
        return {
            "train": (zero, self.train_end),
            "val": (self.train_end, self.val_end),
            "test": (self.val_end, self.length),
        }[split]


def rolled_back(split_bounds: SplitBounds, fold: int) -> SplitBounds:
    """Return the bounds of an earlier fold: validation `fold` times its own length earlier, and no test rows.

    fold: 0 returns the bounds as they are.
    """
    if fold == 0:
        return split_bounds
    back = fold * (split_bounds.val_end - split_bounds.train_end)
    val_end = np.maximum(split_bounds.val_end - back, 0)
    return SplitBounds(
        train_end=np.maximum(split_bounds.train_end - back, 0), val_end=val_end, length=val_end
    )


def split(panel: Panel, spec: SplitSpec) -> SplitBounds:
    """Split every series into training, validation and test rows, oldest first.

    A share or a number of steps is counted from the end of each series; a date, the first of its range, is the
    same for all series.

    Raises:
        DataError: The validation range begins after the test range, or a date cannot be read.
    """
    length = np.diff(panel.offsets)
    test_start = _start_of(spec.test, "test", panel, length, before=length)
    val_start = _start_of(spec.val, "val", panel, length, before=test_start)
    if isinstance(spec.val, str) and isinstance(spec.test, str) and (val_start > test_start).any():
        raise DataError(
            f"begins at {spec.val}, after split.test at {spec.test}",
            hint="give val the earlier date",
            path="split.val",
        )
    return SplitBounds(train_end=np.minimum(val_start, test_start), val_end=test_start, length=length)


def _start_of(share: float | int | str, name: str, panel: Panel, length: Ints, *, before: Ints) -> Ints:
    """Return the first row of a range of each series, (series,), that ends where `before`, the next one, begins."""
    if isinstance(share, str):
        try:
            start = panel.time_axis.ceil_position(share)
        except ValueError as error:
            raise DataError(
                f"{error}", hint="write it like the table's time column", path=f"split.{name}"
            ) from None
        return np.clip(start - panel.first, 0, length)
    # The small term corrects rounding: 0.29 * 100 is 28.999999999999996.
    steps = np.floor(length * share + 1e-9).astype(np.int64) if isinstance(share, float) else share
    return np.maximum(before - steps, 0)


def target_rows(
    split_bounds: SplitBounds, split: SplitName, window: WindowSpec, *, consecutive: bool = False
) -> tuple[Ints, Ints, int]:
    """Return where the windows of a split have their first targets.

    Windows are counted from the end of the range, so that the newest one is never left out.

    Args:
        split_bounds: The ranges.
        split: One of them.
        window: The window section.
        consecutive: Count from the first row of each series instead; each window begins where the lookback of
            the one before ends.

    Returns:
        The first target row of each series' first window, (series,), counted from its first row; the number of
        windows, (series,); and the steps from one window to the next.
    """
    low, high = split_bounds.range(split)
    needed = np.full_like(low, window.lookback)
    if window.short == "pad":
        needed[split_bounds.train_end < window.lookback + window.horizon] = 1
    earliest, last = np.maximum(low, needed), high - window.horizon
    stride = window.lookback if consecutive else window.stride
    if consecutive:
        earliest = -(-earliest // stride) * stride
    count = np.maximum((last - earliest) // stride + 1, 0)
    first = earliest if consecutive else last - (count - 1) * stride
    return first, count, stride
