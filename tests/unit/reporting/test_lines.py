from dataclasses import replace

import numpy as np
import pytest

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.split import SplitBounds
from forecaster.reporting.forecasts import StoredForecasts
from forecaster.reporting.history import History
from forecaster.reporting.lines import MAX_LINES, MAX_NUMBERS, NEXT_NUMBERS, make_lines, next_lines
from forecaster.reporting.newest import NewestForecasts


def panel(n_series, *, windows=4, horizon=3, every=1, levels=(80,), rows=40):
    series = np.repeat(np.arange(n_series), windows)
    first = np.tile(rows - horizon - every * np.arange(windows)[::-1], n_series)
    values = (series[:, None] + first[:, None] + np.arange(horizon) / 10)[:, None]
    ids = tuple(f"s{i}" for i in range(n_series))
    f = StoredForecasts(
        ids, ("y",), series, first, values, values + 1, dict.fromkeys(levels, (values - 1, values + 2))
    )
    whole = np.arange(n_series * rows, dtype=float)[:, None] % rows
    cut = np.full(n_series, rows - 10)
    offsets = rows * np.arange(n_series + 1)
    split_bounds = SplitBounds(cut - 5, cut, np.full(n_series, rows))
    history = History(
        TimeAxis("h"), ids, whole, offsets, np.zeros(n_series, int), split_bounds, np.ones((n_series, 1))
    )
    return f, history


def values(line, coded):
    return [None if q is None else line["offset"] + q * line["unit"] for q in coded]


def test_windows_are_laid_end_to_end_newest_last():
    f, history = panel(1, windows=7, horizon=3)
    (line,) = make_lines(f, history, np.array([[1.0]])).lines
    assert line["f"]["from"] == 31
    assert line["f"]["o"] == [0, 3, 6]
    assert line["f"]["past"] == 6
    forecast = values(line, line["f"]["m"])
    assert forecast == pytest.approx([31, 31.1, 31.2, 34, 34.1, 34.2, 37, 37.1, 37.2], abs=0.03)
    assert values(line, line["f"]["y"])[:6] == pytest.approx([25, 26, 27, 28, 29, 30], abs=0.03)
    assert line["d"]["cuts"] == [25, 30, 40]


def test_a_hole_between_windows_is_left_open():
    f, history = panel(1, windows=2, horizon=3, every=5)
    (line,) = make_lines(f, history, np.array([[1.0]])).lines
    assert line["f"]["o"] == [0, 5]
    assert line["f"]["m"][3:5] == [None, None]
    assert values(line, line["f"]["y"][line["f"]["past"] :]) == pytest.approx(list(range(32, 40)), abs=0.03)


def test_best_median_and_worst_are_named_once_each():
    score = np.array([[3.0], [1.0], [2.0]])
    assert make_lines(*panel(3), score).shown == [("best", 1), ("median", 2), ("worst", 0)]
    assert make_lines(*panel(1), score[:1]).shown == [("best", 0)]
    assert make_lines(*panel(2), score[:2]).shown == [("best", 1), ("worst", 0)]


def test_without_a_table_there_is_no_data_and_no_past():
    f, _ = panel(2)
    lines = make_lines(f, None, np.array([[1.0], [2.0]])).lines
    assert all("d" not in line and line["f"]["past"] == 0 for line in lines)


def test_a_long_series_keeps_its_peaks():
    f, history = panel(1, rows=20_000)
    history.targets[7_777, 0] = 10**6
    found = make_lines(f, history, np.array([[1.0]]))
    (line,) = found.lines
    assert not found.whole_history
    assert line["d"]["every"] > 1
    low, mean, high = line["d"]["v"]
    assert max(values(line, high)) == pytest.approx(10**6, rel=1e-3)
    assert len(low) == len(mean) == len(high) < 2_000
    assert line["d"]["every"] % 24 == 0
    assert all(a <= b <= c for a, b, c in zip(low, mean, high, strict=True))


def test_a_series_that_was_not_scored_is_not_ranked():
    found = make_lines(*panel(3), np.array([[np.nan], [1.0], [2.0]]))
    assert (found.total, [line["name"] for line in found.lines]) == (2, ["s1", "s2"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "horizon", "levels"), [(1000, 48, (80, 95)), (3000, 4, ()), (900, 400, (50, 80, 95))]
)
def test_any_panel_fits_its_budget_with_the_extremes_in_it(n, horizon, levels):
    f, history = panel(n, windows=3, horizon=horizon, levels=levels, rows=1500, every=horizon)
    score = np.random.default_rng(1).permutation(n).astype(float)[:, None]
    found = make_lines(f, history, score)
    names = {name: found.lines[i]["score"] for name, i in found.shown}
    assert names == {"best": 0, "median": (n - 1) // 2, "worst": n - 1}
    assert len(found.lines) <= MAX_LINES + 1
    numbers = sum(
        len(x["f"]["y"]) + sum(map(len, [x["f"]["m"], *x["f"]["b"], *x["d"]["v"]])) for x in found.lines
    )
    assert numbers <= 1.02 * MAX_NUMBERS
    assert found.total == n


def test_the_next_horizon_follows_the_end_of_the_rows():
    f, history = panel(2, windows=1, horizon=3)
    f = replace(f, first=np.array([40, 40]), actual=np.full(f.actual.shape, np.nan))
    first, second = next_lines(NewestForecasts(f, history, history.time_axis))
    assert (first["name"], second["name"], first["score"]) == ("s0", "s1", None)
    assert (first["f"]["from"], first["f"]["past"], first["f"]["o"]) == (40, 40, [0])
    assert values(first, first["f"]["y"]) == pytest.approx([*range(40), None, None, None], abs=0.03)
    assert values(second, second["f"]["m"]) == pytest.approx([38, 38.1, 38.2], abs=0.03)
    assert values(second, second["f"]["b"][1]) == pytest.approx([40, 40.1, 40.2], abs=0.03)


@pytest.mark.parametrize(("n", "horizon", "kept"), [(3, 5, 3), (1000, 3, 666), (20, 4000, 2)])
def test_the_next_horizon_keeps_its_budget_with_the_first_and_the_last(n, horizon, kept):
    f, _ = panel(n, windows=1, horizon=horizon, rows=horizon + 5)
    lines = next_lines(NewestForecasts(f, None, TimeAxis("h")))
    assert len(lines) == kept
    assert (lines[0]["name"], lines[-1]["name"]) == ("s0", f"s{n - 1}")
    assert sum(len(x["f"]["y"]) + 3 * horizon for x in lines) <= NEXT_NUMBERS
