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
    """Gather runs of rows of one length. Of a contiguous table each is copied as one stretch of memory.

    Args:
        table: (rows, columns).
        start: (runs,), the first row of each.
        steps: Rows of each run.

    Returns:
        (runs, steps, columns).

    Raises:
        IndexError: A run begins before the table or ends after it.
    """
    n = table.shape[1]
    if len(start) and (start.min() < 0 or start.max() + steps > len(table)):
        raise IndexError(
            f"runs of {steps} rows from {start.min()} to {start.max()} in a table of {len(table)}"
        )
    if not len(start):
        return np.empty((0, steps, n), dtype=table.dtype)
    gathered: NDArray[Any]
    if table.flags.c_contiguous:
        runs = np.lib.stride_tricks.sliding_window_view(table.reshape(-1), steps * n)
        gathered = runs[start * n].reshape(len(start), steps, n)
    else:  # some columns of a table, which a reshape would copy as a whole
        gathered = np.lib.stride_tricks.sliding_window_view(table, (steps, n))[start, 0]
    return gathered
