"""Metrics of quantiles and of the prediction intervals between them.

An interval of level L (percent) lies between the quantiles (1 - L/100) / 2 and
(1 + L/100) / 2. y is the actual value, f the forecast, lo and hi the ends of the interval,
and a = 1 - L/100 the share of values expected outside it. To add a metric, write its
function and enter it in LEVEL_METRICS or QUANTILE_METRICS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from forecaster.data.arrays import Floats
from forecaster.evaluation.scored import Metric, MetricPart, Terms
from forecaster.forecasting.levels import ends


def coverage(p: MetricPart, level: float) -> Terms:
    """Share of actual values inside: mean 100 [lo <= y <= hi]. Percent; best at L.

    Hyndman & Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), 5.5.
    """
    low, high = (p.quantile(q) for q in ends(level))
    inside = np.where((low <= p.actual) & (p.actual <= high), 100.0, 0.0)
    # A missing end must not count as a miss.
    return Terms(np.where(np.isnan(low) | np.isnan(high), np.nan, inside))


def width(p: MetricPart, level: float) -> Terms:
    """Mean width: mean (hi - lo). Unit of the target; at equal coverage the narrower is better."""
    low, high = (p.quantile(q) for q in ends(level))
    return Terms(high - low)


def winkler(p: MetricPart, level: float) -> Terms:
    """Winkler score: mean (hi - lo) + 2/a (lo - y)+ + 2/a (y - hi)+. Unit of the target; less is better.

    Winkler (1972); Gneiting & Raftery (2007), eq. 43, as the interval score.
    """
    low, high = (p.quantile(q) for q in ends(level))
    outside = np.maximum(low - p.actual, 0.0) + np.maximum(p.actual - high, 0.0)
    return Terms(high - low + 200.0 / (100.0 - level) * outside)


def msis(p: MetricPart, level: float) -> Terms:
    """Mean scaled interval score: the Winkler score divided by q. Unitless; less is better.

    q as in MASE: the mean absolute error of the seasonal naive forecast on the training rows,
    per series and target. Makridakis et al., The M4 Competition (2020), which has L = 95.
    """
    q = p.scale("naive_error")
    return Terms(winkler(p, level).top / q, counted=np.isfinite(q))


def pinball(p: MetricPart) -> Terms:
    """Quantile loss, averaged over the probabilities t: mean max(t (y - f_t), (t - 1)(y - f_t)). Unit of the target.

    Koenker & Bassett (1978).
    """
    share = 1.0 / len(p.whole.probabilities)
    return Terms(_weighted_pinball(p, [share] * len(p.whole.probabilities)))


def wql(p: MetricPart) -> Terms:
    """Weighted quantile loss: the mean over the probabilities of 2 sum pinball / sum |y|. Unitless.

    With the median alone it is WAPE / 100. Salinas et al., DeepAR (2020), 4.
    """
    return Terms(2.0 * pinball(p).top, bottom=np.abs(p.actual))


def crps(p: MetricPart) -> Terms:
    """Continuous ranked probability score: mean 2 integral pinball dt. Unit of the target.

    The integral is approximated by a sum over the available probabilities, each weighted by
    the range that is nearer to it than to any other. Scores are therefore comparable only
    between forecasts with the same evaluation.levels. Gneiting & Raftery (2007), 4.2; Laio &
    Tamea (2007).
    """
    t = np.asarray(p.whole.probabilities)
    borders = np.concatenate([[0.0], (t[1:] + t[:-1]) / 2.0, [1.0]])
    return Terms(2.0 * _weighted_pinball(p, np.diff(borders).tolist()))


def _weighted_pinball(p: MetricPart, weights: Sequence[float]) -> Floats:
    total = np.zeros_like(p.actual)
    for t, weight in zip(p.whole.probabilities, weights, strict=True):
        total += weight * p.quantile_loss(t)
    return total


class LevelMetric(NamedTuple):
    """A metric of one interval; label, meaning, brief and ideal as in `Metric`.

    Attributes:
        terms: The terms that the metric adds up, at a level in percent.
        label: The name in table headings, followed there by the level.
        meaning: What it measures, with {level} where the level belongs.
        brief: The same for all levels, in at most 36 characters.
        ideal: The best value at a level, or None.
    """

    terms: Callable[[MetricPart, float], Terms]
    label: str
    meaning: str
    brief: str
    ideal: Callable[[float], float | None] = lambda level: 0.0

    def at(self, level: float) -> Metric:
        """Return the metric of the interval of this level (percent)."""
        return Metric(
            lambda p: self.terms(p, level),
            label=f"{self.label} {level:g}",
            meaning=self.meaning.format(level=f"{level:g}"),
            brief=self.brief,
            ideal=self.ideal(level),
        )


LEVEL_METRICS: dict[str, LevelMetric] = {
    "coverage": LevelMetric(
        coverage,
        "coverage",
        "share of values inside the {level} % interval, in percent; best at {level}",
        "% of values inside; best: the level",
        ideal=lambda level: level,
    ),
    "width": LevelMetric(
        width,
        "width",
        "mean width of the {level} % interval, in the unit of the target",
        "mean width of the interval",
        ideal=lambda level: None,
    ),
    "winkler": LevelMetric(
        winkler,
        "winkler",
        "mean width of the {level} % interval plus a penalty for values outside, in the unit of the target",
        "width plus a penalty for misses",
    ),
    "msis": LevelMetric(
        msis,
        "MSIS",
        "Winkler score of the {level} % interval divided by the mean absolute error of the seasonal naive "
        "forecast on the training rows",
        "winkler / MAE of last season",
    ),
}
QUANTILE_METRICS: dict[str, Metric] = {
    "pinball": Metric(
        pinball, "pinball", "mean quantile loss, in the unit of the target", "mean quantile loss"
    ),
    "wql": Metric(
        wql,
        "WQL",
        "sum of the quantile losses relative to the sum of the actual values",
        "quantile losses / all values",
    ),
    "crps": Metric(
        crps,
        "CRPS",
        "continuous ranked probability score, from these quantiles, in the unit of the target",
        "error of the whole distribution",
    ),
}


def interval_metrics(levels: Sequence[float]) -> dict[str, Metric]:
    """Return every metric of forecasts that have the quantiles of these levels.

    Args:
        levels: Coverage of each interval in percent.

    Returns:
        The metrics by name; those of one interval are named such as coverage_80.
    """
    of_levels = {f"{name}_{level:g}": m.at(level) for level in levels for name, m in LEVEL_METRICS.items()}
    return of_levels | QUANTILE_METRICS
