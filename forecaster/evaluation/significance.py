"""Tests of whether one forecast is better than another or the difference may be chance; skill and OWA."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from forecaster.data.arrays import AnyFloats, Floats, Ints

# The largest p at which a difference counts as real.
SIGNIFICANCE = 0.05


class Comparison(NamedTuple):
    """The result of comparing two forecasts; its fields are the keys of the JSON output.

    Attributes:
        difference: Mean loss of the first forecast minus that of the second; below 0 the
            first is better.
        statistic: The test statistic; None where it cannot be computed.
        p: The probability of a difference at least as large, in either direction, if there
            were none; None where it cannot be computed.
        origins: The number of cutoffs compared.
    """

    difference: float
    statistic: float | None
    p: float | None
    origins: int

    @property
    def real(self) -> bool:
        """Whether the difference is significant at the 5 % level."""
        return self.p is not None and self.p < SIGNIFICANCE


def diebold_mariano(first: AnyFloats, second: AnyFloats, *, horizon: int) -> Comparison:
    """Compare the losses of two forecasts at the same cutoffs.

    Diebold & Mariano (1995), with the small-sample factor and the t distribution of Harvey,
    Leybourne & Newbold (1997). Losses of forecasts that overlap are correlated, so
    autocovariances up to lag horizon - 1 enter the variance. Where their sum is not above 0
    they are weighted down with the lag (Newey & West, 1987), which keeps it positive.

    Args:
        first: (cutoffs,), losses averaged over series, steps and targets, in order of time;
            NaN leaves a cutoff out.
        second: (cutoffs,), the losses of the other forecast.
        horizon: Horizon of the forecasts, in units of the distance between cutoffs.
    """
    from scipy import stats

    d = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    d = d[np.isfinite(d)]
    n, h = len(d), max(1, horizon)
    mean = float(d.mean()) if n else math.nan
    correction = (n + 1 - 2 * h + h * (h - 1) / n) / n if n else 0.0
    if n < 2 or correction <= 0:
        return Comparison(mean, None, None, n)
    centred = d - mean
    covariance = [float(centred[k:] @ centred[: n - k]) / n for k in range(min(h, n))]
    variance = covariance[0] + 2.0 * sum(covariance[1:])
    if variance <= 1e-12 * covariance[0]:
        variance = covariance[0] + 2.0 * sum((1 - k / h) * c for k, c in enumerate(covariance[1:], 1))
    if variance <= 0:
        # All losses differ by the same amount: none at all is no difference, any other is certain.
        return Comparison(mean, None, 1.0 if mean == 0 else 0.0, n)
    statistic = mean / math.sqrt(variance / n) * math.sqrt(correction)
    return Comparison(mean, statistic, float(2.0 * stats.t.sf(abs(statistic), n - 1)), n)


def losses_by_cutoff(
    actual: AnyFloats, forecast: AnyFloats, scale: AnyFloats, position: Ints, *, squared: bool = False
) -> tuple[Ints, Floats]:
    """Average the scaled loss of all windows that start at the same time.

    Args:
        actual: (windows, horizon, targets), NaN where not observed.
        forecast: (windows, horizon, targets); NaN where a value was observed makes the loss NaN.
        scale: (windows, targets), what errors are divided by; elements whose scale is 0 or
            not finite are left out.
        position: (windows,), the position of each window's first target on the time axis.
        squared: Whether to square the scaled errors instead of taking their absolute values.

    Returns:
        The positions, increasing, and the mean loss at each, NaN where nothing was counted.
    """
    usable = np.where(np.isfinite(scale) & (scale > 0), scale, np.nan)
    size = np.abs(forecast.astype(np.float64) - actual) / usable[:, None]
    loss = np.square(size) if squared else size
    # Where nothing was observed actual is NaN; a NaN of the forecast must stay in the loss.
    counted = np.isfinite(actual) & np.isfinite(usable)[:, None]
    total, number = np.where(counted, loss, 0.0).sum(axis=(1, 2)), counted.sum(axis=(1, 2))
    found, inverse = np.unique(position, return_inverse=True)
    sums, counts = np.bincount(inverse, total), np.bincount(inverse, number)
    with np.errstate(invalid="ignore", divide="ignore"):
        return found.astype(np.int64), np.where(counts > 0, sums / counts, np.nan)


def skill(own: float | None, other: float | None) -> float | None:
    """Share of a reference's error that a forecast removes: 1 - own / other. Unitless.

    1 is a perfect forecast, 0 is no better than the reference, and below 0 is worse. Murphy
    (1988).

    Args:
        own: The error of the forecast.
        other: The error of the reference.

    Returns:
        The skill; None where either error is None or the reference is perfect.
    """
    return None if own is None or not other else 1.0 - own / other


def owa(scores: Mapping[str, float | None], reference: Mapping[str, float | None]) -> float | None:
    """Overall weighted average: (sMAPE / sMAPE_r + MASE / MASE_r) / 2. Unitless; below 1 is better than the reference.

    Makridakis et al., The M4 Competition (2020), whose reference is Naive2.

    Args:
        scores: The metrics of a forecast by name.
        reference: Those of the reference.

    Returns:
        The average; None where one of the four values is missing or a reference value is 0.
    """
    ratios = []
    for name in ("smape", "mase"):
        own, other = scores.get(name), reference.get(name)
        if own is None or not other:
            return None
        ratios.append(own / other)
    return sum(ratios) / 2.0
