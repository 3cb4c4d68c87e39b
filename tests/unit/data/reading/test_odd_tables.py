"""Tables as people and programs write them: each is read rightly, or refused by its place with a next move."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from forecaster.data.reading import compressed, parquet_file, text_lines
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import fingerprint
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.errors import ForecasterError
from tests.following import follow_data

HOURS = [f"2024-01-01T{h:02d}:00" for h in range(4)]
GOOD = "time,y\n" + "".join(f"{t},{i}\n" for i, t in enumerate(HOURS))
TIMES = pa.array([datetime(2024, 1, 1, h) for h in range(4)], pa.timestamp("us"))
Y = pa.array([0.0, 1.0, 2.0, 3.0])
DAYS = [datetime(2024, 1, d) for d in range(1, 5)]
BROKEN = "make or download the file again"
NO_NUMBER = "correct it, or leave the field empty to mark it missing"
NO_ISO = "write it as ISO 8601, such as 2024-01-31 or 2024-01-31T06:00, or set data.csv.time_format"


def read(path: Path, **data: Any) -> tuple[list[str], list[float | None]]:
    """Return the times and the values of the first column, None where missing."""
    spec = DataSpec.model_validate({"path": str(path), "time": "time", "freq": "h", "targets": ["y"], **data})
    panel, _ = read_table(spec, path)
    times = panel.time_axis.text(panel.first[0] + np.arange(panel.lengths[0]))
    return times, [None if np.isnan(v) else v for v in panel.values[:, 0].tolist()]


def message(path: Path, **data: Any) -> str:
    """Return the first line of what reading a table says."""
    with pytest.raises(ForecasterError) as caught:
        read(path, **data)
    given = {"path": str(path), "time": "time", "freq": "h", "targets": ["y"], **data}
    assert follow_data(path, given, caught.value) == []
    return str(caught.value).splitlines()[0].replace(str(path), "T")


def text(content: str | bytes, name: str = "t.csv") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def table(**columns: Any) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        pq.write_table(pa.table(columns), folder / "t.parquet")
        return folder / "t.parquet"

    return write


def archive(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, content in members.items():
            made.writestr(name.replace("_", "."), content)
    return packed.getvalue()


def zstd(content: bytes) -> bytes:
    return pa.Codec("zstd").compress(content, asbytes=True)


def written(rows: list[str]) -> str:
    return "time,y\n" + "".join(f'"{cell}",{i}\n' for i, cell in enumerate(rows))


FOUR = [0.0, 1.0, 2.0, 3.0]
READ: dict[str, tuple[Callable[[Path], Path], dict[str, Any], str, str, list[float | None]]] = {
    # name: the table, the settings, the first and last time, the values
    "a series of pandas": (
        text(GOOD.replace("time", "", 1)), {"time": "Unnamed: 0"}, "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
    ),
    "lines that end with CR": (
        text(GOOD.replace("\n", "\r")), {}, "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
    ),
    "a byte order mark": (
        text(b"\xef\xbb\xbf" + GOOD.encode()), {}, "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
    ),
    "a long field": (
        text("time,y,n\n" + "".join(f"{t},{i},{'x' * 200_000}\n" for i, t in enumerate(HOURS))), {},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
    ),
    "a pandas Series of a Parquet index": (
        lambda folder: _pandas_index(folder), {"time": "__index_level_0__"},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
    ),
    **{
        f"encoding {encoding}": (
            text(GOOD.encode(encoding)), {"csv": {"encoding": encoding}},
            "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
        )
        for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037", "utf-7", "shift_jis", "utf-8-sig")
    },
    **{
        f"compressed {ending}": (
            text(pack(GOOD.encode()), f"t{ending}"), {}, "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
        )
        for ending, pack in (
            (".csv.gz", gzip.compress), (".csv.bz2", bz2.compress), (".csv.xz", lzma.compress), (".csv.zst", zstd),
            (".tsv.gz", lambda content: gzip.compress(content)), (".CSV.GZ", gzip.compress),
            (".zip", lambda content: archive(a_csv=content.decode())),
            (".csv.zip", lambda content: archive(a_csv=content.decode())),
        )
    },
    # Lines that are no rows.
    "lines above the header": (
        text("Report of 2024\n\nnote,with,commas\n" + GOOD), {"csv": {"skip_rows": 3}},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
    ),
    "a quote above the header": (
        text('It is 5" high\n' + GOOD), {"csv": {"skip_rows": 1}},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
    ),
    "a row of units": (
        text(GOOD.replace("y\n", "y\nUTC,kWh\n", 1)), {"csv": {"skip_rows": [2]}},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
    ),
    "comments": (
        text("# a\n" + GOOD.replace("\n2024-01-01T02", "\n  # b, c, d\n2024-01-01T02") + "#"), {"csv": {"comment": "#"}},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
    ),
    "a comment behind a byte order mark": (
        text(b"\xef\xbb\xbf# a, b, c\n" + GOOD.encode()), {"csv": {"comment": "#"}},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
    ),
    "a mark of comments within quotes": (
        text('time,y,n\n2024-01-01,1,"a\n# b"\n2024-01-02,2,c\n'), {"csv": {"comment": "#"}, "freq": "D"},
        "2024-01-01", "2024-01-02", [1.0, 2.0],
    ),
    "totals at the end": (
        text(GOOD + "Total,6\n\nSource: a, b, c\n\n"), {"csv": {"skip_footer": 2}},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
    ),
    "everything at once, with CRLF": (
        text(("Title\ntime;y\n;kWh\n#\n2024-01-01;1,5\n2024-01-02;2\nTotal;3\n").replace("\n", "\r\n")),
        {"csv": {"separator": ";", "decimal": ",", "skip_rows": [1, 3], "comment": "#", "skip_footer": 1}, "freq": "D"},
        "2024-01-01", "2024-01-02", [1.5, 2.0],
    ),
    # Values that are none.
    "texts that stand for no value": (
        text(written(HOURS).replace(",1\n", ",?\n").replace(",2\n", ", - \n")), {"missing_values": ["?", "-"]},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", [0.0, None, None, 3.0],
    ),
    "a number that stands for no value": (
        text(written(HOURS).replace(",1\n", ",-9999.0\n").replace(",2\n", ",-9.999e3\n")), {"missing_values": [-9999]},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", [0.0, None, None, 3.0],
    ),
    "a number as text that stands for no value": (
        text(written(HOURS).replace(",1\n", ",-9999\n")), {"missing_values": ["-9999"]},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", [0.0, None, 2.0, 3.0],
    ),
    "a number of Parquet that stands for no value": (
        table(time=TIMES, y=pa.array([0, -9999, 2, 3])), {"missing_values": [-9999]},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", [0.0, None, 2.0, 3.0],
    ),
    "half the precision": (
        table(time=TIMES, y=pa.array([0, 1e20, 2, 3], pa.float32())), {"missing_values": [1e20]},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", [0.0, None, 2.0, 3.0],
    ),
    "texts of Parquet that stand for no value": (
        table(time=TIMES, y=pa.array(["0", "#N/A", "2", "3"])), {"missing_values": ["#N/A"]},
        "2024-01-01 00:00:00", "2024-01-01 03:00:00", [0.0, None, 2.0, 3.0],
    ),
    # Midnight at the end of a day.
    **{
        f"24:00 as {cells[0]}": (
            text(written(cells)), {"csv": {"time_format": form}} if form else {},
            "2023-12-31 23:00:00", "2024-01-01 01:00:00", [0.0, 1.0, 2.0],
        )
        for form, cells in (
            (None, ["2023-12-31 23:00", "2023-12-31 24:00", "2024-01-01 01:00"]),
            (None, ["2023-12-31T23", "2023-12-31T24", "2024-01-01T01"]),
            (None, ["2023-12-31T23:00:00.000", "2023-12-31T24:00:00.000", "2024-01-01T01:00:00.000"]),
            (None, ["2023-12-31T23:00Z", "2023-12-31T24:00Z", "2024-01-01T01:00Z"]),
            ("%d.%m.%Y %H:%M", ["31.12.2023 23:00", "31.12.2023 24:00", "01.01.2024 01:00"]),
            ("%d.%m.%y %H:%M:%S", ["31.12.23 23:00:00", "31.12.23 24:00:00", "01.01.24 01:00:00"]),
            ("%Y%m%d%H", ["2023123123", "2023123124", "2024010101"]),
            ("%Y%m%d%H%M", ["202312312300", "202312312400", "202401010100"]),
            ("%Y%m%d %H", ["20231231 23", "20231231 24", "20240101 01"]),
            ("%Y-%m-%dT%H:%M:%S%z", ["2023-12-31T23:00:00+0000", "2023-12-31T24:00:00+0000", "2024-01-01T01:00:00+0000"]),
        )
    },
    "the hour 24 in a column of its own": (
        text("time,h,y\n2023-12-31,23,0\n2023-12-31,24,1\n"), {"time_parts": {"hour": "h"}},
        "2023-12-31 23:00:00", "2024-01-01 00:00:00", [0.0, 1.0],
    ),
    "the clock 24:00 in a column of its own": (
        text("time,h,y\n2023-12-31,23:00,0\n2023-12-31,24:00,1\n"), {"time_parts": {"clock": "h"}},
        "2023-12-31 23:00:00", "2024-01-01 00:00:00", [0.0, 1.0],
    ),
    # Weeks, months and quarters.
    **{
        f"weeks as {cells[0]} by {form}": (
            text(written(cells)), {"csv": {"time_format": form}, "freq": "W-MON"}, "2020-12-21", "2021-01-04",
            [0.0, 1.0, 2.0],
        )
        for form, cells in (
            ("iso-week", ["2020-W52", "2020-W53", "2021-W01"]),
            ("iso-week", ["2020W52", "2020W53", "2021W01"]),
            ("iso-week", ["202052", "202053", "202101"]),
            ("iso-week", ["2020-W52-1", "2020-W53-1", "2021-W01-1"]),
            ("%G%V", ["202052", "202053", "202101"]),
            ("%G-W%V", ["2020-W52", "2020-W53", "2021-W01"]),
            ("%V/%G", ["52/2020", "53/2020", "01/2021"]),
            ("%G-W%V-%u", ["2020-W52-1", "2020-W53-1", "2021-W01-1"]),
        )
    },
    "coded weeks as integers of Parquet": (
        table(time=pa.array([202052, 202053, 202101]), y=Y[:3]), {"csv": {"time_format": "%G%V"}, "freq": "W-MON"},
        "2020-12-21", "2021-01-04", [0.0, 1.0, 2.0],
    ),
    "days of weeks": (
        text(written(["2019-W01-3", "2019W014", "2019-W01-5"])), {"csv": {"time_format": "iso-week"}, "freq": "D"},
        "2019-01-02", "2019-01-04", [0.0, 1.0, 2.0],
    ),
    "coded months": (
        text(written(["201911", "201912", "202001"])), {"csv": {"time_format": "%Y%m"}, "freq": "MS"},
        "2019-11-01", "2020-01-01", [0.0, 1.0, 2.0],
    ),
    **{
        f"quarters as {cells[0]}": (
            text(written(cells)), {"csv": {"time_format": "quarter"}, "freq": "QS"}, "2020-07-01", "2021-01-01",
            [0.0, 1.0, 2.0],
        )
        for cells in (["2020Q3", "2020Q4", "2021Q1"], ["2020-Q3", "2020-Q4", "2021-Q1"], ["Q3 2020", "Q4 2020", "Q1 2021"])
    },
    **{
        f"months on the {day}th": (
            text(written([f"2019-{m:02d}-{day}" for m in (1, 2, 3, 4)])), {"freq": "MS"}, f"2019-01-{day}",
            f"2019-04-{day}", FOUR,
        )
        for day in ("05", "15", "28")
    },
    "quarters on the 15th": (
        text(written(["2019-02-15", "2019-05-15", "2019-08-15", "2019-11-15"])), {"freq": "QS-FEB"}, "2019-02-15",
        "2019-11-15", FOUR,
    ),
    "months on the 15th at noon, in a time zone": (
        text(written([f"2019-{m:02d}-15 12:00" for m in (2, 3, 4, 5)])), {"freq": "MS", "timezone": "Europe/Paris"},
        "2019-02-15 12:00:00+01:00", "2019-05-15 12:00:00+02:00", FOUR,
    ),
    # Types of Parquet.
    **{
        f"{kind} of Parquet": (
            table(time=TIMES, y=pa.array([Decimal(v) for v in range(4)], kind)), {},
            "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR,
        )
        for kind in (pa.decimal128(10, 2), pa.decimal256(50, 2), pa.decimal128(38, 0))
    },
    **{
        f"{name} of Parquet": (table(time=cells, y=values), {}, "2024-01-01 00:00:00", "2024-01-01 03:00:00", FOUR)
        for name, cells, values in (
            ("a dictionary of numbers", TIMES, Y.dictionary_encode()),
            ("a dictionary of times", TIMES.dictionary_encode(), Y),
            ("seconds", TIMES.cast(pa.timestamp("s")), Y),
            ("milliseconds", TIMES.cast(pa.timestamp("ms")), Y),
            ("nanoseconds", TIMES.cast(pa.timestamp("ns")), Y),
            ("times in UTC", TIMES.cast(pa.timestamp("us", "UTC")), Y),
            ("text", pa.array(HOURS), pa.array(["0", "1", "2", "3"])),
            ("large text", pa.array(HOURS, pa.large_string()), Y),
            ("half floats", TIMES, pa.array(np.arange(4, dtype=np.float16))),
            ("unsigned integers", TIMES, pa.array([0, 1, 2, 3], pa.uint64())),
        )
    },
    **{
        f"{kind} of Parquet": (
            table(time=pa.array(DAYS).cast(kind), y=Y), {"freq": "D"}, "2024-01-01", "2024-01-04", FOUR,
        )
        for kind in (pa.date32(), pa.date64())
    },
}  # fmt: skip


def _pandas_index(folder: Path) -> Path:
    pd.DataFrame({"y": FOUR}, index=pd.date_range("2024-01-01", periods=4, freq="h")).to_parquet(
        folder / "t.parquet"
    )
    return folder / "t.parquet"


@pytest.mark.parametrize("case", READ)
def test_read(case: str, tmp_path: Path) -> None:
    write, data, first, last, expected = READ[case]
    times, found = read(write(tmp_path), **data)
    plain = [t.removesuffix("+00:00") for t in (times[0], times[-1])]
    assert (*plain, found) == (first, last, expected)


FAR = "is outside the years 1678 to 2261; correct the year"
WHOLE = "the file is not a whole Parquet file: "
REFUSED: dict[str, tuple[Callable[[Path], Path], dict[str, Any], str]] = {
    "integers of many digits": (
        text(GOOD.replace(",2\n", f",{'9' * 5000}\n")), {},
        f"T:4: y: '{'9' * 37}...' is an integer above 2^53, which floating point would round; divide the column, or make "
        "it an id: ids are text",
    ),
    "a number beyond floats": (
        text(GOOD.replace(",2\n", ",1e999\n")), {}, f"T:4: y: '1e999' is not a finite number; {NO_NUMBER}",
    ),
    "a time of many digits": (
        text(GOOD.replace(HOURS[2], "9" * 5000)), {},
        f"T:4: time: '{'9' * 37}...' is not an ISO 8601 time; {NO_ISO}",
    ),
    "a step number beyond 2^53": (
        text("time,y\n1,1\n9999999999999999999,2\n"), {"freq": 1},
        "T:3: time: '9999999999999999999' is an integer beyond 2^53; subtract the first number from all, or correct it",
    ),
    "an unsigned step number beyond 2^63": (
        table(time=pa.array([1, 2**64 - 1], pa.uint64()), y=Y[:2]), {"freq": 1},
        "T: time: row 2: '18446744073709551615' is an integer beyond 2^53; subtract the first number from all, or "
        "correct it",
    ),
    "a NUL in a cell": (text(GOOD.replace(",2\n", ",2\0\n")), {}, f"T:4: y: '2\\x00' is not a number; {NO_NUMBER}"),
    "NUL in the header": (
        text("t\0i\0m\0e\0,\0y\0\n\0"), {},
        "T:1: the header holds NUL bytes, which are no text; save the file as text, or set data.csv.encoding: utf-16-le",
    ),
    "nothing but NUL": (
        text("\0" * 100), {},
        "T:1: the header holds NUL bytes, which are no text; save the file as text",
    ),
    "UTF-16": (text(GOOD.encode("utf-16")), {}, "T: the text is not utf-8; set data.csv.encoding: utf-16"),
    "half a character of UTF-16": (
        text(GOOD.encode("utf-16")[:-1]), {"csv": {"encoding": "utf-16"}},
        "T:5: the text is not utf-16; save it as utf-8, or set data.csv.encoding, perhaps to cp1252 or latin-1",
    ),
    "a byte that is not utf-8": (
        text(GOOD.encode().replace(b",2\n", b",\xff\n")), {},
        "T:4: the text is not utf-8; save it as utf-8, or set data.csv.encoding, perhaps to cp1252 or latin-1",
    ),
    "a fault beside long fields": (
        text(f"time,y,n\n{HOURS[0]},1,{'x' * 200_000}\n{HOURS[1]},q,x\n"), {},
        f"T:3: y: 'q' is not a number; {NO_NUMBER}",
    ),
    "a fault below lines that are left out": (
        text("A\nB\n\n" + GOOD.replace(",2\n", ",q\n") + "Total\n"), {"csv": {"skip_rows": 2, "skip_footer": 1}},
        f"T:7: y: 'q' is not a number; {NO_NUMBER}",
    ),
    "nothing but lines that are left out": (
        text(GOOD), {"csv": {"skip_rows": 9}}, "T: the file is empty; give it a header and rows, or point data.path elsewhere",
    ),
    "a text that is not among those that stand for no value": (
        text(GOOD.replace(",2\n", ",?\n")), {"missing_values": ["-", -9999]},
        "T:4: y: '?' is not a number; correct it, or where it stands for no value set data.missing_values: ['?']",
    ),
    **{
        f"the cell {cell} for no value": (
            text(GOOD.replace(",2\n", f",{cell}\n")), {},
            f"T:4: y: {cell!r} is not a number; correct it, or where it stands for no value set data.missing_values: "
            f"[{cell!r}]",
        )
        for cell in ("?", "-", "#N/A", "n/a", ".", "--", "<NA>", "NULL", "missing", "#N/D")
    },
    "UTF-32": (text(GOOD.encode("utf-32")), {}, "T: the text is not utf-8; set data.csv.encoding: utf-32"),
    # Compressed files.
    **{
        f"{how} that is {what}": (
            text(content, f"t.csv.{how}"), {}, f"T: the {how} data is broken or cut short; {BROKEN}",
        )
        for how, whole in (
            ("gz", gzip.compress(GOOD.encode())), ("bz2", bz2.compress(GOOD.encode())),
            ("xz", lzma.compress(GOOD.encode())), ("zst", zstd(GOOD.encode())), ("zip", archive(a_csv=GOOD)),
        )
        for what, content in (("cut short", whole[:-9]), ("other bytes", b"time,y\n2024-01-01,1\n"), ("a start", whole[:12]))
    },
    "an archive of several files": (
        text(archive(a_csv=GOOD, b_csv=GOOD), "t.zip"), {},
        "T: the archive holds 2 files: 'a.csv', 'b.csv'; unpack it, and point data.path to a file or to their folder",
    ),
    "an archive of none": (
        text(archive(), "t.zip"), {}, "T: the archive holds no file; make it again, with one CSV file",
    ),
    "an archive of something else": (
        text(archive(a_xlsx="x"), "t.zip"), {},
        "T: the archive holds 'a.xlsx', which is no CSV file; unpack it, and point data.path to what it holds",
    ),
    # Times and the next move.
    **{
        f"the time {cell}": (text(written([cell])), {"freq": "h"}, f"T:2: time: {cell!r} {fault}")
        for cell, fault in (
            ("2024-01-01 05:00 PM", 'is not an ISO 8601 time; set data.csv.time_format: "%Y-%m-%d %I:%M %p"'),
            ("2024-01-01 05:00:00PM", 'is not an ISO 8601 time; set data.csv.time_format: "%Y-%m-%d %I:%M:%S%p"'),
            ("01/31/2024 5:00 PM", 'is not an ISO 8601 time; set data.csv.time_format: "%m/%d/%Y %I:%M %p"'),
            ("31.01.2024 17:00", 'is not an ISO 8601 time; set data.csv.time_format: "%d.%m.%Y %H:%M"'),
            ("31.01.2024 17:00:00.5", 'is not an ISO 8601 time; set data.csv.time_format: "%d.%m.%Y %H:%M:%S.%f"'),
            ("2024/01/31", 'is not an ISO 8601 time; set data.csv.time_format: "%Y/%m/%d"'),
            ("2024/01/31 17:00", 'is not an ISO 8601 time; set data.csv.time_format: "%Y/%m/%d %H:%M"'),
            ("2024/01", 'is not an ISO 8601 time; set data.csv.time_format: "%Y/%m"'),
            ("2024.01", "is not an ISO 8601 time; set data.csv.time_format: \"%Y.%m\" for months, or to decimal-year for parts of "
             "a year"),
            ("2024.25", "is not an ISO 8601 time; set data.csv.time_format: decimal-year"),
            ("20240131 17:00", 'is not an ISO 8601 time; set data.csv.time_format: "%Y%m%d %H:%M"'),
            ("2019-W01", "is not an ISO 8601 time; set data.csv.time_format: iso-week"),
            ("2019W01", "is not an ISO 8601 time; set data.csv.time_format: iso-week"),
            ("2019-W01-3", "is not an ISO 8601 time; set data.csv.time_format: iso-week"),
            ("Q1 2020", "is not an ISO 8601 time; set data.csv.time_format: quarter"),
            ("2020Q1", "is not an ISO 8601 time; set data.csv.time_format: quarter"),
            (
                "201901",
                "is an integer, and data.freq 'h' needs timestamps: it looks like a month or a week without marks; set "
                'data.csv.time_format to "%Y%m" or iso-week',
            ),
            (
                "201913",
                "is an integer, and data.freq 'h' needs timestamps: it looks like a week without marks; set "
                "data.csv.time_format: iso-week",
            ),
            ("2024-01-01 24:30", f"is not a date and time that exists; {NO_ISO}"),
            ("2024-01-01 25:00", f"is not a date and time that exists; {NO_ISO}"),
            ("9999-12-31", FAR), ("0001-01-01", FAR),
        )
    },
    **{
        f"the time {cell} by {form}": (
            text(written([cell])), {"csv": {"time_format": form}},
            f"T:2: time: {cell!r} does not match data.csv.time_format {form!r}; {hint}",
        )
        for form, cell, hint in (
            ("%m/%d/%Y %H:%M", "01/31/2024 5:00 PM", "use %I with %p for AM and PM in place of %H"),
            ("%m/%d/%Y %I:%M %p", "01/31/2024 17:00", "use %H in place of %I and %p for hours from 0 to 23"),
            ("%Y-%m", "201901", 'for months without marks set data.csv.time_format: "%Y%m"'),
            ("%d.%m.%y", "31.01.2024", "use %Y for years of four digits"),
            ("%Y-%m-%d", "2024-02-30", "correct the time, or the format"),
            ("%G%V", "202153", "correct the time, or the format"),
            ("iso-week", "2019-W01-8", "correct the time, or the format"),
            ("%d.%m.%Y %H:%M", "31.01.2024 24:30", "correct the time, or the format"),
            ("%Y-%m-%d", "now", "correct the time, or the format"),
        )
    },
    "rows of another century": (
        text("time,y\n2024-01-01T00:00:00,1\n2024-01-01T00:00:01,1\n1700-01-01,1\n"), {"freq": "s", "missing": "zero"},
        "T: data.time: 1700-01-01 00:00:00 and 2024-01-01 00:00:00 are 10,224,403,200 steps of 's' apart, with no row "
        "between them: regular series need 10,224,403,202 rows, and the table has 3; correct the times, leave some out "
        "by data.start or data.end, or set data.freq to the table's step",
    ),
    "nanoseconds of five centuries": (
        text("time,y\n2224-01-01,1\n2024-01-01T00:00:00,1\n1700-01-01,1\n"), {"freq": "ns", "missing": "zero"},
        "T: data.time: 1700-01-01 00:00:00 and 2024-01-01 00:00:00 are 10,224,403,200,000,000,000 steps of 'ns' apart, "
        "with no row between them: regular series need 16,535,750,400,000,000,001 rows, and the table has 3; correct the "
        "times, leave some out by data.start or data.end, or set data.freq to the table's step",
    ),
    "one series of another century": (
        text("time,y,s\n2024-01-01T00:00:00,1,a\n2024-01-01T00:00:01,1,a\n2024-01-01T00:00:02,1,a\n2024-01-01,1,b\n"
             "2224-01-01,1,b\n"), {"freq": "s", "missing": "zero", "id": "s"},
        "T: data.time: 2024-01-01 00:00:00 and 2224-01-01 00:00:00 of series 'b' are 6,311,347,200 steps of 's' apart, "
        "with no row between them: regular series need 6,311,347,204 rows, and the table has 5; correct the times, leave "
        "some out by data.start or data.end, or set data.freq to the table's step",
    ),
    "a step number far from the others": (
        text("time,y\n1,1\n2,1\n3,1\n900000000,1\n"), {"freq": 1, "missing": "zero"},
        "T: data.time: 3 and 900000000 are 899,999,997 steps of 1 apart, with no row between them: regular series need "
        "900,000,000 rows, and the table has 4; correct the times, leave some out by data.start or data.end, or set "
        "data.freq to the table's step",
    ),
    "a month on another day": (
        text(written(["2019-01-15", "2019-02-15", "2019-03-16"])), {"freq": "MS"},
        "T:4: time: 2019-03-16 is not a step of data.freq 'MS': the nearest steps are 2019-03-15 and 2019-04-15; correct "
        "the time, or delete the row",
    ),
    # Types of Parquet.
    **{
        f"a {name} as {role}": (
            table(**{"time": TIMES, "y": Y, "s": pa.array(["a"] * 4), role: cells}), {"id": "s"}, f"T: {role}: row 1: {fault}",
        )
        for name, cells in (
            ("duration[us]", pa.array([timedelta(days=1)] * 4)), ("list<element: int64>", pa.array([[1]] * 4)),
            ("struct<a: int64>", pa.array([{"a": 1}] * 4)), ("binary", pa.array([b"1"] * 4)),
            ("time64[us]", pa.array([time(1)] * 4)),
        )
        for role, fault in (
            ("y", f"the column holds {name}, not numbers; store it as a number type"),
            ("time", f"the column holds {name}, and data.freq 'h' needs timestamps; store timestamps or dates"),
            ("s", f"the column holds {name}, not ids; store the ids as text or integers"),
        )
    },
    "an id that no column has": (
        table(time=TIMES, y=Y), {"id": "shop"},
        "T: data.id: no column is called 'shop'; the columns are 'time', 'y'",
    ),
    **{
        f"the year {year} in {kind}": (
            table(time=pa.array([datetime(2024, 1, 1), datetime(year, 1, 1)]).cast(kind), y=Y[:2]), {"freq": "D"},
            f"T: time: row 2: '{shown}' {FAR}",
        )
        for year, kind, shown in (
            (1, pa.date32(), "0001-01-01"), (9999, pa.date64(), "9999-01-01"), (9999, pa.date32(), "9999-01-01"),
            (1, pa.timestamp("us"), "0001-01-01 00:00:00"), (9999, pa.timestamp("ms"), "9999-01-01 00:00:00"),
            (1677, pa.timestamp("s"), "1677-01-01 00:00:00"), (2262, pa.timestamp("us"), "2262-01-01 00:00:00"),
        )
    },
    **{
        f"{unit} as far away as 64 bits reach": (
            table(time=pa.array([0, 2**62]).cast(pa.timestamp(unit)), y=Y[:2]), {}, f"T: time: row 2: '{shown}' {FAR}",
        )
        for unit, shown in (("us", "148108-07-06T14:00:27.387904"), ("ms", "146140482-04-24T15:36:27.904"))
    },
    "months of pandas where hours are expected": (
        lambda folder: _periods(folder), {},
        "T: data.freq: most rows are 744 steps of 'h' apart: regular series need 2,185 rows, and the table has 4; the times "
        "look like data.freq: MS",
    ),
    "text that is not utf-8 in Parquet": (
        table(time=pa.Array.from_buffers(pa.string(), 1, [None, *pa.array([b"\xff\xfe"]).buffers()[1:]]), y=Y[:1]), {},
        f"T: {WHOLE}Invalid UTF8 sequence at string index 0; make or download it again",
    ),
    "Parquet of no columns": (
        table(), {}, "T: data.time: no column is called 'time'; the columns are ",
    ),
    "Parquet that is text": (
        text(GOOD, "t.parquet"), {},
        f"T: {WHOLE}Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file; "
        "make or download it again",
    ),
    "Parquet that is empty": (
        text("", "t.parquet"), {},
        f"T: {WHOLE}Parquet file size is 0 bytes; make or download it again",
    ),
}  # fmt: skip


def _periods(folder: Path) -> Path:
    frame = pd.DataFrame({"time": pd.period_range("2024-01", periods=4, freq="M"), "y": FOUR})
    frame.to_parquet(folder / "t.parquet")
    return folder / "t.parquet"


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, tmp_path: Path) -> None:
    write, data, expected = REFUSED[case]
    assert message(write(tmp_path), **data) == expected


def refusal(**data: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        DataSpec.model_validate({"path": "t.csv", "time": "time", "freq": "h", "targets": ["y"], **data})
    return "; ".join(
        part
        for fault in caught.value.errors()[0]["ctx"]["error"].faults
        for part in (fault.summary, fault.hint)
    )


@pytest.mark.parametrize(
    "name",
    ["rot13", "rot-13", "base64", "zlib", "bz2", "hex", "uu", "quopri", "idna", "punycode", "undefined", "unicode_escape",
     "raw_unicode_escape", "charmap"],
)  # fmt: skip
def test_codecs_that_are_no_text_encodings(name: str) -> None:
    assert refusal(csv={"encoding": name}) == f"{name!r} is no text encoding; try utf-8, cp1252 or latin-1"


@pytest.mark.parametrize("name", ["utf-9", "", "\0", "klingon"])
def test_encodings_that_nobody_has(name: str) -> None:
    assert refusal(csv={"encoding": name}) == f"no encoding is called {name!r}; try utf-8, cp1252 or latin-1"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("%F", "'%F' has the unknown code %F; write %Y-%m-%d in its place"),
        ("%D", "'%D' has the unknown code %D; write %m/%d/%y in its place"),
        ("%F %T", "'%F %T' has the unknown code %F; write %Y-%m-%d in its place"),
        ("%s", "'%s' has the unknown code %s; set data.csv.time_format: epoch-s"),
        ("%e.%m.%Y", "'%e.%m.%Y' has the unknown code %e; write %d in its place"),
        (
            "%-d.%m.%Y",
            "'%-d.%m.%Y' has the unknown code %-d; write %d: it reads numbers with and without a leading zero",
        ),
        (
            "%Y-%m-%d %Z",
            "'%Y-%m-%d %Z' has the name of a time zone, %Z; set data.timezone, and write times without a zone, or with an "
            "offset such as +01:00, which %z reads",
        ),
        ("%Y-%m-%d%", "'%Y-%m-%d%' ends with a % that begins no code; write %% for a percent sign"),
        ("%Y %", "'%Y %' ends with a % that begins no code; write %% for a percent sign"),
        ("%Y-%W", "'%Y-%W' names a week, not a day; write the first day of each week instead"),
        ("%G-W%W", "'%G-W%W' has no clear week; use %G with %V, the year and the week of ISO 8601"),
        ("%V", "'%V' has no clear week; use %G with %V, the year and the week of ISO 8601"),
        (
            "mixed",
            "no format is called 'mixed'; use strftime codes such as %Y-%m-%d. The names are quarter, half-year, iso-week, epoch-s, "
            "epoch-ms, epoch-us, epoch-ns, decimal-year, excel",
        ),
    ],
)
def test_formats_of_times_that_are_refused(form: str, expected: str) -> None:
    assert refusal(csv={"time_format": form}) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            {"time": ["date", "stunde"]},
            "is a list of columns; name the first, time: date, and the others by their part, such as time_parts: "
            "{hour: stunde}",
        ),
        (
            {"time": ["year", "mo", "day"], "time_parts": {"month": "mo"}},
            "is a list of columns; name the first, time: year, and the others by their part, such as time_parts: "
            "{month: mo, day: day}",
        ),
        (
            {"path": ["a.csv", "b.csv"]},
            "is a list of files; give their folder, or a pattern such as sales/*.csv",
        ),
    ],
)
def test_lists_where_one_name_belongs(data: dict[str, Any], expected: str) -> None:
    assert refusal(**data) == expected


@pytest.mark.parametrize(
    ("time", "column", "parts"),
    [
        (["t"], "t", {}),
        (["date", "hour"], "date", {"hour": "hour"}),
        (["date", "HR", "min"], "date", {"hour": "HR", "minute": "min"}),
        (["Date", "Time"], "Date", {"clock": "Time"}),
        (["year", "mo", "day"], "year", {"month": "mo", "day": "day"}),
        (["year", "quarter"], "year", {"quarter": "quarter"}),
    ],
)
def test_a_list_of_columns_names_the_parts_of_a_time(
    time: list[str], column: str, parts: dict[str, str]
) -> None:
    spec = DataSpec.model_validate({"path": "t.csv", "time": time, "freq": "h", "targets": ["y"]})
    assert spec.time == column
    assert spec.time_parts.model_dump(exclude_none=True) == parts


def test_categories_that_stand_for_no_value(tmp_path: Path) -> None:
    path = text("time,y,c\n2024-01-01,1,sun\n2024-01-02,2,?\n2024-01-03,3,-9\n")(tmp_path)
    spec = DataSpec.model_validate(
        {"path": "t.csv", "time": "time", "freq": "D", "targets": ["y"], "past_covariates": ["c"],
         "categorical": {"c": "one_hot"}, "missing_values": ["?", -9], "missing": "ffill"}
    )  # fmt: skip
    panel, _ = read_table(spec, path)
    assert panel.categories["c"] == ("sun",)
    assert np.isnan(panel.values[1:, 1]).all()


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


def test_columns_of_parquet_that_unpack_to_many_times_their_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_file, "GROWN_BYTES", 1 << 20)
    long = pa.array(["x" * 1_000_000 + str(i) for i in range(4)])
    pq.write_table(pa.table({"time": TIMES, "y": Y, "s": long}), tmp_path / "t.parquet", compression="zstd")
    assert message(tmp_path / "t.parquet", id="s") == (
        "T: the columns unpack to more than 100 times their size; write the file without compression, if it is a table"
    )
    assert read(tmp_path / "t.parquet")[1] == FOUR


def test_there_are_enough_of_them() -> None:
    assert len(READ) + len(REFUSED) > 150


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
