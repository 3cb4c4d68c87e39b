"""Ragged ranges of rows, end to end: the one way from bounds per series to flat rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def ranges(low: Ints, high: Ints) -> Ints:
    """All whole numbers of the half-open ranges, one range after the other.

    low, high: (ranges,), none of which has low > high. Returns (sum of high - low,).
    """
    count = high - low
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    numbers: Ints = np.arange(total, dtype=np.int64) + np.repeat(low - (ends - count), count)
    return numbers
