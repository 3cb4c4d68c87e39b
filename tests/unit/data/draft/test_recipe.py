"""The settings of a first training: what they follow from, and what always holds."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from forecaster.config.experiment import Experiment
from forecaster.data.draft.recipe import Recipe, SeriesFacts, choose
from forecaster.data.spec import CsvSpec
from forecaster.data.time_axis.frequency import default_seasonality

FREQUENCIES = ("h", "D", "W-SUN", "MS", "QE-DEC", "YS-JAN", "15min", "10min", "B", "s", 1)
LENGTHS = (10, 11, 13, 20, 24, 30, 47, 100, 250, 1_000, 20_000)


def recipe(
    freq: str | int, *lengths: int, low: float = 0.0, high: float = 100.0, horizon: int | None = None
) -> Recipe:
    return choose(SeriesFacts(freq, np.array(lengths, dtype=np.int64), low, high, horizon))


@pytest.mark.parametrize(("freq", "n"), product(FREQUENCIES, LENGTHS))
def test_there_is_a_window_to_learn_from_and_one_to_judge_by(freq: str | int, n: int) -> None:
    found = recipe(freq, n)
    assert found.lookback >= 1
    assert 1 <= found.horizon <= found.val
    assert found.test == 0 or found.test >= found.horizon
    known = n - found.val - found.test - found.horizon
    assert known >= (1 if found.pad else found.lookback)


@pytest.mark.parametrize(("freq", "n"), product(FREQUENCIES, LENGTHS))
def test_the_parts_of_a_window_fit_together(freq: str | int, n: int) -> None:
    found = recipe(freq, n)
    assert found.season == 1 or found.season < found.lookback
    assert found.patch is None or found.lookback % found.patch == 0
    assert all(1 < lag < found.lookback for lag in found.differences)


@pytest.mark.parametrize("freq", [f for f in FREQUENCIES if default_seasonality(f) > 1])
def test_a_long_series_is_seen_for_two_seasons_and_more(freq: str) -> None:
    found = recipe(freq, 20_000)
    assert found.season == default_seasonality(freq)
    assert found.lookback >= 2 * found.season


def test_a_day_of_hours_and_a_week() -> None:
    found = recipe("h", 5_000)
    assert (found.lookback, found.horizon, found.season, found.patch) == (192, 24, 24, 24)
    assert found.differences == (24, 168)


@pytest.mark.parametrize(
    ("freq", "rows", "lookback", "patch"),
    [("h", 5_000, 192, 24), ("15min", 9_000, 672, 48), ("10min", 9_000, 576, 36), ("D", 300, 112, 7)],
)
def test_a_patch_is_a_season_where_eight_are_left_and_else_as_fine_as_sixteen_steps_allow(
    freq: str, rows: int, lookback: int, patch: int
) -> None:
    found = recipe(freq, rows)
    assert (found.lookback, found.patch) == (lookback, patch)


def test_the_network_corrects_the_ridge_regression_where_there_are_many_windows() -> None:
    assert recipe("h", 25_000).corrects
    assert not recipe("h", 5_000).corrects


def test_logarithms_are_for_series_that_vary_with_their_level() -> None:
    facts = SeriesFacts("D", np.array([300]), 1.0, 1e9, 7)
    assert choose(facts).log
    assert not choose(replace(facts, narrow=True)).log
    assert not choose(replace(facts, lowest=-1.0)).log
    assert not choose(replace(facts, highest=1.0)).log


def test_validation_carries_intervals_and_test_tells_forecasts_apart_where_there_is_room() -> None:
    found = recipe("D", 300, horizon=7)
    assert (found.val - 7 + 1, found.test - 7 + 1) == (39, 28)
    longer = recipe("D", 420, horizon=7)
    assert (longer.val - 7 + 1, longer.test - 7 + 1) == (39, 28)
    short = recipe("D", 90, horizon=7)
    assert (short.val, short.test) == (18, 11)


def test_years_of_days_are_seen_with_the_calendar() -> None:
    found = recipe("D", 6_000)
    assert found.lookback > 365
    assert "weekofyear" in found.calendar
    assert recipe("D", 500).calendar == ("dayofweek",)
    assert recipe("D", 7 * 26 - 1).calendar == ()


def test_a_quarter_of_hours_is_seen_with_the_hour_and_the_day_of_the_week() -> None:
    for freq, weeks in (("h", 7 * 24), ("15min", 7 * 96), ("6h", 7 * 4)):
        assert recipe(freq, 13 * weeks).calendar == ("hour", "dayofweek")
        assert recipe(freq, 13 * weeks - 1).calendar == ()


def test_series_too_short_for_a_test_range_keep_their_rows() -> None:
    assert (recipe("YE-DEC", 15, horizon=6).test, recipe("YE-DEC", 15, horizon=6).val) == (0, 6)
    assert recipe("h", 5_000).test > 0


def test_series_shorter_than_a_window_are_padded() -> None:
    assert recipe("ME", 200, 200, 30).pad
    assert not recipe("ME", 200, 200, 200).pad


def test_logarithms_where_nothing_is_below_0_and_values_are_larger_than_1() -> None:
    assert recipe("D", 500).log
    assert not recipe("D", 500, low=-1.0).log
    assert not recipe("D", 500, high=0.5).log


def test_more_windows_larger_network() -> None:
    small, large = recipe("ME", 100), recipe("h", *[5_000] * 20)
    assert small.units < large.units
    assert small.batch_size < large.batch_size
    assert large.steps_per_epoch is not None
    assert small.steps_per_epoch is None


def test_a_preset_says_how_much_is_trained_and_looked_at() -> None:
    lengths = np.full(7, 50_000)
    fast, good, best = (
        choose(SeriesFacts("15min", lengths, 0.0, 100.0, preset=preset))
        for preset in ("fast", "good", "best")
    )
    assert (fast.members, good.members, best.members) == (1, 2, 5)
    assert (fast.batch_size, good.batch_size, best.batch_size) == (128, 256, 256)
    assert (fast.val, good.val, best.val) == (500, 2_000, 2_000)
    work = [r.epochs * (r.steps_per_epoch or 0) * r.members for r in (fast, good, best)]
    assert work == [160, 4_000, 20_000]
    assert fast.many_judged is False
    assert good.many_judged is True


def test_the_horizon_asked_for() -> None:
    assert recipe("h", 5_000, horizon=48).horizon == 48


@pytest.mark.parametrize(("freq", "n", "low"), product(FREQUENCIES, (10, 30, 250, 5_000), (-1.0, 0.0)))
def test_the_file_is_valid(freq: str | int, n: int, low: float, tmp_path: Path) -> None:
    from forecaster.data.draft.infer import Guess
    from forecaster.data.draft.text import draft
    from forecaster.data.time_axis.infer import TimeColumn

    guess = Guess(
        path=tmp_path / "t.csv", csv=CsvSpec(), time=TimeColumn("t"), zone=None, repeated=None, freq=freq, id=None, targets=("y",), candidates=(),
        others=(), unused=(), rows=n, n_series=1, gaps=0, empty=0, duplicates=0, recipe=recipe(freq, n, low=low),
        preset="good", remarks=(),
    )  # fmt: skip
    spec = Experiment.from_text(draft(guess, path="t.csv", name="t"), base=tmp_path).spec
    assert spec.model.season == (guess.recipe.season if guess.recipe.season > 1 else None)
    assert spec.split.val == guess.recipe.val


@pytest.mark.parametrize(
    ("n_series", "val"), [(1, 12), (7, 12), (8, 16), (13, 14), (30, 13), (39, 12), (500, 12)]
)
def test_some_tens_of_series_have_windows_enough_to_calibrate_by(n_series: int, val: int) -> None:
    """Series of 96 months: one window each, and a few more where that makes 39 of them."""
    assert recipe("MS", *[96] * n_series, horizon=12).val == val
