"""The season of a table that its frequency does not tell."""

from pathlib import Path

import numpy as np
import pytest

from forecaster.data.draft.infer import infer
from forecaster.data.draft.season import at_every_step, find_season, find_seasons, repeats_by_week

RNG = np.random.default_rng(0)


def wave(season: int, n: int, *, noise: float = 0.2, trend: float = 0.0) -> np.ndarray:
    shape = RNG.normal(size=season)
    return np.resize(shape, n) + noise * RNG.normal(size=n) + trend * np.arange(n)


@pytest.mark.parametrize("season", [2, 5, 9, 24, 60])
def test_the_season_of_a_wave_is_found(season: int) -> None:
    assert find_season([wave(season, 40 * season)], 1) == season


def test_a_trend_hides_no_season_and_is_none() -> None:
    assert find_season([wave(8, 200, trend=3.0)], 1) == 8
    assert find_season([np.arange(200.0)], 1) == 1


def test_noise_and_a_random_walk_have_none() -> None:
    assert find_season([RNG.normal(size=500)], 1) == 1
    assert find_season([RNG.normal(size=500).cumsum()], 1) == 1


def test_many_series_are_looked_at_together() -> None:
    assert find_season([wave(6, 60, noise=0.8) for _ in range(200)], 1) == 6


def test_the_usual_season_of_the_frequency_is_kept() -> None:
    assert find_season([wave(5, 200)], 7) == 7


def test_a_week_that_differs_from_day_to_day_is_a_season_too() -> None:
    assert find_seasons([wave(168, 8 * 168)], "h") == (24, 168)
    assert find_seasons([wave(336, 8 * 336)], "30min") == (48, 336)
    assert find_seasons([wave(24, 8 * 168)], "h") == (24,)
    assert find_seasons([RNG.normal(size=8 * 168).cumsum()], "h") == (24,)
    assert find_seasons([RNG.normal(size=500)], 1) == ()
    assert find_seasons([wave(7, 500)], "D") == (7,)


def test_a_week_is_a_season_where_it_is_one_of_most_series() -> None:
    weekly, daily = wave(168, 1000), wave(24, 1000)
    assert repeats_by_week([weekly, weekly, daily], 24)
    assert not repeats_by_week([weekly, daily, daily], 24)


def test_less_than_three_weeks_and_unknown_values_show_no_week() -> None:
    assert not repeats_by_week([wave(168, 3 * 168 - 1)], 24)
    assert not repeats_by_week([np.full(1000, np.nan), np.full(1000, 5.0)], 24)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0], [5.0] * 100, [np.nan] * 50])
def test_nothing_to_see(values: list[float]) -> None:
    assert find_season([np.array(values)], 1) == 1


def test_unknown_values_are_passed_over() -> None:
    y = wave(10, 300)
    y[[5, 77, 140]] = np.nan
    assert find_season([y], 1) in (9, 10, 11)


def test_init_takes_the_season_that_step_numbers_do_not_tell(tmp_path: Path) -> None:
    y = wave(9, 400)
    rows = [f"{i},{name},{v}" for name in "ab" for i, v in enumerate(y)]
    (tmp_path / "t.csv").write_text("step,id,y\n" + "\n".join(rows[::-1]) + "\n")
    found = infer(tmp_path / "t.csv")
    assert (found.recipe.season, found.recipe.lookback % 9) == (9, 0)


def test_init_writes_the_week_as_a_baseline_and_into_the_blend(tmp_path: Path) -> None:
    times = np.datetime64("2024-01-01T00") + np.arange(8 * 168)
    y = 50 + wave(168, len(times))
    (tmp_path / "t.csv").write_text("t,y\n" + "".join(f"{t},{v}\n" for t, v in zip(times, y, strict=True)))
    recipe = infer(tmp_path / "t.csv").recipe
    assert (recipe.season, recipe.longer, recipe.differences, recipe.lookback) == (24, (168,), (24, 168), 192)
    assert recipe.blend == ("seasonal_naive", "seasonal_naive_168")


@pytest.mark.parametrize(
    ("season", "n", "noise"), [(52, 416, 0.3), (52, 416, 1.0), (168, 1500, 0.3), (24, 416, 3.0)]
)
def test_a_smooth_season_is_found_under_noise(season: int, n: int, noise: float) -> None:
    steps = np.arange(n)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values = 10 * np.sin(2 * np.pi * steps / season) + noise * rng.normal(size=n)
        assert find_season([values], 1) == pytest.approx(season, abs=1 if season > 100 else 0)


@pytest.mark.parametrize("share", [0.15, 0.3])
def test_absent_values_move_no_season(share: float) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        values = 10 * np.sin(2 * np.pi * np.arange(360) / 12) + rng.normal(size=360)
        assert find_season([np.where(rng.random(360) < share, np.nan, values)], 1) == 12


@pytest.mark.parametrize("seed", range(20))
def test_series_that_drift_have_no_season(seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=400)
    assert find_season([steps.cumsum()], 1) == 1
    for share in (0.5, 0.9):
        values = np.zeros(400)
        for i in range(1, 400):
            values[i] = share * values[i - 1] + steps[i]
        assert find_season([values], 1) == 1
    assert find_season([0.001 * np.arange(400.0) ** 2 + steps], 1) == 1


def test_absent_rows_take_their_place() -> None:
    positions, values = np.array([9, 3, 5, 101, 100]), np.array([90.0, 30.0, np.nan, 11.0, 10.0])
    order = (np.array([1, 2, 0, 4, 3]), np.array([3]))
    first, second = at_every_step(positions, values, order)
    np.testing.assert_array_equal(first, [30, np.nan, np.nan, np.nan, np.nan, np.nan, 90])
    np.testing.assert_array_equal(second, [10, 11])
    far = at_every_step(
        np.array([0, 10**9, 10**9 + 1]), np.arange(3.0), (np.arange(3), np.array([], np.int64))
    )
    np.testing.assert_array_equal(far[0], [1, 2])


def test_init_finds_the_season_of_a_table_with_absent_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [
        f"{i},{10 * np.sin(2 * np.pi * i / 12) + rng.normal():.3f}" for i in range(360) if rng.random() > 0.15
    ]
    (tmp_path / "t.csv").write_text("step,y\n" + "\n".join(rows) + "\n")
    assert infer(tmp_path / "t.csv").recipe.season == 12


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("n", [100, 400, 1_000])
def test_noise_with_absent_values_has_no_season(share: float, n: int) -> None:
    found = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        values = rng.normal(size=n)
        for line in (values, values.cumsum()):
            found += find_season([np.where(rng.random(n) < share, np.nan, line)], 1) > 1
    # A random walk of a hundred steps may look like anything.
    assert found <= (8 if n == 100 else 1)


def test_sizes_of_values_say_nothing() -> None:
    wave = 10 * np.sin(2 * np.pi * np.arange(400) / 20)
    assert [find_season([scale * wave], 1) for scale in (1e-300, 1.0, 1e300)] == [20, 20, 20]
    assert find_season([np.arange(500) * 0.1], 1) == 1
