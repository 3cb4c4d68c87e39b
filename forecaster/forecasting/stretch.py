"""Intervals from past errors in units of the forecast's own spread: locally scaled conformal prediction.

Every quantile lies at a distance from the forecast: that of the network's own quantile, which knows the hour and the
season, or a normal quantile times the spread of the series for a point forecast. Calibration multiplies the distances.
The factor of a probability is a quantile of the errors of calibration windows, each divided by its distance (Lei et
al., 2018, 5.2, with the signs of conformalised quantile regression, Romano et al., 2019). Because factors are positive,
the forecast lies within all its intervals, and no interval has the width 0.

A distance near 0 makes a score without bound: one sale of an article that is hardly ever sold would widen the
intervals of all. A constant in the denominator bounds it (Papadopoulos et al., 2011); here it is a share of the mean
error, the one with the least quantile loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from forecaster.data.arrays import AnyFloats, Floats

MEDIAN = 0.5
# Neighbouring steps are calibrated together until they have errors for so many windows that do not overlap.
ERRORS_TOGETHER = 50.0
# Both ends are calibrated apart where the windows of a series cover so many horizons, else together: errors of one time
# have a common sign in all series, which says nothing of the next.
HORIZONS_APART = 10.0
# The level whose factor serves the levels that the errors cannot carry.
CARRIED_LEVEL = 0.8
# The smallest factor, and the smallest distance in units of the scaler: no interval has the width 0. A point forecast
# may be far nearer than the spread of its series is wide or, in logarithms, within a hundredth of a percent.
LEAST_FACTOR, LEAST_DISTANCE = 1e-4, 1e-4
# The constants that are tried, as shares of the mean error; one is taken where its loss is less than this share of
# the loss without one.
SHARES, BETTER = (0.1, 0.3, 1.0, 3.0), 0.99


def distances(quantiles: AnyFloats, probabilities: Sequence[float], added: AnyFloats | float = 0.0) -> Floats:
    """Return the distance of each quantile from the forecast, away from it: never negative, growing outwards.

    Args:
        quantiles: (windows, horizon, targets, probabilities), scaled, the median being the forecast; or (…, 1) for a
            point forecast.
        probabilities: Their probabilities, increasing, with the median among them.
        added: (targets,), scaled: the distance that is added to each, times the size of its normal quantile.

    Returns:
        (windows, horizon, targets, probabilities), at least LEAST_DISTANCE but at the median, where it is 0.
    """
    middle = list(probabilities).index(MEDIAN)
    usual = np.array([abs(_usual(p)) for p in probabilities])
    more: Floats = np.asarray(added, dtype=np.float64)[..., None] * usual
    if quantiles.shape[-1] == 1:
        return np.broadcast_to(usual, (*quantiles.shape[:-1], len(usual))) + more
    found = np.abs(quantiles - quantiles[..., middle : middle + 1]).astype(np.float64)
    return _outwards(np.maximum(found, LEAST_DISTANCE * usual) + more, middle)


def _outwards(away: Floats, middle: int) -> Floats:
    """Return distances that do not shrink from the middle outwards, in place."""
    upper, lower = away[..., middle + 1 :], away[..., :middle][..., ::-1]
    np.maximum.accumulate(upper, axis=-1, out=upper)
    np.maximum.accumulate(lower, axis=-1, out=lower)
    return away


def stretched(
    quantiles: AnyFloats, factors: AnyFloats, probabilities: Sequence[float], added: AnyFloats | float = 0.0
) -> Floats:
    """Return the calibrated quantiles, scaled.

    Args:
        quantiles: See `distances`.
        factors: (windows, horizon, targets, probabilities).
        probabilities: The probabilities of the quantiles.
        added: See `distances`.
    """
    away = _outwards(distances(quantiles, probabilities, added) * factors, list(probabilities).index(MEDIAN))
    sign = np.sign(np.asarray(probabilities) - MEDIAN)
    middle = list(probabilities).index(MEDIAN) if quantiles.shape[-1] > 1 else 0
    found: Floats = quantiles[..., middle : middle + 1] + sign * away
    return found


def learn_added(
    error: AnyFloats,
    quantiles: AnyFloats,
    probabilities: Sequence[float],
    *,
    overlap: float,
    horizons: float,
) -> Floats:
    """Learn what to add to the distances, so that small ones make no large scores.

    Args:
        error: See `learn_factors`.
        quantiles: See `distances`.
        probabilities: The probabilities of the quantiles.
        overlap: See `learn_factors`.
        horizons: See `learn_factors`.

    Returns:
        (targets,), scaled: 0 for all, or the share of each target's mean error that has the least quantile loss on
        these windows, where that is less by more than a hundredth.
    """
    known = np.isfinite(error)
    sizes = np.abs(error, out=np.zeros(error.shape), where=known)
    mean: Floats = sizes.sum(axis=(0, 1)) / np.maximum(known.sum(axis=(0, 1)), 1)
    best, least = np.zeros(len(mean)), np.inf
    for share in (0.0, *SHARES):
        away = distances(quantiles, probabilities, share * mean)
        factors = learn_factors(error, away, probabilities, overlap=overlap, horizons=horizons)
        loss = _quantile_loss(error, away * factors, probabilities, mean)
        if loss < least:
            best, least = share * mean, loss * BETTER if share == 0 else loss
    return best


def _quantile_loss(error: AnyFloats, away: Floats, probabilities: Sequence[float], mean: Floats) -> float:
    """Return the quantile losses of the targets, summed, each in units of its mean error.

    Args:
        error: (windows, horizon, targets), NaN where not observed.
        away: (windows, horizon, targets, probabilities): how far each quantile lies from the forecast.
        probabilities: The probabilities.
        mean: (targets,), the mean size of an error.
    """
    p = np.asarray(probabilities)
    beyond = error[..., None] - np.sign(p - MEDIAN) * away
    loss = np.maximum(p * beyond, (p - 1.0) * beyond)
    observed = np.isfinite(loss)
    total = loss.sum(axis=(0, 1, 3), where=observed) / np.maximum(observed.sum(axis=(0, 1, 3)), 1)
    return float(np.sum(total / np.maximum(mean, LEAST_DISTANCE)))


def learn_factors(
    error: AnyFloats,
    away: Floats,
    probabilities: Sequence[float],
    *,
    overlap: float,
    horizons: float,
    hang_together: bool = False,
) -> Floats:
    """Learn the factor of each step, target and probability.

    Args:
        error: (windows, horizon, targets), actual value less forecast, scaled, NaN where not observed.
        away: (windows, horizon, targets, probabilities), from `distances`.
        probabilities: The probabilities of the quantiles.
        overlap: How many of the windows overlap at one step: 1 where all are apart.
        horizons: How many horizons the windows of a series cover.
        hang_together: Whether errors of one window count for fewer where they resemble each other and the horizons are
            few: after a change of level all steps miss together.

    Returns:
        (horizon, targets, probabilities); 1 at the median and where nothing was observed.
    """
    horizon, targets = error.shape[1:]
    apart = horizons >= HORIZONS_APART
    out = np.ones((horizon, targets, len(probabilities)))
    for target in range(targets):
        observed = np.isfinite(error[:, :, target]).sum(axis=0) / overlap
        for steps in _runs(observed):
            errors: Floats = error[:, steps, target].astype(np.float64)
            scales = away[:, steps, target]
            known = np.isfinite(errors)
            n = float(known.sum()) / overlap
            if n > 0 and hang_together and not apart:
                n = max(1.0, n / _design_effect(errors / scales[..., -1]))
            if n > 0:
                out[steps, target] = _factors(errors[known], scales[known], probabilities, n, apart=apart)
    return out


def _design_effect(scores: Floats) -> float:
    """Return how many errors of a window count as one: 1 + (steps - 1) rho (Kish, Survey Sampling, 1965, 5.4).

    rho is the intraclass correlation of the windows, by the analysis of variance.

    Args:
        scores: (windows, steps), errors in units of their distances, NaN where not observed.
    """
    whole = scores[np.isfinite(scores).all(axis=1)]
    windows, steps = whole.shape
    if steps < 2 or windows < 2:
        return float(steps)
    means = whole.mean(axis=1)
    between = steps * float(np.square(means - means.mean()).sum()) / (windows - 1)
    within = float(np.square(whole - means[:, None]).sum()) / (windows * (steps - 1))
    spread = between + (steps - 1) * within
    rho = float(np.clip((between - within) / spread, 0.0, 1.0)) if spread > 0 else 1.0
    return 1.0 + (int(steps) - 1) * rho


def _runs(observed: Floats) -> list[slice]:
    """Return runs of neighbouring steps with ERRORS_TOGETHER errors each; the last may be joined to the one before."""
    found, first, count = [], 0, 0.0
    for step, n in enumerate(observed):
        count += float(n)
        if count >= ERRORS_TOGETHER:
            found.append(slice(first, step + 1))
            first, count = step + 1, 0.0
    if first < len(observed):
        if found:
            first = found.pop().start
        found.append(slice(first, len(observed)))
    return found


def _factors(error: Floats, away: Floats, probabilities: Sequence[float], n: float, *, apart: bool) -> Floats:
    """Return the factor of each probability from n independent errors.

    Args:
        error: (errors,).
        away: (errors, probabilities).
        probabilities: The probabilities.
        n: The number of errors that count as independent; at most their number.
        apart: Whether each end has factors of its own.
    """
    out = np.ones(len(probabilities))
    upper = error > 0
    at = {p: k for k, p in enumerate(probabilities)}
    for k, p in enumerate(probabilities):
        if p == MEDIAN:
            continue
        tail = min(p, 1.0 - p)
        other = at.get(round(1.0 - p, 9), k)
        if apart and n * tail >= 1.0:
            score = error / away[:, k] if p > MEDIAN else -error / away[:, k]
            level = 1.0 - tail
        else:
            # The size of the error, over the distance of the end on whose side it lies.
            score = np.abs(error) / np.where(upper == (p > MEDIAN), away[:, k], away[:, other])
            level = 1.0 - 2.0 * tail
            if n * (1.0 - level) < 1.0:
                # So few errors say nothing of this tail: its distance keeps its proportion to a level they carry.
                level = min(level, CARRIED_LEVEL, n / (n + 1.0))
                score = score * (_usual(1.0 - tail) / _usual((1.0 + level) / 2.0))
        out[k] = max(
            LEAST_FACTOR, float(np.quantile(score, min(1.0, level * (n + 1.0) / n), method="higher"))
        )
    return out


def _usual(probability: float) -> float:
    return NormalDist().inv_cdf(probability)
