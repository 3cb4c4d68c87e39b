"""Tests of whether one forecast is better than another or the difference may be chance; skill and OWA."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from forecaster.data.arrays import AnyFloats, Floats, Ints

# The largest p at which a difference counts as real.
SIGNIFICANCE = 0.05
# Slow cosines that estimate the variance of a mean loss; with one alone, no difference of ordinary size is real.
MIN_COSINES = 2
# The fewest series that a test over series takes.
MIN_SERIES = 10
# Windows whose losses are held at a time: 1 MiB of float64 per array.
ELEMENTS_TOGETHER = 2**17


class Comparison(NamedTuple):
    """The result of comparing two forecasts; its fields are the keys of the JSON output.

    Attributes:
        difference: Mean loss of the first forecast minus that of the second; below 0 the
            first is better.
        statistic: The test statistic; None where it cannot be computed.
        p: The probability of a difference at least as large, in either direction, if there
            were none; None where it cannot be computed.
        origins: The number of cutoffs compared.
        series: The number of series compared, where the test is over series; None where it is
            over cutoffs.
    """

    difference: float
    statistic: float | None
    p: float | None
    origins: int
    series: int | None = None

    @property
    def real(self) -> bool:
        """Whether the difference is significant at the 5 % level."""
        return self.p is not None and self.p < SIGNIFICANCE


def cutoffs_needed(horizon: int) -> int:
    """Return the fewest cutoffs that `diebold_mariano` takes: four horizons.

    Args:
        horizon: Horizon of the forecasts, in units of the distance between cutoffs.
    """
    return 2 * MIN_COSINES * max(1, horizon)


def diebold_mariano(first: AnyFloats, second: AnyFloats, *, horizon: int) -> Comparison:
    """Compare the losses of two forecasts at the same cutoffs.

    The statistic of Diebold & Mariano (1995): the mean difference d divided by its standard
    error. Losses of forecasts that overlap are correlated, so the variance of the mean is
    estimated from the slow movements of d: it is the mean of L_j^2 / n over the first B
    cosines, L_j = sqrt(2 / n) sum d_t cos(pi j (t - 1/2) / n), and the statistic follows a t
    distribution with B degrees of freedom (Lazarus, Lewis, Stock & Watson, 2018; Coroneo &
    Iacone, 2020, for this test). B = n / (2 horizon) keeps to movements longer than the
    overlap, so that of equal forecasts about 5 in 100 are called different, also in small
    samples.

    Args:
        first: (cutoffs,), losses over series, steps and targets, in order of time; see
            `WindowLosses.beside`. NaN leaves a cutoff out.
        second: (cutoffs,), the losses of the other forecast.
        horizon: Horizon of the forecasts, in units of the distance between cutoffs.
    """
    from scipy import fft, special

    d = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    d = d[np.isfinite(d)]
    n = len(d)
    mean = float(d.mean()) if n else math.nan
    if n < cutoffs_needed(horizon):
        return Comparison(mean, None, None, n)
    cosines = n // (2 * max(1, horizon))
    # The discrete cosine transform holds 2 sum d_t cos(pi j (t - 1/2) / n) for every j.
    slow = math.sqrt(2.0 / n) / 2.0 * fft.dct(d - mean)[1 : 1 + cosines]
    variance = float(np.mean(np.square(slow))) / n
    if variance <= _rounding(d):
        return Comparison(mean, None, _certain(mean), n)
    statistic = mean / math.sqrt(variance)
    return Comparison(mean, statistic, float(2.0 * special.stdtr(cosines, -abs(statistic))), n)


def paired_over_series(first: AnyFloats, second: AnyFloats, *, n_cutoffs: int) -> Comparison:
    """Compare the losses of two forecasts of the same series: a paired t test.

    Student (1908): the mean difference divided by its standard error over the series, with a
    t distribution of one degree of freedom less than there are series. What happened to all
    series at once stays in the result, as Qu, Timmermann & Zhu (2023) say of comparisons in a
    cross-section: the answer is about these cutoffs, not about all times.

    Args:
        first: (series,), losses over cutoffs, steps and targets; see `WindowLosses.beside`. NaN
            leaves a series out.
        second: (series,), the losses of the other forecast.
        n_cutoffs: The number of cutoffs that the losses are averaged over.
    """
    from scipy import special

    d = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    d = d[np.isfinite(d)]
    n = len(d)
    mean = float(d.mean()) if n else math.nan
    if n < MIN_SERIES:
        return Comparison(mean, None, None, n_cutoffs, n)
    variance = float(d.var(ddof=1)) / n
    if variance <= _rounding(d):
        return Comparison(mean, None, _certain(mean), n_cutoffs, n)
    statistic = mean / math.sqrt(variance)
    return Comparison(mean, statistic, float(2.0 * special.stdtr(n - 1, -abs(statistic))), n_cutoffs, n)


def _rounding(d: Floats) -> float:
    """Return the largest variance of a mean that rounding alone can make."""
    return float(1e-26 * np.mean(np.square(d)))


def _certain(mean: float) -> float:
    """Return p where all losses differ by the same amount: none at all is no difference, any other is certain."""
    return 1.0 if mean == 0 else 0.0


@dataclass(frozen=True)
class WindowLosses:
    """The scaled losses of each window, as sums.

    Attributes:
        total: (windows,), the sum over the counted elements; NaN where a forecast of one is NaN.
        count: (windows,), the number of counted elements.
    """

    total: Floats
    count: Ints

    def beside(self, other: WindowLosses, group: Ints, n_groups: int) -> tuple[Floats, Floats]:
        """Return the losses of each group of windows of this and another forecast, (groups,) each, NaN where unknown.

        The sum of a group is divided by the number of elements that a group has on average, not by its own. So the mean
        over the groups is the mean over all elements, which is the score, also where some cutoffs have one series and
        others sixty. A group of which one of the forecasts is NaN is unknown for both, and does not count.

        Args:
            other: The losses of the other forecast, of the same windows.
            group: (windows,), the group of each window.
            n_groups: The number of groups.
        """
        sums = [np.bincount(group, one.total, n_groups) for one in (self, other)]
        counts = np.bincount(group, self.count, n_groups)
        known = (counts > 0) & np.isfinite(sums[0]) & np.isfinite(sums[1])
        usual = counts[known].sum() / max(1, int(known.sum()))
        with np.errstate(invalid="ignore", divide="ignore"):
            first, second = (np.where(known, one / usual, np.nan) for one in sums)
        return first, second


def window_losses(
    actual: AnyFloats, forecast: AnyFloats, scale: AnyFloats, *, squared: bool = False
) -> WindowLosses:
    """Add up the scaled loss of each window.

    Args:
        actual: (windows, horizon, targets), NaN where not observed.
        forecast: (windows, horizon, targets); NaN where a value was observed makes the loss NaN.
        scale: (windows, targets), what errors are divided by; elements whose scale is 0 or
            not finite are left out.
        squared: Whether to square the scaled errors instead of taking their absolute values.
    """
    total, count = np.zeros(len(actual)), np.zeros(len(actual), np.int64)
    step = max(1, ELEMENTS_TOGETHER // max(1, actual[:1].size))
    for start in range(0, len(actual), step):
        some = slice(start, start + step)
        usable = np.where(np.isfinite(scale[some]) & (scale[some] > 0), scale[some], np.nan)[:, None]
        size = np.abs(forecast[some].astype(np.float64) - actual[some]) / usable
        # Where nothing was observed actual is NaN; a NaN of the forecast must stay in the loss.
        counted = np.isfinite(actual[some]) & np.isfinite(usable)
        total[some] = np.where(counted, np.square(size) if squared else size, 0.0).sum(axis=(1, 2))
        count[some] = counted.sum(axis=(1, 2))
    return WindowLosses(total, count)


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
