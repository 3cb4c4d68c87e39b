"""Files that are no plain CSV table, and options that do not fit them."""

from __future__ import annotations

import gzip
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.dressed import dress_of
from forecaster.data.reading.table import read_table
from forecaster.errors import DataError
from tests.unit.data.draft.readings import DAYS, draft_of, inspect, level, lines, problem_of, table


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
    "names in two rows": (
        [
            ["day", "A", None, "B", None],
            [None, "units", "eur", "units", "eur"],
            *([*row, 1, 2, 3] for row in ROWS),
        ],
        "rows 1 and 2 name the columns together, as from merged cells; write one row of names in their place, with a name "
        "of its own for each column",
    ),
    "a total between rows": (
        [["day", "y"], [], *ROWS[:20], ["Total", 1234.5], *ROWS[20:]],
        "row 23: column 'day': 'Total' is not a time like those before it; correct the row; the times are written like "
        "2023-01-01 00:00:00",
    ),
    "a row without a time": (
        [["day", "y"], [None, 5.5], *ROWS],
        "row 2: column 'day': the time is empty; give the row its time, or delete it",
    ),
}


def workbook(path: Path, cells: list[list[object]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in cells:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("name", SHEETS)
def test_what_a_sheet_holds_beside_its_table_is_named(name: str, tmp_path: Path) -> None:
    cells, message = SHEETS[name]
    assert problem_of(workbook(tmp_path / "t.xlsx", cells)) == f"TABLE: {message}"


LEFT_OUT: dict[str, tuple[list[list[object]], dict[str, object], str]] = {
    "a title": (
        [["Sales of 2023"], [], ["day", "y"], *ROWS],
        {"skip_rows": 1},
        "row 1 above the header in row 3 is left out as none of the table, by data.csv.skip_rows: 1; otherwise use "
        "data.csv.skip_rows: 0",
    ),
    "a title and who made it": (
        [["Sales of 2023"], ["by", "Ann"], ["day", "y"], *ROWS],
        {"skip_rows": 2},
        "rows 1 and 2 above the header in row 3 are left out as none of the table, by data.csv.skip_rows: 2; otherwise use "
        "data.csv.skip_rows: 0",
    ),
    "units": (
        [["day", "y"], [None, "kWh"], *ROWS],
        {"skip_rows": [2]},
        "row 2 below the header is left out as none of the table, by data.csv.skip_rows: [2]; otherwise use "
        "data.csv.skip_rows: 0",
    ),
    "a title and units": (
        [["Sales of 2023"], ["day", "y"], [], [None, "kWh"], *ROWS],
        {"skip_rows": [1, 4]},
        "row 1 above the header in row 2 and row 4 below the header are left out as none of the table, by "
        "data.csv.skip_rows: [1, 4]; otherwise use data.csv.skip_rows: 0",
    ),
    "a total": (
        [["day", "y"], [], *ROWS, ["Total", 1234.5]],
        {"skip_footer": 1},
        "the last row is left out as none of the table, by data.csv.skip_footer: 1; otherwise use data.csv.skip_footer: 0",
    ),
    "a total and a note": (
        [["day", "y"], *ROWS, [], ["Total", 1234.5], ["Source: the till"]],
        {"skip_footer": 2},
        "the last 2 rows are left out as none of the table, by data.csv.skip_footer: 2; otherwise use "
        "data.csv.skip_footer: 0",
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_rows_of_a_sheet_that_are_none_of_its_table_are_left_out(name: str, tmp_path: Path) -> None:
    cells, settings, said = LEFT_OUT[name]
    path = workbook(tmp_path / "t.xlsx", cells)
    draft = draft_of(path)
    assert [choice.sentence for choice in draft.guess.choices] == [said]
    data = draft.experiment.spec.data
    assert data.csv.model_dump(exclude_defaults=True) == settings
    panel, _ = read_table(data, path)
    assert panel.values[:, 0].tolist() == [level(i) for i in range(len(DAYS))]


def test_the_total_of_a_long_sheet_is_found_at_its_end(tmp_path: Path) -> None:
    many = [[DAYS[0] + timedelta(days=i), level(i)] for i in range(400)]
    path = workbook(tmp_path / "t.xlsx", [["Sales"], ["day", "y"], *many, ["Total", 1234.5]])
    draft = draft_of(path)
    assert draft.experiment.spec.data.csv.model_dump(exclude_defaults=True) == {
        "skip_rows": 1,
        "skip_footer": 1,
    }
    assert (draft.guess.rows, draft.guess.gaps) == (400, 0)


def test_a_place_in_such_a_sheet_is_that_of_the_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", [["Sales"], ["day", "y"], *ROWS[:-1], ["2023-02-30", 7.5]])
    assert problem_of(path).startswith("TABLE: row 42: column 'day': '2023-02-30' is not a time")
