"""Metrics of quantiles and of the intervals between them, in the form of `metrics`.

An interval of level L (percent) lies between the quantiles (1 - L/100) / 2 and
(1 + L/100) / 2. y is the actual value, f the forecast, lo and hi the interval's ends,
a = 1 - L/100 the share that may lie outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from forecaster.evaluation.metrics import Metric, MetricPart, Terms
from forecaster.forecasting.forecast import ends


def coverage(p: MetricPart, level: float) -> Terms:
    """Share of actual values inside: mean 100 [lo <= y <= hi]. Percent; L is right.

    Hyndman & Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), 5.5.
    """
    low, high = (p.quantile(q) for q in ends(level))
    inside = np.where((low <= p.actual) & (p.actual <= high), 100.0, 0.0)
    # An end that is not there must not pass for a miss.
    return Terms(np.where(np.isnan(low) | np.isnan(high), np.nan, inside))


def width(p: MetricPart, level: float) -> Terms:
    """Mean width: mean (hi - lo). Unit of the target; of two with the right coverage the narrower is better."""
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
    """Mean scaled interval score: the Winkler score in units of q. Unitless; less is better.

    q as in MASE: the in-sample mean absolute error of the seasonal naive, per series and
    target. Makridakis et al., The M4 Competition (2020), which has L = 95.
    """
    q = p.scale(p.whole.naive_error)
    return Terms(winkler(p, level).top / q, counted=np.isfinite(q))


def pinball(p: MetricPart) -> Terms:
    """Quantile loss, the mean over the probabilities t: mean max(t (y - f_t), (t - 1)(y - f_t)). Unit of the target.

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

    The integral is a sum over the probabilities at hand, each standing for those nearer to
    it than to another, so that it is an approximation: comparable between forecasts with the
    same evaluation.levels alone. Gneiting & Raftery (2007), 4.2; Laio & Tamea (2007).
    """
    t = np.asarray(p.whole.probabilities)
    borders = np.concatenate([[0.0], (t[1:] + t[:-1]) / 2.0, [1.0]])
    return Terms(2.0 * _weighted_pinball(p, np.diff(borders).tolist()))


def _weighted_pinball(p: MetricPart, weights: Sequence[float]) -> np.ndarray:
    total = np.zeros_like(p.actual)
    for t, weight in zip(p.whole.probabilities, weights, strict=True):
        short = p.actual - p.quantile(t)
        total += weight * np.maximum(t * short, (t - 1.0) * short)
    return total


OF_LEVEL = {f.__name__: f for f in (coverage, width, winkler, msis)}
OF_QUANTILES = {f.__name__: f for f in (pinball, wql, crps)}


def interval_metrics(levels: Sequence[float]) -> dict[str, Metric]:
    """By name, such as coverage_80, for forecasts with the quantiles of these levels."""
    found = {
        f"{name}_{level:g}": Metric(partial(f, level=level))
        for level in levels
        for name, f in OF_LEVEL.items()
    }
    return found | {name: Metric(f) for name, f in OF_QUANTILES.items()}
