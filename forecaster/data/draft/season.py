"""The season of a table, by the autocorrelation of its series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecaster.data.arrays import Floats
from forecaster.data.time_axis.frequency import DAY_NS, Frequency, default_seasonality

# Series and steps that are looked at: enough to see a season, few enough to take a moment.
MOST_SERIES, MOST_STEPS, LONGEST = 50, 5_000, 400
# The seasons that a series must hold, and the least autocorrelation at a season.
LEAST_SEASONS = 3
CLEAR = 0.3
# The days of a week, and the most of the mean change from day to day that the change from week to week may be, so that
# the week is a season too.
DAYS, CLEARLY_LESS = 7, 0.9


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
    of the mean autocorrelation of the changes from step to step, if that is clear; changes have no trend, which would
    correlate at every lag.

    Args:
        series: The values of each series in order of time; NaN where unknown.
        usual: The season that is usual for the frequency; 1 for none.

    Returns:
        The steps; 1 where no season is clear.
    """
    if usual > 1:
        return usual
    places = np.linspace(0, len(series) - 1, min(len(series), MOST_SERIES)).astype(np.int64)
    found = [one for place in places if (one := _autocorrelation(series[place][-MOST_STEPS:])) is not None]
    if not found:
        return 1
    lags = min(len(one) for one in found)
    mean = np.mean([one[:lags] for one in found], axis=0)
    # A peak is above both neighbours; the lag of 1 has none below it.
    peaks = [
        k for k in range(2, lags - 1) if mean[k] > mean[k - 1] and mean[k] >= mean[k + 1] and mean[k] > CLEAR
    ]
    if not peaks:
        return 1
    highest = max(mean[k] for k in peaks)
    # Twice a season is as high; the shortest of nearly the same height is the season.
    return next(k for k in peaks if mean[k] > 0.9 * highest)


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


def _autocorrelation(values: Floats) -> Floats | None:
    """Return the autocorrelation of the changes at the lags 0, 1, …; None for a series too short or constant."""
    known = values[np.isfinite(values)]
    lags = min(LONGEST, len(known) // LEAST_SEASONS)
    if lags < 3:
        return None
    change = np.diff(known)
    change = change - change.mean()
    power = float(change @ change)
    if power == 0:
        return None
    size = 1 << int(2 * len(change) - 1).bit_length()
    spectrum = np.fft.rfft(change, size)
    found: Floats = np.fft.irfft(spectrum * np.conj(spectrum), size)[: lags + 1] / power
    return found
