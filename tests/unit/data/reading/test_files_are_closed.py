"""A table that is refused is let go at once, even while its error, and with it the reader's frames, is kept."""

from __future__ import annotations

import gc
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import psutil
import pyarrow as pa
import pytest
from pyarrow import parquet

from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.errors import DataError

DAYS = ["2024-01-01", "2024-01-02", "2024-01-03"]
Rows = list[list[Any]]


def as_csv(path: Path, rows: Rows) -> None:
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")


def as_zip(path: Path, rows: Rows) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.csv", "".join(",".join(map(str, row)) + "\n" for row in rows))


def as_json(path: Path, rows: Rows) -> None:
    names, *others = rows
    path.write_text("\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in others), "utf-8")


def as_excel(path: Path, rows: Rows) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)


def as_parquet(path: Path, rows: Rows) -> None:
    names, *others = rows
    columns = {name: [str(row[i]) for row in others] for i, name in enumerate(names)}
    parquet.write_table(pa.table(columns), path)


def as_arrow(path: Path, rows: Rows) -> None:
    names, *others = rows
    table = pa.table({name: [str(row[i]) for row in others] for i, name in enumerate(names)})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


WRITERS: dict[str, Callable[[Path, Rows], None]] = {
    ".csv": as_csv,
    ".zip": as_zip,
    ".jsonl": as_json,
    ".xlsx": as_excel,
    ".parquet": as_parquet,
    ".arrow": as_arrow,
}


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Leave cycles of references alone, which an error and the frames that it passed make."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("fault", ["time", "number", "column"])
@pytest.mark.parametrize("ending", WRITERS)
def test_a_refused_table_is_closed(ending: str, fault: str, tmp_path: Path) -> None:
    rows: Rows = [["t", "y"], *([day, i] for i, day in enumerate(DAYS))]
    if fault == "column":
        rows[0][1] = "z"
    else:
        rows[3][fault == "number"] = "closed"
    path = tmp_path / f"t{ending}"
    WRITERS[ending](path, rows)
    with pytest.raises(DataError) as kept:
        read_table(DataSpec(path="t", time="t", freq="D", targets=["y"]), path)
    assert kept.value.__traceback__ is not None
    assert str(path) not in [file.path for file in psutil.Process().open_files()]


@pytest.mark.usefixtures("uncollected")
def test_a_workbook_whose_formula_has_no_value_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    as_excel(path, [["t", "y"], [DAYS[0], 1], [DAYS[1], "=B2"], [DAYS[2], 2]])
    with pytest.raises(DataError) as kept:
        read_table(DataSpec(path="t", time="t", freq="D", targets=["y"]), path)
    assert kept.value.__traceback__ is not None
    assert str(path) not in [file.path for file in psutil.Process().open_files()]


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("ending", WRITERS)
def test_a_file_that_ends_early_is_closed(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"t{ending}"
    WRITERS[ending](path, [["t", "y"], *([day, i] for i, day in enumerate(DAYS))])
    path.write_bytes(path.read_bytes()[:-9] + b'"')
    with pytest.raises(DataError) as kept:
        read_table(DataSpec(path="t", time="t", freq="D", targets=["y"]), path)
    assert kept.value.__traceback__ is not None
    assert str(path) not in [file.path for file in psutil.Process().open_files()]
