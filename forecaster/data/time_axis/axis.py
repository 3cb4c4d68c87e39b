"""The regular time axis: a position, a whole number, for every stamp of a table."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from forecaster.data.time_axis.clocks import to_local, to_utc
from forecaster.data.time_axis.frequency import (
    DAY_NS,
    MONTHS,
    WEEKDAYS,
    Frequency,
    canonical_freq,
    default_seasonality,
)

__all__ = ["TimeAxis", "canonical_freq", "default_seasonality"]

Ints = NDArray[np.int64]
OFF_AXIS = np.iinfo(np.int64).min
# What int64 nanoseconds hold, in whole years: 1678 to 2261. Half-open.
YEARS = np.datetime64("1678"), np.datetime64("2262")
_SAMPLE = 100_000
_SHORTEST_MONTH = 28
_A_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True)
class TimeAxis:
    """Steps of one frequency, numbered by positions that do not depend on the table.

    Stamps are int64 nanoseconds since 1970 (UTC where timezone is set, else as they are written), or plain
    integers where freq is one. Ticks (h, 15min, …) count elapsed time; calendar units (D, B, W, ME, …) count local
    dates, so that a day of 23 hours is one step.

    Attributes:
        freq: The frequency, in its canonical spelling, or an integer step.
        timezone: IANA zone of the clock; None where stamps are used as they are written.
        phase: Where in its unit a stamp lies: nanoseconds, or integer units. For units that begin with a month (MS,
            QS, YS) it holds whole days too: a month may be named by its 15th.
        skip: Which of every n calendar units is a step (2D, 3MS, …).
    """

    freq: str | int
    timezone: str | None = None
    phase: int = 0
    skip: int = 0

    @classmethod
    def fit(cls, freq: str | int, timezone: str | None, stamps: Ints) -> TimeAxis:
        """Return the axis of a frequency that most of the first stamps, (stamps,), lie on."""
        f = Frequency.parse(freq)
        sample = stamps[:_SAMPLE]
        if f.is_integer or f.is_tick:
            step = f.n if f.is_integer else f.step_ns
            return cls(f.name, timezone, phase=_most_common(sample % step))
        local = to_local(sample, timezone)
        units = _units(f, local // DAY_NS)
        phase = _most_common(local % DAY_NS) + _most_common_day(f, units, local // DAY_NS) * DAY_NS
        return cls(f.name, timezone, phase=phase, skip=_most_common(units % f.n))

    @property
    def is_integer(self) -> bool:
        """Whether stamps are plain integers."""
        return isinstance(self.freq, int)

    @property
    def is_calendar(self) -> bool:
        """Whether steps are dates (D, W, ME, …), not elapsed time."""
        f = Frequency.parse(self.freq)
        return not (f.is_integer or f.is_tick)

    def positions(self, stamps: Ints) -> Ints:
        """Return the position of each stamp, (stamps,); OFF_AXIS where it lies between two steps."""
        guess = self._floor(stamps)
        out: Ints = np.where(self.stamps(guess) == stamps, guess, OFF_AXIS)
        return out

    def stamps(self, positions: Ints) -> Ints:
        """Return the stamp of each position, (positions,). The inverse of `positions`."""
        f = Frequency.parse(self.freq)
        if f.is_integer or f.is_tick:
            step = f.n if f.is_integer else f.step_ns
            return positions * step + self.phase
        dates = _dates(f, positions * f.n + self.skip)
        return to_utc(dates * DAY_NS + self.phase, self.timezone)

    def at_or_after(self, stamp: int) -> int:
        """Return the first position whose stamp is not before this one."""
        near = int(self._floor(np.array([stamp]))[0]) + np.arange(-1, 3)
        return int(near[np.searchsorted(self.stamps(near), stamp)])

    def ceil_position(self, text: str | int) -> int:
        """Return the first position that is not before a date, a time or, on an integer axis, a number.

        Raises:
            ValueError: The text is none of these.
        """
        return self.at_or_after(parse_stamp(text, self.timezone, integer=self.is_integer))

    def floor_position(self, text: str | int) -> int:
        """Return the last position that is not after a date, a time or, on an integer axis, a number.

        A month such as 2024-06 is its first moment or, where steps are months or longer, the step that lies in it.

        Raises:
            ValueError: The text is none of these.
        """
        f = Frequency.parse(self.freq)
        by_month = not (f.is_integer or f.is_tick) and f.unit.removeprefix("B")[:1] in ("M", "Q", "Y")
        if by_month and _A_MONTH.fullmatch(str(text)):
            text = end_of(str(text))
        stamp = parse_stamp(text, self.timezone, integer=self.is_integer)
        return self.at_or_before(stamp)

    def at_or_before(self, stamp: int) -> int:
        """Return the last position whose stamp is not after this one."""
        position = self.at_or_after(stamp)
        return position if int(self.stamps(np.array([position]))[0]) <= stamp else position - 1

    def around(self, stamp: int) -> tuple[int, int]:
        """Return the positions just before and just after a stamp that lies between two steps."""
        after = self.at_or_after(stamp)
        return after - 1, after

    def local(self, positions: Ints) -> Ints:
        """Return the local time of each position, in nanoseconds since 1970 on the clock of the zone."""
        return to_local(self.stamps(positions), self.timezone)

    def text(self, positions: Ints) -> list[str]:
        """Return each position as people read it: local time, with its offset where a zone is set."""
        return self.stamp_text(self.stamps(np.asarray(positions, dtype=np.int64)))

    def stamp_text(self, stamps: Ints) -> list[str]:
        """Return stamps, also those between two steps, as people read them."""
        if self.is_integer:
            return [str(v) for v in stamps.tolist()]
        local = to_local(stamps, self.timezone)
        if self.is_calendar and self.phase % DAY_NS == 0 and not (local % DAY_NS).any():
            return _iso(local, "D")
        whole = not (local % 1_000_000_000).any()
        words = _iso(local, "s" if whole else "ns" if (local % 1_000_000).any() else "ms")
        if self.timezone is None:
            return words
        return [w + _offset(o) for w, o in zip(words, (local - stamps).tolist(), strict=True)]

    def as_json(self) -> dict[str, Any]:
        """Return plain data from which `from_json` makes the same axis."""
        return {"freq": self.freq, "timezone": self.timezone, "phase": self.phase, "skip": self.skip}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> TimeAxis:
        """Return the axis that `as_json` stored."""
        return cls(state["freq"], state["timezone"], state["phase"], state["skip"])

    def _floor(self, stamps: Ints) -> Ints:
        f = Frequency.parse(self.freq)
        if f.is_integer or f.is_tick:
            step = f.n if f.is_integer else f.step_ns
            return (stamps - self.phase) // step
        days = to_local(stamps, self.timezone) // DAY_NS
        return (_units(f, days) - self.skip) // f.n


def parse_stamp(text: str | int, timezone: str | None, *, integer: bool = False) -> int:
    """Return the stamp of an ISO 8601 text, or the integer itself.

    Args:
        text: A date, a time, or a month, which is its beginning. Without an offset it is on the clock of `timezone`:
            the first moment of a repeated hour, and the first moment after a skipped one.
        timezone: IANA zone; None takes the time as it is written.
        integer: Whether the axis is one of integers.

    Raises:
        ValueError: The text is no such time or integer, or is outside the years 1678 to 2261.
    """
    if integer:
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"{text!r} is not an integer, and the time axis is one of integers") from None
    try:
        moment = datetime.fromisoformat(f"{text}-01" if _A_MONTH.fullmatch(str(text)) else str(text))
    except ValueError:
        raise ValueError(
            f"{text!r} is not an ISO 8601 date or time such as 2024-01-31 or 2024-01-31T06:00"
        ) from None
    offset = moment.utcoffset()
    naive = np.datetime64(moment.replace(tzinfo=None), "us")
    if not YEARS[0] <= naive < YEARS[1]:
        raise ValueError(f"{text!r} is outside the years 1678 to 2261")
    stamp = int(naive.astype("M8[ns]").astype(np.int64))
    if offset is not None:
        return stamp - offset // timedelta(microseconds=1) * 1000
    return int(to_utc(np.array([stamp]), timezone)[0])


def offset_of(text: str) -> str | None:
    """Return the offset from UTC of an ISO 8601 text, such as +02:00; None where it has none or is no time."""
    try:
        offset = datetime.fromisoformat(text).utcoffset()
    except ValueError:
        return None
    return None if offset is None else _offset(offset // timedelta(microseconds=1) * 1000)


def end_of(text: str) -> str:
    """Return the last microsecond of a month or a date, as text; any other time as it is."""
    text = text.strip()
    if _A_MONTH.fullmatch(text):
        return f"{text}-{monthrange(int(text[:4]), int(text[5:]))[1]:02d} 23:59:59.999999"
    return f"{text} 23:59:59.999999" if len(text) == 10 else text


def _units(f: Frequency, days: Ints) -> Ints:
    """Return the number of the calendar unit that each date, in days since 1970, belongs to."""
    if f.unit == "D":
        return days
    if f.unit == "B":  # 1969-12-29 was a Monday
        return (days + 3) // 7 * 5 + np.minimum((days + 3) % 7, 4)
    if f.unit == "W":
        return (days + 3 - WEEKDAYS.index(f.anchor or "SUN")) // 7
    months = days.astype("M8[D]").astype("M8[M]").astype(np.int64)
    period, residue = _period(f)
    out: Ints = (months - residue) // period
    return out


def _dates(f: Frequency, units: Ints) -> Ints:
    """Return the date, in days since 1970, that represents each unit."""
    if f.unit == "D":
        return units
    if f.unit == "B":
        return units // 5 * 7 - 3 + units % 5
    if f.unit == "W":
        return units * 7 - 3 + WEEKDAYS.index(f.anchor or "SUN")
    period, residue = _period(f)
    months = units * period + residue
    at_end = f.unit.endswith("E")
    days = (months + at_end).astype("M8[M]").astype("M8[D]").astype(np.int64) - at_end
    if f.unit.startswith("B"):
        roll: Literal["backward", "forward"] = "backward" if at_end else "forward"
        return np.busday_offset(days.astype("M8[D]"), 0, roll=roll).astype(np.int64)
    return days


def _period(f: Frequency) -> tuple[int, int]:
    """Return the months in a unit, and the month among them that its anchor names."""
    period = {"M": 1, "Q": 3, "Y": 12}[f.unit.removeprefix("B")[0]]
    return period, (MONTHS.index(f.anchor) % period if f.anchor else 0)


def _most_common_day(f: Frequency, units: Ints, days: Ints) -> int:
    """Return how many days after the beginning of its unit most dates lie, where months begin the unit; else 0.

    Days that not every month has, and those in a later month of a quarter or a year, belong to other frequencies.
    """
    if f.unit not in ("MS", "QS", "YS"):
        return 0
    day = _most_common(days - _dates(f, units))
    return day if day < _SHORTEST_MONTH else 0


def _iso(local: Ints, unit: Literal["D", "s", "ms", "ns"]) -> list[str]:
    words = np.datetime_as_string(local.view("M8[ns]"), unit=unit)
    return [w.replace("T", " ") for w in words.tolist()]


def _offset(ns: int) -> str:
    sign, minutes = ("-" if ns < 0 else "+"), abs(ns) // 60_000_000_000
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def _most_common(values: Ints) -> int:
    """Return the value that occurs most often, the first of equals; 0 where there is none."""
    if not len(values):
        return 0
    distinct, first, counts = np.unique(values, return_index=True, return_counts=True)
    best = counts == counts.max()
    return int(distinct[best][np.argmin(first[best])])
