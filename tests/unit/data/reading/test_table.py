from __future__ import annotations

import gzip
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecaster.data.panel import Findings, Panel
from forecaster.data.reading import formats
from forecaster.data.reading.files import table_files
from forecaster.data.reading.parquet_file import ParquetFile
from forecaster.data.reading.sources import fingerprint
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec

N = np.nan


def read(
    table: str | bytes | pa.Table | Path, tmp_path: Path, *, keep_future: bool = False, **data: Any
) -> tuple[Panel, Findings]:
    path = tmp_path / "t.csv"
    if isinstance(table, Path):
        path = table
    elif isinstance(table, pa.Table):
        path = tmp_path / "t.parquet"
        pq.write_table(table, path)
    else:
        path.write_bytes(table if isinstance(table, bytes) else table.encode())
    spec = DataSpec.model_validate({"path": path.name, "time": "time", "freq": "h", "targets": ["y"], **data})
    return read_table(spec, path, keep_future=keep_future)


def values(panel: Panel) -> list[Any]:
    """Of the first column, None where missing."""
    return [None if np.isnan(v) else v for v in panel.values[:, 0].tolist()]


GOOD = "time,y\n2024-01-01 00:00,1\n2024-01-01 01:00,2.5\n"


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        (GOOD + "\n\n  \n").encode(),
        b"\n" + GOOD.encode(),
        GOOD.strip().encode(),
        GOOD.replace("2.5", ' "2.5" '.strip()).encode(),
        GOOD.replace("2.5", " +2.5e0 ").encode(),
        b'note,y,time\n"a, b",1,2024-01-01T00:00:00\n"two\nlines, and a "" quote",2.5,2024-01-01T01\n',
    ],
)
def test_spellings_of_one_table(content: bytes, tmp_path: Path) -> None:
    panel, findings = read(content, tmp_path)
    assert values(panel) == [1, 2.5]
    assert panel.time_axis.text(panel.first) == ["2024-01-01 00:00:00"]
    assert panel.ids == ("",)
    assert findings.warnings == ()


@pytest.mark.parametrize("name", ["t.csv.gz", "t.CSV.GZ"])
def test_gz(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(GOOD.encode()))
    assert values(read(path, tmp_path)[0]) == [1, 2.5]


def test_csv_options(tmp_path: Path) -> None:
    table = "time;y\n01.02.2024 00:00;1.234,5\n01.02.2024 01:00;-7\n".encode("utf-16")
    csv = {
        "separator": ";",
        "decimal": ",",
        "thousands": ".",
        "encoding": "utf-16",
        "time_format": "%d.%m.%Y %H:%M",
    }
    panel, _ = read(table, tmp_path, csv=csv)
    assert values(panel) == [1234.5, -7]
    assert panel.time_axis.text(panel.first) == ["2024-02-01 00:00:00"]


def test_latin_1(tmp_path: Path) -> None:
    table = "time,café\n2024-01-01 00:00,1\n".encode("latin-1")
    assert values(read(table, tmp_path, targets=["café"], csv={"encoding": "latin-1"})[0]) == [1]


def test_missing_values_are_these_texts_only(tmp_path: Path) -> None:
    cells = ["1", "", "NA", "N/A", "NaN", "nan", "null", "None", "2"]
    table = "time,y\n" + "".join(f"2024-01-01 0{i}:00,{cell}\n" for i, cell in enumerate(cells))
    assert values(read(table, tmp_path)[0]) == [1, *[None] * 7, 2]


def test_ids_are_text(tmp_path: Path) -> None:
    ids = ["NA", "007", "7", "1e3", "null"]
    table = "time,shop,y\n" + "".join(f"2024-01-01 00:00,{name},{i}\n" for i, name in enumerate(ids))
    panel, _ = read(table, tmp_path, id="shop")
    assert panel.ids == ("007", "1e3", "7", "NA", "null")
    assert values(panel) == [1, 3, 2, 0, 4]


def test_large_exact_integers_pass(tmp_path: Path) -> None:
    assert values(read("time,y\n2024-01-01 00:00,18014398509481984\n", tmp_path)[0]) == [2.0**54]


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("2024-01-01", 0),
        ("2024-01", 0),
        (" 2024-01-01 00:00 ", 0),
        ("2024-01-01T00:00:00.000000001", 1),
        ("2024-01-01T00:00:01Z", 10**9),
        ("2024-01-01 01:00:00+01:00", 0),
        ("2024-01-01T00:00-0030", 1_800 * 10**9),
        ("2024-01-01 00:00:00.25 +00:00", 250_000_000),
    ],
)
def test_iso_times(text: str, ns: int, tmp_path: Path) -> None:
    panel, _ = read(f"time,y\n{text},1\n", tmp_path, freq="ns")
    since = np.datetime64("2024-01-01", "ns").astype(np.int64)
    assert panel.time_axis.stamps(panel.first).tolist() == [since + ns]


def test_local_times_become_utc(tmp_path: Path) -> None:
    # Berlin's clocks go forward at 2:00 on 31 March: 1:00 and 3:00 are neighbours.
    table = "time,y\n2024-03-31 01:00,1\n2024-03-31 03:00,2\n"
    panel, findings = read(table, tmp_path, timezone="Europe/Berlin")
    assert values(panel) == [1, 2]
    assert len(findings.gap_length) == 0
    assert panel.time_axis.text(panel.first + 1) == ["2024-03-31 03:00:00+02:00"]


def test_offsets_resolve_the_repeated_hour(tmp_path: Path) -> None:
    table = "time,y\n2024-10-27T02:00+02:00,1\n2024-10-27T02:00+01:00,2\n"
    panel, _ = read(table, tmp_path, timezone="Europe/Berlin")
    assert values(panel) == [1, 2]


def test_local_days_over_both_clock_changes(tmp_path: Path) -> None:
    days = np.arange(np.datetime64("2024-01-01"), np.datetime64("2025-01-01"))
    table = "time,y\n" + "".join(f"{day},1\n" for day in days)
    panel, findings = read(table, tmp_path, freq="D", timezone="Europe/Berlin")
    assert panel.lengths.tolist() == [366]
    assert len(findings.gap_length) == 0


@pytest.mark.parametrize(
    ("times", "freq"),
    [
        (pa.array([datetime(2024, 1, d) for d in (1, 2)], pa.timestamp(unit)), "D")
        for unit in ("s", "ms", "us", "ns")
    ]
    + [
        (pa.array([date(2024, 1, d) for d in (1, 2)], pa.date32()), "D"),
        (pa.array([date(2024, 1, d) for d in (1, 2)], pa.date64()), "D"),
        (pa.array(["2024-01-01", "2024-01-02"], pa.large_string()), "D"),
        (pa.array(["2024-01-01", "2024-01-02"]).dictionary_encode(), "D"),
        (pa.array([datetime(2024, 1, d) for d in (1, 2)], pa.timestamp("us", "UTC")), "D"),
    ],
)
def test_parquet_times(times: pa.Array, freq: str, tmp_path: Path) -> None:
    panel, _ = read(pa.table({"time": times, "y": [1.0, 2.0]}), tmp_path, freq=freq)
    assert panel.time_axis.text(panel.first) == ["2024-01-01"]
    assert values(panel) == [1, 2]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([1, None], pa.int8()),
        pa.array([1, None], pa.uint64()),
        pa.array([1.0, None], pa.float32()),
        pa.array([1.0, N], pa.float64()),
        pa.array([True, None]),
        pa.array([Decimal("1.00"), None]),
        pa.array(["1", ""]),
    ],
)
def test_parquet_numbers(cells: pa.Array, tmp_path: Path) -> None:
    table = pa.table({"time": [0, 1], "y": cells, "z": [1, 1]})
    panel, findings = read(table, tmp_path, freq=1, targets=["z"], past_covariates=["y"])
    assert panel.values[0].tolist() == [1, 1]
    assert np.isnan(panel.values[1, 1])
    assert findings.missing.tolist() == [[0, 1]]


@pytest.mark.parametrize("ids", [["b", "a", "b"], [2, 1, 2]])
def test_parquet_ids(ids: list[Any], tmp_path: Path) -> None:
    table = pa.table({"time": [0, 0, 1], "y": [1, 2, 3], "id": ids})
    panel, _ = read(table, tmp_path, freq=1, id="id")
    assert panel.ids == tuple(sorted({str(i) for i in ids}))
    assert values(panel) == [2, 1, 3]


def test_folder_of_parquet_is_one_table(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    (folder / "2024").mkdir(parents=True)
    pq.write_table(pa.table({"time": [2, 3], "y": [3, 4], "id": ["b", "a"]}), folder / "2024" / "x.parquet")
    pq.write_table(pa.table({"time": [1, 2], "y": [1, 2], "id": ["b", "a"]}), folder / "a.PARQUET")
    panel, _ = read(folder, tmp_path, freq=1, id="id")
    assert panel.ids == ("a", "b")
    assert values(panel) == [2, 4, 1, 3]


def test_gaps_become_rows(tmp_path: Path) -> None:
    table = "time,id,y\n1,a,1\n2,a,2\n5,a,3\n6,a,4\n8,a,5\n3,b,6\n"
    panel, findings = read(table, tmp_path, freq=1, id="id", missing="mask")
    assert values(panel) == [1, 2, None, None, 3, 4, None, 5, 6]
    assert panel.offsets.tolist() == [0, 8, 9]
    assert panel.first.tolist() == [1, 3]
    assert findings.gap_series.tolist() == [0, 0]
    assert findings.gap_first.tolist() == [3, 7]
    assert findings.gap_length.tolist() == [2, 1]
    assert findings.gap_rows.tolist() == [3, 0]
    assert findings.missing.tolist() == [[0], [0]]


def test_folder_holds_every_file_that_the_format_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ending may have two parts, as that of a compressed file has."""

    class Compressed(ParquetFile):
        endings = (".table.gz",)

    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, Compressed))
    folder = tmp_path / "t"
    folder.mkdir()
    pq.write_table(pa.table({"time": [1], "y": [1]}), folder / "a.table.gz")
    (folder / "notes.gz").touch()
    assert table_files(folder) == [folder / "a.table.gz"]


@pytest.mark.parametrize(
    ("policy", "expected", "did"),
    [
        ("mean", [2, 5, 7], "averaged"),
        ("last", [3, None, 7], "dropped for the last of each time"),
    ],
)
def test_duplicates(policy: str, expected: list[Any], did: str, tmp_path: Path) -> None:
    table = "time,y\n1,1\n1,3\n2,5\n2,\n3,7\n"
    panel, findings = read(table, tmp_path, freq=1, duplicates=policy)
    assert values(panel) == expected
    assert findings.duplicates.tolist() == [2]
    assert findings.rows.tolist() == [5]
    assert [str(w) for w in findings.warnings] == [
        f"{tmp_path}/t.csv: 2 duplicate rows were {did}, with other values"
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["1,1", "1,1", "2,5"], "1 duplicate row was dropped for the last of its time, with the same values"),
        (["1,1", "1,3", "2,5"], "1 duplicate row was dropped for the last of its time, with other values"),
        (
            ["1,1", "1,1", "1,1", "2,5"],
            "2 duplicate rows were dropped for the last of each time, with the same values",
        ),
        (
            ["1,1", "1,1", "2,5", "2,6"],
            "2 duplicate rows were dropped for the last of each time, 1 of them with other values",
        ),
    ],
)
def test_duplicates_are_said_with_whether_their_values_differ(
    lines: list[str], said: str, tmp_path: Path
) -> None:
    _, findings = read("\n".join(["time,y", *lines]) + "\n", tmp_path, freq=1, duplicates="last")
    assert [str(w) for w in findings.warnings] == [f"{tmp_path}/t.csv: {said}"]


def test_unsorted_rows_are_sorted_with_one_warning(tmp_path: Path) -> None:
    panel, findings = read("time,id,y\n2,a,2\n1,b,3\n1,a,1\n2,b,4\n", tmp_path, freq=1, id="id")
    assert values(panel) == [1, 2, 3, 4]
    assert findings.unsorted
    assert [str(w) for w in findings.warnings] == [
        f"{tmp_path}/t.csv: rows of 1 series were not in time order and were sorted"
    ]


def test_series_that_take_turns_are_sorted_without_a_warning(tmp_path: Path) -> None:
    panel, findings = read("time,id,y\n1,b,3\n1,a,1\n2,b,4\n2,a,2\n", tmp_path, freq=1, id="id")
    assert values(panel) == [1, 2, 3, 4]
    assert findings.warnings == ()


ENDS = "time,id,y,x,f\n1,a,,1,1\n2,a,1,1,1\n3,a,,1,1\n4,a,2,1,1\n5,a,,1,1\n6,a,,,1\n7,a,,,\n1,b,,1,1\n"


def test_series_begin_and_end_with_a_target(tmp_path: Path) -> None:
    roles = {"freq": 1, "id": "id", "past_covariates": ["x"], "future_covariates": ["f"]}
    panel, findings = read(ENDS, tmp_path, **roles)
    assert panel.ids == ("a",)
    assert panel.first.tolist() == [2]
    assert values(panel) == [1, None, 2]
    assert findings.dropped == ("b",)
    assert (findings.leading.tolist(), findings.trailing.tolist()) == ([1], [3])
    assert [w.summary for w in findings.warnings] == [
        "1 series without any target value were left out: 'b'",
        "4 rows before the first or after the last target value were left out",
    ]


def test_keep_future_keeps_rows_with_future_covariates(tmp_path: Path) -> None:
    roles = {"freq": 1, "id": "id", "past_covariates": ["x"], "future_covariates": ["f"]}
    panel, findings = read(ENDS, tmp_path, keep_future=True, **roles)
    assert values(panel) == [1, None, 2, None, None]
    assert panel.values[:, 2].tolist() == [1] * 5
    assert (findings.future_rows.tolist(), findings.trailing.tolist()) == ([2], [1])


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"start": "2024-01-02"}, [3, 4, 5]),
        ({"end": "2024-01-02"}, [1, 2, 3, 4]),
        ({"end": "2024-01-02T00:00"}, [1, 2, 3]),
        ({"start": "2024-01-01T12:00", "end": "2024-01-02T12:00"}, [2, 3, 4]),
    ],
)
def test_start_and_end_are_inclusive(bounds: dict[str, str], expected: list[int], tmp_path: Path) -> None:
    times = [f"2024-01-{d:02d} {h}:00" for d in (1, 2, 3) for h in ("00", "12")][:5]
    table = "time,y\n" + "".join(f"{t},{i + 1}\n" for i, t in enumerate(times))
    assert values(read(table, tmp_path, freq="12h", **bounds)[0]) == expected


def test_faulty_values_outside_start_and_end_do_not_matter(tmp_path: Path) -> None:
    assert values(read("time,y\n1,broken\n2,2\n3,3\n", tmp_path, freq=1, start=2)[0]) == [2, 3]


def test_static_covariates(tmp_path: Path) -> None:
    table = "time,id,y,size\n1,b,1,5\n2,b,1,\n1,a,1,7\n1,c,1,\n"
    panel, _ = read(table, tmp_path, freq=1, id="id", static_covariates=["size"])
    assert panel.static[:2].tolist() == [[7], [5]]
    assert np.isnan(panel.static[2, 0])
    assert panel.values.shape == (4, 1)


def test_wide_table_is_one_series_with_its_columns_in_the_order_of_the_config(tmp_path: Path) -> None:
    table = "b,time,a,x\n1,0,2,3\n4,1,5,6\n"
    panel, _ = read(table, tmp_path, freq=1, targets=["a", "b"], future_covariates=["x"])
    assert panel.values.tolist() == [[2, 1, 3], [5, 4, 6]]
    assert panel.columns == ("a", "b", "x")


def test_order_of_rows_series_and_unused_columns_changes_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        (t, name, rng.normal(), rng.normal())
        for name in ("a", "b", "c")
        for t in range(50)
        if rng.random() > 0.1
    ]
    spec = {"freq": 1, "id": "id", "past_covariates": ["x"], "missing": "mask"}
    one, _ = read("time,id,y,x\n" + "".join(f"{t},{i},{y},{x}\n" for t, i, y, x in rows), tmp_path, **spec)
    rng.shuffle(rows)
    two, _ = read(
        "x,z,id,y,time\n" + "".join(f"{x},?,{i},{y},{t}\n" for t, i, y, x in rows), tmp_path, **spec
    )
    assert one.ids == two.ids
    assert np.array_equal(one.values, two.values, equal_nan=True)
    assert np.array_equal(one.first, two.first)
    assert np.array_equal(one.offsets, two.offsets)


@pytest.mark.slow
def test_more_rows_than_one_batch(tmp_path: Path) -> None:
    n = 1_200_000  # about 18 MB of text: three batches
    table = "time,y\n" + "\n".join(f"{t},{t % 97}" for t in range(n)) + "\n"
    panel, _ = read(table, tmp_path, freq=1)
    assert panel.lengths.tolist() == [n]
    assert (panel.values[:, 0] == np.arange(n) % 97).all()


def test_fingerprint_changes_with_content_and_with_the_names_in_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"abc")
    assert fingerprint(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / "a.parquet").write_bytes(b"abc")
    before = fingerprint(folder)
    (folder / "a.parquet").rename(folder / "b.parquet")
    assert fingerprint(folder) != before
