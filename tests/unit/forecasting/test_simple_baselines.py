"""Every simple baseline on numbers worked by hand."""

import numpy as np
import pytest

from forecaster.forecasting.baselines import BaselineInputs, forecast, is_baseline
from forecaster.forecasting.cutoffs import Cutoffs
from forecaster.model.classical import own_season


def run(name, *series, at, horizon, season=1, lookback=1):
    """Forecasts (windows, horizon) of one-target series; at: (series, steps of history) pairs."""
    values = np.array([v for s in series for v in s], float)[:, None]
    offsets = np.cumsum([0, *map(len, series)])
    of = np.array([s for s, _ in at], np.int32)
    cutoffs = Cutoffs(values, offsets, of, offsets[of] + [steps for _, steps in at], horizon)
    known = BaselineInputs(
        season,
        lookback,
        cutoffs,
        cutoffs.pick(slice(0, 0)),
        np.ones((len(series), 1)),
        np.zeros(len(series), np.int64),
    )
    found = forecast(name, cutoffs, known)
    assert found.dtype == np.float64
    return found[:, :, 0].tolist()


def test_naive_repeats_the_last_value():
    assert run("naive", [1, 2, 3], [7, 8], at=[(0, 3), (0, 1), (1, 2)], horizon=2) == [[3, 3], [1, 1], [8, 8]]


def test_seasonal_naive_repeats_the_last_season():
    found = run("seasonal_naive", [9, 9, 1, 2, 3], at=[(0, 5), (0, 4)], horizon=7, season=3)
    assert found == [[1, 2, 3, 1, 2, 3, 1], [9, 1, 2, 9, 1, 2, 9]]


def test_a_name_may_give_the_season():
    found = run("seasonal_naive_2", [9, 9, 1, 2, 3], at=[(0, 5)], horizon=5, season=3)
    assert found == [[2, 3, 2, 3, 2]]


@pytest.mark.parametrize(
    ("name", "season"),
    [
        ("seasonal_naive_2", 2),
        ("seasonal_naive_168", 168),
        ("seasonal_naive", None),
        ("seasonal_naive_1", None),
        ("seasonal_naive_07", None),
        ("seasonal_naive_24h", None),
        ("seasonal_naive_12345678", None),
        ("ridge_24", None),
    ],
)
def test_the_season_of_a_name(name, season):
    assert own_season(name) == season
    assert is_baseline(name) == (season is not None or name == "seasonal_naive")


def test_seasonal_naive_of_a_history_of_one_season_uses_it():
    assert run("seasonal_naive", [0, 0], [4, 5, 6], at=[(1, 3)], horizon=2, season=3) == [[4, 5]]


def test_seasonal_naive_falls_back_to_naive_where_there_is_no_season():
    found = run("seasonal_naive", [7, 8, 9], [4, 5], at=[(1, 2), (0, 3)], horizon=2, season=3)
    assert found == [[5, 5], [7, 8]]


def test_drift_follows_the_line_from_first_to_last():
    # Slope (7 - 1) / 3 of the whole history, whatever lies between.
    assert run("drift", [1, 100, -5, 7], at=[(0, 4)], horizon=3) == [[9, 11, 13]]


def test_drift_starts_at_its_own_series_and_is_flat_after_one_value():
    assert run("drift", [50, 60], [1, 2, 4], at=[(1, 3), (1, 1)], horizon=2) == [[5.5, 7], [1, 1]]


def test_window_average_is_the_mean_of_the_lookback():
    assert run("window_average", [1, 2, 6, 4], at=[(0, 4), (0, 3)], horizon=2, lookback=3) == [[4, 4], [3, 3]]


def test_window_average_of_a_short_history_is_its_mean():
    assert run("window_average", [100], [1, 2], at=[(1, 2)], horizon=1, lookback=5) == [[1.5]]


@pytest.mark.parametrize("name", ["seasonal_naive", "drift"])
def test_working_in_parts_changes_nothing(name, monkeypatch):
    series, at = list(np.random.default_rng(1).normal(size=30)), [(0, n) for n in range(1, 31)]
    whole = run(name, series, at=at, horizon=4, season=5)
    monkeypatch.setattr("forecaster.forecasting.cutoffs.ELEMENTS_PER_PART", 9)
    assert run(name, series, at=at, horizon=4, season=5) == whole
