"""forecasts.csv read back: every window that was kept, its interval ends, and what happened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import OFF_AXIS, TimeAxis
from forecaster.runs.directory import RunDir
from forecaster.runs.files import damaged

if TYPE_CHECKING:
    import pyarrow as pa

FORECASTS = "forecasts.csv"
Array = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
_END = re.compile(r"forecast-(lo|hi)-([0-9.]+)")


@dataclass(frozen=True)
class StoredForecasts:
    """Windows in order of series, then time.

    ids: of the series, ("",) without an id column. series: (windows,), places in ids.
    first: (windows,), grid position of the first step forecast. forecast, actual:
    (windows, targets, horizon), original units; NaN where not observed. bands: by level in
    percent, rising, the lower and the upper end, each of that shape.
    """

    ids: tuple[str, ...]
    targets: tuple[str, ...]
    series: Ints
    first: Ints
    forecast: Array
    actual: Array
    bands: dict[float, tuple[Array, Array]]

    def __len__(self) -> int:
        return len(self.series)

    @property
    def horizon(self) -> int:
        return int(self.forecast.shape[2])

    def error(self, target: int) -> Array:
        """(windows, horizon), forecast less actual."""
        out: Array = self.forecast[:, target] - self.actual[:, target]
        return out


def read_forecasts(
    run: RunDir, spec: DataSpec, *, time_axis: TimeAxis, horizon: int
) -> StoredForecasts | None:
    """None where the run has no test windows. Raises DataError where the file is no longer what was written."""
    if FORECASTS not in run.manifest()["files"]:
        return None
    run.check(FORECASTS)
    path = run.file(FORECASTS)
    table = _read(path, spec)
    names, n_targets = table.column_names, len(spec.targets)
    if table.num_rows == 0 or table.num_rows % (n_targets * horizon):
        raise damaged(path, f"has {table.num_rows:,} rows, which are no whole windows")
    shape = (-1, n_targets, horizon)
    heads = np.arange(0, table.num_rows, n_targets * horizon)
    ids, series = ("",), np.zeros(len(heads), dtype=np.int64)
    if spec.id is not None:
        words, codes = _codes(table.column(spec.id))
        found, series = np.unique(codes[heads], return_inverse=True)
        ids = tuple(words[c] for c in found.tolist())
    first = _positions(table.column(spec.time), time_axis, heads)
    if (first == OFF_AXIS).any():
        raise damaged(path, "has times that are not on the axis of model/state.json")
    order = np.lexsort((first, series))
    # Written in this order; sorted again only where somebody's own file is not.
    sorted_already = bool((np.diff(order) == 1).all())
    numbers: dict[str, Array] = {}
    for name in names[names.index("forecast") :]:
        column = table.column(name).to_numpy().reshape(shape)
        numbers[name] = column if sorted_already else column[order]
        # A column at a time is held twice, not the whole table.
        table = table.drop_columns(name)
    ends: dict[float, dict[str, Array]] = {}
    for name in list(numbers)[1:-1]:
        if match := _END.fullmatch(name):
            ends.setdefault(float(match[2]), {})[match[1]] = numbers[name]
    bands = {level: (ends[level]["lo"], ends[level]["hi"]) for level in sorted(ends)}
    *_, actual = numbers.values()
    return StoredForecasts(
        ids,
        tuple(spec.targets),
        series[order],
        first[order],
        numbers["forecast"],
        actual,
        bands,
    )


def _read(path: Path, spec: DataSpec) -> pa.Table:
    """Text columns as codes of their distinct words, the others as numbers; never the whole text at once."""
    import csv as plain

    import pyarrow as pa
    from pyarrow import csv

    with path.open(encoding="utf-8", newline="") as file:
        header = next(plain.reader(file))
    text = pa.dictionary(pa.int32(), pa.string())
    words = header[: header.index("forecast", 1)]
    # The network puts out float32, so nothing is lost but for the actual values, the last column.
    numbers = dict.fromkeys(header[len(words) : -1], pa.float32())
    types = dict.fromkeys(words, text) | numbers | {header[-1]: pa.float64()}
    options = csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False)
    parse = csv.ParseOptions(newlines_in_values=True)
    # One block after the other: threads would hold as many of them as text.
    reading = csv.ReadOptions(use_threads=False, block_size=2**22)
    return csv.read_csv(path, read_options=reading, parse_options=parse, convert_options=options)


def _codes(column: pa.ChunkedArray) -> tuple[list[str], Ints]:
    one: Any = column.unify_dictionaries().combine_chunks()
    return one.dictionary.to_pylist(), one.indices.to_numpy().astype(np.int64)


def _positions(column: pa.ChunkedArray, time_axis: TimeAxis, rows: Ints) -> Ints:
    import pandas as pd

    words, codes = _codes(column)
    if time_axis.is_integer:
        stamps = np.array([int(word) for word in words], dtype=np.int64)
    else:
        # Written with their offset where the axis has a zone, and as they are where it has none.
        moments = pd.to_datetime(pd.Index(words), utc=True, format="ISO8601")
        stamps = moments.tz_localize(None).to_numpy().astype("M8[ns]").view(np.int64)
    found, inverse = np.unique(codes[rows], return_inverse=True)
    return time_axis.positions(stamps[found])[inverse]
