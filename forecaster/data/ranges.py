"""Bounds per series to row numbers: the numbers of many ranges, one range after the other."""

from __future__ import annotations

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
