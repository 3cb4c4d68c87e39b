import numpy as np
import pytest

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.reporting.diagnosis import (
    autocorrelation,
    by_cycle,
    by_line,
    by_step,
    coverage,
    histogram,
)
from forecaster.reporting.forecasts import StoredForecasts

NAN = float("nan")


def of(forecast, actual, *, series=None, first=None, bands=None, ids=("a", "b")):
    """forecast, actual: (windows, horizon) of one target."""
    f, y = np.array(forecast, float)[:, None], np.array(actual, float)[:, None]
    n = len(f)
    return StoredForecasts(
        ids,
        ("y",),
        np.array(series if series is not None else [0] * n),
        np.array(first if first is not None else range(n)),
        f,
        y,
        {
            k: (np.array(lo, float)[:, None], np.array(hi, float)[:, None])
            for k, (lo, hi) in (bands or {}).items()
        },
    )


def test_errors_by_step_leave_out_what_was_not_observed():
    steps = by_step(of([[1, 2, 9], [3, 4, 9]], [[0, 4, NAN], [6, NAN, NAN]]), 0)
    assert steps.mae == [2, 2, None]
    assert steps.rmse == [pytest.approx(5**0.5), 2, None]
    assert steps.bias == [-1, -2, None]
    assert steps.count == [2, 1, 0]


def test_hours_and_weekdays_of_the_time_forecast():
    """Position 0 is Thursday 1970-01-01 00:00; errors of size 1 at 23:00 and 3 at 00:00 of Friday."""
    hour, weekday = by_cycle(of([[1, 3]], [[0, 0]], first=[23]), 0, TimeAxis("h"), season=24)
    assert (hour.name, weekday.name) == ("hour", "weekday")
    assert (hour.mae[23], hour.mae[0], hour.mae[1]) == (1, 3, None)
    assert dict(zip(weekday.labels, weekday.count, strict=True)) == {
        "Mon": 0, "Tue": 0, "Wed": 0, "Thu": 1, "Fri": 1, "Sat": 0, "Sun": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("time_axis", "season", "names"),
    [
        (TimeAxis("D"), 7, ["weekday", "month"]),
        (TimeAxis("MS"), 12, ["month"]),
        (TimeAxis("YS-JAN"), 1, []),
        (TimeAxis(1), 4, ["position in the season"]),
        (TimeAxis(1), 1, []),
        (TimeAxis("15min"), 96, ["hour", "weekday"]),
    ],
)
def test_the_calendar_units_are_those_of_the_frequency(time_axis, season, names):
    f = of(np.ones((1, 400)), np.zeros((1, 400)))
    assert [cycle.name for cycle in by_cycle(f, 0, time_axis, season=season)] == names


def test_the_histogram_counts_all_and_has_an_edge_at_zero():
    error = np.concatenate([np.linspace(-1, 3, 2000), [500.0, -500.0]])
    found = histogram(of(error[:, None], np.zeros((2002, 1))), 0)
    assert sum(found.counts) + found.below + found.above == 2002
    assert found.above > 0
    assert 0.0 in found.edges
    assert found.mean == pytest.approx(error.mean())


def test_a_histogram_of_one_number_and_of_nothing():
    assert sum(histogram(of([[2.0]], [[2.0]]), 0).counts) == 1
    assert histogram(of([[2.0]], [[NAN]]), 0) is None


def test_alternating_errors_correlate_with_minus_one_and_series_do_not_mix():
    error = np.tile([1.0, -1.0], 20)
    series, first = np.repeat([0, 1], 20), np.tile(np.arange(20) * 3, 2)
    found = autocorrelation(of(error[:, None], np.zeros((40, 1)), series=series, first=first), 0, season=1)
    assert found.every == 3
    assert found.values[:2] == [pytest.approx(-1), pytest.approx(1)]
    assert found.pairs[0] == 38
    assert found.bound == pytest.approx(1.96 / 40**0.5)


def test_too_few_windows_have_no_autocorrelation():
    assert autocorrelation(of(np.ones((5, 1)), np.zeros((5, 1))), 0, season=24) is None
    assert autocorrelation(of(np.ones((50, 1)), np.zeros((50, 1))), 0, season=24) is None


def test_coverage_by_level_and_step():
    bands = {80: ([[0, 0], [0, 0]], [[2, 2], [2, 2]])}
    (found,) = coverage(of([[1, 1], [1, 1]], [[2, 3], [1, NAN]], bands=bands), 0)
    assert (found.level, found.observed, found.width) == (80, pytest.approx(200 / 3), 2)
    assert found.by_step == [100, 0]


def test_the_error_of_each_series_and_its_size():
    error, size = by_line(of([[1, 2], [5, 5]], [[3, NAN], [5, 4]], series=[0, 1], ids=("a", "b", "c")))
    assert error[:2, 0].tolist() == [2, 0.5]
    assert size[:2, 0].tolist() == [3, 4.5]
    assert np.isnan(error[2, 0])
