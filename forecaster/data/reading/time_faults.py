"""Messages about cells and columns that should be times: what is wrong, and the next move."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from forecaster.data.reading.problems import CellFault
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.periods import DAY_OF_WEEK, MARKED
from forecaster.data.time_axis.time_formats import OCTOBER

if TYPE_CHECKING:
    import pyarrow as pa

# Step numbers up to here are exact wherever they are written, and differences of them do not overflow.
MOST_STEP = 1 << 53
_ISO = "write it as ISO 8601, such as 2024-01-31 or 2024-01-31T06:00, or set data.csv.time_format"
_EPOCH_UNITS = (
    (11, "seconds", "epoch-s"),
    (14, "milliseconds", "epoch-ms"),
    (17, "microseconds", "epoch-us"),
    (20, "nanoseconds", "epoch-ns"),
)
_AM_PM = re.compile(r"\d ?[AaPp]\.?[Mm]\b")
_CODED = (
    *((pattern, name) for name, pattern in MARKED.items()),
    (DAY_OF_WEEK, "iso-week"),
    (r"(1[6-9]|2[0-2])\d\d\.(0[1-9]|1[0-2])", '"%Y.%m" for months, or to decimal-year for parts of a year'),
    (r"(1[6-9]|2[0-2])\d\d\.\d+", "decimal-year"),
)


def describe_text(text: str, spec: DataSpec) -> CellFault:
    """Return the fault of a cell of the time column, "" where it is empty."""
    shown, plain = repr(text if len(text) <= 40 else text[:37] + "..."), text.strip()
    if plain in ("", "NA", "NaN", "nan", "null", "None", "NaT"):
        what = "the time is empty" if plain == "" else f"{shown} is not a time"
        return what, "give the row its time, or delete it"
    if isinstance(spec.freq, int):
        if re.match(r"\d{1,4}[-/.]\d{1,2}[-/.]\d", plain):
            hint = "set data.freq to a frequency such as h or D, or write integers"
            return f"{shown} is a date, and data.freq is the integer {spec.freq}", hint
        if re.fullmatch(r"[+-]?\d{16,}", plain):
            return f"{shown} is an integer beyond 2^53", "subtract the first number from all, or correct it"
        return f"{shown} is not an integer, and data.freq is the integer {spec.freq}", "write whole numbers"
    if spec.csv.time_format is not None:
        what = f"{shown} does not match data.csv.time_format {spec.csv.time_format!r}"
        return what, _format_hint(plain, spec.csv.time_format)
    if re.fullmatch(r"[+-]?\d{1,40}", plain):
        return describe_integer(int(plain), spec)
    for pattern, name in _CODED:
        if re.fullmatch(pattern, plain):
            return f"{shown} is not an ISO 8601 time", f"set data.csv.time_format: {name}"
    if re.fullmatch(r"\d{4}-\d\d-\d\d.*", plain) and _AM_PM.search(plain):
        return (
            f"{shown} is not an ISO 8601 time",
            f'set data.csv.time_format: "%Y-%m-%d{_clock_format(plain[10:])}"',
        )
    form = _year_first(plain)
    if form is not None:
        return f"{shown} is not an ISO 8601 time", f'set data.csv.time_format: "{form}"'
    parts = re.match(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})\b(.*)", plain)
    if parts:
        return _describe_short_date(shown, parts)
    year = re.match(r"[+-]?(\d{4,})-\d\d", plain)
    if year and not 1678 <= int(year[1]) <= 2261:
        return f"{shown} is outside the years 1678 to 2261", "correct the year"
    if re.match(r"\d{4}-\d\d-\d\d", plain):
        return f"{shown} is not a date and time that exists", _ISO
    return f"{shown} is not an ISO 8601 time", _ISO


def describe_integer(number: int, spec: DataSpec) -> CellFault:
    """Return the fault of an integer where data.freq needs timestamps."""
    text = str(number)
    fault = f"{text!r} is an integer, and data.freq {spec.freq!r} needs timestamps"
    if re.fullmatch(r"(1[6-9]|2[0-2])\d\d", text):
        return f"{fault}: it looks like a year", 'set data.csv.time_format: "%Y"'
    if re.fullmatch(r"(1[6-9]|2[0-2])\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])", text):
        return f"{fault}: it looks like a date without marks", 'set data.csv.time_format: "%Y%m%d"'
    if re.fullmatch(r"(1[6-9]|2[0-2])\d\d(0[1-9]|1[0-2])", text):
        return (
            f"{fault}: it looks like a month or a week without marks",
            'set data.csv.time_format to "%Y%m" or iso-week',
        )
    if re.fullmatch(r"(1[6-9]|2[0-2])\d\d(1[3-9]|[2-4]\d|5[0-3])", text):
        return f"{fault}: it looks like a week without marks", "set data.csv.time_format: iso-week"
    for digits, unit, name in _EPOCH_UNITS:
        if digits - 2 <= len(text) <= digits and number > 0:
            moment = datetime(1970, 1, 1) + timedelta(**_span(number, unit))
            what = f"{fault}: it looks like {unit} since 1970 ({moment:%Y-%m-%d %H:%M:%S} UTC)"
            return what, f"set data.csv.time_format: {name}, or data.freq to an integer number of {unit}"
    return fault, "write ISO 8601 times, or set data.freq to an integer, such as 1"


def describe_integer_column(column: pa.Array, spec: DataSpec) -> CellFault | None:
    """Return the fault of a column of integers where data.freq needs timestamps, by its first value."""
    first = next((v for v in column[:1000].to_pylist() if v is not None), None)
    return None if first is None else describe_integer(first, spec)


def not_a_time(kind: str, spec: DataSpec) -> CellFault:
    """Return the fault of a column whose type, `kind`, holds no times."""
    if isinstance(spec.freq, int):
        what = f"the column holds {kind}, and data.freq is the integer {spec.freq}"
        return what, "store integers, or set data.freq to a frequency such as h or D"
    if "pandas.period" in kind:
        return (
            "the column holds periods of pandas",
            "store the beginning of each period, as to_timestamp() returns it",
        )
    return (
        f"the column holds {kind}, and data.freq {spec.freq!r} needs timestamps",
        "store timestamps or dates",
    )


def _span(number: int, unit: str) -> dict[str, float]:
    if unit == "nanoseconds":
        return {"microseconds": number // 1000}
    return {unit: number}


def _describe_short_date(shown: str, parts: re.Match[str]) -> CellFault:
    a, mark, b, year, rest = parts.groups()
    tail = (f"{mark}%Y" if len(year) == 4 else f"{mark}%y") + _clock_format(rest)
    day_first, month_first = f'"%d{mark}%m{tail}"', f'"%m{mark}%d{tail}"'
    if int(a) > 12 >= int(b):
        return f"{shown} is not an ISO 8601 time", f"set data.csv.time_format: {day_first}"
    if int(b) > 12 >= int(a):
        return f"{shown} is not an ISO 8601 time", f"set data.csv.time_format: {month_first}"
    what = f"{shown} can be read with the day or the month first"
    return what, f"set data.csv.time_format to {day_first} or {month_first}"


def _year_first(text: str) -> str | None:
    """Return the format of a time that begins with its year, with other marks than ISO 8601; None for others."""
    month = re.fullmatch(r"\d{4}([/.])\d{1,2}", text)
    if month:
        return f"%Y{month[1]}%m"
    date = re.match(r"\d{4}([/.])\d{1,2}\1\d{1,2}\b(.*)", text)
    if date:
        return f"%Y{date[1]}%m{date[1]}%d{_clock_format(date[2])}"
    packed = re.match(r"\d{8}([ T].*)", text)
    return f"%Y%m%d{_clock_format(packed[1])}" if packed else None


def _clock_format(rest: str) -> str:
    clock = re.match(r"([ T])\d{1,2}:\d{2}(:\d{2})?(\.\d+)?( ?[AaPp][Mm])?", rest)
    if clock is None:
        return ""
    hour, half = ("%I", " %p" if clock[4].startswith(" ") else "%p") if clock[4] else ("%H", "")
    return f"{clock[1]}{hour}:%M" + (":%S" if clock[2] else "") + (".%f" if clock[3] else "") + half


def _format_hint(text: str, time_format: str) -> str:
    """Return the next move for a text that does not follow the format of the table's times."""
    if time_format in ("%Y.%m", "%Y,%m") and re.match(OCTOBER, text):
        return f"it may be January, or October without its zero: write {text[:4]}-01 or {text[:4]}-10"
    if "%H" in time_format and _AM_PM.search(text):
        return "use %I with %p for AM and PM in place of %H"
    if "%I" in time_format and not _AM_PM.search(text):
        return "use %H in place of %I and %p for hours from 0 to 23"
    if "%Y" in time_format and re.fullmatch(r"\d{6}", text):
        return 'for months without marks set data.csv.time_format: "%Y%m"'
    if "%y" in time_format and re.search(r"(^|\D)(1[89]|20)\d\d(\D|$)", text):
        return "use %Y for years of four digits"
    return "correct the time, or the format"
