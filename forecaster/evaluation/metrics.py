"""Point metrics: what each adds up, its formula, unit and source; those of intervals are in `intervals`.

y is the actual value, f the forecast. A mean runs over all observed (window,
step, target) elements at once; elements whose actual value is NaN were not
observed and never count. A forecast that is NaN there is not forgiven: the
metric becomes NaN.

A metric is a function of a `Part` that returns `Terms`: sum(top) / sum(bottom)
is the metric. Writing it as sums lets one definition serve the whole split,
every series and every step, in pieces small enough for the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Array = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Elements held as float64 at a time: 1 MiB each for actual, forecast and error.
ELEMENTS_PER_PART = 2**17


@dataclass(frozen=True)
class Scored:
    """Forecasts beside what happened, in original units, and the scales to judge by.

    actual, forecast: (windows, horizon, targets); a NaN actual was not observed.
    series: (windows,), the series each window is of.
    train_std: (series, targets), population standard deviation of training rows.
    naive_error, naive_sq_error: (series, targets), mean absolute and mean squared
    error of the seasonal naive on training rows. A scale that is 0 or not finite
    leaves its series and target out of the metrics that divide by it.
    quantiles: (windows, horizon, targets, probabilities), of the forecast, where it has
    any; probabilities: those of its last axis, rising.
    """

    actual: Floats
    forecast: Floats
    series: NDArray[np.integer[Any]]
    train_std: Array
    naive_error: Array
    naive_sq_error: Array
    quantiles: Floats | None = None
    probabilities: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.actual.ndim != 3 or self.forecast.shape != self.actual.shape:
            raise ValueError(
                "actual and forecast must both be (windows, horizon, targets), "
                f"not {self.actual.shape} and {self.forecast.shape}"
            )
        if self.series.shape != self.actual.shape[:1]:
            raise ValueError(f"series must be (windows,) = {self.actual.shape[:1]}, not {self.series.shape}")
        wanted = (*self.actual.shape, len(self.probabilities))
        if self.quantiles is not None and self.quantiles.shape != wanted:
            raise ValueError(f"quantiles must be {wanted}, not {self.quantiles.shape}")


@dataclass(frozen=True)
class MetricPart:
    """A run of consecutive windows, as float64; shapes (windows, horizon, targets)."""

    whole: Scored
    actual: Array
    forecast: Array
    series: NDArray[np.integer[Any]]
    run: slice
    """Of the windows of the whole."""

    def error(self) -> Array:
        """Forecast less actual, f - y."""
        return self.forecast - self.actual

    def size(self) -> Array:
        """Its absolute value, |f - y|."""
        error = self.error()
        return np.abs(error, out=error)

    def scale(self, table: Array) -> Array:
        """The table's (series, targets) value of each window, (windows, 1, targets); NaN where unusable."""
        found = table[self.series][:, None, :]
        return np.where(np.isfinite(found) & (found > 0), found, np.nan)

    def quantile(self, probability: float) -> Array:
        """The forecast's quantile, (windows, horizon, targets)."""
        near = np.isclose(self.whole.probabilities, probability, rtol=0, atol=1e-9)
        if self.whole.quantiles is None or not near.any():
            raise ValueError(f"this forecast has no quantile {probability:g}")
        found: Array = self.whole.quantiles[self.run, :, :, int(np.argmax(near))].astype(np.float64)
        return found


class Terms(NamedTuple):
    """A metric is sum(top) / sum(bottom) over the counted elements of a part."""

    top: Array
    """(windows, horizon, targets)."""
    bottom: Array | None = None
    """None = 1 per counted element, which makes the metric a mean."""
    counted: Bools | None = None
    """Broadcasts to top; observed elements where this is False are left out. None = none are."""


def mae(p: MetricPart) -> Terms:
    """Mean absolute error: mean |y - f|. Unit of the target.

    Hyndman & Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), 5.8.
    """
    return Terms(p.size())


def mse(p: MetricPart) -> Terms:
    """Mean squared error: mean (y - f)^2. Square of the target's unit.

    Hyndman & Athanasopoulos, 5.8.
    """
    error = p.error()
    return Terms(np.square(error, out=error))


def rmse(p: MetricPart) -> Terms:
    """Root mean squared error: sqrt(mean (y - f)^2). Unit of the target.

    One root over all elements pooled, not a mean of roots. Hyndman & Athanasopoulos, 5.8.
    """
    return mse(p)


def bias(p: MetricPart) -> Terms:
    """Mean error: mean (f - y). Unit of the target; above 0 the forecasts are too high.

    Hyndman & Athanasopoulos, 5.8, with the sign turned so that it is the forecast's.
    """
    return Terms(p.error())


def mape(p: MetricPart) -> Terms:
    """Mean absolute percentage error: mean 100 |y - f| / |y|. Percent.

    Undefined where y = 0; those elements are left out. Hyndman & Koehler (2006), 2.2.
    """
    actual = np.abs(p.actual)
    return Terms(100.0 * p.size() / actual, counted=actual > 0)


def smape(p: MetricPart) -> Terms:
    """Symmetric MAPE as in M4: mean 200 |y - f| / (|y| + |f|), 0 where both are 0. Percent, 0 to 200.

    Makridakis, Spiliotis & Assimakopoulos, The M4 Competition (2020); twice what some
    libraries call by this name.
    """
    both = np.abs(p.actual) + np.abs(p.forecast)
    return Terms(np.divide(200.0 * p.size(), both, out=np.zeros_like(both), where=both != 0))


def wape(p: MetricPart) -> Terms:
    """Weighted absolute percentage error: 100 sum |y - f| / sum |y|. Percent.

    Not computable where every y is 0. Kolassa & Schütz (2007), as the MAD/mean ratio.
    """
    return Terms(100.0 * p.size(), bottom=np.abs(p.actual))


def mase(p: MetricPart) -> Terms:
    """Mean absolute scaled error: mean |y - f| / q. Unitless; below 1 beats q.

    q: the mean absolute error of the seasonal naive, one step of its season ahead, on the
    training rows of the element's series and target. Hyndman & Koehler (2006), 3.
    """
    q = p.scale(p.whole.naive_error)
    return Terms(p.size() / q, counted=np.isfinite(q))


def rmsse(p: MetricPart) -> Terms:
    """Root mean squared scaled error: sqrt(mean (y - f)^2 / q2). Unitless.

    q2: the mean squared error of the seasonal naive on the training rows of the element's
    series and target. Makridakis et al., The M5 Competition (2022), which has season 1 and
    averages one root per series; here squares are pooled before the root.
    """
    q2 = p.scale(p.whole.naive_sq_error)
    return Terms(np.square(p.error()) / q2, counted=np.isfinite(q2))


def scaled_mae(p: MetricPart) -> Terms:
    """MAE in training standard deviations: mean |y - f| / s. Unitless.

    s: the population standard deviation of the training rows of the element's series and
    target. The convention of the long-horizon tables: Zhou et al., Informer (2021).
    """
    s = p.scale(p.whole.train_std)
    return Terms(p.size() / s, counted=np.isfinite(s))


def scaled_mse(p: MetricPart) -> Terms:
    """MSE in squared training standard deviations: mean ((y - f) / s)^2. Unitless.

    s as in scaled_mae. Zhou et al., Informer (2021).
    """
    s = p.scale(p.whole.train_std)
    return Terms(np.square(p.error() / s), counted=np.isfinite(s))


class Broken(NamedTuple):
    """A metric broken down; NaN where nothing was counted."""

    overall: float
    by_series: Array
    """(series,)."""
    by_step: Array
    """(horizon,), the first step first."""


@dataclass(frozen=True)
class Metric:
    """A metric of a whole split: Scored in, one number out, NaN where it cannot be computed."""

    terms: Callable[[MetricPart], Terms]
    root: bool = False
    """Take the square root of the pooled ratio."""

    def __call__(self, scored: Scored) -> float:
        return self.broken_down(scored).overall

    def broken_down(self, scored: Scored) -> Broken:
        """Overall, per series and per step ahead, in one pass."""
        n_series, horizon = len(scored.train_std), scored.actual.shape[1]
        # Of each window, then of each step; tops before bottoms.
        of_window, of_step = np.zeros((2, len(scored.series))), np.zeros((2, horizon))
        start, whole = 0, [0.0, 0.0]
        for sums in self.sums(scored):
            stop = start + len(sums[0])
            for i, part in enumerate(sums):
                steps = part.sum(axis=2)
                steps.sum(axis=1, out=of_window[i, start:stop])
                of_step[i] += steps.sum(axis=0)
                whole[i] += float(part.sum())
            start = stop
        top, bottom = (
            np.bincount(scored.series, weights=sums, minlength=n_series).astype(np.float64, copy=False)
            for sums in of_window
        )
        overall = float(self.ratio(np.array(whole[0]), np.array(whole[1])))
        return Broken(overall, self.ratio(top, bottom), self.ratio(*of_step))

    def sums(self, scored: Scored) -> Iterator[tuple[Array, Array]]:
        """Tops and bottoms of each part in turn, (windows, horizon, targets), 0 where not counted."""
        # An undefined or overflowing element is inf or NaN, and shows in the result.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for part in _parts(scored):
                top, bottom, counted = self.terms(part)
                observed = ~np.isnan(part.actual)
                if counted is not None:
                    observed &= counted
                one = observed.astype(np.float64) if bottom is None else np.where(observed, bottom, 0.0)
                yield np.where(observed, top, 0.0), one

    def ratio(self, top: Array, bottom: Array) -> Array:
        """The metric from its sums, NaN where nothing was counted."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = np.where(bottom > 0, top / bottom, np.nan)
            return np.sqrt(ratio) if self.root else ratio


METRICS: dict[str, Metric] = {
    f.__name__: Metric(f, root=f in (rmse, rmsse))
    for f in (mae, mse, rmse, mape, smape, wape, mase, rmsse, bias, scaled_mae, scaled_mse)
}


def by_series(scored: Scored, name: str) -> Array:
    """The metric of each series, (series,), NaN for one without a counted element."""
    return METRICS[name].broken_down(scored).by_series


def by_step(scored: Scored, name: str) -> Array:
    """The metric of each step ahead, (horizon,), the first step first."""
    return METRICS[name].broken_down(scored).by_step


def _parts(scored: Scored) -> Iterator[MetricPart]:
    windows, horizon, targets = scored.actual.shape
    step = max(1, ELEMENTS_PER_PART // max(1, horizon * targets))
    for start in range(0, windows, step):
        run = slice(start, start + step)
        yield MetricPart(
            whole=scored,
            actual=scored.actual[run].astype(np.float64, copy=False),
            forecast=scored.forecast[run].astype(np.float64, copy=False),
            series=scored.series[run],
            run=run,
        )
