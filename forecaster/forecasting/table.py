"""Forecasts as tables, with one row per series, target, cutoff and step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from forecaster.data.panel import Panel
from forecaster.data.spec import DataSpec

if TYPE_CHECKING:
    import pyarrow as pa

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# Few enough to read, and more than the network resolves of what varies.
DIGITS = 9
# The digits of what varies that are always written, and the most that double precision has.
OF_SPREAD, MOST_DIGITS = 6, 15


class Interval(NamedTuple):
    """A prediction interval.

    Attributes:
        level: The coverage that the interval aims at, in percent.
        low: (windows, horizon, targets), the lower end.
        high: (windows, horizon, targets), the upper end.
    """

    level: float
    low: npt.NDArray[Any]
    high: npt.NDArray[Any]


def forecast_table(
    panel: Panel,
    spec: DataSpec,
    forecast: npt.NDArray[Any],
    *,
    series: npt.NDArray[np.integer[Any]],
    target_row: Ints,
    actual: npt.NDArray[Any] | None = None,
    intervals: Sequence[Interval] = (),
    native_times: bool = False,
    with_cutoff: bool = False,
) -> pa.Table:
    """Return forecasts as a table, with rows in order of window, then target, then step.

    The columns are the id of the data, if there is one, and the time; the cutoff, if there are actual values; the
    target, if there are several; forecast, forecast-lo-80, forecast-hi-80 and so on; and the actual value. Its column
    has the name of the target, or "actual" if there are several targets or another column has that name.

    Args:
        panel: The series.
        spec: The data section.
        forecast: (windows, horizon, targets), in original units.
        series: (windows,), the index of the series of each window.
        target_row: (windows,), the flat row of the first target of each window in the panel.
        actual: (windows, horizon, targets), the actual values in original units, NaN where unknown.
        intervals: The prediction intervals.
        native_times: Whether times are Arrow timestamps; if not, they are text.
        with_cutoff: Whether there is a column of cutoffs, as there is with actual values.
    """
    import pyarrow as pa

    n, horizon, n_targets = forecast.shape
    window = np.repeat(np.arange(n), n_targets * horizon)
    step = np.tile(np.arange(horizon), n * n_targets)
    position = panel.first[series] + target_row - panel.offsets[series]
    columns: dict[str, pa.Array] = {}
    if spec.id is not None:
        columns[spec.id] = pa.DictionaryArray.from_arrays(
            pa.array(series[window].astype(np.int32)), pa.array(panel.ids, pa.string())
        )
    columns[spec.time] = _times(panel, position[window] + step, native=native_times)
    if actual is not None or with_cutoff:
        columns["cutoff"] = _times(panel, (position - 1)[window], native=native_times)
    if n_targets > 1:
        target = np.tile(np.repeat(np.arange(n_targets), horizon), n).astype(np.int32)
        columns["target"] = pa.DictionaryArray.from_arrays(
            pa.array(target), pa.array(panel.targets, pa.string())
        )
    digits = _digits(forecast, intervals)
    columns["forecast"] = _numbers(forecast, digits)
    for interval in intervals:
        columns[f"forecast-lo-{interval.level:g}"] = _numbers(interval.low, digits)
        columns[f"forecast-hi-{interval.level:g}"] = _numbers(interval.high, digits)
    if actual is not None:
        # A target may itself be called "forecast" or "cutoff".
        own_name = n_targets == 1 and panel.targets[0] not in columns
        columns[panel.targets[0] if own_name else "actual"] = _flat(actual)
    return pa.table({name: _plain(column) for name, column in columns.items()})


def _digits(forecast: npt.NDArray[Any], intervals: Sequence[Interval]) -> Floats:
    """Return the significant digits of each window and target, (windows, 1, targets).

    They are DIGITS where the forecasts of a window vary by a thousandth of their level or more. Where they vary by
    less, as those of 10^9 and a few do, there are as many more as it takes to write OF_SPREAD digits of what varies.
    """
    parts = [forecast, *(end for interval in intervals for end in (interval.low, interval.high))]
    with np.errstate(all="ignore"):
        low = np.fmin.reduce([np.fmin.reduce(part, axis=1, keepdims=True) for part in parts]).astype(
            np.float64
        )
        high = np.fmax.reduce([np.fmax.reduce(part, axis=1, keepdims=True) for part in parts]).astype(
            np.float64
        )
        level = np.maximum(np.abs(low), np.abs(high))
        more = OF_SPREAD + np.ceil(np.log10(level / (high - low)))
    # A window that does not vary at all may hold any number.
    more = np.where(high > low, more, MOST_DIGITS)
    found: Floats = np.clip(np.where(np.isfinite(more), more, DIGITS), DIGITS, MOST_DIGITS)
    return found


def _numbers(values: npt.NDArray[Any], digits: Floats) -> pa.Array:
    """Return a forecast as a flat column, rounded to significant digits."""
    values = values.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.floor(np.log10(np.abs(values)))
    power = np.where(np.isfinite(power), power, 0.0)
    scale = 10.0 ** np.clip(digits - 1 - power, -300, 300)
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = np.round(values * scale) / scale
    return _flat(np.where(np.isfinite(rounded), rounded, values))


def _flat(values: Floats) -> pa.Array:
    """Return (windows, horizon, targets) as a flat column in order of window, target and step; NaN becomes null."""
    import pyarrow as pa

    return pa.array(values.transpose(0, 2, 1).reshape(-1), from_pandas=True)


def _times(panel: Panel, positions: Ints, *, native: bool = False) -> pa.Array:
    """Return times as text or, if native, as timestamps; as integers on an integer time axis."""
    import pyarrow as pa

    if panel.time_axis.is_integer:
        return pa.array(panel.time_axis.stamps(positions))
    if native:
        stamps = pa.array(panel.time_axis.stamps(positions))
        return stamps.cast(pa.timestamp("ns", tz=panel.time_axis.timezone))
    found, inverse = np.unique(positions, return_inverse=True)
    return pa.DictionaryArray.from_arrays(
        pa.array(inverse.astype(np.int32)), pa.array(panel.time_axis.text(found), pa.string())
    )


def _plain(column: pa.Array) -> pa.Array:
    """Return a column without dictionary encoding."""
    import pyarrow as pa

    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column


def context_table(panel: Panel, spec: DataSpec, *, rows: int | None, with_future: Panel) -> pa.Table:
    """Return the last rows of every series as a table with the columns of the data, to forecast the next steps from.

    Args:
        panel: The series, without missing values.
        spec: The data section.
        rows: The number of rows of each series; None is all.
        with_future: The same series with the rows after their last target, of which the future covariates are kept.
    """
    panel = last_rows(panel, rows=rows, with_future=with_future)
    series = panel.series_of_rows(np.arange(len(panel.values)))
    table = rows_table(panel, spec, panel.columns)
    for i, name in enumerate(panel.statics):
        table = table.append_column(name, _cells(panel, name, panel.static[series, i]))
    return table


def last_rows(panel: Panel, *, rows: int | None, with_future: Panel) -> Panel:
    """Return the last rows of every series, which a forecast starts from, and its future covariates.

    Args:
        panel: The series, without missing values.
        rows: The number of rows of each series; None is all.
        with_future: See `context_table`.
    """
    known = panel.lengths
    begin = np.zeros_like(known) if rows is None else np.maximum(known - rows, 0)
    return _with_rows_ahead(panel.between(begin, known), with_future.between(begin, with_future.lengths))


def rows_table(panel: Panel, spec: DataSpec, names: Sequence[str], *, native_times: bool = False) -> pa.Table:
    """Return every row of a panel as a table with the columns of the data.

    Args:
        panel: The series.
        spec: The data section.
        names: The columns after the id and the time.
        native_times: Whether times are Arrow timestamps; if not, they are text.
    """
    import pyarrow as pa

    row = np.arange(len(panel.values))
    columns: dict[str, pa.Array] = {}
    if spec.id is not None:
        ids = np.array(panel.ids, dtype=object)
        columns[spec.id] = pa.array(ids[panel.series_of_rows(row)], pa.string())
    columns[spec.time] = _plain(_times(panel, panel.positions_of_rows(row), native=native_times))
    for name in names:
        columns[name] = _cells(panel, name, panel.values[:, panel.columns.index(name)])
    return pa.table(columns)


def _cells(panel: Panel, name: str, values: Floats) -> pa.Array:
    """Return the values of a column of the panel as numbers or as names of categories."""
    import pyarrow as pa

    if name not in panel.categories:
        return pa.array(values, from_pandas=True)
    missing = np.isnan(values)
    places = pa.array(np.where(missing, 0, values).astype(np.int64), mask=missing)
    return pa.array(panel.categories[name], pa.string()).take(places)


def _with_rows_ahead(panel: Panel, ahead: Panel) -> Panel:
    """Return the filled rows of each series, then those after its last target, without targets and past covariates."""
    if (ahead.lengths == panel.lengths).all():
        return panel
    rows = np.arange(len(ahead.values))
    series = ahead.series_of_rows(rows)
    nth = rows - ahead.offsets[series]
    known = nth < panel.lengths[series]
    values = ahead.values.copy()
    values[known] = panel.values
    values[np.ix_(~known, np.arange(len(panel.targets) + len(panel.past)))] = np.nan
    return replace(ahead, values=values)
