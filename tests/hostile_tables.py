"""Read hostile tables, and report whatever is not an error of forecaster: `python -m tests.hostile_tables 600 0`.

Each table is a good one that chance has damaged: bytes, cells, lines, types and sizes. It is read as training reads it
and looked at as `init` does. A table that takes more than 2 s of processor time or 400 MB of memory is reported too.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import random
import resource
import sys
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from forecaster.data.draft.sniff import sniff
from forecaster.data.reading.table import read_table
from forecaster.data.spec import DataSpec
from forecaster.errors import ForecasterError

MOST_SECONDS, MOST_BYTES = 2.0, 400 << 20
_CELLS = (
    "", "NaN", "inf", "-inf", "1e999", "-1e-999", "9" * 5000, "0x10", "1_000", "1,5", "1.234,5", "١٢", "−5", "\0", "'",
    '"', '""', "#N/A", "?", "-9999", "true", " ", "\t", "=1+1", "2024-01-01", "2024-02-30", "0000-00-00", "9999-12-31",
    "0001-01-01", "1677-01-01", "2262-12-31", "24:00", "2024-01-01T24:00", "2024-W01", "2024W015", "2024Q1", "Q5 2020",
    "now", "today", "1700000000", "99999999999999999999", "-1", "1e5", "2024-01-01T00:00+99:99", "2024-01-01T00:00Z",
    "x" * 200_000, "\ud7ff", "𝟙", "a\nb", "a\rb", "12/31/2024 5:00 PM", "202401", "2024.5", "\x1b[31m", "%s", "\ufeff",
)  # fmt: skip
_FORMATS = (
    None, "%Y-%m-%d", "%Y-%m-%d %H:%M", "%G%V", "%G-W%V", "iso-week", "quarter", "epoch-s", "epoch-ns", "decimal-year",
    "%Y%m", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%S%z", "%Y", "%y%m%d%H",
)  # fmt: skip
_TYPES: tuple[Callable[[], pa.DataType], ...] = (
    pa.int8, pa.int64, pa.uint64, pa.float16, pa.float32, pa.float64, pa.string, pa.large_string, pa.binary, pa.bool_,
    pa.date32, pa.date64, lambda: pa.timestamp("s"), lambda: pa.timestamp("ms"), lambda: pa.timestamp("us"),
    lambda: pa.timestamp("ns"), lambda: pa.timestamp("us", "Europe/Paris"), lambda: pa.duration("s"),
    lambda: pa.time64("us"), lambda: pa.decimal128(38, 3), lambda: pa.decimal256(60, 3), lambda: pa.list_(pa.int64()),
)  # fmt: skip


def hostile(chance: random.Random, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Write one table, and return its path and the settings to read it with."""
    data: dict[str, Any] = {
        "time": "time",
        "freq": chance.choice(["h", "D", "s", "ns", "MS", "ME", "W-MON", "QS", "B", 1, 7]),
        "targets": ["y"],
        "missing": chance.choice(["ffill", "mask", "error"]),
        "duplicates": chance.choice(["last", "mean", "error"]),
    }
    if chance.random() < 0.5:
        data["id"] = "s"
    if chance.random() < 0.3:
        data["timezone"] = "Europe/Paris" if data["freq"] not in (1, 7) else None
    if chance.random() < 0.3:
        data["missing_values"] = [chance.choice(_CELLS[:40]), -9999]
    if chance.random() < 0.4:
        data["past_covariates"] = ["c"]
        if chance.random() < 0.5:
            data["categorical"] = {"c": "one_hot"}
    make = chance.choice([_csv, _csv, _parquet])
    path, csv = make(chance, folder)
    return path, data | {"path": str(path), "csv": csv}


def _csv(chance: random.Random, folder: Path) -> tuple[Path, dict[str, Any]]:
    rows = [["time", "y", "s", "c"]]
    rows += [[f"2024-01-{1 + i // 24:02d} {i % 24:02d}:00", str(i), "ab"[i % 2], "x"] for i in range(60)]
    for _ in range(chance.choice([0, 1, 1, 5, 60])):
        rows[chance.randrange(len(rows))][chance.randrange(4)] = chance.choice(_CELLS)
    mark, end = chance.choice(",;\t|,,,"), chance.choice(["\n", "\r\n", "\r", "\n\n"])
    encoding = chance.choice(["utf-8", "utf-8", "utf-16", "cp1252", "utf-32", "shift_jis", "utf-7"])
    content = bytearray(end.join(mark.join(row) for row in rows).encode(encoding, errors="replace"))
    _damage(chance, content, often=0.5)
    csv: dict[str, Any] = {
        "separator": mark,
        "time_format": chance.choice(_FORMATS),
        "encoding": chance.choice([encoding, encoding, "utf-8", "latin-1"]),
        "skip_rows": chance.choice([0, 0, 0, 1, 70, [1], [2, 3, 9999]]),
        "comment": chance.choice([None, None, "#", "2"]),
        "skip_footer": chance.choice([0, 0, 1, 500]),
    }
    ending, pack = chance.choice(_PACKED)
    packed = bytearray(pack(bytes(content)))
    if ending:
        _damage(chance, packed, often=0.4)
    path = folder / f"t.csv{ending}"
    path.write_bytes(packed)
    return path, csv


def _zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.csv", content)
    return packed.getvalue()


_PACKED: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    ("", bytes), ("", bytes), ("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress),
    (".zip", _zipped), (".zst", lambda content: bytes(pa.Codec("zstd").compress(content, asbytes=True))),
)  # fmt: skip


def _parquet(chance: random.Random, folder: Path) -> tuple[Path, dict[str, Any]]:
    n = 60
    columns = {
        "time": pa.array(np.arange(n) * 3_600_000_000, pa.int64()).cast(pa.timestamp("us")),
        "y": pa.array(np.arange(n, dtype=np.float64)),
        "s": pa.array(["a", "b"] * (n // 2)),
        "c": pa.array(["x"] * n),
    }
    for _ in range(chance.choice([0, 1, 2])):
        name = chance.choice(list(columns))
        kind = chance.choice(_TYPES)()
        numbers = [chance.choice([0, 1, 2**31, 2**62, -(2**62), 255, None]) for _ in range(n)]
        with contextlib.suppress(pa.ArrowException, OverflowError):
            columns[name] = pa.array(numbers, pa.int64()).cast(kind, safe=False)
        if chance.random() < 0.3:
            with contextlib.suppress(pa.ArrowException):
                columns[name] = columns[name].dictionary_encode()
    packed = io.BytesIO()
    compression = chance.choice(["none", "snappy", "zstd", "gzip", "brotli"])
    try:
        pq.write_table(pa.table(columns), packed, compression=compression)
    except pa.ArrowException:
        packed = io.BytesIO()
        pq.write_table(pa.table({"time": pa.array([1]), "y": pa.array([1])}), packed)
    content = bytearray(packed.getvalue())
    _damage(chance, content, often=0.7)
    path = folder / "t.parquet"
    path.write_bytes(content)
    return path, {"time_format": chance.choice(_FORMATS)}


def _damage(chance: random.Random, content: bytearray, *, often: float) -> None:
    """Flip bits, cut, repeat, or put bytes in."""
    if chance.random() > often or not content:
        return
    for _ in range(chance.choice([1, 1, 3, 20])):
        at = chance.randrange(len(content)) if content else 0
        what = chance.randrange(5)
        if what == 0 and content:
            content[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            del content[at : at + chance.choice([1, 10, 100_000])]
        elif what == 2:
            content[at:at] = chance.choice([b"\0", b'"', b"\xff", b"\r", b"\n", b",", b"\x80" * 50])
        elif what == 3:
            content[at:at] = content[max(at - 100, 0) : at] * chance.choice([1, 50])
        elif what == 4 and content:
            content[at] = 0xFF


def attempts(path: Path, data: dict[str, Any]) -> list[Callable[[], Any]]:
    """Return the ways in which a table is read."""
    return [lambda: read_table(DataSpec.model_validate(data), path), lambda: sniff(path)]


def fuzz(count: int, seed: int, *, report: Callable[[str], Any]) -> int:
    """Read hostile tables. Return how many were read to the end, and report what must not happen."""
    good = 0
    with tempfile.TemporaryDirectory() as name:
        for i in range(count):
            folder = Path(name) / str(i)
            folder.mkdir()
            path, data = hostile(random.Random(seed * 1_000_003 + i), folder)
            started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for attempt in attempts(path, data):
                try:
                    attempt()
                    good += 1
                except (ForecasterError, ValidationError):
                    pass
                except Exception:  # noqa: BLE001 - to find these is what it is for
                    report(f"table {i} of seed {seed}: {path.name}\n{traceback.format_exc()}")
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
            if time.process_time() - started > MOST_SECONDS or grown > MOST_BYTES:
                report(f"table {i} of seed {seed}: {time.process_time() - started:.1f} s, {grown >> 20} MB")
    return good


if __name__ == "__main__":
    found: list[str] = []
    n_good = fuzz(int(sys.argv[1]), int(sys.argv[2]), report=found.append)
    print("\n".join(found))
    print(f"{sys.argv[1]} tables, read in {n_good} of two ways each, {len(found)} problems")
    sys.exit(bool(found))
