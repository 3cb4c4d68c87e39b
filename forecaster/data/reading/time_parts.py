"""Times that are spread over several columns, such as a date and an hour, or a year and a month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Ints
from forecaster.data.reading.coded_times import Times, mondays, month_starts
from forecaster.data.reading.columns import Bools, ColumnBatch, mask, to_flags, to_ints
from forecaster.data.time_axis.time_formats import PARTS

if TYPE_CHECKING:
    import pyarrow as pa

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORDS = {"hour_ending": "hour", "half_hour": "half hour", "quarter_hour": "quarter of an hour"}
_NAT = np.datetime64("NaT", "ns")
_NS = {"day": 86_400_000_000_000, "hour": 3_600_000_000_000, "minute": 60_000_000_000}
# Parts of a day that are numbered from 1, and their length.
_NUMBERED = {"hour_ending": _NS["hour"], "half_hour": _NS["hour"] // 2, "quarter_hour": _NS["hour"] // 4}


def read_part(part: str, column: ColumnBatch) -> tuple[Ints, Bools]:
    """Return the numbers of one part of a time, and which cells hold one, (rows,) each.

    The others are added to the problems of the column.

    Args:
        part: A key of PARTS.
        column: Integers or text: digits, Q1 to Q4 for a quarter, English names for a month, 01:00 to 24:00 for hours
            that end, and a clock.
    """
    if part == "clock":
        return _clock(column)
    low, high = PARTS[part]
    numbers, good = _whole_numbers(part, column.cells)
    if part == "hour_ending":
        # 0100 to 2400.
        numbers = np.where(numbers % 100 == 0, numbers // 100, numbers)
    good &= (numbers >= low) & (numbers <= high)
    unit = _WORDS.get(part, part)
    hint = f"write the {unit} as a number from {low} to {high}"
    article = "an" if unit == "hour" else "a"
    column.report(~good, lambda text: (f"{text!r} is not {article} {unit} from {low} to {high}", hint))
    return numbers, good


def combine(times: Times, parts: Mapping[str, Ints]) -> Times:
    """Return the times that dates or years and the other parts make, (rows,), datetime64[ns].

    NaT where there is no such time: on the 30th of February, or where the time already holds a finer part.

    Args:
        times: (rows,), years where a month, a quarter or a week follows, dates where an hour follows.
        parts: (rows,) each, by keys of PARTS.
    """
    times = times.astype("M8[ns]")
    year = times.astype("M8[Y]").astype(np.int64) + 1970
    made = times
    if "month" in parts:
        made = month_starts(year, parts["month"])
    elif "quarter" in parts:
        made = month_starts(year, 3 * parts["quarter"] - 2)
    elif "week" in parts:
        made = mondays(year, parts["week"])
    made = np.where((made == times) | _starts(times, "Y"), made, _NAT)
    if "day" in parts:
        month = made.astype("M8[M]")
        days = made + (parts["day"] - 1) * np.timedelta64(_NS["day"], "ns")
        made = np.where(_starts(made, "M") & (days.astype("M8[M]") == month), days, _NAT)
    if "hour" in parts:
        made = np.where(_starts(made, "D"), made + parts["hour"] * np.timedelta64(_NS["hour"], "ns"), _NAT)
    if "minute" in parts:
        # The hour 24 is the end of its day, and no hour begins there.
        within = (parts["minute"] == 0) | (parts.get("hour", np.zeros(1, dtype=np.int64)) < 24)
        minutes = made + parts["minute"] * np.timedelta64(_NS["minute"], "ns")
        made = np.where(_starts(made, "h") & within, minutes, _NAT)
    for part in _NUMBERED.keys() & parts.keys():
        since = (parts[part] - 1) * np.timedelta64(_NUMBERED[part], "ns")
        made = np.where(_starts(made, "D"), made + since, _NAT)
    if "clock" in parts:
        made = np.where(_starts(made, "D"), made + parts["clock"] * np.timedelta64(1, "ns"), _NAT)
    return made


def _starts(times: Times, unit: str) -> Bools:
    """Return which times are the beginning of a year, a month, a day or an hour."""
    out: Bools = times.astype(f"M8[{unit}]").astype("M8[ns]") == times
    return out


def _clock(column: ColumnBatch) -> tuple[Ints, Bools]:
    """Return the nanoseconds since midnight that a clock shows, and which cells hold a clock."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.utf8_upper(pc.utf8_trim_whitespace(column.cells.cast(pa.string()).fill_null("")))
    cells = pd.Index(text.to_numpy(zero_copy_only=False))
    end_of_day = to_flags(pc.match_substring_regex(text, r"^24:00(:00(\.0+)?)?$"))
    since = np.where(end_of_day, _NS["day"], -1)
    for form in ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "%I:%M%p"):
        if (left := since < 0).any():
            found = pd.to_datetime(cells[left], format=form, errors="coerce").to_numpy().astype("M8[ns]")
            of_day = (found - found.astype("M8[D]")).astype(np.int64)
            since[left] = np.where(np.isnat(found), -1, of_day)
    good = since >= 0
    hint = "write it as 17:24 or 17:24:00"
    column.report(~good, lambda text: (f"{text!r} is not the time of a day", hint))
    return since, good


def _whole_numbers(part: str, cells: pa.Array) -> tuple[Ints, NDArray[np.bool_]]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    if types.is_integer(cells.type):
        return to_ints(cells), ~to_flags(cells.is_null())
    text = pc.utf8_lower(pc.utf8_trim_whitespace(cells.cast(pa.string()).fill_null("")))
    if part == "quarter":
        text = pc.replace_substring_regex(text, "^q", "")
    if part == "month":
        for i, name in enumerate(_MONTHS):
            text = pc.replace_substring_regex(text, f"^{name}[a-z]*\\.?$", str(i + 1))
    if part == "hour_ending":
        text = pc.replace_substring_regex(text, "^(\\d{1,2}):00(:00)?$", "\\1")
    # Arrow and pandas write whole numbers of a column of fractions with .0.
    good = to_flags(pc.match_substring_regex(text, r"^\d{1,4}(\.0*)?$"))
    whole = pc.replace_substring_regex(pc.if_else(mask(good), text, None), r"\..*", "")
    return to_ints(whole.cast(pa.int64())), good
