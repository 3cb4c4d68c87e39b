"""Tables as JSON and as Excel workbooks: rows, types, and what is wrong with them."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from forecaster.data.reading.formats import sniffed_ending
from forecaster.data.reading.table import read_table
from forecaster.data.spec import CsvSpec, DataSpec
from forecaster.errors import DataError

DAYS = ["2024-01-01", "2024-01-02", "2024-01-03"]


def spec(**keys: Any) -> DataSpec:
    return DataSpec(path="t", time="t", freq="D", targets=["y"], **keys)


def values(path: Path, **keys: Any) -> list[list[float]]:
    panel, _ = read_table(spec(**keys), path)
    found: list[list[float]] = panel.values.tolist()
    return found


def refused(path: Path, **keys: Any) -> str:
    with pytest.raises(DataError) as caught:
        read_table(spec(**keys), path)
    return str(caught.value).replace(str(path), "T")


def lines(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def rows(*ys: object) -> list[dict[str, object]]:
    return [{"t": day, "y": y} for day, y in zip(DAYS, ys, strict=True)]


def test_json_lines_and_a_list_are_the_same_table(tmp_path: Path) -> None:
    assert values(lines(tmp_path / "t.jsonl", *rows(1, 2.5, None))) == [[1], [2.5]]
    listed = tmp_path / "t.json"
    listed.write_text(json.dumps(rows(1, 2.5, 3), indent=1), encoding="utf-8")
    assert values(listed) == [[1], [2.5], [3]]
    packed = tmp_path / "t.jsonl.gz"
    packed.write_bytes(gzip.compress(lines(tmp_path / "u.jsonl", *rows(1, 2, 3)).read_bytes()))
    assert values(packed) == [[1], [2], [3]]


def test_numbers_and_texts_of_one_json_column_are_read_as_csv_reads_them(tmp_path: Path) -> None:
    assert values(lines(tmp_path / "t.jsonl", *rows(1, "2.5", "3"))) == [[1], [2.5], [3]]
    assert "'closed' is not a number" in refused(lines(tmp_path / "t.jsonl", *rows(1, "closed", 3)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "T: the file holds no rows"),
        ("{}\n", "T: the file holds no rows"),
        ('{"t": 1}\n{"t"\n', "T:2: the text is not JSON"),
        ('{"t": 1}\n[1]\n', "T:2: a row is no object"),
        ("[1, 2]", "T: a row is no object"),
        ('[{"t": 1}', "T: the text is not JSON"),
        ('{"t": "2024-01-01", "y": [1]}\n', "T:1: the value of 'y' is a list or an object"),
        ('{"t": "2024-01-01", "z": 1}\n', "T: data.targets: no column is called 'y'"),
        ("[" * 100_000, "T: the text is not JSON: it cannot be read"),
    ],
)
def test_wrong_json_is_refused_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(text, encoding="utf-8")
    assert refused(path).startswith(said)


def workbook(path: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets:
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(row)
    book.save(path)
    return path


DATES = [dt.datetime.fromisoformat(day) for day in DAYS]
TABLE: list[list[object]] = [["t", "y"], *([day, i + 1] for i, day in enumerate(DATES))]


def test_rows_of_a_sheet_can_be_left_out(tmp_path: Path) -> None:
    cells: list[list[object]] = [["Sales"], [], ["by", "Ann"], TABLE[0], ["d", "EUR"], *TABLE[1:3]]
    cells += [["# closed", 0], TABLE[3], [], ["Total", 6], ["Source: the till"]]
    path = workbook(tmp_path / "t.xlsx", ("a", cells))
    left_out = CsvSpec(skip_rows=[1, 3, 5], comment="#", skip_footer=2)
    assert values(path, csv=left_out) == [[1], [2], [3]]
    top = workbook(tmp_path / "u.xlsx", ("a", [["Sales"], [], *TABLE]))
    assert values(top, csv=CsvSpec(skip_rows=1)) == [[1], [2], [3]]
    assert refused(top, csv=CsvSpec(skip_rows=99)) == (
        "T: data.csv leaves no row of the sheet; leave out fewer rows by data.csv.skip_rows, skip_footer and comment"
    )


def test_a_sheet_is_a_table(tmp_path: Path) -> None:
    assert values(workbook(tmp_path / "t.xlsx", ("Sales", TABLE))) == [[1], [2], [3]]


def test_empty_rows_and_columns_are_left_out(tmp_path: Path) -> None:
    cells: list[list[object]] = [[], [None, None], *TABLE[:2], [None, None, None], *TABLE[2:], ["", None]]
    assert values(workbook(tmp_path / "t.xlsx", ("Sales", cells))) == [[1], [2], [3]]


def test_days_as_excel_counts_them_are_times(tmp_path: Path) -> None:
    cells: list[list[object]] = [["t", "y"], [45292, 1], [45293, 2], [45294.0, 3]]
    panel, _ = read_table(spec(csv=CsvSpec(time_format="excel")), workbook(tmp_path / "t.xlsx", ("a", cells)))
    assert panel.time_axis.text(panel.first)[0] == "2024-01-01"


def test_one_of_several_sheets_is_chosen(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ("Notes", [["a"], ["b", "c"]]), ("Sales", TABLE))
    # One that may be a table is read, as the only one that is filled is.
    assert values(path) == [[1], [2], [3]]
    path = workbook(tmp_path / "t.xlsx", ("Notes", [["a", "b"], ["b", "c"]]), ("Sales", TABLE))
    assert refused(path) == "T: the workbook has 2 sheets: 'Notes', 'Sales'; choose one with data.sheet"
    assert (
        refused(path, sheet="Sold")
        == "T: no sheet is called 'Sold'; set data.sheet to one of 'Notes', 'Sales'"
    )
    assert values(path, sheet="Sales") == [[1], [2], [3]]
    assert values(workbook(tmp_path / "e.xlsx", ("Sheet1", []), ("Sales", TABLE))) == [[1], [2], [3]]
    book = openpyxl.load_workbook(path)
    book["Notes"].sheet_state = "hidden"
    book.save(path)
    assert values(path) == [[1], [2], [3]]


def test_a_formula_without_a_stored_value_is_no_empty_cell(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ("a", [*TABLE[:3], [DATES[2], "=B2+B3"]]))
    assert refused(path) == (
        "T: row 4: the value of the formula '=B2+B3' is not stored; open the workbook in Excel or LibreOffice, and save it"
    )


def test_faults_name_the_row_of_the_sheet(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "t.xlsx", ("a", [TABLE[0], [], TABLE[1], [DATES[1], "#N/A"], [DATES[2], "closed"]])
    )
    assert "T: y: row 5: 'closed' is not a number" in refused(path)


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ("Sales", TABLE))
    whole = path.read_bytes()
    for n in range(0, len(whole), max(len(whole) // 40, 1)):
        path.write_bytes(whole[:n])
        assert "the file is not a whole Excel workbook" in refused(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "t,y\n")
    assert "the file is not a whole Excel workbook" in refused(path)
    assert (
        refused(workbook(tmp_path / "u.xlsx", ("a", []))).split(": ", 1)[1].startswith("the sheet is empty")
    )


def test_a_workbook_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ("Sales", TABLE))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"0" * (65 << 20))
    assert "unpacks to more than 100 times its size" in refused(path)


def changed(path: Path, name: str, change: Callable[[str], str]) -> Path:
    """A workbook with one of its parts changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts[name] = change(parts[name].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return path


def test_a_sheet_that_claims_to_be_huge_is_read_as_it_is(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ("a", TABLE))
    changed(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace('ref="A1:B4"', 'ref="A1:XFD1048576"'))
    assert values(path) == [[1], [2], [3]]


def test_entities_of_entities_are_not_expanded(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ("a", TABLE))
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "{"x" * 100}">{entities}]>'

    def change(xml: str) -> str:
        head, rest = ("", xml) if not xml.startswith("<?") else xml.split("?>", 1)
        return (head + "?>" if head else "") + bomb + rest.replace(">t<", ">&e9;<", 1)

    changed(path, "xl/worksheets/sheet1.xml", change)
    assert "the file is not a whole Excel workbook" in refused(path)


def test_formats_are_known_by_how_they_begin(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import feather, parquet

    path = tmp_path / "t"
    table = pa.table({"a": [1]})
    parquet.write_table(table, path)
    assert sniffed_ending(path) == ".parquet"
    feather.write_feather(table, str(path))
    assert sniffed_ending(path) == ".arrow"
    workbook(tmp_path / "t.xlsx", ("a", TABLE)).rename(path)
    assert sniffed_ending(path) == ".xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "t,y\n")
    assert sniffed_ending(path) == ".zip"
    for content, ending in (
        (b"t,y\n", ".csv"),
        (b"", ".csv"),
        (b' {"t": 1}\n', ".jsonl"),
        (b'[{"t": 1}]', ".jsonl"),
        (gzip.compress(b"t,y\n"), ".csv.gz"),
    ):
        path.write_bytes(content)
        assert sniffed_ending(path) == ending
