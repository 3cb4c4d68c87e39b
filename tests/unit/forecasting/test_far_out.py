"""Forecasts far beyond the values of their series, by hand: values 0 … 9 of series a, and 100 … 109 of series b."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.data.panel import Panel
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.scalers import Scaler
from forecaster.forecasting.far_out import FarOut, ValueRanges
from forecaster.forecasting.far_out import far_out as found_in
from forecaster.forecasting.forecast import Forecast

RANGE = 9.0


def panel(values: np.ndarray, ids: tuple[str, ...] = ("a", "b")) -> Panel:
    n = len(values) // len(ids)
    return Panel(
        TimeAxis(1),
        ids,
        ("y",),
        (),
        (),
        (),
        np.arange(len(ids) + 1) * n,
        np.zeros(len(ids), np.int64),
        values[:, None],
        np.zeros((len(ids), 0)),
    )


TWO = np.concatenate([np.arange(10.0), 100 + np.arange(10.0)])


def scaler(spread: float = 1.0, method: str = "standard", ids: tuple[str, ...] = ("a", "b")) -> Scaler:
    return Scaler(method, np.zeros((len(ids), 1)), np.full((len(ids), 1), spread), ids, 1)


def forecast(*points: float, series: tuple[int, ...] | None = None) -> Forecast:
    """One window of one step for each point, the first half of series a."""
    n = len(points)
    place = np.repeat([0, 1], n // 2) if series is None else np.array(series)
    return Forecast(np.array(points)[:, None, None], place, np.zeros(n, np.int64))


def far_out(of: Forecast, panel: Panel, scaler: Scaler, **words: str) -> FarOut | None:
    return found_in(of, panel.ids, ValueRanges.of(panel, scaler), **words)


def remark(found: FarOut | None) -> str:
    assert found is not None
    return found.remark.summary


@pytest.mark.parametrize(
    ("points", "far"),
    [
        ((9 + 10 * RANGE, 109 + 10 * RANGE), []),
        ((9 + 10 * RANGE + 0.1, 109), [0]),
        ((0 - 10 * RANGE - 0.1, 100 - 10 * RANGE - 0.1), [0, 1]),
        ((9, 1e300), [1]),
        ((np.inf, 100), [0]),
        ((np.nan, 100), []),
    ],
)
def test_far_is_more_than_ten_ranges_beyond(points: tuple[float, float], far: list[int]) -> None:
    found = far_out(forecast(*points), panel(TWO), scaler())
    assert ([] if found is None else found.series.tolist()) == far


def test_where_the_scaler_knows_a_wider_spread_it_is_that() -> None:
    """Two units of a spread of 50 are 100, and ten times that is 1,000."""
    assert far_out(forecast(1_009, 100), panel(TWO), scaler(50)) is None
    assert far_out(forecast(1_010, 100), panel(TWO), scaler(50)) is not None


def test_a_constant_series_has_the_unit_of_its_scaler() -> None:
    level = panel(np.full(10, 5.0), ("",))
    one = scaler(ids=("",))
    assert far_out(forecast(24.9, series=(0,)), level, one) is None
    assert remark(far_out(forecast(25.1, series=(0,)), level, one)) == (
        "the forecast reaches 25.1, far beyond its known values, which lie from 5 to 5"
    )


@pytest.mark.parametrize("level", [0.0, 1e16, -1e300])
def test_a_constant_of_any_level_is_not_far_from_itself(level: float) -> None:
    values, one = (
        panel(np.full(10, level), ("",)),
        Scaler("standard", np.full((1, 1), level), np.ones((1, 1)), ("",), 1),
    )
    assert far_out(forecast(level, series=(0,)), values, one) is None
    assert far_out(forecast(level + 100 + abs(level), series=(0,)), values, one) is not None


def test_missing_values_and_empty_series_say_nothing() -> None:
    values = TWO.copy()
    values[10:] = np.nan
    values[3] = np.nan
    found = far_out(forecast(9, 500, 1e9, 1e9), panel(values), scaler())
    assert found is not None
    assert found.series.tolist() == [0]


def test_the_remark_names_the_furthest_and_counts_the_others() -> None:
    found = far_out(
        forecast(5, 2_000, -3_000_000, 101), panel(TWO), scaler(), by=" by drift", windows="val windows"
    )
    assert remark(found) == (
        "the forecast of 'b' by drift reaches -3e+06, far beyond its known values, which lie from 100 to 109; 2 of 4 val "
        "windows are like this"
    )


def test_ends_of_intervals_may_lie_ten_times_as_far() -> None:
    def with_end(high: float) -> Forecast:
        quantiles = np.array([[[[1.0, 5.0, high]]], [[[100.0, 105.0, 109.0]]]])
        return forecast(5, 105).with_quantiles(quantiles, (0.1, 0.5, 0.9))

    assert far_out(with_end(9 + 100 * RANGE), panel(TWO), scaler()) is None
    assert remark(far_out(with_end(9 + 100 * RANGE + 1), panel(TWO), scaler())).startswith(
        "an interval of 'a' reaches 910, far beyond its known values, which lie from 0 to 9"
    )


def test_more_windows_than_are_compared_at_a_time() -> None:
    points = np.zeros(9_000)
    points[[4_095, 4_096, 8_999]] = 1e6, 3e6, 2e6
    found = far_out(forecast(*points, series=(0,) * 9_000), panel(TWO), scaler())
    assert "reaches 3e+06" in remark(found)
    assert "; 3 of 9,000 series are like this" in remark(found)


def test_values_at_the_end_of_what_numbers_there_are() -> None:
    wide = panel(np.array([1e308, -1e308] * 5), ("",))
    one = Scaler("standard", np.zeros((1, 1)), np.ones((1, 1)), ("",), 1)
    assert far_out(forecast(-np.inf, series=(0,)), wide, one) is None
    assert far_out(forecast(0.0, series=(0,)), wide, one) is None
