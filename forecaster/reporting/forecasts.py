"""The stored forecasts of a run, read back: those of the test windows and that of the next horizon."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import AnyFloats, Ints
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import OFF_AXIS, TimeAxis
from forecaster.data.time_axis.clocks import to_utc
from forecaster.runs.directory import RunDir
from forecaster.runs.reading import MIB, MOST_BYTES, damaged

if TYPE_CHECKING:
    import pyarrow as pa

FORECASTS, NEXT = "forecasts.csv", "next.csv"
_END = re.compile(r"forecast-(lo|hi)-([0-9]{1,2}(?:\.[0-9]{1,17})?(?:e-[0-9]{1,3})?)")


@dataclass(frozen=True)
class StoredForecasts:
    """The forecasts of a run, ordered by series and then by time.

    Attributes:
        ids: Names of the series, ("",) without an id column.
        targets: Names of the targets.
        series: (windows,), the index of each window's series in ids.
        first: (windows,), the position of each window's first target on the time axis.
        forecast: (windows, targets, horizon), original units.
        actual: (windows, targets, horizon), original units, NaN where not observed.
        bands: By level in percent, increasing, the lower and the upper ends of the intervals,
            each (windows, targets, horizon).
    """

    ids: tuple[str, ...]
    targets: tuple[str, ...]
    series: Ints
    first: Ints
    forecast: AnyFloats
    actual: AnyFloats
    bands: dict[float, tuple[AnyFloats, AnyFloats]]

    def __len__(self) -> int:
        return len(self.series)

    @property
    def horizon(self) -> int:
        """The number of steps of each window."""
        return int(self.forecast.shape[2])

    def error(self, target: int) -> AnyFloats:
        """Return the forecast minus the actual value of one target, (windows, horizon)."""
        out: AnyFloats = self.forecast[:, target] - self.actual[:, target]
        return out


def read_forecasts(
    run: RunDir, spec: DataSpec, *, time_axis: TimeAxis, horizon: int, name: str = FORECASTS
) -> StoredForecasts | None:
    """Read forecasts.csv or next.csv.

    Args:
        run: The run directory.
        spec: The data section of its YAML file.
        time_axis: The time axis of its training rows.
        horizon: The number of steps of each window.
        name: The file, `FORECASTS` or `NEXT`, which has no actual values.

    Returns:
        The forecasts; None where the run has no such file, because it has no test windows or knows no future
        covariates of the next horizon.

    Raises:
        DataError: The file is not what the run wrote.
    """
    if name not in run.manifest()["files"]:
        return None
    path = run.file(name)
    table = _read(
        path, run.read(name, most=MOST_BYTES), _first_columns(spec, name), with_actual=name == FORECASTS
    )
    names, n_targets = table.column_names, len(spec.targets)
    if table.num_rows == 0 or table.num_rows % (n_targets * horizon):
        raise damaged(path, f"has {table.num_rows:,} rows, which is not a whole number of windows")
    shape = (-1, n_targets, horizon)
    heads = np.arange(0, table.num_rows, n_targets * horizon)
    ids, series = ("",), np.zeros(len(heads), dtype=np.int64)
    if spec.id is not None:
        words, codes = _codes(table.column(spec.id))
        found, series = np.unique(codes[heads], return_inverse=True)
        ids = tuple(words[c] for c in found.tolist())
    try:
        first = _positions(table.column(spec.time), time_axis, heads)
    except (ValueError, OverflowError) as error:
        raise damaged(path, "has times that are none") from error
    if (first == OFF_AXIS).any():
        raise damaged(path, "has times that are not on the time axis in model/state.json")
    order = np.lexsort((first, series))
    # The run writes the rows in this order; only a file from elsewhere is sorted again.
    sorted_already = bool((np.diff(order) == 1).all())
    numbers: dict[str, AnyFloats] = {}
    for column_name in names[names.index("forecast", 1) :]:
        column = table.column(column_name).to_numpy().reshape(shape)
        numbers[column_name] = column if sorted_already else column[order]
        # Dropped at once, so that only one column is in memory twice.
        table = table.drop_columns(column_name)
    ends: dict[float, dict[str, AnyFloats]] = {}
    actual = np.full_like(numbers["forecast"], np.nan)
    if name == FORECASTS:
        _, actual = numbers.popitem()
    for end, values in numbers.items():
        if match := _END.fullmatch(end):
            ends.setdefault(float(match[2]), {})[match[1]] = values
    if any(ends[level].keys() != {"lo", "hi"} for level in ends):
        raise damaged(path, "has an interval with one end")
    bands = {level: (ends[level]["lo"], ends[level]["hi"]) for level in sorted(ends)}
    return StoredForecasts(
        ids,
        tuple(spec.targets),
        series[order],
        first[order],
        numbers["forecast"],
        actual,
        bands,
    )


def _first_columns(spec: DataSpec, name: str) -> list[str]:
    """Return the columns before the forecast, as `forecast_table` writes them."""
    of_series = [] if spec.id is None else [spec.id]
    of_window = ["cutoff"] if name == FORECASTS else []
    return list(
        dict.fromkeys([*of_series, spec.time, *of_window, *(["target"] if len(spec.targets) > 1 else [])])
    )


def _read(path: Path, content: bytes, words: list[str], *, with_actual: bool) -> pa.Table:
    """Read text columns as codes of their distinct words and the others as numbers, a block at a time.

    Args:
        path: The file, for messages.
        content: Its bytes.
        words: The columns of text, which come first.
        with_actual: Whether the last column holds the actual values.
    """
    import csv as plain

    import pyarrow as pa
    from pyarrow import csv

    first = io.TextIOWrapper(io.BytesIO(content[:MIB]), encoding="utf-8", errors="replace", newline="")
    header = next(plain.reader(first), [])
    forecasts = header[:-1] if with_actual else header
    ends = [end for end in forecasts[len(words) + 1 :] if _END.fullmatch(end)]
    if forecasts != [*words, "forecast", *ends] or len(set(header)) != len(header):
        raise damaged(
            path, f"does not begin with the columns {', '.join([*words, 'forecast'])} and intervals"
        )
    text = pa.dictionary(pa.int32(), pa.string())
    types = dict.fromkeys(words, text) | dict.fromkeys(header[len(words) :], pa.float64())
    options = csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=False)
    parse = csv.ParseOptions(newlines_in_values=True)
    # Threads would hold a block of text each.
    reading = csv.ReadOptions(use_threads=False, block_size=2**22)
    try:
        table = csv.read_csv(
            pa.BufferReader(content), read_options=reading, parse_options=parse, convert_options=options
        )
        table.column_names  # noqa: B018  names are decoded only here
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise damaged(path, str(error)[:120]) from error
    return table


def _codes(column: pa.ChunkedArray) -> tuple[list[str], Ints]:
    one: Any = column.unify_dictionaries().combine_chunks()
    return one.dictionary.to_pylist(), one.indices.to_numpy().astype(np.int64)


def _positions(column: pa.ChunkedArray, time_axis: TimeAxis, rows: Ints) -> Ints:
    import pandas as pd

    words, codes = _codes(column)
    if time_axis.is_integer:
        stamps = np.array([int(word) for word in words], dtype=np.int64)
    else:
        # Times have their UTC offset where the axis has a time zone, and none where it has not; dates never have.
        moments = pd.to_datetime(pd.Index(words), utc=True, format="ISO8601")
        stamps = moments.tz_localize(None).to_numpy().astype("M8[ns]").view(np.int64)
        dates = np.array([len(word) == len("2000-01-01") for word in words], dtype=bool)
        stamps[dates] = to_utc(stamps[dates], time_axis.timezone)
    found, inverse = np.unique(codes[rows], return_inverse=True)
    return time_axis.positions(stamps[found])[inverse]
