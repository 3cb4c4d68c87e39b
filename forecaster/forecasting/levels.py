"""Levels of prediction intervals, and the probabilities of the quantiles at their ends."""

from __future__ import annotations

from collections.abc import Sequence

MEDIAN = 0.5


def ends(level: float) -> tuple[float, float]:
    """Return the probabilities below the lower and the upper end of an interval.

    Args:
        level: Coverage of the interval in percent: 80 lies between 0.1 and 0.9.
    """
    outside = (100.0 - level) / 200.0
    return outside, 1.0 - outside


def probabilities(levels: Sequence[float]) -> tuple[float, ...]:
    """Return the probabilities of the median and of the ends of all intervals, increasing.

    Args:
        levels: Coverage of each interval in percent.
    """
    return tuple(sorted({MEDIAN, *(p for level in levels for p in ends(level))}))
