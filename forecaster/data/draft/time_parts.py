"""Times that are spread over several columns: a year and its month."""

from __future__ import annotations

import re

from forecaster.data.draft.sniff import Sample
from forecaster.data.draft.wishes import Wishes
from forecaster.data.time_axis.infer import TimeColumn

YEAR_NAMES = re.compile(r"(?i)^#?(year|yr|yyyy|yy|jahr|annee|année|ano|año|anno)$")
_OF_YEAR = {
    "month": re.compile(r"(?i)^(month|mnth|mon|mth|mm|mo|monat)$"),
    "quarter": re.compile(r"(?i)^(quarter|qtr|q)$"),
    "week": re.compile(r"(?i)^(iso_?week|week|wk|kw|week_?of_?year)$"),
}
_DAY = re.compile(r"(?i)^(day|dd|dom|day_?of_?month)$")
HOUR = re.compile(r"(?i)^(hour|hr|hh|hour_?of_?day|stunde)$")
MINUTE = re.compile(r"(?i)^(minute|min|mi)$")


def years_with_parts(sample: Sample, names: list[str], wishes: Wishes) -> TimeColumn | None:
    """Return a column of years with those that complete it; None where there is none."""
    for name in names:
        if not (YEAR_NAMES.search(name) or name == wishes.time):
            continue
        cells = sample.cells(name)
        if not cells or not all(re.fullmatch(r"(1[6-9]|2[0-2])\d\d(\.0)?", cell) for cell in cells):
            continue
        for part, pattern in _OF_YEAR.items():
            others = [n for n in sample.kinds if n not in wishes.taken and pattern.search(n)]
            if not others:
                continue
            parts = {part: others[0]}
            if part == "month":
                parts |= _first(sample, wishes, {"day": _DAY, "hour": HOUR, "minute": MINUTE})
            # A constant month is a part of the time where its days or hours change.
            while parts and sample.table[list(parts.values())[-1]].nunique() < 2:
                parts.popitem()
            if parts:
                return TimeColumn(name, format="%Y", parts=parts)
    return None


def _first(sample: Sample, wishes: Wishes, patterns: dict[str, re.Pattern[str]]) -> dict[str, str]:
    """Return the columns of finer and finer parts, up to the first that the table lacks."""
    found: dict[str, str] = {}
    for part, pattern in patterns.items():
        names = [n for n in sample.kinds if n not in wishes.taken and pattern.search(n)]
        if not names or sample.kinds[names[0]] != "integer":
            return found
        found[part] = names[0]
    return found
