"""Odd tables: how they are written for tests, and what reading says of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

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
