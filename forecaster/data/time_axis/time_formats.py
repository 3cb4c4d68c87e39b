"""The formats of the time column: names for those that strftime codes cannot read, and a check of the codes."""

from __future__ import annotations

import difflib
import re

# The formats with a name, and what they read.
NAMED = {
    "quarter": "a year and a quarter, such as 2024Q1, 2024-Q1, Q1 2024 or 20241: the first day of the quarter",
    "iso-week": "a year and an ISO week, such as 2024-W05, 2024W05, W5 2024 or 202405: the Monday of the week",
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
_CODES = "aAwudbBmyYHIpMSfzjUWGV"


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
        hint = f"did you mean {near[0]!r}?" if near else "use strftime codes such as %Y-%m-%d"
        return f"no format is called {time_format!r}", f"{hint} The names are {', '.join(NAMED)}"
    unknown = [code for code in codes if code not in _CODES]
    if unknown:
        return (
            f"{time_format!r} has the unknown code %{unknown[0]}",
            "use codes such as %Y, %m, %d, %H and %M",
        )
    repeated = [code for i, code in enumerate(codes) if code in codes[:i]]
    if repeated:
        return f"{time_format!r} has %{repeated[0]} twice", "keep one"
    return _clock_fault(time_format, set(codes)) or _day_fault(time_format, set(codes))


def _clock_fault(time_format: str, codes: set[str]) -> tuple[str, str] | None:
    if ("I" in codes) != ("p" in codes) or {"I", "H"} <= codes:
        return (
            f"{time_format!r} has no clear hour",
            "use %I with %p for AM and PM, or %H for hours from 0 to 23",
        )
    return None


def _day_fault(time_format: str, codes: set[str]) -> tuple[str, str] | None:
    has_weekday = bool(codes & {"a", "A", "w", "u"})
    if codes & {"V", "G"} and (not has_weekday or not codes >= {"V", "G"} or "Y" in codes):
        return "%G and %V name a week, not a day", "use iso-week, which reads weeks as their Mondays"
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
    "hour": (0, 23),
    "minute": (0, 59),
    # Numbers of the hours, half hours and quarter hours of a day, from 1.
    "hour_ending": (1, 24),
    "half_hour": (1, 48),
    "quarter_hour": (1, 96),
    # Nanoseconds since midnight, read from text such as 17:24:00 or 5:24 PM.
    "clock": (0, 86_399_999_999_999),
}
# The parts that complete a year; one of them at most.
OF_YEAR = ("quarter", "month", "week")
