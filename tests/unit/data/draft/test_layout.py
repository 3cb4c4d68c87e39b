"""Lines of a CSV file that are no rows, and values that stand for none: what init writes and says."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.errors import DataError
from tests.following import follow_data
from tests.unit.data.draft.readings import draft_of, level

DAYS = [date(2023, 1, 1) + timedelta(days=i) for i in range(60)]
HOURS = [datetime(2023, 1, 1) + timedelta(hours=i) for i in range(60)]
TWO = [f"{d},{level(i)}" for i, d in enumerate(DAYS)]
THREE = [f"{row},{i % 9}" for i, row in enumerate(TWO)]
SHOPS = [f"{shop},{row}" for shop in "ab" for row in TWO]
GERMAN = [f"{d:%d.%m.%Y};{1000 + i * 7 % 100},{i % 10};{50 + i % 7},{i % 10}" for i, d in enumerate(DAYS)]
LOGGER = [f'"{h:%Y-%m-%d %H:%M:%S}",{i},12.{i % 10},{level(i)}' for i, h in enumerate(HOURS)]
LONG = [f"{date(1990, 1, 1) + timedelta(days=i)},{level(i)}" for i in range(7000)]

# The lines of each table, and the settings that read it.
LAYOUTS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "a table alone": (["date,y", *TWO], {}),
    "a title": (["Sales report 2023", "", "date,y", *TWO], {"skip_rows": 1}),
    "titles with separators": (["Sales, report, 2023", "By, X", "date,y", *TWO], {"skip_rows": 2}),
    "a padded title": (["Sales report,,", "date,y,z", *THREE], {"skip_rows": 1}),
    "a padded preamble with a period": (
        ["Report,,", "Period,2023-01-01,2023-03-01", ",,", "date,y,z", *THREE], {"skip_rows": 3},
    ),
    "keys and values": (["Station,1", "Lat,52.3", "Made,2024-01-01", "date,y,z", *THREE], {"skip_rows": 3}),
    "keys and values as wide as the table": (["Station,12345", "Lat,52.3", "date,y", *TWO], {"skip_rows": 2}),
    "a title in quotes": (['"Report, of all"', '"date","y"', *TWO], {"skip_rows": 1}),
    "groups of columns": ([",North,", "date,a,b", *THREE], {"skip_rows": 1}),
    "units": (["date,temp,rain", "UTC,°C,mm", *THREE], {"skip_rows": [2]}),
    "units without one of times": (["date,temp,rain", ",degC,mm", *THREE], {"skip_rows": [2]}),
    "units in brackets": (["date,temp,rain", "[-],[K],[mm/h]", *THREE], {"skip_rows": [2]}),
    "types": (["date,temp,rain", "datetime,float,integer", *THREE], {"skip_rows": [2]}),
    "types of pandas": (["date,temp,rain", "datetime64[ns],float64,Int64", *THREE], {"skip_rows": [2]}),
    "types of SQL": (['date,temp,rain', '"timestamp without time zone","numeric(8,2)",bigint', *THREE],
                     {"skip_rows": [2]}),
    "types of Arrow": (["date,temp,rain", "date32,double,int16", *THREE], {"skip_rows": [2]}),
    "names, types and units": (["date,temp,rain", "datetime,float64,uint8", "-,degC,mm", *THREE],
                               {"skip_rows": [2, 3]}),
    "widths": (
        ["# USGS", "# 2", "datetime\t01_00060\tcode", "20d\t14n\t10s", *[row.replace(",", "\t") for row in THREE]],
        {"separator": "\t", "comment": "#", "skip_rows": [4]},
    ),
    "two lines of text, of which the second names the columns": (["By,X", "date,y", *TWO], {"skip_rows": 1}),
    "a rule": (["date;temp;rain", "==========;====;====", *[row.replace(",", ";") for row in THREE]],
               {"separator": ";", "skip_rows": [2]}),
    "title, units, average and source": (
        ["Weather", "date,temp,rain", "yyyy-mm-dd,C,mm", *THREE, "Average,3.4,", "Source: office"],
        {"skip_rows": [1, 3], "skip_footer": 2},
    ),
    "a total": (["date,y", *TWO, "Total,12345"], {"skip_footer": 1}),
    "a total of three": (["date,y,z", *THREE, "Grand total,500,"], {"skip_footer": 1}),
    "a total of step numbers": (["t,y", *[f"{i},{level(i)}" for i in range(60)], "Sum,999"], {"skip_footer": 1}),
    "a total of shops": (["shop,date,y", *SHOPS, "Total,,1234"], {"skip_footer": 1}),
    "rows affected": (["date,y", *TWO, "", "(60 rows affected)"], {"skip_footer": 1}),
    "sources": (["date,y,z", *THREE, "", "Source: A, 2024", "Notes: provisional"], {"skip_footer": 2}),
    "a footnote": (["Of X", "year,pop", *[f"{1950 + i},{i * i}" for i in range(60)], "* estimate"],
                   {"skip_rows": 1, "skip_footer": 1}),
    "a footer far below": (["date,y", *LONG, "Total,5", "Source: x"], {"skip_footer": 2}),
    "of SQL": (["date,y", "----------,------", *TWO, "", "(60 rows affected)"], {"skip_rows": [2], "skip_footer": 1}),
    "comments": (["# by x", "# on y", "date,y", *TWO], {"comment": "#"}),
    "comments of two slashes": (["// by x", "date,y", *TWO], {"comment": "//"}),
    "comments of two dashes": (["-- by x", "date,y", *TWO], {"comment": "--"}),
    "comments of a percent sign": (["% by x", "date,y", *TWO], {"comment": "%"}),
    "comments of an exclamation mark": (["! by x", "date,y", *TWO], {"comment": "!"}),
    "a comment between rows": (["date,y", *TWO[:10], "# restart", *TWO[10:]], {"comment": "#"}),
    "a header behind the mark of comments": (["# by x", "# date,y", *TWO], {"skip_rows": 1}),
    "a title, and a total with a decimal comma": (
        ["Bericht;;", "Datum;Last;Preis", *GERMAN, "Summe;123,0;"],
        {"separator": ";", "decimal": ",", "skip_rows": 1, "skip_footer": 1},
    ),
    "a data logger": (
        ['"TOA5","CR1","CR1","Table"', '"TIMESTAMP","RECORD","BattV","AirT"', '"TS","RN","Volts","Deg C"',
         '"","","Min","Avg"', *LOGGER],
        {"skip_rows": [1, 3, 4]},
    ),
    "a header of units": (["date,MW", *TWO], {}),
    "an index without a name": ([",y", *TWO], {}),
    "row names": (['"","date","y"', *[f'"{i + 1}",{row}' for i, row in enumerate(TWO)]], {}),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_lines_that_are_no_rows(name: str, tmp_path: Path) -> None:
    lines, settings = LAYOUTS[name]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft = draft_of(path)
    assert draft.guess.csv.model_dump(exclude_defaults=True) == settings
    said = {"skip_rows", "skip_footer", "comment"} & set(settings)
    assert sum(choice.key == "data.csv" for choice in draft.guess.choices) == len(said)
    panel, findings = read_table(draft.experiment.spec.data, path)
    assert (int(panel.lengths.sum()), findings.warnings) == (draft.guess.rows, ())
    assert draft.guess.rows in (60, 120, 7000)


SAID = {
    "a title": "line 1 above the header in line 3 is left out as no row of the table, by data.csv.skip_rows: 1; "
    "otherwise use data.csv.skip_rows: 0",
    "a data logger": "line 1 above the header in line 2 and lines 3 and 4 below the header are left out as no row of the "
    "table, by data.csv.skip_rows: [1, 3, 4]; otherwise use data.csv.skip_rows: 0",
    "a total": "the last line is left out as no row of the table, by data.csv.skip_footer: 1; otherwise use "
    "data.csv.skip_footer: 0",
    "sources": "the last 2 lines are left out as no row of the table, by data.csv.skip_footer: 2; otherwise use "
    "data.csv.skip_footer: 0",
    "comments of two slashes": "lines that begin with '//' are left out as comments, by data.csv.comment: '//'; otherwise "
    "use data.csv.comment: null",
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_left_out_is_said(name: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(LAYOUTS[name][0]) + "\n", encoding="utf-8")
    assert draft_of(path).guess.choices[0].sentence == SAID[name]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (
            ["date,y,z", *THREE[:-1], "2023-03-01,1"],
            "TABLE:61: the line has 2 fields, the header has 3; write as many",
        ),
        (
            ["shop,date,y", *SHOPS, "b,,1"],
            "TABLE:122: column 'date': an empty cell is not a time like those before it;",
        ),
        (["date,y", *TWO, "later,1"], "TABLE:62: column 'date': 'later' is not a time like those before it;"),
        (
            ["date,y", *TWO[:5], "2023-01-06,1,2", *TWO[5:]],
            "TABLE:7: the line has 3 fields, the header has 2;",
        ),
    ],
)
def test_faulty_rows_are_no_footer(lines: list[str], problem: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        draft_of(path)
    assert str(caught.value).replace(str(path), "TABLE").startswith(problem)


@pytest.mark.parametrize(("title", "column"), [("Übersicht", "größe"), ("naïve – café", "é")])
def test_a_title_in_another_encoding_than_the_rows(title: str, column: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(title.encode("cp1252") + b"\n" + "\n".join([f"date,{column}", *TWO]).encode("utf-8"))
    draft = draft_of(path)
    assert draft.guess.csv.model_dump(exclude_defaults=True) == {"skip_rows": 1}
    assert draft.guess.targets == (column,)
    assert read_table(draft.experiment.spec.data, path)[0].lengths.tolist() == [60]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        ([-999], [-999]),
        ([-9999.0, "?"], ["?", -9999]),
        ([9999.9], [9999.9]),
        (["-999.0"], [-999]),
        (["N/D", "..."], ["N/D", "..."]),
        ([99999], [99999]),
        ([-9999, -999], [-9999, -999]),
    ],
)
def test_values_that_stand_for_none(cells: list[Any], values: list[Any], tmp_path: Path) -> None:
    rows = [
        f"{d},{cells[i % 7 // 4 % len(cells)] if i % 7 in (2, 4) else 5 + i % 20 / 2}"
        for i, d in enumerate(DAYS)
    ]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["date,y", *rows]) + "\n", encoding="utf-8")
    draft = draft_of(path)
    assert list(draft.guess.missing_values) == values
    assert draft.experiment.spec.data.missing_values == values
    assert draft.guess.empty == 17
    panel, findings = read_table(draft.experiment.spec.data, path)
    assert (int(findings.missing.sum()), findings.warnings) == (17, ())
    assert panel.lengths.tolist() == [60]


@pytest.mark.parametrize(
    "cells",
    [
        [999 if i == 30 else 990 + i % 7 for i in range(60)],  # within the others
        [9999 if i == 30 else i for i in range(60)],  # once, and not below 0
        [-999 if i % 2 else 999 for i in range(60)],  # nothing else
        [-999 * (i % 3) for i in range(60)],
        [i * 999 for i in range(60)],
    ],
)
def test_numbers_that_are_values(cells: list[int], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "\n".join(["date,y", *(f"{d},{c}" for d, c in zip(DAYS, cells, strict=True))]), encoding="utf-8"
    )
    assert draft_of(path).guess.missing_values == ()


def validated(lines: list[str], folder: Path, **data: Any) -> str:
    """The problems and warnings of a table that is read by the defaults."""
    path = folder / "t.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    given = {"path": "t.csv", "time": "date", "freq": "D", "targets": ["y"], **data}
    spec = DataSpec.model_validate(given)
    problem: DataError | None = None
    try:
        found = "\n".join(str(warning) for warning in read_table(spec, path)[1].warnings)
    except DataError as error:
        found, problem = str(error), error
    assert problem is None or follow_data(path, given, problem) == []
    return found.replace(str(path), "TABLE")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["Sales report", "", "date,y", *TWO], "TABLE:1: the line has 1 field, and is no header of the lines below; set "
         "data.csv.skip_rows: 1"),
        (["a, b, c", "date,y", *TWO], "TABLE:1: the line has 3 fields, and is no header of the lines below; set "
         "data.csv.skip_rows: 1"),
        (["# by x", "date,y", *TWO], "TABLE:1: the line has 1 field, and is no header of the lines below; set "
         "data.csv.comment: '#'"),
        (["date,y", "UTC,mm", *TWO], "TABLE:2: date: 'UTC' is not an ISO 8601 time; set data.csv.skip_rows: [2]\n"
         "TABLE:2: y: 'mm' is not a number; set data.csv.skip_rows: [2]"),
        (["date,y", *TWO, "Total,5"], "TABLE:62: date: 'Total' is not an ISO 8601 time; set data.csv.skip_footer: 1"),
        (["date,y", *TWO, "(60 rows)"], "TABLE:62: the row has 1 field, the header has 2; set data.csv.skip_footer: 1"),
        (["date,y", *TWO[:9], "# restart", *TWO[9:]], "TABLE:11: the row has 1 field, the header has 2; set "
         "data.csv.comment: '#'"),
        (["date,y", *TWO, "2023-03-02,?"], "TABLE:62: y: '?' is not a number; correct it, or where it stands for no value "
         "set data.missing_values: ['?']"),
        (["date,y", *TWO, "2023-03-02,-999", "2023-03-03,1"], "TABLE: y: -999 occurs once, far from all other values; "
         "where it stands for no value, set data.missing_values: [-999]"),
        (["date,y", *TWO], ""),
    ],
)  # fmt: skip
def test_messages_name_the_settings(lines: list[str], said: str, tmp_path: Path) -> None:
    assert validated(lines, tmp_path) == said


def test_a_title_above_units_is_left_out_with_them(tmp_path: Path) -> None:
    lines = ["Report", "date,y", "UTC,mm", *TWO]
    said = validated(lines, tmp_path, csv={"skip_rows": 1})
    assert (
        said.splitlines()[0] == "TABLE:3: date: 'UTC' is not an ISO 8601 time; set data.csv.skip_rows: [1, 3]"
    )
    assert validated(lines, tmp_path, csv={"skip_rows": [1, 3]}) == ""
