"""The settings of a first training that suit the length, the season and the sign of the series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.time_axis.frequency import DAY_NS, Frequency, default_seasonality

Preset = Literal["fast", "good", "best"]

# Horizons in steps, as is usual; for other frequencies they follow from the season.
USUAL_HORIZON = {"h": 24, "D": 7, "B": 5, "W": 8, "M": 12, "Q": 4, "Y": 2}
# The rows that the longest series needs.
LEAST_ROWS = 10
# The windows that carry a 95 % interval, and the horizons of test that tell a forecast from another.
WINDOWS_TO_CALIBRATE, HORIZONS_TO_JUDGE = 39, 5
# The least horizons of a series that has a test range, one with several cutoffs in validation, and a long one.
HORIZONS_FOR_TEST, HORIZONS_FOR_CUTOFFS, HORIZONS_OF_LONG = 5, 12, 48
# The most steps that make up for too few series.
MORE_STEPS = 4
# A lookback of at least so many steps enters in patches, so that there are no more recurrent steps than MOST_STEPS:
# they take the time of a training.
LEAST_PATCHED, MOST_STEPS = 48, 16
# A patch is one season where at least so many of them are left.
LEAST_SEASON_STEPS = 8
# Logarithms in single precision, with seven digits, lose the last digits of a larger constant.
LARGEST_CONSTANT = 1e5
# A table is large where the network has at least so many windows to learn from.
MANY_WINDOWS = 20_000


class Effort(NamedTuple):
    """How long a preset trains.

    Attributes:
        members: Networks, where there are few windows and where there are many.
        batches: The most batches that one of them learns from, where there are many windows and where there are few,
            in batches that take a quarter of the time.
        epochs: The most epochs.
        largest_batch: The most windows of a batch.
        longest_range: The most steps of the validation and of the test range of `init`: more windows take time and say
            little more.
    """

    members: tuple[int, int]
    batches: tuple[int, int]
    epochs: int
    largest_batch: int
    longest_range: int


# About half a minute, 2 minutes and 15 minutes on two cores for tables of up to a million rows; docs/benchmarks.md.
EFFORTS: dict[Preset, Effort] = {
    "fast": Effort((1, 1), (160, 480), 40, 128, 500),
    "good": Effort((3, 2), (2_000, 4_000), 200, 256, 2_000),
    "best": Effort((7, 5), (4_000, 8_000), 200, 256, 2_000),
}
# The most batches of an epoch: validation after each decides how long to train.
BATCHES_PER_EPOCH = 150
# Of these epochs at least one is the best, with the learning rate that falls over them.
LEAST_EPOCHS = 5
# The least epochs without a better one that end a training.
LEAST_PATIENCE = 4
# The seasons in a lookback, by their length: eight days of hours, a week of quarter hours, 16 weeks of days, six years
# of months, twelve of quarters.
SEASONS_SEEN = {24: 8, 144: 4, 96: 7, 7: 16, 5: 12, 52: 4, 12: 6, 4: 12}
STEPS_OF_YEAR = 392
# The least weeks from which days of the week are learned, in tables of hours and of days.
WEEKS_OF_HOURS, WEEKS_OF_DAYS = 13, 26
# The least seasons of a series that is forecast by its season.
LEAST_SEASONS = 3
# The longest lookback that a second season asks for: eight days of ten minutes.
LONGEST_LOOKBACK = 1_152
# The longest lookback whose windows may begin before their series.
SHORT_LOOKBACK = 72
# The longest season that is smoothed; of longer ones the last is as good, and quicker.
LONGEST_SMOOTHED = 12
# The most validation windows after each epoch: more say no better when to stop.
WINDOWS_TO_JUDGE = 4_000
# The share of the learning rate that is left at the last epoch.
LAST_RATE = 0.1


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
        preset: How much time the training may take.
        narrow: Whether logarithms lose the shape of a series, or the last digits of a constant.
    """

    freq: str | int
    lengths: Ints
    lowest: float
    highest: float
    horizon: int | None = None
    seasons: tuple[int, ...] = ()
    preset: Preset = "good"
    narrow: bool = False


@dataclass(frozen=True)
class Recipe:
    """The settings of a first training.

    Attributes:
        season: Steps in one season; 1 for none.
        horizon, lookback: In steps.
        val, test: The validation and the test range, in steps; no test where the series are short.
        pad: Whether some series are shorter than a window, so that windows begin before them.
        positive: Whether no value is below 0.
        log: Whether the network sees logarithms.
        of_ridge: The last steps of the window that the ridge regression sees.
        patch: Steps joined into one recurrent step; None for one each.
        differences: The lags of the differences that the network sees too.
        longer: The steps of other seasons, whose repetition is a baseline too.
        calendar: The features computed from the time.
        corrects: Whether the network corrects the ridge regression, rather than being averaged with it.
        units, batch_size, steps_per_epoch, epochs, members: The size of the network and of the training.
        many_judged: Whether the validation range has more than `WINDOWS_TO_JUDGE` windows.
        blend: The classical forecasts that are averaged with the network.
    """

    season: int
    horizon: int
    lookback: int
    val: int
    test: int
    pad: bool
    positive: bool
    log: bool
    of_ridge: int
    patch: int | None
    differences: tuple[int, ...]
    longer: tuple[int, ...]
    calendar: tuple[str, ...]
    corrects: bool
    units: int
    batch_size: int
    steps_per_epoch: int | None
    epochs: int
    members: int
    many_judged: bool
    blend: tuple[str, ...]

    @property
    def normalization(self) -> str:
        """How each window is normalised: by its own season where it has one."""
        return "season" if self.season > 1 else "last"

    @property
    def patience(self) -> int:
        """The epochs without a better one that end the training: short epochs tell little one by one."""
        return max(LEAST_PATIENCE, self.epochs // 10)

    @property
    def rate_factor(self) -> float:
        """What the learning rate is multiplied by after every epoch."""
        return float(round(LAST_RATE ** (1.0 / self.epochs), 3))


def least_rows(horizon: int | None) -> int:
    """Return the rows that the longest series needs: a row to begin with, a training and a validation window.

    Args:
        horizon: The steps to forecast; None where they may be chosen.
    """
    return LEAST_ROWS if horizon is None else max(LEAST_ROWS, 2 * horizon + 2)


def choose(facts: SeriesFacts) -> Recipe:
    """Choose the settings of a first training.

    Args:
        facts: What they follow from; at least one series has `least_rows` steps.
    """
    n = int(np.median(facts.lengths))
    season = facts.seasons[0] if facts.seasons else default_seasonality(facts.freq)
    horizon = _horizon(facts, n, season)
    effort = EFFORTS[facts.preset]
    val, test = _ranges(n, horizon, effort.longest_range, n_series=len(facts.lengths))
    room = n - val - test - horizon
    if n < LEAST_SEASONS * season:
        season = 1
    lookback, of_ridge = _lookback(
        season, facts.seasons[1:], room=room, known=int(np.quantile(facts.lengths, 0.75)) - horizon
    )
    if lookback <= season:
        # A window that does not hold one season and a step cannot be compared with the season before.
        season = 1
    longer = tuple(other for other in facts.seasons[1:] if 1 < season < other <= n // 2)
    shortest = int(facts.lengths.min()) - val - test - horizon
    trained = np.maximum(
        facts.lengths - val - test - horizon - (0 if shortest < lookback else lookback) + 1, 0
    )
    windows = int(trained.sum())
    patch = _patch(lookback, season)
    more = facts.seasons[1:] or ((7 * season,) if season in (24, 48, 96) else ())
    many = windows >= MANY_WINDOWS
    batch = effort.largest_batch if many else 64 if windows >= 1_000 else 32 if windows >= 300 else 16
    whole = -(-windows // batch)
    most = effort.batches[not many]
    batches = min(whole, max(BATCHES_PER_EPOCH, most // 10), most // LEAST_EPOCHS)
    epochs = min(effort.epochs, max(LEAST_EPOCHS, most // max(batches, 1)))
    return Recipe(
        season=season,
        horizon=horizon,
        lookback=lookback,
        val=val,
        test=test,
        pad=shortest < lookback,
        positive=facts.lowest >= 0,
        log=facts.lowest >= 0 and facts.highest > 1 and not facts.narrow,
        of_ridge=of_ridge,
        patch=patch,
        differences=tuple(lag for lag in sorted({season, *more}) if 1 < lag < lookback),
        longer=longer,
        calendar=_calendar(facts.freq, n),
        corrects=many,
        units=128 if many else 64 if windows >= 2_000 else 32,
        batch_size=batch,
        steps_per_epoch=batches if batches < whole else None,
        epochs=epochs,
        members=effort.members[many],
        many_judged=len(facts.lengths) * (val - horizon + 1) > WINDOWS_TO_JUDGE,
        blend=("smoothing", "theta")
        if season <= LONGEST_SMOOTHED
        else ("seasonal_naive", *(f"seasonal_naive_{other}" for other in longer if other <= lookback)),
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
    return max(1, min(usual, n // 5, (int(facts.lengths.max()) - 2) // 2))


def _ranges(n: int, horizon: int, longest: int, *, n_series: int) -> tuple[int, int]:
    """Return the steps of the validation and of the test range of a series.

    Args:
        n: The steps of the series.
        horizon: The steps to forecast.
        longest: The most steps of a range of a long series.
        n_series: The number of series.
    """
    if n >= HORIZONS_FOR_CUTOFFS * horizon:
        share = min(int(0.08 * n), longest) if n >= HORIZONS_OF_LONG * horizon else 0
        val = max(2 * horizon, share, min(WINDOWS_TO_CALIBRATE + horizon - 1, n // 5))
        return val, max(
            2 * horizon if share else horizon, share, min(HORIZONS_TO_JUDGE * horizon - 1, n // 8)
        )
    if n >= HORIZONS_FOR_TEST * horizon:
        # Some tens of series have nearly windows enough with one each; a few more steps make up for it.
        more = -(-WINDOWS_TO_CALIBRATE // n_series) - 1
        return horizon + (more if more <= min(MORE_STEPS, n // 20) else 0), horizon
    return horizon, 0


def _lookback(season: int, longer: tuple[int, ...], *, room: int, known: int) -> tuple[int, int]:
    """Return the steps that the network sees, and those that the ridge regression sees.

    The network sees whole seasons, and of short series all rows: its windows begin before them. The regression is
    fitted on windows without absent steps, so it sees no more than two thirds of the rows it can learn from.

    Args:
        season: Steps in one season.
        longer: The steps of other seasons.
        room: Rows before the last training window.
        known: Rows before the last window of all, of the longer series.
    """
    whole = max(1, room * 2 // 3)
    most = max(whole, min(known, SHORT_LOOKBACK))
    wanted = SEASONS_SEEN.get(season, 7 if season <= 96 else 4) * season
    if season == 7 and whole >= 2 * STEPS_OF_YEAR:
        # More than a year of days, so that a day of the year is seen again.
        wanted = STEPS_OF_YEAR
    if season == 1:
        wanted = 24
    # The difference to a season before needs more than that season.
    wanted = max([wanted, *(other + season for other in longer if other + season <= LONGEST_LOOKBACK)])
    lookback = min(wanted, most)
    if season > 1 and lookback >= 2 * season:
        lookback -= lookback % season
    return lookback, min(lookback, whole)


def _patch(lookback: int, season: int) -> int | None:
    """Return the steps of a patch where the lookback is long and made of whole ones."""
    if lookback < LEAST_PATCHED or season == 1:
        return None
    if lookback % season == 0 and LEAST_SEASON_STEPS <= lookback // season <= MOST_STEPS:
        return season
    fits = [p for p in range(2, lookback) if lookback % p == 0 and (season % p == 0 or p % season == 0)]
    return next((p for p in fits if lookback // p <= MOST_STEPS), None)


def _calendar(freq: str | int, n: int) -> tuple[str, ...]:
    """Return the calendar features that there are rows enough to learn."""
    f = Frequency.parse(freq)
    if f.is_tick and f.step_ns < DAY_NS:
        return ("hour", "dayofweek") if n * f.step_ns >= WEEKS_OF_HOURS * 7 * DAY_NS else ()
    if f.is_integer or f.n != 1:
        return ()
    if f.unit == "D" and n >= 7 * WEEKS_OF_DAYS:
        return ("dayofweek", "day", "weekofyear") if n >= 1_000 else ("dayofweek",)
    return ("weekofyear",) if f.unit == "W" and n >= 200 else ()
