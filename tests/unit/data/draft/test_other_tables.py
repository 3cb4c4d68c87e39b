"""Files that are no plain CSV table, and options that do not fit them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.dressed import dress_of
from forecaster.errors import DataError
from tests.unit.data.draft.readings import DAYS, inspect, level, lines, problem_of, table


def test_a_compressed_file_is_named_as_one(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(gzip.compress("\n".join(["t,y", *lines(DAYS)]).encode()))
    assert problem_of(path) == (
        "TABLE: the file is compressed by gzip, and its name does not say so; name it t.csv.gz"
    )


def test_files_of_a_folder_with_other_separators(tmp_path: Path) -> None:
    table(tmp_path, "t,y", lines(DAYS))
    (tmp_path / "u.csv").write_text("\n".join(["t;y", *lines(DAYS, separator=";")]), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        inspect(tmp_path, folder=tmp_path)
    assert str(caught.value).replace(str(tmp_path), "DIR") == (
        "DIR/u.csv: no column is called 't', as in DIR/t.csv, whose mark between columns is ','; give every file of the "
        "table the same mark between columns"
    )


def test_a_decimal_comma_cannot_be_the_separator_too(tmp_path: Path) -> None:
    path = table(tmp_path, "t,y", (f'{d},"{i},5"' for i, d in enumerate(DAYS)))
    assert problem_of(path, Wishes(decimal=",")) == (
        "TABLE: decimal ',' is the mark between the columns; write the numbers with a point, or a semicolon between the "
        "columns"
    )


def test_a_decimal_mark_is_that_of_text_files(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"t": DAYS, "y": [f"{i},5" for i in range(len(DAYS))]}).to_parquet(path)
    assert problem_of(path, Wishes(decimal=",")) == (
        "TABLE: decimal ',' is that of a CSV file, and other tables hold numbers as numbers; leave it out; where the table "
        "holds text such as 1,5, store numbers, or save it as CSV"
    )


def test_the_sheet_of_a_workbook_is_an_option(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    path = tmp_path / "t.xlsx"
    sales = pd.DataFrame({"t": DAYS, "y": [level(i) for i in range(len(DAYS))]})
    with pd.ExcelWriter(path) as book:
        sales.to_excel(book, sheet_name="Sales", index=False)
        sales.to_excel(book, sheet_name="Costs", index=False)
    assert problem_of(path) == "TABLE: the workbook has 2 sheets: 'Sales', 'Costs'; choose one with sheet"


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("57.2 b", "leave 'b' out if it is a flag, as in 57.2; write all digits if it stands for billions"),
        ("57.2p", "leave 'p' out if it is a flag, as in 57.2"),
    ],
)
def test_a_letter_among_numbers_may_be_a_flag(cell: str, hint: str) -> None:
    assert dress_of(cell, among_numbers=True) == ("with a letter behind it", hint)


ROWS: list[list[object]] = [[day, level(i)] for i, day in enumerate(DAYS)]
SHEETS: dict[str, tuple[list[list[object]], str]] = {
    "a title": (
        [["Sales of 2023"], [], ["day", "y"], *ROWS],
        "row 1 holds 'Sales of 2023', above the header in row 3; delete row 1, or save the sheet as CSV, of which init "
        "leaves such lines out",
    ),
    "units": (
        [["day", "y"], [None, "kWh"], *ROWS],
        "row 2 holds 'kWh', below the header in row 1; delete row 2, or save the sheet as CSV, of which init leaves such "
        "lines out",
    ),
    "names in two rows": (
        [
            ["day", "A", None, "B", None],
            [None, "units", "eur", "units", "eur"],
            *([*row, 1, 2, 3] for row in ROWS),
        ],
        "rows 1 and 2 name the columns together, as from merged cells; write one row of names in their place, with a name "
        "of its own for each column",
    ),
    "a total": (
        [["day", "y"], [], *ROWS, ["Total", 1234.5]],
        "row 43: column 'day': 'Total' is not a time like those before it; correct the row; the times are written like "
        "2023-01-01 00:00:00",
    ),
    "a row without a time": (
        [["day", "y"], [None, 5.5], *ROWS],
        "row 2: column 'day': the time is empty; give the row its time, or delete it",
    ),
}


@pytest.mark.parametrize("name", SHEETS)
def test_what_a_sheet_holds_beside_its_table_is_named(name: str, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    cells, message = SHEETS[name]
    for row in cells:
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    assert problem_of(tmp_path / "t.xlsx") == f"TABLE: {message}"
