"""How metrics are computed: from forecasts beside actual values, in one pass, overall, by series and by step.

A metric is a function of a `MetricPart` that returns `Terms`, and its value is
sum(top) / sum(bottom). Because it is written as sums, one definition serves the whole
split, every series and every step, and large splits are worked through in parts that
fit the processor's cache.

y is the actual value, f the forecast. A mean runs over all observed (window, step,
target) elements at once. Elements whose actual value is NaN were not observed and never
count. A forecast that is NaN where a value was observed makes the metric NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import AnyFloats, Floats
from forecaster.evaluation.headline import Loss

# Elements held as float64 at a time: 1 MiB each for actual, forecast and error.
ELEMENTS_PER_PART = 2**17

ScaleName = Literal["train_std", "naive_error", "naive_sq_error"]


@dataclass(frozen=True)
class Scored:
    """Forecasts beside actual values, in original units, with the scales that metrics divide by.

    A scale that is 0 or not finite excludes its series and target from the metrics that
    divide by it.

    Attributes:
        actual: (windows, horizon, targets), NaN where not observed.
        forecast: (windows, horizon, targets).
        series: (windows,), the index of each window's series.
        train_std: (series, targets), population standard deviation of the training rows.
        naive_error: (series, targets), mean absolute error of the seasonal naive forecast
            on the training rows.
        naive_sq_error: (series, targets), mean squared error of the same forecast.
        quantiles: (windows, horizon, targets, probabilities) of the forecast, or None.
        probabilities: The probabilities of the last axis of quantiles, increasing.

    Raises:
        ValueError: The shapes do not agree.
    """

    actual: AnyFloats
    forecast: AnyFloats
    series: NDArray[np.integer[Any]]
    train_std: Floats
    naive_error: Floats
    naive_sq_error: Floats
    quantiles: AnyFloats | None = None
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
    """A run of consecutive windows as float64.

    Attributes:
        whole: The split that the windows belong to.
        actual: (windows, horizon, targets).
        forecast: (windows, horizon, targets).
        series: (windows,), the index of each window's series.
        run: The place of these windows among those of the whole split.
    """

    whole: Scored
    actual: Floats
    forecast: Floats
    series: NDArray[np.integer[Any]]
    run: slice
    # Several metrics ask for the same quantiles; what they get must not be written to.
    _quantiles: dict[float, Floats] = field(default_factory=dict, init=False, repr=False)
    _quantile_losses: dict[float, Floats] = field(default_factory=dict, init=False, repr=False)

    def error(self) -> Floats:
        """Return the forecast minus the actual value, f - y, (windows, horizon, targets)."""
        return self.forecast - self.actual

    def absolute_error(self) -> Floats:
        """Return |f - y|, (windows, horizon, targets)."""
        error = self.error()
        return np.abs(error, out=error)

    def scale(self, name: ScaleName) -> Floats:
        """Return a scale of each window's series, (windows, 1, targets), NaN where it is unusable."""
        table: Floats = getattr(self.whole, name)
        found = table[self.series][:, None, :]
        return np.where(np.isfinite(found) & (found > 0), found, np.nan)

    def quantile(self, probability: float) -> Floats:
        """Return one quantile of the forecast, (windows, horizon, targets).

        Raises:
            ValueError: The forecast has no quantile of this probability.
        """
        if probability not in self._quantiles:
            near = np.isclose(self.whole.probabilities, probability, rtol=0, atol=1e-9)
            if self.whole.quantiles is None or not near.any():
                raise ValueError(f"this forecast has no quantile {probability:g}")
            found = self.whole.quantiles[self.run, :, :, int(np.argmax(near))]
            self._quantiles[probability] = found.astype(np.float64)
        return self._quantiles[probability]

    def quantile_loss(self, probability: float) -> Floats:
        """Return max(t (y - f_t), (t - 1)(y - f_t)) for one probability t, (windows, horizon, targets).

        Raises:
            ValueError: The forecast has no quantile of this probability.
        """
        if probability not in self._quantile_losses:
            short = self.actual - self.quantile(probability)
            loss = np.maximum(probability * short, (probability - 1.0) * short)
            self._quantile_losses[probability] = loss
        return self._quantile_losses[probability]


class Terms(NamedTuple):
    """The terms of a metric, which is sum(top) / sum(bottom) over the counted elements.

    Attributes:
        top: (windows, horizon, targets).
        bottom: (windows, horizon, targets), or None for 1 per counted element, which makes
            the metric a mean.
        counted: Broadcasts to top. Observed elements where it is False are left out; None
            counts all of them.
    """

    top: Floats
    bottom: Floats | None = None
    counted: NDArray[np.bool_] | None = None


class MetricResult(NamedTuple):
    """The value of a metric for a split and its breakdown, NaN where nothing was counted.

    Attributes:
        overall: The metric over all elements.
        by_series: (series,).
        by_step: (horizon,), the first step first.
    """

    overall: float
    by_series: Floats
    by_step: Floats


@dataclass(frozen=True)
class Metric:
    """A metric of a whole split, with all that tables and sentences need to know about it.

    Attributes:
        terms: The terms that the metric adds up.
        label: The name in table headings and sentences.
        meaning: What it measures and in which unit, as a phrase.
        brief: The same in at most 36 characters, for a legend under a table.
        loss: The loss whose mean it is, up to units: that of absolute or of squared errors. None where it weighs
            errors in another way.
        root: Whether to take the square root of the pooled ratio.
        scale: The field of `Scored` that it divides by, if any.
        omits_zeros: Whether elements whose actual value is 0 are left out.
        ideal: The value that the best forecast comes closest to. None where no value is
            better by itself.
    """

    terms: Callable[[MetricPart], Terms]
    label: str
    meaning: str
    brief: str
    loss: Loss | None = None
    root: bool = False
    scale: ScaleName | None = None
    omits_zeros: bool = False
    ideal: float | None = 0.0

    def __call__(self, scored: Scored) -> float:
        """Return the metric over all elements, NaN where it cannot be computed."""
        return self.broken_down(scored).overall

    def broken_down(self, scored: Scored) -> MetricResult:
        """Compute the metric overall, for each series and for each step ahead."""
        return broken_down({"": self}, scored)[""]

    def sums(self, part: MetricPart) -> tuple[Floats, Floats]:
        """Return the tops and bottoms of a part, (windows, horizon, targets) each, 0 where not counted."""
        # An undefined or overflowing element is inf or NaN, and shows in the result.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            top, bottom, counted = self.terms(part)
            observed = ~np.isnan(part.actual)
            if counted is not None:
                observed &= counted
            one = observed.astype(np.float64) if bottom is None else np.where(observed, bottom, 0.0)
            return np.where(observed, top, 0.0), one

    def ratio(self, top: Floats, bottom: Floats) -> Floats:
        """Return the metric from sums of its tops and bottoms, NaN where nothing was counted."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ratio = np.where(bottom > 0, top / bottom, np.nan)
            return np.sqrt(ratio) if self.root else ratio


def broken_down(metrics: Mapping[str, Metric], scored: Scored) -> dict[str, MetricResult]:
    """Compute metrics overall, for each series and for each step ahead, in one pass over the windows.

    Args:
        metrics: Metrics by name.
        scored: The forecasts beside the actual values.

    Returns:
        The results by the same names.
    """
    totals = {name: _Totals(scored) for name in metrics}
    for part in _parts(scored):
        for name, metric in metrics.items():
            totals[name].add(part.series, metric.sums(part))
    return {name: totals[name].result(metric) for name, metric in metrics.items()}


class _Totals:
    """What the parts of one metric add up to: sums of each series, of each step and of all, tops before bottoms."""

    def __init__(self, scored: Scored) -> None:
        self.of_series = np.zeros((2, len(scored.train_std)))
        self.of_step = np.zeros((2, scored.actual.shape[1]))
        self.whole = [0.0, 0.0]

    def add(self, series: NDArray[np.integer[Any]], sums: tuple[Floats, Floats]) -> None:
        for i, part in enumerate(sums):
            steps = part.sum(axis=2)
            np.add.at(self.of_series[i], series, steps.sum(axis=1))
            self.of_step[i] += steps.sum(axis=0)
            self.whole[i] += float(part.sum())

    def result(self, metric: Metric) -> MetricResult:
        overall = float(metric.ratio(np.array(self.whole[0]), np.array(self.whole[1])))
        return MetricResult(overall, metric.ratio(*self.of_series), metric.ratio(*self.of_step))


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
