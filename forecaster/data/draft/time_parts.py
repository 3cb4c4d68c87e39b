"""Times that are spread over several columns: a year and its month, a date and its hour."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from forecaster.data.draft.sniff import Sample, filled
from forecaster.data.draft.wishes import Wishes
from forecaster.data.time_axis.infer import TimeColumn

if TYPE_CHECKING:
    import pandas as pd

_YEAR = re.compile(r"(?i)^(year|yr|yyyy|jahr|annee|ano)$")
_OF_YEAR = {
    "month": re.compile(r"(?i)^(month|mnth|mon|mth|mm|mo|monat)$"),
    "quarter": re.compile(r"(?i)^(quarter|qtr|q)$"),
    "week": re.compile(r"(?i)^(iso_?week|week|wk|kw|week_?of_?year)$"),
}
_DAY = re.compile(r"(?i)^(day|dd|dom|day_?of_?month)$")
_HOUR = re.compile(r"(?i)^(hour|hr|hh|hour_?of_?day|stunde)$")
_MINUTE = re.compile(r"(?i)^(minute|min|mi)$")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?")


def years_with_parts(sample: Sample, names: list[str], wishes: Wishes) -> TimeColumn | None:
    """Return a column of years with those that complete it; None where there is none."""
    for name in names:
        if not (_YEAR.search(name) or name == wishes.time):
            continue
        cells = filled(sample.table[name])
        if not cells or not all(re.fullmatch(r"(1[6-9]|2[0-2])\d\d(\.0)?", cell) for cell in cells):
            continue
        for part, pattern in _OF_YEAR.items():
            others = [n for n in sample.kinds if n not in wishes.taken and pattern.search(n)]
            if others and sample.table[others[0]].nunique() > 1:
                parts = {part: others[0]}
                if part == "month":
                    parts |= _first(sample, wishes, {"day": _DAY, "hour": _HOUR, "minute": _MINUTE})
                return TimeColumn(name, format="%Y", parts=parts)
    return None


def _first(sample: Sample, wishes: Wishes, patterns: dict[str, re.Pattern[str]]) -> dict[str, str]:
    """Return the columns of finer and finer parts, up to the first that the table lacks."""
    found: dict[str, str] = {}
    for part, pattern in patterns.items():
        names = [n for n in sample.kinds if n not in wishes.taken and pattern.search(n)]
        if not names or sample.kinds[names[0]] != "integer" or sample.table[names[0]].nunique() < 2:
            return found
        found[part] = names[0]
    return found


def parts_of_day(sample: Sample, time: TimeColumn, wishes: Wishes) -> dict[str, str]:
    """Return the columns that hold the hour or the clock of rows whose times are dates that repeat."""
    cells = sample.table[time.name]
    if not _are_dates(cells, time) or not cells.duplicated().any():
        return {}
    for name, kind in sample.kinds.items():
        texts = [] if name == time.name or name in wishes.taken else filled(sample.table[name])
        # A clock may be text, or the type that Parquet has for it.
        if kind == "text" and texts and all(_CLOCK.fullmatch(text) for text in texts):
            return {"clock": name} if len(set(texts)) > 1 else {}
    return _first(sample, wishes, {"hour": _HOUR, "minute": _MINUTE})


def _are_dates(column: pd.Series[Any], time: TimeColumn) -> bool:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        days = column.dropna()
        return days.dt.tz is None and bool((days == days.dt.normalize()).all())
    if time.format is not None:
        return "%" in time.format and "%d" in time.format and not re.search(r"%[HI]", time.format)
    return all(re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ]00:00(:00(\.0+)?)?)?", cell) for cell in filled(column))
