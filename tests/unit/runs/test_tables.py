import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from forecaster.errors import UsageError
from forecaster.runs.tables import check_ending, csv_bytes, rows_csv, write_table

TABLE = pa.table({"id": ["a", "b"], "forecast": [1.5, None]})


def test_csv_is_bare_where_nothing_must_be_quoted() -> None:
    assert csv_bytes(TABLE) == b"id,forecast\na,1.5\nb,\n"


def test_csv_quotes_the_marks_of_the_format() -> None:
    table = pa.table({'a,"b"': ["x,y", 'say "no"', "two\nlines"], "n": [1, 2, 3]})
    assert csv_bytes(table) == b'"a,""b""",n\n"x,y",1\n"say ""no""",2\n"two\nlines",3\n'


def test_csv_of_no_rows_is_its_header() -> None:
    assert csv_bytes(TABLE.slice(0, 0)) == b"id,forecast\n"


def test_endings_say_the_format(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_bytes() == csv_bytes(TABLE)
    write_table(TABLE, tmp_path / "f.Parquet")
    assert parquet.read_table(tmp_path / "f.Parquet").equals(TABLE)
    write_table(TABLE, tmp_path / "f.json")
    rows = json.loads((tmp_path / "f.json").read_text())
    assert rows == [{"id": "a", "forecast": 1.5}, {"id": "b", "forecast": None}]


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_table(TABLE, tmp_path / "f.ods")
    assert str(caught.value) == (
        f"{tmp_path}/f.ods: the ending names no known format; use one of .csv, .parquet, .json, .xlsx"
    )
    assert list(tmp_path.iterdir()) == []


def test_rows_need_not_have_the_same_keys() -> None:
    assert rows_csv([{"a": 1, "b": None}, {"a": 2, "c": 0.5}]) == "a,b,c\n1,,\n2,,0.5\n"


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".json"])
def test_a_folder_is_no_file(ending: str, tmp_path: Path) -> None:
    folder = tmp_path / f"f{ending}"
    folder.mkdir()
    with pytest.raises(UsageError) as caught:
        check_ending(folder)
    assert str(caught.value) == f"{folder}: cannot be written: it is a folder; choose another path"
