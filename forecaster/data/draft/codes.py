"""Numbers that may stand for times: codes of years with weeks, quarters, months or days, Excel's days, and epochs."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.time_forms import EPOCH_DIGITS, WEEK_NAMES, read_cells
from forecaster.data.time_axis.infer import TimeColumn, infer_frequency
from forecaster.errors import DataError

# Columns with such a name hold times.
CODED_NAMES = re.compile(
    r"(?i)date|datum|fecha|time|year|month|week|quarter|qtr|period|epoch|unix|excel|serial|"
    r"^(d|t|ts|ds|day|dt|yw|ym|yq|kw|yyyy(mm|ww|q))$"
)
# Columns with such a name number the rows, or name something.
_NUMBERING = re.compile(r"(?i)^(step|index|idx|time_?idx|t|n|i|id|no|nr|row|x|.*_(id|idx|index|no|nr))$")
# Excel's days are taken for dates from 1990 to 2049.
_EXCEL_DAYS = (32_874, 54_789)
# The digits of the largest step number, and the largest.
_MOST_DIGITS, _LARGEST = 19, np.iinfo(np.int64).max
# The share of the steps that have a row in a table whose times are read rightly.
REGULAR = 0.9
# What each format reads, by the digits before the decimal mark; those of two digits for the year come last.
_BY_DIGITS = {
    4: ("%y%m",),
    5: ("quarter", "half-year", "excel"),
    6: ("iso-week", "%Y%m", "quarter", "half-year", "%y%m%d"),
    7: ("%Y%j",),
    8: ("%d%m%Y", "%m%d%Y"),
    10: ("%Y%m%d%H",),
    12: ("%Y%m%d%H%M",),
    14: ("%Y%m%d%H%M%S",),
}
_MEANINGS = {
    "iso-week": "an ISO week",
    "%Y%m": "a month",
    "quarter": "a quarter",
    "half-year": "a half of a year",
    "excel": "a day of Excel",
    "%Y%j": "a day of the year",
    "%y%m": "a month",
    "%y%m%d": "a day",
    "%d%m%Y": "the day first",
    "%m%d%Y": "the month first",
    "epoch-s": "seconds since 1970",
    "epoch-ms": "milliseconds since 1970",
    "epoch-us": "microseconds since 1970",
    "epoch-ns": "nanoseconds since 1970",
}


@dataclass(frozen=True)
class Reading:
    """How numbers are read.

    Attributes:
        format: The format; None for step numbers.
        choice: The other readings; None where there is none.
    """

    format: str | None
    choice: Ambiguity | None = None


def read_codes(cells: list[str], name: str, *, first: bool) -> Reading | None:
    """Return how a column of rising numbers is read as times; None where nothing says that it holds times.

    Args:
        cells: The cells that hold something.
        name: The name of the column.
        first: Whether it is the first of the table.
    """
    cells = list(dict.fromkeys(re.sub(r"\.0*$", "", cell) for cell in cells))
    shares = {form: share for form in _formats(cells) if (share := _share_of(cells, form)) > REGULAR}
    steps = _share_of_steps(cells) > REGULAR
    if not shares:
        return None
    coded = CODED_NAMES.search(name) is not None and not _NUMBERING.search(name)
    if steps and ("%y%m" in shares or not (coded or first or _is_epoch(shares))):
        return None if set(shares) == {"%y%m"} else _as_steps(cells, name, shares)
    best = _likeliest(shares, name)
    if steps and not coded and not _is_epoch(shares) and (best == "excel" or _NUMBERING.search(name)):
        return _as_steps(cells, name, shares)
    others = [form for form in shares if form != best]
    # What no step fits but that of the format leaves no doubt; neither does an epoch under the name of one.
    if not others and (not steps or (coded and _is_epoch(shares))):
        return Reading(best)
    return Reading(best, _choice(cells, name, [best, *others, *([None] if steps else [])]))


def _as_steps(cells: list[str], name: str, shares: dict[str, float]) -> Reading:
    return Reading(None, _choice(cells, name, [None, *shares]))


def _choice(cells: list[str], name: str, forms: list[str | None]) -> Ambiguity:
    """Return the choice of the first of several formats; None is step numbers."""
    known = [read_cells(cells, form) for form in forms if form is not None]
    # The first day of January says nothing of whether the day or the month comes first.
    cell = cells[int((known[0] != known[1]).argmax()) if len(known) > 1 else 0]
    taken = "a step number" if forms[0] is None else _meaning(cell, forms[0])
    options = [
        "--freq 1 for step numbers" if form is None else f"--time-format {form} for {_meaning(cell, form)}"
        for form in forms
    ]
    return Ambiguity("data.time", f"{name!r} holds {cell}, which is read as {taken}", tuple(options))


def _meaning(cell: str, form: str) -> str:
    """Return the time that a format reads in words, such as "2019-12-30, an ISO week"."""
    time = read_cells([cell], form)[0]
    unit = "D" if (time == time.astype("M8[D]")) else "s"
    text = str(time.astype(f"M8[{unit}]")).replace("T", " ")
    return f"{text} ({_MEANINGS[form]})" if form in _MEANINGS else text


def _likeliest(shares: dict[str, float], name: str) -> str:
    if WEEK_NAMES.search(name) and "iso-week" in shares:
        return "iso-week"
    # A month is as common as a week, and the twelfth is followed by another year in both only if it is one.
    order = ["%Y%m", *shares]
    return max(shares, key=lambda form: (round(shares[form], 2), -order.index(form)))


def _formats(cells: list[str]) -> list[str]:
    """Return the formats that may read numbers of so many digits."""
    whole = [re.split(r"[.,]", cell)[0] for cell in cells]
    digits = {len(part) for part in whole}
    if not cells or len(digits) != 1 or not all(part.isdecimal() for part in whole):
        return []
    (n,) = digits
    fractions = any(part != cell for part, cell in zip(whole, cells, strict=True))
    if fractions:
        return ["excel"] if n == 5 and _in_excel_days(whole) else []
    found = [form for form in _BY_DIGITS.get(n, ()) if form != "excel" or _in_excel_days(whole)]
    epoch = EPOCH_DIGITS.get(n)
    if epoch is not None and all(9.0e8 <= int(part[:10]) <= 4.2e9 for part in whole):
        found.append(epoch)
    return found


def _in_excel_days(whole: list[str]) -> bool:
    return all(_EXCEL_DAYS[0] <= int(part) <= _EXCEL_DAYS[1] for part in whole)


def _is_epoch(shares: dict[str, float]) -> bool:
    return any(form.startswith("epoch") for form in shares)


def _share_of(cells: list[str], form: str) -> float:
    """Return the share of the steps that have a row if a format reads the cells; 0 where it does not."""
    times = read_cells(cells, form)
    return 0.0 if np.isnat(times).any() else share_of_steps(times.astype("M8[ns]").astype(np.int64))


def _share_of_steps(cells: list[str]) -> float:
    if not all(cell.isdecimal() and len(cell) <= _MOST_DIGITS and int(cell) <= _LARGEST for cell in cells):
        return 0.0
    return share_of_steps(np.array([int(cell) for cell in cells]), integer=True)


def share_of_steps(stamps: Ints, *, integer: bool = False) -> float:
    """Return the share of the steps between the first time and the last that have a row; 0 where there is no step.

    Args:
        stamps: (rows,), nanoseconds since 1970, or step numbers.
        integer: Whether they are step numbers.
    """
    stamps = np.unique(stamps)
    try:
        _, time_axis = infer_frequency([stamps], TimeColumn("", integer=integer), zone=None, source="")
    except DataError:
        return 0.0
    first, last = time_axis.positions(stamps[[0, -1]])
    return len(stamps) / int(last - first + 1)
