"""Real faults of tables: each is an error with file, row, column and the next move, never a traceback."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
import yaml

from forecaster.data import arrays as mapped
from forecaster.data.reading import cache
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.formats import FORMATS, labels
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.errors import ForecasterError
from tests.following import follow_data

TABLES = yaml.safe_load((Path(__file__).parent / "messy_tables" / "tables.yaml").read_text())
GOOD = b"time,y\n2024-01-01 00:00,1\n2024-01-01 01:00,2\n"

ENDINGS = ".csv, .tsv, .txt, .parquet, .pq, .arrow, .feather, .jsonl, .ndjson, .json, .xlsx or .xlsm; text also with .gz, .bz2, .xz, .zst or .zip behind it"


def message(path: Path, **data: Any) -> str:
    given = {"path": path.name, "time": "time", "freq": "h", "targets": ["y"], **data}
    spec = DataSpec.model_validate(given)
    with pytest.raises(ForecasterError) as caught:
        read_table(spec, path)
    assert follow_data(path, given, caught.value) == []
    assert caught.value.exit_code == 2
    # In blocks, through files: what is done with large tables.
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORECASTER_CACHE", folder)
        patch.setattr(cache, "LEAST_BYTES", 0)
        patch.setattr(mapped, "BLOCK", 2)
        with pytest.raises(ForecasterError) as again:
            load_table(spec, path)
        assert str(again.value) == str(caught.value)
        assert not [p for p in Path(folder).rglob("*") if p.name != "tables"]
    return str(caught.value).replace(str(path), "FILE")


@pytest.mark.parametrize("case", TABLES, ids=lambda case: case["name"])
def test_text_table(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / case.get("file", "t.csv")
    path.write_text(case["table"], newline="")
    assert message(path, **case.get("data", {})) == case["error"].removesuffix("\n").replace(
        "ENDINGS", ENDINGS
    )
    assert [p.name for p in tmp_path.iterdir()] == [path.name], "reading wrote something"


BYTES: list[tuple[str, str, bytes, dict[str, Any]]] = [
    (
        "FILE:4: the text is not utf-8; save it as utf-8, or set data.csv.encoding, perhaps to cp1252 or latin-1",
        "t.csv",
        b"time,shop,y\n2024-01-01 00:00,a,1\n\n2024-01-01 00:00,caf\xe9,1\n",
        {"id": "shop"},
    ),
    (
        "FILE:1: the text is not utf-8; save it as utf-8, or set data.csv.encoding, perhaps to cp1252 or latin-1",
        "t.csv",
        b"time,y,temp\xe9rature\n2024-01-01 00:00,1,2\n",
        {},
    ),
    (
        "FILE:3: the text is not ascii; save it as utf-8, or set data.csv.encoding, perhaps to cp1252 or latin-1",
        "t.csv",
        b"time,shop,y\n2024-01-01 00:00,a,1\n2024-01-01 00:00,caf\xc3\xa9,1\n",
        {"id": "shop", "csv": {"encoding": "ascii"}},
    ),
    (
        "FILE:3: the text is not utf-8; save it as utf-8, or set data.csv.encoding, perhaps to cp1252 or latin-1",
        "t.csv",
        b"time,y,unused\n2024-01-01 00:00,1,a\n2024-01-01 00:00,1,caf\xe9,too long\n",
        {},
    ),
    (
        "FILE: the text is not utf-8; set data.csv.encoding: utf-16",
        "t.csv",
        GOOD.decode().encode("utf-16"),
        {},
    ),
    (
        "FILE: the gz data is broken or cut short; make or download the file again",
        "t.csv.gz",
        gzip.compress(GOOD * 1000, mtime=0)[:-20],
        {},
    ),
    (
        "FILE: the gz data is broken or cut short; make or download the file again",
        "t.csv.gz",
        GOOD,
        {},
    ),
    (
        "FILE:3: y: 'x' is not a number; correct it, or leave the field empty to mark it missing",
        "t.csv.gz",
        gzip.compress(b"time,y\r\n2024-01-01 00:00,1\r\n2024-01-01 01:00,x\r\n", mtime=0),
        {},
    ),
    (
        "FILE:2: y: '2\\x00' is not a number; correct it, or leave the field empty to mark it missing",
        "t.csv",
        b"time,y\n2024-01-01 00:00,2\x00\n",
        {},
    ),
    (
        "FILE: the file is not a whole Parquet file: Parquet magic bytes not found in footer. Either the file is "
        "corrupted or this is not a parquet file; make or download it again",
        "t.parquet",
        GOOD,
        {},
    ),
    (
        "FILE: the file is not a whole Parquet file: Parquet file size is 0 bytes; make or download it again",
        "t.parquet",
        b"",
        {},
    ),
    (
        "FILE: the file is not a whole Arrow file: Expected to read 1701669236 metadata bytes, but only read 41; "
        "make or download it again",
        "t.arrow",
        GOOD,
        {},
    ),
    (
        "FILE: the file is not a whole Arrow file: Tried reading schema message, was null or length 0; "
        "make or download it again",
        "t.feather",
        b"",
        {},
    ),
    (
        "FILE: the file is Feather of version 1; write it again, as version 2",
        "t.feather",
        b"FEA1" + bytes(100) + b"FEA1",
        {},
    ),
]


@pytest.mark.parametrize(("expected", "name", "content", "data"), BYTES)
def test_bytes(expected: str, name: str, content: bytes, data: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert message(path, **data) == expected


HOURS = [datetime(2024, 1, 1, h) for h in range(3)]
TYPED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "FILE: y: row 2: 'x' is not a number; correct it, or leave the field empty to mark it missing",
        {"time": HOURS, "y": ["1", "x", "3"]},
        {},
    ),
    (
        "FILE: y: row 1: the column holds timestamp[us], not numbers; store it as a number type",
        {"time": HOURS, "y": HOURS},
        {},
    ),
    (
        "FILE: y: row 2: 'inf' is not a finite number; correct it, or leave the field empty to mark it missing",
        {"time": HOURS, "y": [1.0, float("inf"), None]},
        {},
    ),
    (
        "FILE: y: row 3: '9007199254740993' is an integer above 2^53, which floating point would round; "
        "divide the column, or make it an id: ids are text",
        {"time": HOURS, "y": [1, None, 2**53 + 1]},
        {},
    ),
    (
        "FILE: time: row 2: the time is empty; give the row its time, or delete it",
        {"time": [HOURS[0], None, HOURS[2]], "y": [1, 2, 3]},
        {},
    ),
    (
        "FILE: time: row 2: the time is empty; give the row its time, or delete it",
        {"time": ["2024-01-01 00:00", None, "2024-01-01 02:00"], "y": [1, 2, 3]},
        {},
    ),
    (
        "FILE: time: row 1: '1704067200' is an integer, and data.freq 'h' needs timestamps: it looks like seconds "
        "since 1970 (2024-01-01 00:00:00 UTC); set data.csv.time_format: epoch-s, or data.freq to an integer number of "
        "seconds",
        {"time": [1704067200, 1704070800, 1704074400], "y": [1, 2, 3]},
        {},
    ),
    (
        "FILE: time: row 1: the column holds timestamp[us], and data.freq is the integer 1; store integers, or set "
        "data.freq to a frequency such as h or D",
        {"time": HOURS, "y": [1, 2, 3]},
        {"freq": 1},
    ),
    (
        "FILE: time: row 1: the column holds double, and data.freq 'h' needs timestamps; store timestamps or dates",
        {"time": [0.5, 1.5, 2.5], "y": [1, 2, 3]},
        {},
    ),
    (
        "FILE: time: row 1: '1066-10-14' is outside the years 1678 to 2261; correct the year",
        {"time": [date(1066, 10, 14)], "y": [1]},
        {"freq": "D"},
    ),
    (
        "FILE: shop: row 2: the id is empty; name the series, or delete the row",
        {"time": HOURS, "y": [1, 2, 3], "shop": ["a", None, "a"]},
        {"id": "shop"},
    ),
    (
        "FILE: shop: row 1: the column holds double, not ids; store the ids as text or integers",
        {"time": HOURS, "y": [1, 2, 3], "shop": [1.0, 2.0, 2.0]},
        {"id": "shop"},
    ),
    (
        "FILE: data.targets: no column is called 'y'; the columns are 'time', 'z'",
        {"time": HOURS, "z": [1, 2, 3]},
        {},
    ),
    (
        "FILE: the table has a header and no rows; give it rows, or point data.path elsewhere",
        {"time": pa.array([], pa.timestamp("s")), "y": pa.array([], pa.float64())},
        {},
    ),
]


WRITERS = {".parquet": pq.write_table, ".feather": feather.write_feather}


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize(("expected", "columns", "data"), TYPED)
def test_typed_columns(
    expected: str, columns: dict[str, Any], data: dict[str, Any], ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"t{ending}"
    WRITERS[ending](pa.table(columns), str(path))
    assert message(path, **data) == expected


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = [pa.array(HOURS), pa.array([1] * 3), pa.array([2] * 3)]
    pq.write_table(pa.Table.from_arrays(columns, ["time", "y", "y"]), path)
    assert message(path) == "FILE: data.targets: 2 columns are called 'y'; rename all but one"


def test_folder_names_the_file_at_fault(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    pq.write_table(pa.table({"time": HOURS, "y": [1.0, 2.0, 3.0]}), folder / "a.parquet")
    later = [datetime(2024, 1, 1, h) for h in range(3, 6)]
    pq.write_table(pa.table({"time": later, "y": [4.0, float("-inf"), 6.0]}), folder / "b.parquet")
    assert message(folder) == (
        "FILE/b.parquet: y: row 2: '-inf' is not a finite number; "
        "correct it, or leave the field empty to mark it missing"
    )


def _folder_of_two_formats(path: Path) -> Path:
    path.mkdir()
    for ending, write in WRITERS.items():
        write(pa.table({"time": HOURS, "y": [1.0, 2.0, 3.0]}), str(path / f"t{ending}"))
    return path


def _folder_of_notes(path: Path) -> Path:
    path.mkdir()
    (path / "README.txt").write_bytes(GOOD)
    return path


def _beside(path: Path) -> Path:
    path.with_name("departures.csv").write_bytes(GOOD)
    return path.with_name("departure.csv")


PATHS: list[tuple[str, Callable[[Path], Path]]] = [
    (
        "FILE: the folder holds Parquet and Arrow files; keep the files of one format, "
        "or point data.path to one of them",
        _folder_of_two_formats,
    ),
    (
        f"FILE: the folder holds no {labels(FORMATS)} file; point data.path to a file, "
        "or to a folder of files",
        _folder_of_notes,
    ),
    ("FILE: no such file; did you mean 'departures.csv'?", _beside),
    (
        "FILE: no such file; data.path is relative to the YAML file",
        lambda path: path / "t.csv" if path.mkdir() is None else path,
    ),
    (
        "FILE: no such file; the folder FOLDER does not exist either; data.path is relative to the YAML file",
        lambda path: path / "t.csv",
    ),
    (
        "FILE: cannot read files that end in 'nothing'; use " + ENDINGS,
        lambda path: _touched(path),
    ),
]


def _touched(path: Path) -> Path:
    path.touch()
    return path


@pytest.mark.parametrize(("expected", "make"), PATHS)
def test_paths(expected: str, make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path / "t")
    assert message(path).replace(str(path.parent), "FOLDER") == expected
