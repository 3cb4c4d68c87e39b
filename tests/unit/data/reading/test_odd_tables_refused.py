"""Tables as people and programs write them that are refused by their place with a next move."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from tests.unit.data.reading.odd_tables import (
    BROKEN,
    FOUR,
    GOOD,
    HOURS,
    NO_ISO,
    NO_NUMBER,
    TIMES,
    Y,
    archive,
    message,
    table,
    text,
    written,
    zstd,
)
from tests.unit.data.reading.test_odd_tables_read import READ

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
        "T: the archive holds 2 files: 'a.csv', 'b.csv'; unpack it, and point data.path to one of its files",
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


def test_there_are_enough_of_them() -> None:
    assert len(READ) + len(REFUSED) > 150
