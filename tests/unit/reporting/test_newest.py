"""The newest forecast of a series after the rows before it."""

import numpy as np

from forecaster.data.panel import Panel
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.forecasting.forecast import Forecast
from forecaster.reporting.forecasts import StoredForecasts
from forecaster.reporting.newest import NewestForecasts

NONE = np.zeros((0, 0))


def two_series() -> Panel:
    """a: 0 to 4, b: 10 to 12 with a hole, from positions 100 and 102."""
    values = np.array([0, 1, 2, 3, 4, 10, np.nan, 12.0])[:, None]
    return Panel(
        TimeAxis(1), ("a", "b"), ("y",), (), (), (), np.array([0, 5, 8]), np.array([100, 102]), values, NONE
    )


def forecast(known: list[int]) -> Forecast:
    point = np.array([[[5.0], [6.0]], [[13.0], [14.0]]])
    row = np.array([0, 5]) + known
    ends = np.stack([point - 1, point + 1], axis=-1)
    return Forecast(point, np.array([0, 1]), row, ends, (0.1, 0.9))


def test_a_forecast_begins_after_the_known_rows_of_its_series() -> None:
    newest = NewestForecasts.of(two_series(), np.array([5, 3]), forecast([5, 3]), (80,))
    assert newest.ids == ("a", "b")
    assert newest.forecasts.first.tolist() == [105, 105]
    assert np.isnan(newest.forecasts.actual).all()
    b = newest.stretch(1, 0, n_past=10)
    assert b.time.tolist() == [102, 103, 104, 105, 106]
    np.testing.assert_equal(b.actual, [10, np.nan, 12, np.nan, np.nan])
    np.testing.assert_equal(b.forecasts["forecast"], [np.nan, np.nan, np.nan, 13, 14])
    np.testing.assert_equal(b.bands[80][1], [np.nan, np.nan, np.nan, 14, 15])
    assert (b.title, b.label, b.starts) == ("b", "y", (3,))


def test_rows_after_the_cutoff_are_actual_values() -> None:
    newest = NewestForecasts.of(two_series(), np.array([3, 2]), forecast([3, 2]), ())
    np.testing.assert_equal(newest.forecasts.actual[:, 0], [[3, 4], [12, np.nan]])
    assert newest.forecasts.bands == {}
    np.testing.assert_equal(newest.stretch(0, 0, n_past=2).actual, [1, 2, 3, 4])


def test_without_rows_the_past_is_that_of_older_windows() -> None:
    actual = np.array([[[1.0, 2.0]], [[3.0, np.nan]], [[5.0, 6.0]]])
    stored = StoredForecasts(
        ("",), ("y",), np.zeros(3, int), np.array([10, 12, 14]), actual * 0, actual, bands={}
    )
    newest = NewestForecasts(stored, None, TimeAxis(1))
    first, past, window = newest.window(0, 0, n_past=9)
    assert (first, window) == (14, 2)
    np.testing.assert_equal(past, [1, 2, 3, np.nan])
    assert newest.before(None) is newest
