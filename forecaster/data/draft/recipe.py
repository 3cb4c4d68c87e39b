"""The settings of a first training that suit the length, the season and the sign of the series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.time_axis.frequency import Frequency, default_seasonality

# Horizons in steps, as is usual; for other frequencies they follow from the season.
USUAL_HORIZON = {"h": 24, "D": 7, "B": 5, "W": 8, "M": 12, "Q": 4, "Y": 2}
# The longest validation and test range of `init`, in steps: more windows take time and say little more.
LONGEST_RANGE = 2_000
# A series has a test range where it is at least so many horizons long; a shorter one needs its rows for training.
HORIZONS_FOR_TEST = 12
# A table is large where the network has at least so many windows to learn from.
MANY_WINDOWS = 20_000


@dataclass(frozen=True)
class SeriesFacts:
    """What the settings follow from.

    Attributes:
        freq: The frequency.
        lengths: (series,), the steps of each series, gaps included.
        lowest: The smallest value of the target.
        highest: The largest value of the target.
        horizon: The steps to forecast; None takes what is usual for the frequency.
        seasons: The seasons that were named, in steps, the most important first; none takes what is usual.
    """

    freq: str | int
    lengths: Ints
    lowest: float
    highest: float
    horizon: int | None = None
    seasons: tuple[int, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """The settings of a first training.

    Attributes:
        season: Steps in one season; 1 for none.
        horizon, lookback: In steps.
        val, test: The validation and the test range, in steps; no test where the series are short.
        pad: Whether some series are shorter than a window, so that windows begin before them.
        log: Whether the network sees logarithms.
        patch: Steps joined into one recurrent step; None for one each.
        differences: The lags of the differences that the network sees too.
        calendar: The features computed from the time.
        units, batch_size, steps_per_epoch, epochs, members: The size of the network and of the training.
        blend: The classical forecasts that are averaged with the network.
    """

    season: int
    horizon: int
    lookback: int
    val: int
    test: int
    pad: bool
    log: bool
    patch: int | None
    differences: tuple[int, ...]
    calendar: tuple[str, ...]
    units: int
    batch_size: int
    steps_per_epoch: int | None
    epochs: int
    members: int
    blend: tuple[str, ...]

    @property
    def normalization(self) -> str:
        """How each window is normalised: by its own season where it has one."""
        return "season" if self.season > 1 else "last"


def choose(facts: SeriesFacts) -> Recipe:
    """Choose the settings of a first training.

    Args:
        facts: What they follow from; at least one series has three steps.
    """
    n = int(np.median(facts.lengths))
    season = facts.seasons[0] if facts.seasons else default_seasonality(facts.freq)
    horizon = _horizon(facts, n, season)
    val, test = _ranges(n, horizon)
    room = n - val - test - horizon
    lookback = _lookback(season, room)
    if lookback <= season:
        # A window that does not hold one season and a step cannot be compared with the season before.
        season = 1
    shortest = int(facts.lengths.min()) - val - test - horizon
    trained = np.maximum(
        facts.lengths - val - test - horizon - (0 if shortest < lookback else lookback) + 1, 0
    )
    windows = int(trained.sum())
    patch = _patch(lookback, season)
    more = facts.seasons[1:] or ((7 * season,) if season in (24, 48, 96) else ())
    batch = 256 if windows >= MANY_WINDOWS else 64 if windows >= 1_000 else 32
    batches = -(-windows // batch)
    return Recipe(
        season=season,
        horizon=horizon,
        lookback=lookback,
        val=val,
        test=test,
        pad=shortest < lookback,
        log=facts.lowest >= 0 and facts.highest > 1,
        patch=patch,
        differences=tuple(lag for lag in sorted({season, *more}) if 1 < lag < lookback),
        calendar=_calendar(facts.freq, n),
        units=128 if windows >= MANY_WINDOWS else 64 if windows >= 2_000 else 32,
        batch_size=batch,
        steps_per_epoch=250 if batches > 250 else None,
        epochs=14 if batches >= 20 else 40,
        members=3 if windows < 10 * MANY_WINDOWS else 2,
        blend=("smoothing", "theta", "seasonal_naive") if season <= 60 else ("seasonal_naive",),
    )


def _horizon(facts: SeriesFacts, n: int, season: int) -> int:
    """Return the steps to forecast: as asked, or as is usual and leaves room for a fifth of the series."""
    if facts.horizon is not None:
        return facts.horizon
    f = Frequency.parse(facts.freq)
    unit = f.unit if f.unit == "B" or f.is_tick else f.unit.removeprefix("B")[:1]
    usual = (
        USUAL_HORIZON[unit] if f.n == 1 and unit in USUAL_HORIZON else min(season, 96) if season > 1 else 6
    )
    return max(1, min(usual, n // 5))


def _ranges(n: int, horizon: int) -> tuple[int, int]:
    """Return the steps of the validation and of the test range of a series of n steps."""
    if n >= 4 * HORIZONS_FOR_TEST * horizon:
        both = max(2 * horizon, min(int(0.08 * n), LONGEST_RANGE))
        return both, both
    if n >= HORIZONS_FOR_TEST * horizon:
        return 2 * horizon, horizon
    return (horizon, 0) if n >= 2 * horizon + 2 else (max(1, n // 4), 0)


def _lookback(season: int, room: int) -> int:
    """Return the steps that the network sees: whole seasons, no more than two thirds of the rows it can learn from."""
    most = max(1, room * 2 // 3)
    if season == 1:
        return max(1, min(24, most))
    # Two weeks of hours, a week of quarter hours, 16 weeks of days or more than a year, four years of months.
    wanted = {24: 14, 7: 16 if most < 1_000 else 56, 12: 4, 4: 5, 5: 12, 52: 2}.get(
        season, 7 if season <= 96 else 4
    )
    seasons = min(wanted, most // season)
    return seasons * season if seasons >= 2 else max(1, min(most, season + 1))


def _patch(lookback: int, season: int) -> int | None:
    """Return the steps of a patch where the lookback is long and made of whole ones."""
    if lookback < 96 or season == 1:
        return None
    return next((p for p in (24, 12, 7, 8, 6) if season % p == 0 and lookback % p == 0), None)


def _calendar(freq: str | int, n: int) -> tuple[str, ...]:
    """Return the calendar features that several years of rows can teach."""
    f = Frequency.parse(freq)
    if f.is_integer or f.n != 1:
        return ()
    if f.unit == "D" and n >= 1_000:
        return ("dayofweek", "day", "weekofyear")
    return ("weekofyear",) if f.unit == "W" and n >= 200 else ()
