"""Folders and patterns of odd tables, tables in memory, and files that would unpack to too much."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecaster.data.reading import compressed, parquet_file, text_lines
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import fingerprint
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.errors import ForecasterError
from tests.unit.data.reading.odd_tables import FOUR, GOOD, HOURS, TIMES, Y, message, read, table, text, zstd


def hive(folder: Path, **shops: str) -> Path:
    for name, content in shops.items():
        part = folder / "t" / f"shop={name}"
        part.mkdir(parents=True)
        (part / "a.csv").write_text(content)
    return folder / "t"


def test_names_of_folders_are_ids(tmp_path: Path) -> None:
    path = hive(tmp_path, **{"007": GOOD, "b%20c": GOOD, "__HIVE_DEFAULT_PARTITION__": "time,y\n"})
    spec = DataSpec.model_validate({"path": "t", "time": "time", "freq": "h", "targets": ["y"], "id": "shop"})
    assert read_table(spec, path)[0].ids == ("007", "b c")
    assert read_table(spec, tmp_path / "t" / "*" / "*.csv")[0].ids == ("007", "b c")
    assert fingerprint(path) == fingerprint(tmp_path / "t" / "*" / "*.csv")


def test_a_folder_without_a_name_for_its_rows(tmp_path: Path) -> None:
    path = hive(tmp_path, __HIVE_DEFAULT_PARTITION__=GOOD)
    assert message(path, id="shop") == (
        "T/shop=__HIVE_DEFAULT_PARTITION__/a.csv:2: shop: the id is empty; name the series, or delete the row"
    )


def test_names_of_folders_are_times_and_numbers(tmp_path: Path) -> None:
    for month in (11, 12):
        part = tmp_path / "t" / "year=2023" / f"month={month}" / "price=1.5"
        part.mkdir(parents=True)
        pq.write_table(pa.table({"y": [float(month)]}), part / "p.parquet")
    data: dict[str, Any] = {"time": "year", "time_parts": {"month": "month"}, "freq": "MS"}
    assert read(tmp_path / "t", **data, past_covariates=["price"]) == (
        ["2023-11-01", "2023-12-01"],
        [11.0, 12.0],
    )


def test_a_folder_of_csv_files_leaves_notes_and_hidden_files_aside(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"y,time\n4,2024-01-01T04:00\n"))
    for name in ("README.txt", ".c.csv", "_d.csv"):
        (tmp_path / name).write_text("x")
    assert read(tmp_path)[1] == [*FOUR, 4.0]
    (tmp_path / "c.csv").write_text("time,z\n")
    assert message(tmp_path) == "T/c.csv: data.targets: no column is called 'y'; the columns are 'time', 'z'"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.xls", "T: no file has a name like this; check the pattern: * stands for any characters, ** for any folders"),
        ("no/*.csv", "T: no file has a name like this; check the pattern: * stands for any characters, ** for any folders"),
        ("*", "T: the pattern names CSV and Parquet files; keep the files of one format, or point data.path to one of them"),
    ],
)  # fmt: skip
def test_patterns(pattern: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    pq.write_table(pa.table({"time": TIMES, "y": Y}), tmp_path / "b.parquet")
    assert message(tmp_path / pattern) == expected


def test_a_line_too_long_to_be_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "LONGEST_LINE", 1 << 20)
    path = text(gzip.compress(b"time,y\n" + b"x" * (3 << 20)), "t.csv.gz")(tmp_path)
    assert message(path) == (
        "T:2: the line is longer than 1 MiB; check the ends of the lines, and that the file is a table"
    )


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zst", "zip"])
def test_a_file_that_unpacks_to_many_times_its_size(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "GROWN_BYTES", 1 << 20)
    content = GOOD + f"{HOURS[3]},1\n" * 200_000
    packed = {
        "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd,
    }.get(ending, lambda _: _deflated(content))(content.encode())  # fmt: skip
    monkeypatch.setattr(compressed, "MOST_GROWTH", 20)
    assert message(text(packed, f"t.csv.{ending}")(tmp_path)) == (
        f"T: the {ending} data unpacks to more than 20 times its size; unpack it first, if it is a table"
    )


def _deflated(content: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.csv", content)
    return packed.getvalue()


def test_parquet_that_claims_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "_MANY_ROWS", 1000)
    n = 200_000
    path = table(time=pa.array(np.zeros(n, np.int64)).cast(pa.timestamp("us")), y=pa.array(np.zeros(n)))(
        tmp_path
    )
    assert message(path) == (
        f"T: the file claims 200,000 rows in {path.stat().st_size:,} bytes; make or download it again"
    )


def test_a_parquet_file_that_unpacks_to_many_times_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_file, "GROWN_BYTES", 1 << 20)
    long = pa.array(["x" * 1_000_000 + str(i) for i in range(4)])
    pq.write_table(pa.table({"time": TIMES, "y": Y, "s": long}), tmp_path / "t.parquet", compression="zstd")
    # Whatever columns are named: asking for one column's metadata, where that is damaged, ends the process.
    assert message(tmp_path / "t.parquet") == (
        "T: the file unpacks to more than 100 times its size; write it without compression, if it is a table"
    )


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            {"time": pd.period_range("2024-01", periods=4, freq="M"), "y": FOUR},
            "<in memory>: data.freq: most rows are 744 steps of 'h' apart: regular series need 2,185 rows, and the table "
            "has 4; the times look like data.freq: MS",
        ),
        (
            {"time": HOURS, "y": [10**30] * 4},
            "<in memory>: the table cannot be read: Python int too large to convert to C long; convert or drop the "
            "columns of mixed types",
        ),
    ],
)
def test_tables_in_memory(columns: dict[str, Any], expected: str) -> None:
    spec = DataSpec.model_validate({"path": "t", "time": "time", "freq": "h", "targets": ["y"]})
    with pytest.raises(ForecasterError) as caught:
        read_table(spec, ArrowTable.of(pd.DataFrame(columns)))
    assert str(caught.value) == expected
