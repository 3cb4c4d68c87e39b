"""Forecasts that lie so far from all values of their series that something has gone wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecaster.data.arrays import AnyFloats, Floats, Ints
from forecaster.data.panel import Panel
from forecaster.data.transforms.scalers import Scaler
from forecaster.errors import Diagnostic
from forecaster.forecasting.forecast import Forecast

# How many times the range of its values a forecast may lie beyond them. Ends of intervals may lie further: an honest
# interval from a few noisy rows in logarithms is wide.
FARTHEST, FARTHEST_END = 10.0, 100.0
# Windows that are compared at a time.
_BLOCK = 1 << 12


@dataclass(frozen=True)
class FarOut:
    """Forecasts far beyond the known values of their series.

    Attributes:
        remark: A warning that names the furthest.
        series: (found,), the index in the panel of the series of each window with such a forecast.
    """

    remark: Diagnostic
    series: Ints


@dataclass(frozen=True)
class ValueRanges:
    """Where the values of each series lie, in arrays of (series, targets).

    Attributes:
        low, high: The least and the largest value; NaN where no value is known.
        reach: Their range, or two units of the scaler where that is more; above 0.
    """

    low: Floats
    high: Floats
    reach: Floats

    @classmethod
    def of(cls, panel: Panel, scaler: Scaler) -> ValueRanges:
        """Return the limits of series.

        Args:
            panel: The series, with the values that are known.
            scaler: A scaler with a group for every series.
        """
        n, groups = len(panel.targets), scaler.rows_for(panel.ids)
        one = np.ones((len(panel.ids), 1, n))
        units = (scaler.invert(one, groups) - scaler.invert(-one, groups))[:, 0]
        low = np.full(units.shape, np.nan)
        high = low.copy()
        filled = panel.lengths > 0
        begin = panel.offsets[:-1][filled]
        low[filled] = np.fmin.reduceat(panel.values[:, :n], begin, axis=0)
        high[filled] = np.fmax.reduceat(panel.values[:, :n], begin, axis=0)
        # Of a constant of 10^300 neither is left.
        least = np.spacing(np.fmax(np.abs(low), np.abs(high)))
        with np.errstate(over="ignore"):
            return cls(low, high, np.fmax(np.maximum(high - low, units), least))


def far_out(
    forecast: Forecast, ids: Sequence[str], limits: ValueRanges, *, by: str = "", windows: str = "series"
) -> FarOut | None:
    """Return the forecasts far beyond the known values of their series; None where there are none.

    A forecast is far where it lies below the least or above the largest value of its series by more than FARTHEST
    times their range or, where that is more, two units of the scaler. An end of an interval is far beyond FARTHEST_END
    times as much, and is looked at where no point forecast is far.

    Args:
        forecast: The forecasts, in original units.
        ids: The ids of the series.
        limits: Where their values lie.
        by: Whose forecasts they are, as the warning says it, such as " by drift"; nothing for the only ones.
        windows: What the warning calls the windows.
    """
    series = forecast.series.astype(np.int64)
    found = _furthest(forecast.point[..., None], series, limits, FARTHEST)
    what = "the forecast"
    if found is None and forecast.quantiles is not None and forecast.quantiles.shape[-1]:
        found = _furthest(forecast.quantiles[..., [0, -1]], series, limits, FARTHEST_END)
        what = "an interval"
    if found is None:
        return None
    far, value, s, target = found
    name = ids[s]
    like_it = "" if len(far) == 1 else f"; {len(far):,} of {len(forecast):,} {windows} are like this"
    remark = Diagnostic(
        f"{what}{f' of {name!r}' if name else ''}{by} reaches {value:,.6g}, far beyond its known values, which lie "
        f"from {limits.low[s, target]:,.6g} to {limits.high[s, target]:,.6g}{like_it}",
        hint="look for values that are no measurements, or train with another scaling.method or model.anchor",
        severity="warning",
    )
    return FarOut(remark, series[far])


def _furthest(
    values: AnyFloats, series: Ints, limits: ValueRanges, most: float
) -> tuple[Ints, float, int, int] | None:
    """Return the windows with a value that is too far out, and the furthest value with its series and target.

    Args:
        values: (windows, steps, targets, values), original units.
        series: (windows,), the index of the series of each window.
        limits: Where the values of each series lie.
        most: How far values may lie beyond, in units of the reach.
    """
    distance = np.zeros(len(values))
    for start in range(0, len(values), _BLOCK):
        some = slice(start, start + _BLOCK)
        distance[some] = np.nanmax(_beyond(values[some], series[some], limits), axis=(1, 2, 3), initial=0.0)
    far = np.flatnonzero(distance > most)
    if not len(far):
        return None
    worst = far[np.argmax(distance[far])]
    beyond = _beyond(values[[worst]], series[[worst]], limits)[0]
    step, target, k = np.unravel_index(int(np.nanargmax(beyond)), beyond.shape)
    return far, float(values[worst, step, target, k]), int(series[worst]), int(target)


def _beyond(values: AnyFloats, series: Ints, limits: ValueRanges) -> Floats:
    """Return how far values lie beyond those of their series, in units of the reach; negative between them."""
    low, high, reach = (one[series][:, None, :, None] for one in (limits.low, limits.high, limits.reach))
    with np.errstate(over="ignore", invalid="ignore"):
        out: Floats = np.maximum(low - values, values - high) / reach
    return out
