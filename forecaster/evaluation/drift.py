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
        total, count = (_sliding(part, length) for part in (self.total, self.count))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(count > 0, total / count, np.nan)


def _sliding(values: Floats, length: int) -> Floats:
    """Return the sums of `length` values at a time."""
    if len(values) < length:
        return np.empty(0)
    until = np.concatenate([[0.0], np.cumsum(values)])
    found: Floats = until[length:] - until[:-length]
    return found


@dataclass(frozen=True)
class Look:
    """One quantity of the newest stretch beside what was usual.

    Attributes:
        name: The quantity, such as "error".
        value: Its value.
        usual: Its mean over the stretches before; NaN where there are too few.
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
    """Hold a value against those of the stretches before, as one more draw from the same normal distribution.

    (value - mean) / (sd sqrt(1 + 1 / m)) follows a t distribution of m - 1 degrees of freedom, where m stretches lie
    end to end. The mean and the standard deviation are those of all stretches, which overlap.

    Args:
        name: The quantity.
        value: Its value in the newest stretch.
        before: (stretches,), its values before; NaN is left out.
        stretches: How many of these lie end to end.
        side: Which deviations count.
        least: The least standard deviation that is believed, so that no difference too small to matter is an alarm.
        limit: What p must be below for an alarm.
    """
    from scipy import stats

    known = before[np.isfinite(before)]
    m = min(stretches, len(known))
    if m < MIN_STRETCHES or not math.isfinite(value):
        return Look(name, value, math.nan, math.nan, math.nan, max(m, 0), None, limit)
    mean, sd = float(known.mean()), max(float(known.std(ddof=1)), least)
    t = (value - mean) / (sd * math.sqrt(1.0 + 1.0 / m))
    above = float(stats.t.sf(t, m - 1))
    p = {"above": above, "below": 1.0 - above, "either": 2.0 * min(above, 1.0 - above)}[side]
    low, high = float(known.min()), float(known.max())
    # A deviation to a side that does not count is none.
    low, high = (-math.inf if side == "above" else low), (math.inf if side == "below" else high)
    return Look(name, value, mean, low, high, m, p, limit)
