"""Tables as people and programs write them that are read rightly."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.unit.data.reading.odd_tables import (
    DAYS,
    FOUR,
    GOOD,
    HOURS,
    TIMES,
    Y,
    archive,
    read,
    table,
    text,
    written,
    zstd,
)

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
