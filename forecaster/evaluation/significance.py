"""Whether one forecast is better than another, or only luckier."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
# Below this a difference is called one.
SIGNIFICANCE = 0.05


class Comparison(NamedTuple):
    """difference: mean loss of the first less that of the second; below 0 the first is better.

    p: that a difference as large arises where there is none, two-sided; None where it
    cannot be told. origins: forecast origins compared.
    """

    difference: float
    statistic: float | None
    p: float | None
    origins: int

    @property
    def real(self) -> bool:
        return self.p is not None and self.p < SIGNIFICANCE


def diebold_mariano(first: Floats, second: Floats, *, horizon: int) -> Comparison:
    """Compare the losses of two forecasts at the same origins, in order of time.

    first, second: (origins,), losses averaged over series, steps and targets. horizon: of
    the forecasts, in steps from one origin to the next: losses of forecasts that overlap are
    correlated, so autocovariances to horizon - 1 enter the variance.
    Diebold & Mariano (1995), with the small-sample factor and the t distribution of Harvey,
    Leybourne & Newbold (1997). Where the sum of autocovariances is not above 0 they are
    weighted down with distance (Newey & West, 1987), which keeps it so.
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
        # Every loss differs by the same: none at all is no difference, any other is certain.
        return Comparison(mean, None, 1.0 if mean == 0 else 0.0, n)
    statistic = mean / math.sqrt(variance / n) * math.sqrt(correction)
    return Comparison(mean, statistic, float(2.0 * stats.t.sf(abs(statistic), n - 1)), n)


def losses_by_origin(
    actual: Floats, forecast: Floats, scale: Floats, position: Ints, *, squared: bool = False
) -> tuple[Ints, NDArray[np.float64]]:
    """The positions of the origins in order, and the mean scaled loss at each.

    actual, forecast: (windows, horizon, targets); scale: (windows, targets), what errors
    are divided by, not counted where 0 or not finite. position: (windows,), of each
    window's first target on the axis of time.
    """
    usable = np.where(np.isfinite(scale) & (scale > 0), scale, np.nan)
    size = np.abs(forecast.astype(np.float64) - actual) / usable[:, None]
    loss = np.square(size) if squared else size
    # An element that was not observed is NaN in actual; a forecast that is NaN is not forgiven.
    counted = np.isfinite(actual) & np.isfinite(usable)[:, None]
    total, number = np.where(counted, loss, 0.0).sum(axis=(1, 2)), counted.sum(axis=(1, 2))
    found, inverse = np.unique(position, return_inverse=True)
    sums, counts = np.bincount(inverse, total), np.bincount(inverse, number)
    with np.errstate(invalid="ignore", divide="ignore"):
        return found.astype(np.int64), np.where(counts > 0, sums / counts, np.nan)


def skill(own: float | None, other: float | None) -> float | None:
    """1 - own / other: the share of a reference's error that a forecast takes away. Unitless; 1 is perfect,
    0 no better than the reference, below 0 worse.

    Murphy (1988). None where either cannot be computed or the reference is perfect.
    """
    return None if own is None or not other else 1.0 - own / other


def owa(scores: dict[str, float | None], reference: dict[str, float | None]) -> float | None:
    """Overall weighted average: (sMAPE / sMAPE_r + MASE / MASE_r) / 2. Unitless; below 1 beats the reference.

    Makridakis et al., The M4 Competition (2020), whose reference is Naive2. None where one of
    the four cannot be computed or a reference is 0.
    """
    ratios = []
    for name in ("smape", "mase"):
        own, other = scores.get(name), reference.get(name)
        if own is None or not other:
            return None
        ratios.append(own / other)
    return sum(ratios) / 2.0
