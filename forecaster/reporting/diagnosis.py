"""Breakdowns of a run's errors: by step, by calendar, as a distribution, over time, and against the intervals.

Every function takes the forecasts and the index of a target and returns plain numbers, with
None where nothing was observed. An error is the forecast minus the actual value, in original
units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.time_axis.frequency import DAY_NS, WEEKDAYS, Frequency
from forecaster.reporting.forecasts import StoredForecasts

Numbers = list[float | None]

HOUR_NS = DAY_NS // 24
BINS = 40
# The share of errors at each end that the histogram does not draw but counts.
TAIL = 0.005
MAX_LAGS = 60
# The autocorrelation uses at most this many series; more would hardly change it.
MAX_SERIES = 500
DAYS = tuple(name.title() for name in WEEKDAYS)
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Cycle:
    """Mean absolute error at each place of a calendar unit.

    Attributes:
        name: The unit, such as weekday.
        labels: The places, such as Mon to Sun.
        mae: Mean absolute error at each place.
        count: Number of errors at each place.
    """

    name: str
    labels: list[str]
    mae: Numbers
    count: list[int]


@dataclass(frozen=True)
class StepErrors:
    """Errors and their number at each step ahead, (horizon,)."""

    mae: Numbers
    rmse: Numbers
    bias: Numbers
    count: list[int]


@dataclass(frozen=True)
class Histogram:
    """Distribution of the errors.

    Attributes:
        edges: Edges of the bins, one more than counts.
        counts: Number of errors in each bin.
        below: Number of errors below the first edge.
        above: Number of errors above the last edge.
        mean: Mean error.
        std: Population standard deviation of the errors.
    """

    edges: list[float]
    counts: list[int]
    below: int
    above: int
    mean: float
    std: float


@dataclass(frozen=True)
class Autocorrelation:
    """Autocorrelation of the errors one step ahead.

    Attributes:
        every: Steps between neighbouring cutoffs.
        values: The correlation at lags of 1, 2, … times `every` steps.
        pairs: Number of pairs at each lag.
        bound: Bound that white noise exceeds at 5 % of the lags, 1.96 / sqrt(n).
    """

    every: int
    values: Numbers
    pairs: list[int]
    bound: float


@dataclass(frozen=True)
class Coverage:
    """Coverage of the intervals of one level.

    Attributes:
        level: Nominal coverage in percent.
        observed: Observed coverage in percent.
        width: Mean width, original units.
        by_step: Observed coverage at each step ahead, in percent.
    """

    level: float
    observed: float | None
    width: float | None
    by_step: Numbers


def by_step(f: StoredForecasts, target: int) -> StepErrors:
    """Compute the errors at each step ahead."""
    error = f.error(target)
    count = np.isfinite(error).sum(axis=0)
    total = np.where(count > 0, count, np.nan)
    return StepErrors(
        mae=_plain(np.nansum(np.abs(error), axis=0) / total),
        rmse=_plain(np.sqrt(np.nansum(error**2, axis=0) / total)),
        bias=_plain(np.nansum(error, axis=0) / total),
        count=count.tolist(),
    )


def by_cycle(f: StoredForecasts, target: int, time_axis: TimeAxis, *, season: int) -> list[Cycle]:
    """Compute the errors by each calendar unit that suits the frequency, or by the position in the season.

    Args:
        f: The forecasts.
        target: Index of the target.
        time_axis: The time axis of the run; on one of integers there is no calendar.
        season: Steps in one season.
    """
    position = f.first[:, None] + np.arange(f.horizon)
    at, inverse = np.unique(position, return_inverse=True)
    size = np.abs(f.error(target)).reshape(-1)
    seen = np.isfinite(size)
    cycles = []
    for name, labels, place in _places(time_axis, at, season):
        where = place[inverse.reshape(-1)][seen]
        count = np.bincount(where, minlength=len(labels))
        total = np.bincount(where, weights=size[seen], minlength=len(labels))
        if np.count_nonzero(count) > 1:
            with np.errstate(invalid="ignore", divide="ignore"):
                cycles.append(Cycle(name, labels, _plain(total / count), count.tolist()))
    return cycles


def _places(time_axis: TimeAxis, at: Ints, season: int) -> list[tuple[str, list[str], Ints]]:
    """Return the name and the labels of each unit, and the place of each position among the labels."""
    if time_axis.is_integer:
        if not 1 < season <= 400:
            return []
        return [("position in the season", [str(i + 1) for i in range(season)], at % season)]
    freq, local = Frequency.parse(time_axis.freq), time_axis.local(at)
    places = []
    if freq.is_tick and freq.step_ns < DAY_NS:
        places.append(("hour", [f"{h:02d}" for h in range(24)], local % DAY_NS // HOUR_NS))
    if freq.is_tick or freq.unit in ("D", "B"):
        places.append(("weekday", list(DAYS), (local // DAY_NS + 3) % 7))
    if not freq.is_tick and freq.unit[0] not in "Y" and not freq.unit.startswith("BY"):
        months = (local // DAY_NS).astype("M8[D]").astype("M8[M]").astype(np.int64) % 12
        places.append(("month", list(MONTH_NAMES), months))
    return places


def histogram(f: StoredForecasts, target: int) -> Histogram | None:
    """Compute the distribution of the errors; None where nothing was observed."""
    error = f.error(target).reshape(-1)
    error = error[np.isfinite(error)]
    if not len(error):
        return None
    low, high = np.quantile(error, [TAIL, 1 - TAIL])
    if low == high:
        low, high = low - 0.5, high + 0.5
    # Zero is an edge, so that no bin mixes forecasts that are too high and too low.
    width = (high - low) / BINS
    edges = np.arange(np.floor(low / width), np.ceil(high / width) + 1) * width
    counts, _ = np.histogram(error, edges)
    return Histogram(
        edges=edges.tolist(),
        counts=counts.tolist(),
        below=int((error < edges[0]).sum()),
        above=int((error > edges[-1]).sum()),
        mean=float(error.mean()),
        std=float(error.std()),
    )


def autocorrelation(f: StoredForecasts, target: int, *, season: int) -> Autocorrelation | None:
    """Compute the autocorrelation of the errors one step ahead, pooled over series.

    Args:
        f: The forecasts.
        target: Index of the target.
        season: Steps in one season, which the lags reach beyond where there are enough windows.

    Returns:
        The correlations about the mean of each series; None where there are too few windows,
        or the errors do not vary.
    """
    error = f.error(target)[:, 0]
    keep = np.isfinite(error) & (f.series < MAX_SERIES)
    error, first, series = error[keep], f.first[keep], f.series[keep]
    step = np.diff(first)[np.diff(series) == 0]
    if len(step) < 8:
        return None
    found, counts = np.unique(step, return_counts=True)
    every = int(found[np.argmax(counts)])
    total = np.bincount(series)
    mean = np.bincount(series, weights=error) / np.where(total, total, 1)
    error = error - mean[series]
    spread = float((error**2).mean())
    if spread == 0:
        return None
    n_lags = min(MAX_LAGS, max(10, 2 * season // every + 2), int(total.max()) // 2)
    values, pairs = [], []
    for lag in range(1, n_lags + 1):
        same = (series[lag:] == series[:-lag]) & (first[lag:] - first[:-lag] == lag * every)
        products = (error[lag:] * error[:-lag])[same]
        pairs.append(len(products))
        values.append(float(products.mean()) / spread if len(products) else None)
    return Autocorrelation(every, values, pairs, 1.96 / float(np.sqrt(len(error))))


def coverage(f: StoredForecasts, target: int) -> list[Coverage]:
    """Compute the coverage of the intervals of each level."""
    actual = f.actual[:, target]
    out = []
    for level, (low, high) in f.bands.items():
        lo, hi = low[:, target], high[:, target]
        seen = np.isfinite(actual) & np.isfinite(lo) & np.isfinite(hi)
        inside = seen & (actual >= lo) & (actual <= hi)
        count = seen.sum(axis=0)
        share = 100 * inside.sum(axis=0) / np.where(count, count, np.nan)
        n = int(count.sum())
        out.append(
            Coverage(
                level=level,
                observed=100 * int(inside.sum()) / n if n else None,
                width=float((hi - lo)[seen].mean()) if n else None,
                by_step=_plain(share),
            )
        )
    return out


def by_line(f: StoredForecasts) -> tuple[Floats, Floats]:
    """Compute the mean absolute error and the mean absolute actual value of each series and target.

    Returns:
        Two arrays (series, targets), NaN where nothing was observed.
    """
    n = len(f.ids)
    out = []
    for values in (f.forecast - f.actual, np.where(np.isfinite(f.forecast), f.actual, np.nan)):
        size = np.abs(values)
        seen = np.isfinite(size)
        total = np.zeros((n, len(f.targets)))
        count = np.zeros_like(total)
        np.add.at(total, f.series, np.where(seen, size, 0.0).sum(axis=2))
        np.add.at(count, f.series, seen.sum(axis=2))
        with np.errstate(invalid="ignore"):
            out.append(total / np.where(count, count, np.nan))
    return out[0], out[1]


def _plain(values: NDArray[Any]) -> Numbers:
    return [float(v) if np.isfinite(v) else None for v in values]
