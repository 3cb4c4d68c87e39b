"""Texts in the named formats of times to datetime64."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints
from forecaster.data.reading.columns import Bools, mask, to_flags, to_floats, to_ints
from forecaster.data.time_axis.axis import YEARS
from forecaster.data.time_axis.periods import DAY_OF_WEEK, MOST_FORMS, PATTERNS
from forecaster.data.time_axis.time_formats import EPOCHS

if TYPE_CHECKING:
    import pyarrow as pa

Times = NDArray[np.datetime64]
# Days on Excel's calendar from its day 1, with a fraction for the time of the day.
_SERIAL = r"^\d{1,6}([.,]\d*)?$"
_EXCEL_DAY_ZERO = np.datetime64("1899-12-30", "s")
_DECIMAL_YEAR = r"^\d{4}([.,]\d*)?$"
# How far, in months, the fraction of a year may lie from the beginning or the middle of a month: two decimals
# move a month by up to 0.06, and months of 28 and 31 days the middle by up to 0.15.
_AT_BEGINNING, _AT_MIDDLE = 0.07, 0.2
# Years of two digits from here on are of the last century.
_NEXT_CENTURY = 69
_NAT = np.datetime64("NaT", "ns")


def parse_named(texts: pa.Array, name: str) -> Times:
    """Return the times of texts in a named format, (rows,), datetime64[ns], NaT where one is no such time."""
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(texts.fill_null(""))
    return _PARSERS[name](text) if name in _PARSERS else _epochs(text, EPOCHS[name])


def mondays(year: Ints, week: Ints) -> Times:
    """Return the Monday of each ISO week, (weeks,), datetime64[ns]; NaT where the year has no such week."""
    # The fourth of January is always in the first week.
    fourth = _in_range(year).astype("M8[D]") + np.timedelta64(3, "D")
    days = fourth.astype(np.int64)
    first = days - (days + 3) % 7
    monday = first + 7 * (week - 1)
    # A week belongs to the year of its Thursday.
    of_year = (monday + 3).astype("M8[D]").astype("M8[Y]").astype(np.int64) + 1970 == year
    return np.where(of_year & (week >= 1), monday.astype("M8[D]").astype("M8[ns]"), _NAT)


def month_starts(year: Ints, month: Ints) -> Times:
    """Return the first day of each month from 1 to 12, (months,), datetime64[ns]; NaT for other numbers."""
    good = (month >= 1) & (month <= 12) & _holds(year)
    starts = ((_in_range(year).astype("M8[M]").astype(np.int64)) + month - 1).astype("M8[M]")
    return np.where(good, starts.astype("M8[ns]"), _NAT)


def _quarters(text: pa.Array) -> Times:
    year, quarter = _periods(text, "quarter")
    return month_starts(year, np.where(quarter > 0, 3 * quarter - 2, 0))


def _half_years(text: pa.Array) -> Times:
    year, half = _periods(text, "half-year")
    return month_starts(year, np.where(half > 0, 6 * half - 5, 0))


def _weeks(text: pa.Array) -> Times:
    year, week = _periods(text, "iso-week")
    days = _groups(text, f"^(?:{DAY_OF_WEEK})$", ("year", "week", "day", "packed", "last"))
    year = np.where(days["year"] > 0, days["year"], year)
    week = week + days["week"] + days["packed"]
    times = mondays(year, week)
    times = times + np.maximum(days["day"] + days["last"] - 1, 0) * np.timedelta64(1, "D")
    return np.where(_holds(year), times, _NAT)


def _periods(text: pa.Array, name: str) -> tuple[Ints, Ints]:
    """Return the year of each period and its number in the year, (rows,) each; the number is 0 where there is none."""
    pattern = PATTERNS[name]
    forms = [i for i in range(MOST_FORMS) if f"<year{i}>" in pattern]
    groups = [f"{part}{i}" for part in ("year", "number") for i in forms]
    # pandas writes whole numbers beside an empty cell with .0.
    found = _groups(text, rf"^(?:{pattern})(?:\.0)?$", tuple(groups))
    year = sum((found[f"year{i}"] for i in forms), start=np.zeros(len(text), dtype=np.int64))
    number = sum((found[f"number{i}"] for i in forms), start=np.zeros(len(text), dtype=np.int64))
    # Years of two digits, as strptime reads them.
    return np.where(year < 100, year + np.where(year < _NEXT_CENTURY, 2000, 1900), year), number


def _decimal_years(text: pa.Array) -> Times:
    values, good = _decimals(text, _DECIMAL_YEAR)
    return from_decimal_years(np.where(good, values, 0.0))


def _excel_days(text: pa.Array) -> Times:
    values, good = _decimals(text, _SERIAL)
    # Excel shows whole seconds, and a table has six digits of a day or so.
    seconds = np.rint(np.where(good, values, 0.0) * 86_400).astype("m8[s]")
    # Below 61 Excel counts a day that 1900 did not have.
    return np.where(good & (values >= 61), (_EXCEL_DAY_ZERO + seconds).astype("M8[ns]"), _NAT)


def _decimals(text: pa.Array, pattern: str) -> tuple[Floats, Bools]:
    """Return the numbers of texts with a point or a comma, (rows,), and which texts follow the pattern."""
    import pyarrow as pa
    import pyarrow.compute as pc

    good = to_flags(pc.match_substring_regex(text, pattern))
    numbers = pc.replace_substring(pc.if_else(mask(good), text, None), ",", ".")
    return to_floats(numbers.cast(pa.float64())), good


def from_decimal_years(values: Floats) -> Times:
    """Return the first day of the month that each year with a fraction lies in, (rows,), datetime64[ns].

    NaT where the fraction is neither near the beginning nor near the middle of a month, as days and weeks are.
    """
    year = np.floor(values).astype(np.int64)
    months = (values - year) * 12
    nearest = np.round(months)
    within = months - np.floor(months)
    month = np.where(np.abs(months - nearest) <= _AT_BEGINNING, nearest, np.floor(months)).astype(np.int64)
    good = (np.abs(months - nearest) <= _AT_BEGINNING) | (np.abs(within - 0.5) <= _AT_MIDDLE)
    return np.where(good, month_starts(year + month // 12, month % 12 + 1), _NAT)


def _epochs(text: pa.Array, unit_ns: int) -> Times:
    import pyarrow as pa
    import pyarrow.compute as pc

    # pandas writes whole numbers beside an empty cell with .0.
    good = to_flags(pc.match_substring_regex(text, r"^-?\d{1,19}(\.0*)?$"))
    whole = pc.replace_substring_regex(pc.if_else(mask(good), text, None), r"\..*", "")
    values = to_floats(whole.cast(pa.float64()))
    low, high = (edge.astype("M8[s]").astype(np.int64) * (1_000_000_000 / unit_ns) for edge in YEARS)
    good &= (values >= low) & (values < high)
    exact = to_ints(pc.if_else(mask(good), whole, None).cast(pa.int64()))
    return np.where(good, (exact * unit_ns).view("M8[ns]"), _NAT)


_PARSERS: dict[str, Callable[[Any], Times]] = {
    "quarter": _quarters,
    "half-year": _half_years,
    "iso-week": _weeks,
    "decimal-year": _decimal_years,
    "excel": _excel_days,
}


def _groups(text: pa.Array, pattern: str, names: tuple[str, ...]) -> dict[str, Ints]:
    """Return the numbers that the groups of a pattern hold, (rows,) each, 0 where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.extract_regex(text, pattern)
    numbers = {}
    for name in names:
        digits = pc.struct_field(found, name).fill_null("")
        numbers[name] = to_ints(pc.if_else(pc.equal(digits, ""), "0", digits).cast(pa.int64()))
    return numbers


def _holds(year: Ints) -> Bools:
    out: Bools = (year >= 1678) & (year <= 2261)
    return out


def _in_range(year: Ints) -> Times:
    """Return the first of January of each year; of 1970 where nanoseconds cannot hold it."""
    return (np.where(_holds(year), year, 1970) - 1970).astype("M8[Y]")
