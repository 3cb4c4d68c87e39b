"""Many ranges of rows at once: their numbers, one range after the other, or the rows themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def ranges(low: Ints, high: Ints) -> Ints:
    """Return all integers of half-open ranges, one range after the other.

    Args:
        low: (ranges,), the first number of each.
        high: (ranges,), one past the last; low <= high.

    Returns:
        The numbers, (sum of high - low,).
    """
    count = high - low
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    numbers: Ints = np.arange(total, dtype=np.int64) + np.repeat(low - (ends - count), count)
    return numbers


def rows_from(table: NDArray[Any], start: Ints, steps: int) -> NDArray[Any]:
    """Gather runs of rows of one length. Each is copied as one stretch of memory.

    Args:
        table: (rows, columns), contiguous.
        start: (runs,), the first row of each.
        steps: Rows of each run.

    Returns:
        (runs, steps, columns).

    Raises:
        IndexError: A run ends after the table.
    """
    n = table.shape[1]
    runs = np.lib.stride_tricks.sliding_window_view(table.reshape(-1), steps * n)
    gathered: NDArray[Any] = runs[start * n].reshape(len(start), steps, n)
    return gathered
