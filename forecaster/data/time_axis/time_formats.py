"""The formats of the time column: names for those that strftime codes cannot read, and a check of the codes."""

from __future__ import annotations

import difflib
import re

# The formats with a name, and what they read.
NAMED = {
    "quarter": "a year and a quarter, such as 2024Q1, Q1 2024, 1Q24, 20241 or 2024-1: the first day of the quarter",
    "half-year": "a year and a half of it, such as 2024H1, H1 2024, 1H24 or 2024-1: the first day of the half",
    "iso-week": "a year and an ISO week, such as 2024-W05, 2024W05, Week 5, 2024 or 202405: the Monday of the week, or "
    "the day that 2024-W05-3 names",
    "epoch-s": "seconds since 1970, in UTC",
    "epoch-ms": "milliseconds since 1970, in UTC",
    "epoch-us": "microseconds since 1970, in UTC",
    "epoch-ns": "nanoseconds since 1970, in UTC",
    "decimal-year": "years with a fraction, such as 1959.25, at the beginning or in the middle of a month: the first "
    "day of the month",
    "excel": "days since 1899-12-30, such as 45000 or 45000.25, as Excel stores dates and times",
}
# Nanoseconds of one unit.
EPOCHS = {"epoch-s": 1_000_000_000, "epoch-ms": 1_000_000, "epoch-us": 1_000, "epoch-ns": 1}
# A month of numbers that have lost their last zero, or January.
OCTOBER = r"^\s*\d{4}[.,]1\s*$"
_CODES = tuple("aAwudbBmyYHIpMSfzjUWGV")
# Codes of other programs, and what means the same here.
_SAME = {
    "F": "%Y-%m-%d", "T": "%H:%M:%S", "D": "%m/%d/%y", "R": "%H:%M", "e": "%d", "k": "%H", "l": "%I", "h": "%b",
    "L": "%f", "N": "%f", "i": "%M", "P": "%p", "r": "%I:%M:%S %p", "c": "%a %b %d %H:%M:%S %Y", "x": "%m/%d/%y",
    "X": "%H:%M:%S", "q": "quarter", "Q": "quarter", "s": "epoch-s", "C": "%Y", "g": "%G", "E": "%f",
}  # fmt: skip


def has_offset(time_format: str | None) -> bool:
    """Return whether times of a format are moments, not times on an unknown clock."""
    return time_format is not None and ("%z" in time_format or time_format in EPOCHS)


def format_fault(time_format: str) -> tuple[str, str] | None:
    """Return what is wrong with a format, and the next move; None where nothing is.

    Args:
        time_format: The name of a format, or strftime codes.
    """
    if time_format in NAMED:
        return None
    codes = re.findall(r"%(.?)", time_format.replace("%%", ""))
    if not codes:
        near = difflib.get_close_matches(time_format.lower(), NAMED, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "use strftime codes such as %Y-%m-%d."
        return f"no format is called {time_format!r}", f"{hint} The names are {', '.join(NAMED)}"
    unknown = [code for code in codes if code not in _CODES]
    if unknown:
        return _unknown_code(time_format, unknown[0])
    repeated = [code for i, code in enumerate(codes) if code in codes[:i]]
    if repeated:
        return f"{time_format!r} has %{repeated[0]} twice", "keep one"
    return _clock_fault(time_format, set(codes)) or _day_fault(time_format, set(codes))


def names_week_only(time_format: str) -> bool:
    """Return whether a format has a year and an ISO week and no day, such as %G-W%V: the Monday is meant."""
    codes = set(re.findall(r"%(.)", time_format.replace("%%", "")))
    return {"G", "V"} <= codes and not codes & {"a", "A", "w", "u"}


def _unknown_code(time_format: str, code: str) -> tuple[str, str]:
    """Return the fault of a code that reads nothing here, and what to write in its place."""
    if not code:
        return f"{time_format!r} ends with a % that begins no code", "write %% for a percent sign"
    if code in "-_0^#":
        letter = time_format[time_format.index(f"%{code}") + 2 :][:1]
        hint = f"write %{letter}: it reads numbers with and without a leading zero"
        return f"{time_format!r} has the unknown code %{code}{letter}", hint
    if code == "Z":
        return (
            f"{time_format!r} has the name of a time zone, %Z",
            "set data.timezone, and write times without a zone, or with an offset such as +01:00, which %z reads",
        )
    what, same = f"{time_format!r} has the unknown code %{code}", _SAME.get(code)
    if same is None:
        return what, "use codes such as %Y, %m, %d, %H and %M"
    return what, f"set data.csv.time_format: {same}" if "%" not in same else f"write {same} in its place"


def _clock_fault(time_format: str, codes: set[str]) -> tuple[str, str] | None:
    if ("I" in codes) != ("p" in codes) or {"I", "H"} <= codes:
        return (
            f"{time_format!r} has no clear hour",
            "use %I with %p for AM and PM, or %H for hours from 0 to 23",
        )
    return None


def _day_fault(time_format: str, codes: set[str]) -> tuple[str, str] | None:
    has_weekday = bool(codes & {"a", "A", "w", "u"})
    if codes & {"V", "G"} and (
        codes & {"Y", "y", "m", "b", "B", "d", "j", "U", "W"} or not codes >= {"V", "G"}
    ):
        return f"{time_format!r} has no clear week", "use %G with %V, the year and the week of ISO 8601"
    if codes & {"V", "G"} and not has_weekday:
        return None
    if codes & {"U", "W"} and not (codes & {"a", "A", "w"} and "Y" in codes):
        return f"{time_format!r} names a week, not a day", "write the first day of each week instead"
    if not codes & {"Y", "y", "G"}:
        return f"{time_format!r} has no year", "add %Y, and the year to the times"
    if "j" in codes and ("Y" not in codes or codes & {"m", "b", "B", "d"}):
        return f"{time_format!r} has no clear day", "use %j with %Y alone"
    return None


# The columns that a time may be spread over besides the one of dates or years, and the numbers that each may hold.
PARTS = {
    "quarter": (1, 4),
    "month": (1, 12),
    "week": (1, 53),
    "day": (1, 31),
    "hour": (0, 24),
    "minute": (0, 59),
    # Numbers of the hours, half hours and quarter hours of a day, from 1.
    "hour_ending": (1, 24),
    "half_hour": (1, 48),
    "quarter_hour": (1, 96),
    # Nanoseconds since midnight, read from text such as 17:24:00 or 5:24 PM.
    "clock": (0, 86_400_000_000_000),
}
# The parts that complete a year; one of them at most.
OF_YEAR = ("quarter", "month", "week")
