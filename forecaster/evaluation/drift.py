"""Whether the newest stretch of rows is unlike all stretches of the same length before.

Values close in time are alike, so their number says little about how much a mean of them varies by chance. A stretch is
therefore held against stretches of the same length from the time before: how those differ from each other already
holds the autocorrelation within them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from forecaster.data.arrays import Floats, Ints

# The fewest stretches, end to end, that say what is usual.
MIN_STRETCHES = 5

Side = Literal["above", "below", "either"]


@dataclass(frozen=True)
class Sums:
    """Sums of a quantity over all series by age: the number of steps before the last row of each series.

    Attributes:
        total: (ages,), the sums.
        count: (ages,), the number of values in each.
    """

    total: Floats
    count: Floats

    @classmethod
    def of(cls, values: Floats, age: Ints, ages: int) -> Sums:
        """Add up values by age.

        Args:
            values: (values,); one that is not finite is left out.
            age: (values,), the age of each; one outside 0 to `ages` is left out.
            ages: The number of ages.
        """
        used = np.isfinite(values) & (age >= 0) & (age < ages)
        return cls(
            np.bincount(age[used], values[used], ages).astype(np.float64),
            np.bincount(age[used], minlength=ages).astype(np.float64),
        )

    def stretches(self, length: int) -> Floats:
        """Return (stretches,), the mean over each stretch of this many ages; NaN where nothing was counted."""
        total, count = (_sliding(part, length).sum(axis=1) for part in (self.total, self.count))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(count > 0, total / count, np.nan)

    def middles(self, length: int) -> Floats:
        """Return (stretches,), the mean of the middle half of the ages of each stretch, each age by its mean.

        What lasts shows in it, and what a few steps of a stretch have does not. NaN where any age has no value.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(self.count > 0, self.total / self.count, np.nan)
        ordered = np.sort(_sliding(mean, length), axis=1)
        quarter = length // 4
        found: Floats = ordered[:, quarter : length - quarter].mean(axis=1)
        # NaN is sorted to the end, where it would be cut off.
        found[np.isnan(ordered).any(axis=1)] = np.nan
        return found


def _sliding(values: Floats, length: int) -> Floats:
    """Return (stretches, length), the values of each stretch, eight of which begin within the length of one."""
    if len(values) < length:
        return np.empty((0, length))
    return np.lib.stride_tricks.sliding_window_view(values, length)[:: max(1, length // 8)]


@dataclass(frozen=True)
class Look:
    """One quantity of the newest stretch beside what was usual.

    Attributes:
        name: The quantity, such as "error".
        value: Its value.
        usual: Its median over the stretches before; NaN where there are too few.
        low, high: Its least and largest value there.
        stretches: The number of those stretches, end to end.
        p: The probability of a value at least as far off, if nothing has changed; None where it cannot be told.
        limit: What p must be below for an alarm.
    """

    name: str
    value: float
    usual: float
    low: float
    high: float
    stretches: int
    p: float | None
    limit: float

    @property
    def alarm(self) -> bool:
        """Whether it is improbable, and farther off than every stretch before."""
        return self.p is not None and self.p < self.limit and not self.low <= self.value <= self.high

    def as_json(self) -> dict[str, Any]:
        """Return plain values; None for numbers that are not known."""
        numbers = {key: getattr(self, key) for key in ("value", "usual", "low", "high")}
        plain = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
        return {"name": self.name, **plain, "stretches": self.stretches, "p": self.p, "alarm": self.alarm}


def look(
    name: str, value: float, before: Floats, *, stretches: int, side: Side, least: float, limit: float
) -> Look:
    """Hold a value against those of the stretches before, as one more draw from the same distribution.

    (value - median) / (s sqrt(1 + 1 / m)) is taken to follow a t distribution of m - 1 degrees of freedom, where m
    stretches lie end to end. s is the root mean square distance from the median of those on the side of the value:
    rare and large falls say nothing about rises.

    Args:
        name: The quantity.
        value: Its value in the newest stretch.
        before: (stretches,), its values before; NaN is left out.
        stretches: How many of these lie end to end.
        side: Which deviations count.
        least: The least s that is believed, so that no difference too small to matter is an alarm.
        limit: What p must be below for an alarm.
    """
    from scipy import stats

    known = before[np.isfinite(before)]
    m = min(stretches, len(known))
    if m < MIN_STRETCHES or not math.isfinite(value):
        return Look(name, value, math.nan, math.nan, math.nan, max(m, 0), None, limit)
    usual = float(np.median(known))
    beside = known[known >= usual] if value >= usual else known[known <= usual]
    s = max(float(np.sqrt(np.mean(np.square(beside - usual)))), least)
    t = (value - usual) / (s * math.sqrt(1.0 + 1.0 / m))
    above = float(stats.t.sf(t, m - 1))
    p = {"above": above, "below": 1.0 - above, "either": 2.0 * min(above, 1.0 - above)}[side]
    low, high = float(known.min()), float(known.max())
    # A deviation to a side that does not count is none.
    low, high = (-math.inf if side == "above" else low), (math.inf if side == "below" else high)
    return Look(name, value, usual, low, high, m, p, limit)
