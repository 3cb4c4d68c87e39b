"""The names of frequencies: one spelling for each, and what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

TICKS = {  # unit -> nanoseconds
    "h": 3_600_000_000_000,
    "min": 60_000_000_000,
    "s": 1_000_000_000,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
DAY_NS = 86_400_000_000_000
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

# The anchor that pandas takes when none is written; None where none may be.
_ANCHORS: dict[str, str | None] = {
    **dict.fromkeys(("D", "B", "MS", "ME", "BMS", "BME"), None),
    "W": "SUN",
    **dict.fromkeys(("QS", "BQS", "YS", "BYS"), "JAN"),
    **dict.fromkeys(("QE", "BQE", "YE", "BYE"), "DEC"),
}
# Spellings of older pandas, and the names that they are stored under.
_OLD = {
    "H": "h", "T": "min", "S": "s", "L": "ms", "U": "us", "N": "ns",
    "M": "ME", "BM": "BME", "Q": "QE", "BQ": "BQE",
    "A": "YE", "Y": "YE", "AS": "YS", "BA": "BYE", "BY": "BYE", "BAS": "BYS",
    "d": "D", "b": "B", "w": "W", "MIN": "min", "Min": "min",
}  # fmt: skip
_WORDS = {
    "hour": "h", "hours": "h", "hourly": "h", "minute": "min", "minutes": "min", "minutely": "min",
    "second": "s", "seconds": "s", "sec": "s", "day": "D", "days": "D", "daily": "D",
    "week": "W", "weeks": "W", "weekly": "W", "month": "ME or MS", "months": "ME or MS",
    "monthly": "ME or MS", "m": "min (minutes), ME (month ends) or MS (month starts)",
    "quarter": "QE or QS", "quarterly": "QE or QS", "year": "YE or YS", "years": "YE or YS",
    "yearly": "YE or YS", "annual": "YE or YS", "business": "B", "weekday": "B",
}  # fmt: skip
_KNOWN = "h, min, s, ms, D, B, W-FRI, MS, ME, QS, QE, YS, YE, a multiple such as 15min, or an integer"


@dataclass(frozen=True)
class Frequency:
    """A step of n units.

    Attributes:
        n: How many units.
        unit: "" for an integer time axis, a tick (h, min, …), or a calendar unit (D, B, W, MS, ME, BMS, BME, QS, QE,
            BQS, BQE, YS, YE, BYS, BYE).
        anchor: The weekday or month at which a week, quarter or year begins or ends; None for other units.
    """

    n: int
    unit: str
    anchor: str | None = None

    @property
    def is_integer(self) -> bool:
        """Whether the step is a plain integer."""
        return self.unit == ""

    @property
    def is_tick(self) -> bool:
        """Whether the step is a fixed length of time."""
        return self.unit in TICKS

    @property
    def step_ns(self) -> int:
        """Nanoseconds of one step of a tick."""
        return self.n * TICKS[self.unit]

    @property
    def name(self) -> str | int:
        """The canonical spelling, such as "15min" or "W-FRI", or the integer."""
        if self.is_integer:
            return self.n
        head = "" if self.n == 1 else str(self.n)
        return f"{head}{self.unit}" + (f"-{self.anchor}" if self.anchor else "")

    @classmethod
    # A service asks many times for each forecast. `typed`, because True is no 1 here.
    @lru_cache(maxsize=256, typed=True)
    def parse(cls, freq: str | int) -> Frequency:
        """Read an alias, new or old.

        Raises:
            ValueError: The alias is unknown; the message suggests one.
        """
        if isinstance(freq, int):
            if isinstance(freq, bool) or freq < 1:
                raise ValueError(f"freq {freq!r} must be an integer of at least 1")
            return cls(freq, "")
        match = re.fullmatch(r"(\d*)([A-Za-z]+)(?:-([A-Za-z]{3}))?", freq.strip())
        if match is None:
            raise ValueError(_refusal(freq))
        count, unit, anchor = match.groups()
        unit = unit if unit in TICKS or unit in _ANCHORS else _OLD.get(unit, unit)
        if unit not in TICKS and unit not in _ANCHORS:
            raise ValueError(_refusal(freq))
        n = int(count) if count else 1
        if n < 1:
            raise ValueError(f"freq {freq!r} must be at least one {unit}")
        if unit in TICKS:
            if anchor:
                raise ValueError(f"freq {freq!r}: {unit} takes no anchor; write {count}{unit}")
            return _shortest(n, unit)
        return cls(n, unit, _anchor(freq, unit, anchor))


def canonical_freq(freq: str | int) -> str | int:
    """Return the canonical spelling: "60T" becomes "h", "M" becomes "ME", "W" becomes "W-SUN".

    Raises:
        ValueError: The name is unknown; the message suggests one.
    """
    return Frequency.parse(freq).name


def default_seasonality(freq: str | int) -> int:
    """Return the steps in the usual season: 24 for h, 7 for D, 12 for ME; 1 where none is usual."""
    f = Frequency.parse(freq)
    if f.is_integer:
        return 1
    if f.is_tick:
        return _tick_season(f.step_ns)
    whole = {"D": 7, "B": 5, "W": 52, "M": 12, "Q": 4, "Y": 1}
    kind = f.unit if f.unit == "B" else f.unit.removeprefix("B")[0]
    season = whole[kind]
    return season // f.n if season % f.n == 0 else 1


def _shortest(n: int, unit: str) -> Frequency:
    total = n * TICKS[unit]
    best = next(u for u, ns in TICKS.items() if total % ns == 0)
    return Frequency(total // TICKS[best], best)


def _tick_season(step_ns: int) -> int:
    if step_ns >= DAY_NS:
        return 7 if step_ns == DAY_NS else 1
    spans = (DAY_NS, TICKS["h"], TICKS["s"])
    least = (TICKS["min"], TICKS["s"], 1)
    span = next(span for span, low in zip(spans, least, strict=True) if step_ns >= low)
    return span // step_ns if span % step_ns == 0 else 1


def _anchor(freq: str, unit: str, anchor: str | None) -> str | None:
    default = _ANCHORS[unit]
    if anchor is None:
        return default
    names = WEEKDAYS if unit == "W" else MONTHS
    if default is None:
        raise ValueError(f"freq {freq!r}: {unit} takes no anchor; write {unit}")
    if anchor.upper() not in names:
        raise ValueError(f"freq {freq!r}: {anchor!r} is not one of {', '.join(names)}")
    return anchor.upper()


def _refusal(freq: str) -> str:
    word = freq.strip().lower()
    if word in _WORDS:
        return f"no frequency is called {freq!r}; did you mean {_WORDS[word]}?"
    if re.fullmatch(r"\d+", word):
        return f"no frequency is called {freq!r}; for an integer time axis write it without quotes: {word}"
    if re.fullmatch(r"\d+\.\d+\s*[a-z]+", word) or re.fullmatch(r"(\d+[a-z]+){2,}", word):
        return f"freq {freq!r} must be one whole multiple of one unit, such as 90min"
    return f"no frequency is called {freq!r}; use {_KNOWN}"
