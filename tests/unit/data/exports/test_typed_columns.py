"""Parquet files with columns of odd types: what init and training make of them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from tests.unit.data.exports.tables import DAYS, HOURS, Content, N, tests_of, v

pytestmark = pytest.mark.slow

T = pa.array(HOURS, pa.timestamp("us"))
Y = pa.array([v(i) for i in range(N)])
WHOLE = pa.array([int(v(i)) for i in range(N)])
KEYS = pa.array(["a", "b"] * (N // 2))
TWICE = pa.array([t for t in HOURS[: N // 2] for _ in "ab"], pa.timestamp("us"))

TABLES: dict[str, Content] = {
    **{f"y of {kind}": {"t": T, "y": WHOLE.cast(kind)} for kind in (
        pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64(), pa.float32(), pa.float64(),
        pa.decimal128(30, 2), pa.decimal256(40, 3), pa.string(), pa.large_string(),
    )},
    **{f"t of {kind}": {"t": T.cast(kind), "y": Y} for kind in (
        pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("ns"), pa.timestamp("ns", "UTC"),
        pa.timestamp("us", "Europe/Berlin"), pa.timestamp("ns", "America/New_York"), pa.timestamp("us", "+05:30"),
    )},
    **{f"t of {kind}": {"t": pa.array(DAYS).cast(kind), "y": Y} for kind in (pa.date32(), pa.date64())},
    **{f"t of {kind}": {"t": pa.array([str(t) for t in HOURS]).cast(kind), "y": Y} for kind in (pa.string(), pa.large_string())},
    **{f"t of {kind} since 1970": {"t": pa.array([1709251200 + 3600 * i for i in range(N)]).cast(kind), "y": Y} for kind in (
        pa.int64(), pa.uint64(), pa.float64(), pa.decimal128(30, 0), pa.string(),
    )},
    "t of weeks as integers": {"week": pa.array([202001 + i for i in range(52)] + [202053, 202101]), "y": Y[:54]},
    "t of strings that are encoded": {"t": pa.array([str(t) for t in HOURS]).dictionary_encode(), "y": Y},
    "y that is encoded": {"t": T, "y": Y.dictionary_encode()},
    "y with nulls": {"t": T, "y": pa.array([None if i in (3, 9) else v(i) for i in range(N)])},
    "y with NaN": {"t": T, "y": pa.array([float("nan") if i in (3, 9) else v(i) for i in range(N)])},
    "y of infinities": {"t": T, "y": pa.array([float("inf") if i == 3 else v(i) for i in range(N)])},
    "y of decimals with nulls": {"t": T, "y": pa.array([None if i == 3 else Decimal(str(v(i))) for i in range(N)], pa.decimal128(9, 1))},
    "y of text with \\N": {"t": T, "y": pa.array(["\\N" if i == 3 else str(v(i)) for i in range(N)])},
    "y of text with units": {"t": T, "y": pa.array([f"{v(i)} kWh" for i in range(N)])},
    "y of truths": {"t": T, "y": pa.array([i % 3 == 0 for i in range(N)])},
    "truths beside y": {"t": T, "open": pa.array([i % 3 == 0 for i in range(N)]), "y": Y},
    "y of durations": {"t": T, "y": pa.array([timedelta(minutes=i) for i in range(N)])},
    "y of clocks": {"t": T, "y": pa.array([time(i % 24) for i in range(N)])},
    "y of bytes": {"t": T, "y": pa.array([b"1"] * N)},
    "y of lists": {"t": T, "y": pa.array([[1.0, 2.0]] * N)},
    "y of structs": {"t": T, "y": pa.array([{"a": 1.0}] * N)},
    "y of nulls": {"t": T, "y": pa.nulls(N)},
    "t of nulls": {"t": pa.nulls(N), "y": Y},
    "t of months that are strings": {"t": pa.array([f"{2015 + i // 12}M{i % 12 + 1:02d}" for i in range(N)]), "y": Y},
    "date32 and time32": {"d": pa.array([t.date() for t in HOURS]), "time": pa.array([t.time() for t in HOURS], pa.time32("s")), "y": Y},
    "date32 and time64": {"d": pa.array([t.date() for t in HOURS]), "time": pa.array([t.time() for t in HOURS], pa.time64("us")), "y": Y},
    "date32 and an hour": {"d": pa.array([date(2024, 3, 1) + timedelta(days=i // 24) for i in range(48)]), "hour": pa.array([i % 24 for i in range(48)], pa.int8()), "y": Y[:48]},
    "keys of strings": {"t": TWICE, "key": KEYS, "y": Y},
    "keys that are encoded": {"t": TWICE, "key": KEYS.dictionary_encode(), "y": Y},
    "keys of large strings": {"t": TWICE, "key": KEYS.cast(pa.large_string()), "y": Y},
    "keys of unsigned integers": {"t": TWICE, "key": pa.array([2**63 + i % 2 for i in range(N)], pa.uint64()), "y": Y},
    "keys of truths": {"t": TWICE, "key": pa.array([i % 2 == 0 for i in range(N)]), "y": Y},
    "keys of decimals": {"t": TWICE, "key": pa.array([Decimal(i % 2) for i in range(N)], pa.decimal128(5, 0)), "y": Y},
    "t with a null": {"t": pa.array([None if i == 3 else t for i, t in enumerate(HOURS)], pa.timestamp("us")), "y": Y},
    "t out of order": {"t": pa.array(HOURS[::-1], pa.timestamp("us")), "y": Y},
    "t of far years": {"t": pa.array([datetime(9999, 12, 31 - i % 2) for i in range(N)], pa.timestamp("us")), "y": Y},
}  # fmt: skip

SAID: dict[str, list[str]] = {
    "y of uint8": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"],
    "y of int16": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"],
    "y of uint16": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"],
    "y of int32": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"],
    "y of uint32": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"],
    "y of int64": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"],
    "y of uint64": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"],
    "y of float": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"],
    "y of double": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"],
    "y of decimal128(30, 2)": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"
    ],
    "y of decimal256(40, 3)": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"
    ],
    "y of string": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"],
    "y of large_string": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100 to 162"],
    "t of timestamp[s]": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "t of timestamp[ms]": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "t of timestamp[ns]": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "t of timestamp[ns, tz=UTC]": [
        "t (ISO), y: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5"
    ],
    "t of timestamp[us, tz=Europe/Berlin]": [
        "t (ISO), y: 60 of h Europe/Berlin from 2024-03-01 01:00:00+01:00 to 2024-03-03 12:00:00+01:00, 100.5 to 162.5"
    ],
    "t of timestamp[ns, tz=America/New_York]": [
        "t (ISO), y: 60 of h America/New_York from 2024-02-29 19:00:00-05:00 to 2024-03-03 06:00:00-05:00, 100.5 to 162.5"
    ],
    "t of timestamp[us, tz=+05:30]": [
        "t (ISO), y: 60 of h +05:30 from 2024-03-01 05:30:00+05:30 to 2024-03-03 16:30:00+05:30, 100.5 to 162.5",
        "'t' has the offset +05:30 from UTC in all rows, and so have the forecasts, whatever clocks do; otherwise use --timezone with the name of its zone, such as Asia/Kolkata",
    ],
    "t of date32[day]": ["t (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "t of date64[ms]": ["t (ISO), y: 60 of D from 2020-01-01 to 2020-02-29, 100.5 to 162.5"],
    "t of string": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"],
    "t of large_string": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "t of int64 since 1970": [
        "t (epoch-s), y: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5",
        "'t' holds 1709251200, which is read as 2024-03-01 (seconds since 1970); otherwise use --freq 1 for step numbers",
    ],
    "t of uint64 since 1970": [
        "t (epoch-s), y: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5",
        "'t' holds 1709251200, which is read as 2024-03-01 (seconds since 1970); otherwise use --freq 1 for step numbers",
    ],
    "t of double since 1970": [
        "t (epoch-s), y: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5",
        "'t' holds 1709251200, which is read as 2024-03-01 (seconds since 1970); otherwise use --freq 1 for step numbers",
    ],
    "t of decimal128(30, 0) since 1970": [
        "t (epoch-s), y: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5",
        "'t' holds 1709251200, which is read as 2024-03-01 (seconds since 1970); otherwise use --freq 1 for step numbers",
    ],
    "t of string since 1970": [
        "t (epoch-s), y: 60 of h UTC from 2024-03-01 00:00:00+00:00 to 2024-03-03 11:00:00+00:00, 100.5 to 162.5",
        "'t' holds 1709251200, which is read as 2024-03-01 (seconds since 1970); otherwise use --freq 1 for step numbers",
    ],
    "t of weeks as integers": [
        "week (iso-week), y: 54 of W-MON from 2019-12-30 to 2021-01-04, 100.5 to 142.5"
    ],
    "t of strings that are encoded": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "y that is encoded": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "y with nulls": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty"
    ],
    "y with NaN": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 2 empty"
    ],
    "y of infinities": [
        "! T: y: row 4: 'inf' is not a finite number; correct it, or leave the field empty to mark it missing"
    ],
    "y of decimals with nulls": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 1 empty"
    ],
    "y of text with \\N": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5, 1 empty",
        "\\N in 1 cell stands for no value, by data.missing_values; otherwise use data.missing_values: []",
    ],
    "y of text with units": [
        "! T: no column of numbers is left to forecast: 'y' holds '100.5 kWh', a number with a unit; leave 'kWh' out, as in 100.5"
    ],
    "y of truths": [
        "! T: no column of numbers is left to forecast; add one, or check its decimal mark and its text cells"
    ],
    "truths beside y": [
        "t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "y of durations": [
        "! T: no column of numbers is left to forecast; add one, or check its decimal mark and its text cells"
    ],
    "y of clocks": [
        "! T: no column of numbers is left to forecast; add one, or check its decimal mark and its text cells"
    ],
    "y of bytes": [
        "! T: no column of numbers is left to forecast; add one, or check its decimal mark and its text cells"
    ],
    "y of lists": [
        "! T: no column of numbers is left to forecast; add one, or check its decimal mark and its text cells"
    ],
    "y of structs": [
        "! T: no column of numbers is left to forecast; add one, or check its decimal mark and its text cells"
    ],
    "y of nulls": [
        "! T: no column of numbers is left to forecast; add one, or check its decimal mark and its text cells"
    ],
    "t of nulls": [
        "! T: no column holds times (the columns are 't', 'y'); give one column of timestamps such as 2024-01-31 or 2024-01-31 05:00:00, or of step numbers; for times in another form set time and time_format"
    ],
    "t of months that are strings": ["t (%YM%m), y: 60 of MS from 2015-01-01 to 2019-12-01, 100.5 to 162.5"],
    "date32 and time32": [
        "d+time (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "date32 and time64": [
        "d+time (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 100.5 to 162.5"
    ],
    "date32 and an hour": [
        "d+hour (ISO), y: 48 of h from 2024-03-01 00:00:00 to 2024-03-02 23:00:00, 100.5 to 122.5"
    ],
    "keys of strings": [
        "t (ISO), y of key: 2 x 30 of h from 2024-03-01 00:00:00 to 2024-03-02 05:00:00, 100.5 to 125.5"
    ],
    "keys that are encoded": [
        "t (ISO), y of key: 2 x 30 of h from 2024-03-01 00:00:00 to 2024-03-02 05:00:00, 100.5 to 125.5"
    ],
    "keys of large strings": [
        "t (ISO), y of key: 2 x 30 of h from 2024-03-01 00:00:00 to 2024-03-02 05:00:00, 100.5 to 125.5"
    ],
    "keys of unsigned integers": [
        "t (ISO), y of key: 2 x 30 of h from 2024-03-01 00:00:00 to 2024-03-02 05:00:00, 100.5 to 125.5"
    ],
    "keys of truths": ["! T: key: row 1: the column holds bool, not ids; store the ids as text or integers"],
    "keys of decimals": [
        "! T: 60 rows share 30 times, and no single column distinguishes them; name the id column with id, or make one, for instance of two columns joined such as 'store-item'"
    ],
    "t with a null": [
        "! T: row 4: column 't': an empty cell is not a time like those before it; give the row its time, or delete it"
    ],
    "t out of order": ["t (ISO), y: 60 of h from 2024-03-01 00:00:00 to 2024-03-03 11:00:00, 162.5 to 100.5"],
    "t of far years": [
        "! T: row 1: column 't': '9999-12-31 00:00:00' is no date that exists in the years 1678 to 2261 (60 such rows); correct the row"
    ],
}


test_what_is_made_of_it = tests_of(TABLES, SAID)
