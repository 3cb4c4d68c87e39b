"""The marks of numbers in a CSV file: which character is the decimal mark, and which groups digits by three."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from forecaster.data.spec import CsvSpec

# (decimal, thousands), tried in this order: the first pair that makes the most columns numeric wins.
MARKS: tuple[tuple[str, str | None], ...] = ((".", None), (",", None), (",", "."), (".", ","))


def numbers_as_written(
    columns: list[list[str]],
    is_numeric: Callable[[list[str], CsvSpec], bool],
    *,
    separator: str,
    encoding: str,
) -> CsvSpec:
    """Return the marks of numbers that make the most columns numeric.

    Args:
        columns: The cells of each column that hold something.
        is_numeric: Whether the cells are numbers that are written in a given way.
        separator: The mark between two fields.
        encoding: The text encoding of the file.
    """
    dialects = [
        CsvSpec(separator=separator, decimal=decimal, thousands=thousands, encoding=encoding)
        for decimal, thousands in MARKS
        # Numbers with the separator between thousands are in quotes, as in "1,234".
        if separator != decimal
    ]

    def fit(csv: CsvSpec) -> tuple[int, int]:
        numeric = [cells for cells in columns if is_numeric(cells, csv)]
        # 1.004 beside 832 is a number of thousands, although it can be read as one with a decimal mark.
        return len(numeric), -sum(groups_thousands(cells, csv.decimal) for cells in numeric)

    return max(dialects, key=fit)


def groups_thousands(cells: Iterable[str], mark: str) -> bool:
    """Return whether a mark groups the digits of numbers by three, and is no decimal mark.

    It does where it has three digits behind it in every number that has it, no zero before it, and where the
    numbers without it are below 1000: a table of decimals would have other digits behind some.
    """
    grouped = re.compile(rf"[+-]?[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+")
    with_mark = [cell for cell in cells if mark in cell]
    without = [cell for cell in cells if mark not in cell]
    return (
        bool(with_mark)
        and all(grouped.fullmatch(cell) for cell in with_mark)
        and (bool(without) or any(cell.count(mark) > 1 for cell in with_mark))
        and all(re.fullmatch(r"[+-]?\d{1,3}", cell) for cell in without)
    )


def may_group_thousands(cells: list[str], mark: str) -> str | None:
    """Return the first number that would be another one if the mark grouped its digits; None where none would be.

    Every number must allow it: three digits behind the mark, no zero before it.
    """
    grouped = re.compile(rf"[+-]?[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}")
    return cells[0] if cells and all(grouped.fullmatch(cell) for cell in cells) else None
