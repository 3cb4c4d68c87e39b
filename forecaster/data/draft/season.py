"""The season of a table, by the autocorrelation of its series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from forecaster.data.arrays import Floats, Ints
from forecaster.data.time_axis.frequency import DAY_NS, Frequency, default_seasonality

# Series and steps that are looked at: enough to see a season, few enough to take a moment.
MOST_SERIES, MOST_STEPS, LONGEST = 50, 5_000, 400
# The newest steps that absent rows are filled into; three weeks of minutes are fewer.
NEWEST = 50_000
# The seasons that a series must hold.
LEAST_SEASONS = 3
# The least autocorrelation at a season, and how much higher it is than that of a shorter lag: of the changes from step
# to step, which show the season of a series that drifts, and of the values less their trend, which show a smooth season
# under noise. A series that drifts has high correlations of its values without any season, so more is asked of these.
CLEAR_CHANGES, CLEAR_VALUES = (0.3, 0.3), (0.5, 0.6)
# Where values are absent it is besides so many standard errors of that of noise, which is 1 over the root of the pairs
# of values at a lag: few are left at some lags.
CLEAR_ERRORS = 4.5
# The least power of a series whose values are at most 1: less is rounding.
LEAST_POWER = 1e-20
# A lag of nearly the same height as the highest is the season: its double is as high.
NEARLY = 0.9
# Noise makes several peaks about the top of a smooth one: the highest within this share of the lag counts.
ABOUT = 0.15
# The days of a week, and the most of the mean change from day to day that the change from week to week may be, so that
# the week is a season too.
DAYS, CLEARLY_LESS = 7, 0.9


def at_every_step(positions: Ints, values: Floats, order: tuple[Ints, Ints]) -> list[Floats]:
    """Return the values of some series with NaN at absent steps, so that a season has as many entries as steps.

    Args:
        positions: (rows,), the steps of the rows on the time axis.
        values: (rows,), NaN where unknown.
        order: The rows by series, then time; and the place there at which each series but the first begins.

    Returns:
        MOST_SERIES of the series at most, and the newest NEWEST steps of each.
    """
    rows, borders = order
    ends = np.append(borders, len(rows))
    begins = np.append(0, borders)
    found = []
    for s in np.linspace(0, len(ends) - 1, min(len(ends), MOST_SERIES)).astype(np.int64).tolist():
        own = rows[begins[s] : ends[s]]
        if not len(own):
            continue
        back = positions[own[-1]] - positions[own]
        own, back = own[back < NEWEST], back[back < NEWEST]
        line = np.full(int(back.max()) + 1, np.nan)
        line[len(line) - 1 - back] = values[own]
        found.append(line)
    return found


def find_seasons(series: Sequence[Floats], freq: str | int) -> tuple[int, ...]:
    """Return the steps of the seasons of a table, the most important first; none where none is clear.

    Args:
        series: The values of each series in order of time; NaN where unknown.
        freq: The frequency.
    """
    f = Frequency.parse(freq)
    season = find_season(series, default_seasonality(freq))
    if season == 1:
        return ()
    within_days = f.is_integer or (f.is_tick and f.step_ns < DAY_NS)
    return (season, DAYS * season) if within_days and repeats_by_week(series, season) else (season,)


def find_season(series: Sequence[Floats], usual: int) -> int:
    """Return the steps of one season.

    The season that is usual for the frequency is kept. Where none is usual, the season is the lag of the highest peak
    of the mean autocorrelation of the changes from step to step, or of the values less their trend, whichever is
    higher, if that is clear.

    Args:
        series: The values of each series in order of time; NaN where unknown.
        usual: The season that is usual for the frequency; 1 for none.

    Returns:
        The steps; 1 where no season is clear.
    """
    if usual > 1:
        return usual
    places = np.linspace(0, len(series) - 1, min(len(series), MOST_SERIES)).astype(np.int64)
    some = [_of_size_one(series[place][-MOST_STEPS:]) for place in places]
    found = [
        _highest([one for values in some if (one := _autocorrelation(form(values))) is not None], *clear)
        for form, clear in ((np.diff, CLEAR_CHANGES), (_without_trend, CLEAR_VALUES))
    ]
    return max(found)[1]


class _Correlated(NamedTuple):
    """The autocorrelation of a series at the lags 0, 1, …, and the pairs that each rests on; inf where no value is
    absent."""

    values: Floats
    pairs: Floats


def _highest(found: Sequence[_Correlated], clear: float, above: float) -> tuple[float, int]:
    """Return the height and the lag of the season in the mean of some autocorrelations; (0, 1) for none."""
    if not found:
        return 0.0, 1
    lags = min(len(one.values) for one in found)
    mean = np.mean([one.values[:lags] for one in found], axis=0)
    noise = CLEAR_ERRORS / np.sqrt(np.maximum(np.sum([one.pairs[:lags] for one in found], axis=0), 1.0))
    valley = np.minimum.accumulate(mean)
    # A peak is above both neighbours; the lag of 1 has none below it.
    peaks = [
        k
        for k in range(2, lags - 1)
        if mean[k] > mean[k - 1]
        and mean[k] >= mean[k + 1]
        and mean[k] > max(clear, noise[k])
        and mean[k] - valley[k] > max(above, noise[k])
    ]
    if not peaks:
        return 0.0, 1
    highest = max(mean[k] for k in peaks)
    first = next(k for k in peaks if mean[k] > NEARLY * highest)
    low = math.ceil(first * (1.0 - ABOUT))
    season = low + int(np.argmax(mean[low : int(first * (1.0 + ABOUT)) + 1]))
    return float(mean[season]), season


def repeats_by_week(series: Sequence[Floats], day: int) -> bool:
    """Return whether the values of a week ago are clearly closer than those of a day ago, in most series.

    Args:
        series: The values of each series in order of time; NaN where unknown.
        day: The steps of a day.
    """
    week = DAYS * day
    places = np.linspace(0, len(series) - 1, min(len(series), MOST_SERIES)).astype(np.int64)
    shares = []
    for place in places:
        y = series[place][-max(MOST_STEPS, LEAST_SEASONS * week) :]
        if len(y) < LEAST_SEASONS * week:
            continue
        by_week = np.abs(y[week:] - y[:-week])
        by_day = np.abs(y[week:] - y[week - day : -day])
        known = np.isfinite(by_week) & np.isfinite(by_day)
        if by_day[known].sum() > 0:
            shares.append(float(by_week[known].sum() / by_day[known].sum()))
    return bool(shares) and float(np.median(shares)) < CLEARLY_LESS


def _without_trend(values: Floats) -> Floats:
    """Return values less the straight line through them, NaN where unknown."""
    steps, known = np.arange(len(values)), np.isfinite(values)
    if known.sum() < 2:
        return values
    slope, level = np.polyfit(steps[known], values[known], 1)
    found: Floats = values - (slope * steps + level)
    return found


def _autocorrelation(values: Floats) -> _Correlated | None:
    """Return the autocorrelation at the lags 0, 1, …; None where there is too little of it, or no spread.

    The mean over the pairs of known values at each lag, by the Fourier transform, less the share of the lag in the
    length: multiples of a season are lower than the season.

    Args:
        values: In order of time, at most about 1, NaN where unknown, which leaves a pair out.
    """
    known = np.isfinite(values)
    lags = min(LONGEST, len(values) // LEAST_SEASONS)
    if lags < 3 or not known.any():
        return None
    centred = np.where(known, values - values[known].mean(), 0.0)
    power = float(centred @ centred) / known.sum()
    if power < LEAST_POWER:
        return None
    size = 1 << int(2 * len(values) - 1).bit_length()

    def sums(of: Floats) -> Floats:
        spectrum = np.fft.rfft(of, size)
        return np.asarray(np.fft.irfft(spectrum * np.conj(spectrum), size)[: lags + 1], dtype=np.float64)

    # Where no pair is known the sum is 0 too.
    pairs = np.maximum(np.round(sums(known.astype(np.float64))), 1.0)
    shorter = 1.0 - np.arange(lags + 1) / len(values)
    found = sums(centred) / pairs / power * shorter
    return _Correlated(found, np.full_like(pairs, np.inf) if known.all() else pairs)


def _of_size_one(values: Floats) -> Floats:
    """Return values divided by the largest size of one, so that no square is too large or too small."""
    known = values[np.isfinite(values)]
    largest = float(np.abs(known).max(initial=0.0))
    found: Floats = values / largest if largest > 0 else values
    return found
