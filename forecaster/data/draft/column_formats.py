"""The format that reads a column of times, and the choice where several read it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.codes import CODED_NAMES, REGULAR, Reading, read_codes, share_of_steps
from forecaster.data.draft.kinds import filled
from forecaster.data.draft.names import MONTH_NAMES, QUARTER_NAMES, is_usual
from forecaster.data.draft.sniff import Sample, read_columns
from forecaster.data.draft.time_forms import (
    MOST_CELLS,
    named_format,
    number_format,
    read_cells,
    strftime_formats,
)
from forecaster.errors import DataError, Location
from forecaster.system import in_quotes
from forecaster.text import joined

# Months behind a year; a fraction of a year has other digits too.
_DOTTED = re.compile(r"(?:1[6-9]|2[0-2])\d\d\.(0?[1-9]|1[0-2])")
_MONTH_FIRST = re.compile(r"(?:0[1-9]|1[0-2])\.(?:19|20)\d\d")
_PADDED = tuple(f"{month:02d}" for month in range(1, 10))
_LEAST_MONTHS = 3
# A year beside the number of a quarter or of a half, which months are written as too.
_PART = re.compile(
    r"(?P<year>(?:1[6-9]|2[0-2])\d\d)(?P<mark>[ ._:/-])(?P<number>0?[1-4])|"
    r"(?P<number_>0?[1-4])(?P<mark_>[ ._:/-])(?P<year_>(?:1[6-9]|2[0-2])\d\d)"
)
_PARTS = {frozenset({1, 2, 3, 4}): "quarter", frozenset({1, 2}): "half-year"}


def format_of_column(sample: Sample, name: str) -> Reading | None:
    """Return how a column is read, None where it holds no times.

    Raises:
        DataError: Two formats read every cell as different times, or the codes of a column are no times.
    """
    cells, kind = sample.cells(name), sample.kinds[name]
    if not cells:
        return None
    part = part_of_year(sample, name)
    if part is not None:
        return part
    form = named_format(cells) or _dotted_months(sample, name)
    if form is not None:
        return Reading(form)
    if kind in ("text", "mixed") or all(re.match(r"(19|20)\d{6}(\.0)?$", cell) for cell in cells):
        formats = strftime_formats(cells)
        if len(formats) > 1:
            return _one_of_formats(sample, name, list(formats))
        if formats:
            return _checked_year(sample, name, next(iter(formats)))
    if not _may_be_coded(sample, name):
        return None
    first = name == next((n for n in sample.kinds if not n.startswith("Unnamed: ")), name)
    reading = read_codes(cells, name, first=first)
    if reading is not None:
        return reading
    if not first and CODED_NAMES.search(name) is None:
        return None
    coded = number_format(cells, name)
    if coded is not None and coded[1] is not None:
        raise DataError(
            f"column {name!r} looks like {_meaning(coded[0])}, and {coded[1]} is none",
            hint="correct the row; where the numbers only count the rows, set --freq to 1",
            location=Location(str(sample.source)),
        )
    return None if coded is None else Reading(coded[0])


def part_of_year(sample: Sample, name: str) -> Reading | None:
    """Return how a column is read whose years have the numbers 1 to 4 alone, or 1 and 2; None where it holds no such.

    Months would leave out most of every year, and those of a single year prove nothing. A name decides between quarters
    and months, and else whether a zero stands before the numbers. Two months a year are too few for a table of months.
    """
    cells = list(dict.fromkeys(sample.cells(name)))
    if not cells or _PART.fullmatch(cells[0]) is None:
        return None
    found = [match for match in map(_PART.fullmatch, cells) if match is not None]
    if len(found) < len(cells) or len({one["mark"] or one["mark_"] for one in found}) > 1:
        return None
    texts = {one["number"] or one["number_"] for one in found}
    form = _PARTS.get(frozenset(map(int, texts)))
    of_months = MONTH_NAMES.search(name) is not None
    if form is None or len({one["year"] or one["year_"] for one in found}) < 2:
        return None
    if (form == "half-year" and of_months) or _share(cells, form) <= REGULAR:
        return None
    padded = any(text.startswith("0") for text in texts)
    if form == "half-year" or QUARTER_NAMES.search(name) or not (padded or of_months):
        return Reading(form)
    mark = found[0]["mark"] or found[0]["mark_"]
    months = f"%Y{mark}%m" if found[0]["year"] else f"%m{mark}%Y"
    first, second = (months, form) if of_months else (form, months)
    cell = _example(cells, [first, second])
    read = {form: f"{_date(cell, form)} (a quarter)", months: f"{_date(cell, months)} (a month)"}
    return Reading(
        first,
        Ambiguity(
            "data.time",
            f"{name!r} holds {cell}, which is read as {read[first]}, and every year has the numbers 1 to 4 alone",
            tuple(f"--time-format {in_quotes(one)} for {read[one]}" for one in (first, second)),
        ),
    )


def _dotted_months(sample: Sample, name: str) -> str | None:
    """Return the format of months such as 2019.01, which are numbers too; None where a column holds none.

    Raises:
        DataError: A cell such as 2019.1 may be January, or October as a number.
    """
    cells = [cell.replace(",", ".") for cell in sample.cells(name)[:MOST_CELLS]]
    if cells and all(_MONTH_FIRST.fullmatch(cell) for cell in cells):
        return f"%m{sample.cells(name)[0][2]}%Y"
    found = [_DOTTED.fullmatch(cell) for cell in cells]
    months = {one[1] for one in found if one is not None}
    if len(months) < _LEAST_MONTHS or None in found or not months & {"11", "12", *_PADDED}:
        return None
    mark = "," if "," in sample.cells(name)[0] else "."
    if "1" in months and "10" not in months:
        cell = next(one[0] for one in found if one is not None and one[1] == "1").replace(".", mark)
        raise DataError(
            f"column {name!r} holds {cell}, which may be January, or October without its zero",
            hint=f"write the months as {cell[:4]}-01, or export the column as text, which keeps {cell}0",
            location=Location(str(sample.source)),
        )
    return f"%Y{mark}%m"


def _one_of_formats(sample: Sample, name: str, formats: list[str]) -> Reading:
    """Return the format whose times have a step and follow one another in the table.

    Raises:
        DataError: Two formats do so alike.
    """
    cells = sample.cells(name)
    if not sample.is_whole:
        # A later row may have a day above twelve.
        whole = list(dict.fromkeys(filled(read_columns(sample, [name])[name])))
        formats = [form for form in formats if not np.isnat(read_cells(whole, form)).any()] or formats
    fits = {form: _fitness(cells, form) for form in formats}
    if any(fit[0] for form, fit in fits.items() if not form.startswith("%y")):
        # Few write a year of two digits first, and any day can be one.
        fits = {form: fit for form, fit in fits.items() if not form.startswith("%y")}
    if len(fits) == 1:
        return Reading(next(iter(fits)))
    ranked = sorted(((fit, form) for form, fit in fits.items()), key=lambda pair: pair[0])
    if ranked[-1][0] == ranked[-2][0]:
        raise _two_formats(sample, name, [form for _, form in ranked])
    ordered = [form for _, form in reversed(ranked)]
    cell = _example(cells, ordered)
    options = tuple(f"--time-format {in_quotes(form)} for {_date(cell, form)}" for form in ordered)
    summary = (
        f"{name!r} holds {cell}, which is read as {_date(cell, ordered[0])}, so that the times have a step"
    )
    return Reading(ordered[0], Ambiguity("data.time", summary, options))


def _checked_year(sample: Sample, name: str, form: str) -> Reading:
    """Return the reading by a format whose number may be the day of a month, as in Jan-20, and not its year.

    Raises:
        DataError: It is, or nothing shows that it is not.
    """
    if form.startswith("FY"):
        cell = sample.cells(name)[0]
        summary = (
            f"{name!r} holds {cell}, which is read as {_date(cell, form)}, whatever month its year begins in"
        )
        return Reading(
            form,
            Ambiguity(
                "data.time", summary, (f"--time-format {in_quotes(form)}", "the first day of each year")
            ),
        )
    if "%y" not in form or "%d" in form:
        return Reading(form)
    cells = list(dict.fromkeys(sample.cells(name)))
    # 2000 has a 29th of February.
    days = read_cells([f"{cell} 2000" for cell in cells], f"{form.replace('%y', '%d')} %Y")
    if np.isnat(days).any() or share_of_steps(days.astype("M8[ns]").astype(np.int64)) <= REGULAR:
        return Reading(form)
    cell, year = cells[0], str(days[0].astype("M8[D]"))[5:]
    here = Location(str(sample.source))
    if not _fitness(cells, form)[0]:
        raise DataError(
            f"column {name!r} holds {cell}, a day without its year",
            hint=f"write the year in every time, such as 2020-{year}",
            location=here,
        )
    raise DataError(
        f"column {name!r} holds {cell}, and no row shows whether its number is a year or a day",
        hint=f"set --time-format {in_quotes(form)} for the month {_date(cell, form)[:7]}, or write the year in every "
        f"time, such as 2020-{year}",
        location=here,
    )


def _example(cells: list[str], forms: list[str]) -> str:
    """Return the first cell that two formats read as different times."""
    first, second = (read_cells(cells, form) for form in forms[:2])
    return cells[int((first != second).argmax())]


def _date(cell: str, form: str) -> str:
    return str(read_cells([cell], form)[0].astype("M8[D]"))


def _share(cells: list[str], form: str) -> float:
    """Return the share of the steps that have a row where a format reads every cell."""
    return share_of_steps(read_cells(cells, form).astype("M8[ns]").astype(np.int64))


def _fitness(cells: list[str], form: str) -> tuple[bool, float]:
    """Return whether the times that a format reads have a step, and the share of rows that follow an earlier one."""
    times = read_cells(cells, form)
    share = _share(cells, form)
    rising = float(np.mean(np.diff(times) >= np.timedelta64(0, "ns"))) if len(times) > 1 else 0.0
    return share > REGULAR, round(rising, 1)


def _two_formats(sample: Sample, name: str, formats: list[str]) -> DataError:
    cell = _example(sample.cells(name), formats)
    named = joined([f"{form!r} for {_date(cell, form)}" for form in sorted(formats)], word="or")
    return DataError(
        f"column {name!r} holds {cell}, and no row shows whether day or month comes first",
        hint=f"set --time-format to {named}, or write the dates as YYYY-MM-DD",
        location=Location(str(sample.source)),
    )


def _meaning(form: str) -> str:
    if form == "iso-week":
        return "ISO weeks written YYYYWW"
    return "months written YYYYMM" if form == "%Y%m" else "times since 1970"


def _may_be_coded(sample: Sample, name: str) -> bool:
    """Return whether numbers may stand for times: by the column's name or place, and because they rise."""
    if sample.kinds[name] not in ("integer", "number", "text") or is_usual(name):
        return False
    values = _values(sample, name)
    return len(values) > 1 and not np.isnan(values).any() and bool(np.mean(np.diff(values) >= 0) > 0.5)


def _values(sample: Sample, name: str) -> Any:
    import pandas as pd

    decimal = sample.csv.decimal if sample.csv else "."
    cells = [cell.replace(decimal, ".") for cell in sample.cells(name)]
    return pd.to_numeric(pd.Series(cells, dtype="str"), errors="coerce").to_numpy(dtype=float)
