"""Why no column of a table is read as times, and the next move."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from forecaster.data.draft.date_forms import forms_of
from forecaster.data.draft.kinds import ISO
from forecaster.data.draft.sniff import Sample, as_numbers
from forecaster.data.draft.time_forms import named_format
from forecaster.errors import DataError, Location
from forecaster.text import listed, quoted

_NAMED = 8
# Cells that show how a column is written, and the share that must look alike.
_LOOKED_AT, _MOSTLY = 100, 0.5
_LEAST_HEADS = 3
# The share of the rows of a clock that are one step apart.
_EVENLY = 0.9
_CLOCKED = re.compile(
    r"(?i)(^|[_ ])(t|time|elapsed|m?s|m?secs?|seconds?|mins?|minutes?|h|hours?|days?)($|[_ \[(])"
)
_PERIODS = 13
# Short names of time zones that are not UTC, at the end of a time.
ZONE_WORDS = re.compile(
    r"(?:CES?T|MES?Z|WES?T|EES?T|[ECMP][SD]T|AK[SD]T|HST|BST|IST|JST|KST|AE[SD]T|AC[SD]T|AW[SD]T|NZ[SD]T|MSK|SAST)"
)
_ZONED = re.compile(rf"(.*\d) ?{ZONE_WORDS.pattern}")
_TWO = re.compile(r"(.+?\d) ?(?:-|–|/|to|bis|~) (.*\d.*)|(.+\d)/(.+:.+)")
_SPLIT_YEAR = re.compile(r"(?:FY ?)?(\d{2})?(\d{2})[/-](\d{2})?(\d{2})")
_FISCAL = re.compile(r"(?i)FY ?'?\d{2,4}[ /-]?[QHMPW]\d.*")
_PERIOD = re.compile(
    r"(?i)(FY ?)?\d{4}[ ./-]?P(ER(IOD)?)?[ .-]?\d{1,3}|P(ER(IOD)?)?[ .-]?\d{1,3}[ ./-]?(FY ?)?\d{4}"
)
# Codes of thirteen periods a year, such as 202013 and 2020013; no month and few weeks are written so.
_THIRTEEN = re.compile(r"(?:19|20)(\d\d)[./-]?0?(0[1-9]|1[0-3])")
_ROUNDED_EPOCH = re.compile(r"1\.\d+[eE]\+?(0?9|12|15|18)")
_FRACTION_OF_EPOCH = re.compile(r"1\d{9}[.,]\d+")
_YEARS = re.compile(r"(?i)^((fiscal|fin(ancial)?|acc(ounting)?)[_ ]?)?(year|yr|fy|gjahr|jahr)$")
_PERIOD_NAMES = re.compile(r"(?i)^((fiscal|fin(ancial)?|acc(ounting)?|posting)[_ ]?)?(periode?|per|p|poper)$")
_NUMBER_OF_PERIOD = re.compile(r"(?i)p?0{0,2}(\d|1[0-6])")
# Columns that say when a row is, whatever stands beside them.
_STEPS = re.compile(r"(?i)^(t|time|step|index|ds|timestamp|date|epoch|time_idx)$")
_FIRST_DAYS = "write the first day of each period, such as 2024-01-29"
_WORDY = re.compile(r"\d{1,2}\.? ?[^\W\d_]{3,}\.?[ -]?'?\d{2,4}.*|[^\W\d_]{3,}\.?[ -]'?\d{2,4}")

Explanation = tuple[str, str]


def no_times(sample: Sample, names: Sequence[str]) -> DataError:
    """Return the error of a table without times, with what keeps the likeliest column from being read.

    Args:
        sample: The table.
        names: The columns that may hold the times.
    """
    here = Location(str(sample.source))
    for name in names:
        if sample.kinds[name] in ("text", "time", "mixed", "number"):
            found = _explained(sample.cells(name)[:_LOOKED_AT], name)
            if found is not None:
                return DataError(f"no column holds times: {found[0]}", hint=found[1], location=here)
    elapsed = next((name for name in names if _counts_on(sample, name)), None)
    if elapsed is not None:
        first, second = sample.cells(elapsed)[:2]
        return DataError(
            f"no column holds times: column {elapsed!r} holds {first}, {second} and so on, which count from a "
            "beginning that nothing shows",
            hint="number the rows of each series in a column of its own, and use it as the time",
            location=here,
        )
    heads = [name for name in sample.kinds if _is_time(name)]
    if len(heads) >= max(_LEAST_HEADS, _MOSTLY * len(sample.kinds)):
        return DataError(
            f"no column holds times: they are the names of columns, such as {heads[0]!r} and {heads[1]!r}",
            hint="write a row for each series and time, with the time in a column, as DataFrame.melt of pandas does",
            location=here,
        )
    return DataError(
        f"no column holds times (the columns are {listed(quoted(sample.kinds), most=_NAMED)})",
        hint="give one column of timestamps such as 2024-01-31 or 2024-01-31 05:00:00, or of step numbers; "
        "for times in another form set --time and --time-format",
        location=here,
    )


def _counts_on(sample: Sample, name: str) -> bool:
    """Return whether nearly all numbers of a column, some of them fractions, are one distance apart."""
    if sample.kinds[name] != "number" or _CLOCKED.search(name) is None:
        return False
    steps = np.round(np.diff(as_numbers(sample.table[name], sample)), 9)
    usual = np.median(steps) if len(steps) else 0.0
    return bool(usual > 0 and np.mean(steps == usual) > _EVENLY)


def check_thirteen(sample: Sample, names: Sequence[str]) -> None:
    """Raise DataError for codes of thirteen periods of a year, such as 202013, among the columns of some names."""
    for name in names:
        if sample.kinds[name] != "integer":
            continue
        cells = list(dict.fromkeys(sample.cells(name)))
        found = [_THIRTEEN.fullmatch(cell) for cell in cells]
        last = {match[2] for match in found if match}
        if all(found) and len(last) == _PERIODS and len(found) > _PERIODS:
            cell = next(cell for cell in cells if cell.endswith("13"))
            raise DataError(
                f"column {name!r} holds {cell}, the last of thirteen periods of a year, and nothing shows when it "
                "begins",
                hint=_FIRST_DAYS,
                location=Location(str(sample.source)),
            )


def check_periods(sample: Sample, names: Sequence[str]) -> None:
    """Raise DataError for a column of years beside one of periods that are no months, where no other holds times."""
    columns = [name for name in names if sample.kinds[name] in ("integer", "text")]
    years = [name for name in columns if _YEARS.search(name)]
    periods = [
        name
        for name in columns
        if _PERIOD_NAMES.search(name)
        and all(_NUMBER_OF_PERIOD.fullmatch(cell) for cell in sample.cells(name))
    ]
    if not years or not periods or sample.table[periods[0]].nunique() < 2 or any(map(_STEPS.search, columns)):
        return
    raise DataError(
        f"columns {years[0]!r} and {periods[0]!r} are the periods of a year, and nothing shows when they begin",
        hint=f"{_FIRST_DAYS}, in one column",
        location=Location(str(sample.source)),
    )


def _explained(cells: list[str], name: str) -> Explanation | None:
    """Return what keeps the cells of a column from being read as times; None where they look like none."""
    for holds, explanation in _REASONS:
        found = [cell for cell in cells if holds(cell)]
        if found and len(found) > _MOSTLY * len(cells):
            what, hint = explanation
            return f"column {name!r} holds {found[0]}, {what}", hint
    timely = [cell for cell in cells if _is_time(cell)]
    if len(timely) > _MOSTLY * len(cells):
        form = _form(timely[-1])
        odd = next((cell for cell in cells if _form(cell) != form), None)
        if odd is not None and _is_foreign(odd):
            what, hint = _FOREIGN
            return f"column {name!r} holds {odd}, {what}", hint
        if odd is not None:
            like = next(cell for cell in timely if _form(cell) == form)
            return (
                f"column {name!r} holds {odd} beside {like}",
                "write every time in the same way; midnight is 00:00 where the others have a clock",
            )
    return None


def _form(cell: str) -> str | None:
    """Return the likeliest format of a time."""
    return "ISO" if ISO.fullmatch(cell) else next(iter(forms_of(cell)), None)


def _is_time(text: str) -> bool:
    return _form(text) is not None or named_format([text]) is not None


def _has_zone(cell: str) -> bool:
    found = _ZONED.fullmatch(cell)
    return found is not None and _is_time(found[1])


def _is_interval(cell: str) -> bool:
    found = _TWO.fullmatch(cell)
    return found is not None and _is_time((found[1] or found[3]).strip())


def _is_split_year(cell: str) -> bool:
    found = _SPLIT_YEAR.fullmatch(cell)
    return found is not None and int(found[4]) == (int(found[2]) + 1) % 100 and bool(found[1])


def split_years(cells: Sequence[str]) -> bool:
    """Return whether all cells are years that begin in one and end in the next, as 2020/21 is."""
    return bool(cells) and all(map(_is_split_year, cells))


def _lacks_year(cell: str) -> bool:
    """Return whether a text would be a day if a year stood behind it."""
    return "%d" not in (_form(cell) or "") and any(
        "%d" in form and ("%b" in form or "%B" in form) for form in forms_of(f"{cell} 2000")
    )


def _is_foreign(cell: str) -> bool:
    return _WORDY.fullmatch(cell) is not None and not _is_time(cell)


_FOREIGN: Explanation = (
    "whose words are no English names of months",
    "write the months as numbers, such as 2024-01-31 or 2024-01",
)
_REASONS: tuple[tuple[Callable[[str], bool], Explanation], ...] = (
    (
        _has_zone,
        (
            "which ends in the name of a time zone",
            "write an offset from UTC in its place, such as +01:00; or leave the names out and give the zone by "
            "--timezone, such as Europe/Paris",
        ),
    ),
    (
        _is_interval,
        ("which are two times", "write the time at which each row begins in a column of its own"),
    ),
    (
        _is_split_year,
        (
            "a year that ends in the next",
            "write the day on which each begins, such as 2020-07-01 for 2020/21",
        ),
    ),
    (
        lambda cell: _FISCAL.fullmatch(cell) is not None,
        (
            "a part of a fiscal year, and nothing shows in which month that begins",
            "write the first day of each period, such as 2024-07-01",
        ),
    ),
    (
        lambda cell: _ROUNDED_EPOCH.fullmatch(cell) is not None,
        (
            "a time since 1970 in scientific notation",
            "write it with all its digits, such as 1614557000",
        ),
    ),
    (
        lambda cell: _FRACTION_OF_EPOCH.fullmatch(cell) is not None,
        (
            "seconds since 1970 with a fraction",
            "write whole seconds, or milliseconds without a decimal mark",
        ),
    ),
    (
        lambda cell: _PERIOD.fullmatch(cell) is not None,
        (
            "a period of a year, and nothing shows when it begins",
            _FIRST_DAYS,
        ),
    ),
    (_lacks_year, ("which has no year", "write the year in every time, such as 2024-01-31")),
    (_is_foreign, _FOREIGN),
)
