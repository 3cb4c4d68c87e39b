"""The marks of numbers in a CSV file: which character is the decimal mark, and which groups digits by three."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from forecaster.data.draft.choices import Ambiguity
from forecaster.data.spec import CsvSpec
from forecaster.text import listed

# (decimal, thousands), tried in this order: the first pair that makes the most columns numeric wins.
MARKS: tuple[tuple[str, str | None], ...] = ((".", None), (",", None), (",", "."), (".", ","))
# Marks between thousands that are no decimal marks: blanks and apostrophes.
_BLANKS = (" ", "\u00a0", "\u202f", "'", "\u2019")
_NAMED = 3

IsNumeric = Callable[[list[str], CsvSpec], bool]


def numbers_as_written(
    columns: list[list[str]],
    is_numeric: IsNumeric,
    *,
    separator: str,
    encoding: str,
    decimal: str | None = None,
) -> CsvSpec:
    """Return the marks of numbers that make the most columns numeric.

    Args:
        columns: The cells of each column that hold something.
        is_numeric: Whether the cells are numbers that are written in a given way.
        separator: The mark between two fields.
        encoding: The text encoding of the file.
        decimal: The decimal mark; None where it is to be found.
    """
    blanks = [
        mark for mark in _BLANKS if any(_between_digits(cell, mark) for cells in columns for cell in cells)
    ]
    marks = [*MARKS, *((point, blank) for blank in blanks for point in (".", ","))]
    dialects = [
        CsvSpec(separator=separator, decimal=point, thousands=thousands, encoding=encoding)
        for point, thousands in marks
        # Numbers with the separator between thousands are in quotes, as in "1,234".
        if separator != point and decimal in (None, point)
    ]
    if not dialects:
        return CsvSpec(separator=separator, encoding=encoding)

    def fit(csv: CsvSpec) -> tuple[int, int]:
        numeric = [cells for cells in columns if is_numeric(cells, csv) and _well_grouped(cells, csv)]
        # 1.004 beside 832 is a number of thousands, although it can be read as one with a decimal mark.
        return len(numeric), -sum(groups_thousands(cells, csv.decimal) for cells in numeric)

    return max(dialects, key=fit)


def groups_thousands(cells: Iterable[str], mark: str) -> bool:
    """Return whether a mark groups the digits of numbers by three, and is no decimal mark.

    It does where it has three digits behind it in every number that has it, no zero before it, and where the
    numbers without it are below 1000: a table of decimals would have other digits behind some.
    """
    grouped = _groups_of(mark, at_least=1)
    with_mark = [cell for cell in cells if mark in cell]
    without = [cell for cell in cells if mark not in cell and re.search(r"\d", cell)]
    return (
        bool(with_mark)
        and all(grouped.fullmatch(cell) for cell in with_mark)
        and (bool(without) or any(cell.count(mark) > 1 for cell in with_mark))
        and all(re.fullmatch(r"[+-]?\d{1,3}", cell) for cell in without)
    )


def mark_choice(columns: Mapping[str, list[str]], csv: CsvSpec, is_numeric: IsNumeric) -> Ambiguity | None:
    """Return the choice between a mark that groups thousands and a decimal mark; None where there is none.

    Args:
        columns: The cells that hold something, by the columns of numbers; the likeliest target first.
        csv: The marks that were chosen.
        is_numeric: As for `numbers_as_written`.
    """
    mark = csv.thousands if csv.thousands in (".", ",") else csv.decimal
    if any(cell.count(mark) > 1 for cells in columns.values() for cell in cells if _is_grouped(cell, mark)):
        return None
    if csv.thousands == mark:
        return _read_as_thousands(columns, csv, mark, is_numeric)
    return _read_as_decimals(columns, csv, mark)


def _read_as_thousands(
    columns: Mapping[str, list[str]], csv: CsvSpec, mark: str, is_numeric: IsNumeric
) -> Ambiguity | None:
    other = CsvSpec(separator="\t", decimal=mark)
    if not all(is_numeric(cells, other) for cells in columns.values()):
        # Another column has numbers that only this reading explains, such as 1,5 beside 1.004.
        return None
    grouped = {name: _with(cells, mark) for name, cells in columns.items() if _with(cells, mark)}
    if not grouped:
        return None
    name, cells = next(iter(grouped.items()))
    small = next((cell for cell in columns[name] if mark not in cell), None)
    beside = "" if small is None else f" beside {small}"
    whole = cells[0].replace(mark, "")
    return Ambiguity(
        "data.csv",
        f"{_names(grouped)} holds {cells[0]}{beside}, and {cells[0]} is read as {whole}",
        (
            f"--decimal '{csv.decimal}' for {whole}",
            f"--decimal '{mark}' for a number with three decimals",
        ),
    )


def _read_as_decimals(columns: Mapping[str, list[str]], csv: CsvSpec, mark: str) -> Ambiguity | None:
    in_groups = {name: cells for name, cells in columns.items() if may_group_thousands(cells, mark)}
    # Decimals elsewhere say what the mark is, but not of numbers such as 1.004 beside 832.
    proven = any(not _is_grouped(cell, mark) for cells in columns.values() for cell in _with(cells, mark))
    if proven:
        in_groups = {name: cells for name, cells in in_groups.items() if groups_thousands(cells, mark)}
    if not in_groups:
        return None
    cell = _with(next(iter(in_groups.values())), mark)[0]
    whole = cell.replace(mark, "")
    point = "," if mark == "." else "."
    otherwise = f"--decimal '{point}' for {whole}"
    if proven or point == csv.separator:
        otherwise = f"numbers without a mark between thousands, {whole} for {cell}"
    return Ambiguity(
        "data.csv",
        f"{_names(in_groups)} holds {cell}, which is read as a number with three decimals",
        (f"--decimal '{mark}' for three decimals", otherwise),
    )


def may_group_thousands(cells: list[str], mark: str) -> bool:
    """Return whether every number with the mark would be another one if the mark grouped its digits.

    Each must have three digits behind the mark and no zero before it, and those without the mark be below 1000.
    """
    marked = _with(cells, mark)
    return (
        bool(marked)
        and all(_is_grouped(cell, mark) for cell in marked)
        and all(re.fullmatch(r"[+-]?\d{1,3}", cell) for cell in cells if cell not in marked)
    )


def _well_grouped(cells: list[str], csv: CsvSpec) -> bool:
    """Return whether no number has a zero before a mark between thousands, as decimals have."""
    if csv.thousands is None:
        return True
    zero = re.compile(rf"[+-]?0\d{{0,2}}{re.escape(csv.thousands)}")
    return not any(zero.match(cell) for cell in cells)


def _groups_of(mark: str, *, at_least: int) -> re.Pattern[str]:
    return re.compile(rf"[+-]?[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}}){{{at_least},}}")


def _is_grouped(cell: str, mark: str) -> bool:
    return _groups_of(mark, at_least=1).fullmatch(cell) is not None


def _with(cells: list[str], mark: str) -> list[str]:
    """Return the numbers with a mark."""
    return [cell for cell in cells if mark in cell and re.match(r"[+-]?\d", cell)]


def _between_digits(cell: str, mark: str) -> bool:
    return mark in cell and re.fullmatch(rf"[+-]?\d{{1,3}}({mark}\d{{3}})+([.,]\d*)?", cell) is not None


def _names(columns: Mapping[str, list[str]]) -> str:
    names = [repr(name) for name in columns]
    more = f" (as {listed(names[1:], most=_NAMED)})" if names[1:] else ""
    return names[0] + more
