"""The forms that people write times in: which format reads every cell of a column."""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from forecaster.data.draft.date_forms import forms_of
from forecaster.data.reading.coded_times import parse_named
from forecaster.data.reading.times import HALF_WITH_POINTS, parse_format
from forecaster.data.time_axis.periods import DAY_OF_WEEK, MARKED

# The forms of periods that show what they are; 2024-1 may be a month.
_PERIODS = {
    "quarter": re.compile(rf"{MARKED['quarter']}|\d{{4}}[./][1-4]"),
    "half-year": re.compile(MARKED["half-year"]),
    "iso-week": re.compile(rf"{MARKED['iso-week']}|{DAY_OF_WEEK.replace('?P<', '?P<day_')}"),
}
# Weeks without a W: some number is above twelve, so that they are no months.
_DASHED = re.compile(r"\d{4}[ /-](\d{1,2})|(\d{1,2})[ /-]\d{4}")
# pandas writes whole numbers beside an empty cell with .0.
_POINT_ZERO = re.compile(r"(?<=\d)\.0*$")
_END_OF_DAY = re.compile(r"[ T]24:00")
_CODED = re.compile(r"(1[6-9]|2[0-2])\d\d([0-4]\d|5[0-3])")
_DECIMAL_YEAR = re.compile(r"(1[6-9]|2[0-2])\d\d([.,]\d*)?")
EPOCH_DIGITS = {10: "epoch-s", 13: "epoch-ms", 16: "epoch-us", 19: "epoch-ns"}
WEEK_NAMES = re.compile(r"(?i)week|wk|(^|_)kw|yw$")
MOST_CELLS = 1000

Times = NDArray[np.datetime64]


def strftime_formats(cells: list[str]) -> dict[str, Times]:
    """Return the strftime formats that read every cell, and the times; of those that agree, the first.

    Args:
        cells: The cells of a column that hold something.
    """
    if all(cell.endswith(".0") and cell[:-2].isdecimal() for cell in cells):
        cells = [cell[:-2] for cell in cells]
    cells = _spread(cells)
    found: dict[str, Times] = {}
    for form in forms_of(cells[0]) if cells else ():
        if _reads(cells[-1], form):
            times = read_cells(cells, form)
            if not np.isnat(times).any() and not any((times == other).all() for other in found.values()):
                found[form] = times
    return found


def _spread(cells: list[str]) -> list[str]:
    """Return at most about MOST_CELLS distinct cells from the whole length of a column, in its order."""
    cells = list(dict.fromkeys(cells))
    return cells[:: -(-len(cells) // MOST_CELLS)] if cells else cells


def named_format(cells: list[str]) -> str | None:
    """Return the named format that the marks of the cells show, as in 2024Q1 and 2024-W05; None where none does."""
    cells = cells[:MOST_CELLS]
    for name, pattern in _PERIODS.items():
        if cells and all(pattern.fullmatch(cell) for cell in cells):
            return name
    return "iso-week" if are_weeks(cells) else None


def are_weeks(cells: list[str]) -> bool:
    """Return whether cells such as 2019-05 hold weeks and not months: some end in a number from 13 to 53."""
    found = [_DASHED.fullmatch(cell) for cell in cells[:MOST_CELLS]]
    if not found or any(one is None for one in found):
        return False
    numbers = [int(one[1] or one[2]) for one in found if one is not None]
    return 12 < max(numbers) <= 53


def number_format(cells: list[str], name: str) -> tuple[str, str | None] | None:
    """Return the format of numbers that stand for times, and the first cell that it does not read.

    Args:
        cells: The cells of a column of numbers that hold something.
        name: The name of the column: YYYYMM and YYYYWW look the same up to the twelfth.

    Returns:
        None where the numbers are no such times.
    """
    cells = [_POINT_ZERO.sub("", cell) for cell in cells[:MOST_CELLS]]
    chosen: str | None = None
    if all(_CODED.fullmatch(cell) for cell in cells):
        units = [int(cell[4:]) for cell in cells]
        weeks = max(units) > 12 or (WEEK_NAMES.search(name) is not None)
        chosen = "iso-week" if weeks else "%Y%m"
    elif len({len(cell) for cell in cells}) == 1 and all(cell.isdecimal() for cell in cells):
        chosen = EPOCH_DIGITS.get(len(cells[0]))
        if chosen is not None and not (9.0e8 <= int(cells[0][:10]) <= 4.2e9):
            return None
    elif any("." in cell or "," in cell for cell in cells) and all(map(_DECIMAL_YEAR.fullmatch, cells)):
        times = read_cells(cells, "decimal-year")
        return None if np.isnat(times).any() else ("decimal-year", None)
    if chosen is None:
        return None
    times = read_cells(cells, chosen)
    bad = np.flatnonzero(np.isnat(times))
    return chosen, cells[int(bad[0])] if len(bad) else None


def _reads(cell: str, form: str) -> bool:
    try:
        datetime.strptime(re.sub(HALF_WITH_POINTS, r"\1m", _END_OF_DAY.sub(" 00:00", cell)), form)
    except ValueError:
        return False
    return True


def read_cells(cells: list[str], form: str) -> Times:
    """Return the times of cells in a format, (cells,), NaT where one is no such time."""
    import pyarrow as pa

    if "%" not in form:
        return parse_named(pa.array(cells), form)
    return parse_format(pa.array(cells, pa.string()), form, utc="%z" in form)
