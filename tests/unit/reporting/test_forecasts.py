import numpy as np
import pytest

from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.errors import DataError
from forecaster.reporting.forecasts import NEXT, read_forecasts
from forecaster.runs.directory import RunDir
from tests.unit.runs.sealed_runs import DONE

HOUR = 3_600_000_000_000


def spec(**more):
    return DataSpec.model_validate({"path": "t.csv", "time": "t", "freq": "h", "targets": ["y"], **more})


def run_with(tmp_path, text):
    (tmp_path / "forecasts.csv").write_text(text, encoding="utf-8")
    run = RunDir(tmp_path)
    run.seal(DONE)
    return run


def test_windows_come_back_with_their_bands_and_holes(tmp_path):
    run = run_with(
        tmp_path,
        "t,cutoff,forecast,forecast-lo-80,forecast-hi-80,y\n"
        "1970-01-01 02:00:00,1970-01-01 01:00:00,3,2,4,3.5\n1970-01-01 03:00:00,1970-01-01 01:00:00,5,1,9,\n",
    )
    f = read_forecasts(run, spec(), time_axis=TimeAxis("h"), horizon=2)
    assert (f.ids, f.targets, f.series.tolist(), f.first.tolist()) == (("",), ("y",), [0], [2])
    assert f.forecast.tolist() == [[[3, 5]]]
    assert f.actual[0, 0, 0] == 3.5
    assert np.isnan(f.actual[0, 0, 1])
    assert {level: (lo.tolist(), hi.tolist()) for level, (lo, hi) in f.bands.items()} == {
        80: ([[[2, 1]]], [[[4, 9]]])
    }
    assert f.error(0)[0, 0] == -0.5


def test_the_next_horizon_has_no_actual_values(tmp_path):
    (tmp_path / "next.csv").write_text(
        "t,forecast,forecast-lo-80,forecast-hi-80\n1970-01-01 02:00:00,3,2,4\n1970-01-01 03:00:00,5,,\n"
    )
    run = RunDir(tmp_path)
    run.seal(DONE)
    f = read_forecasts(run, spec(), time_axis=TimeAxis("h"), horizon=2, name=NEXT)
    assert (f.series.tolist(), f.first.tolist(), f.forecast.tolist()) == ([0], [2], [[[3, 5]]])
    assert np.isnan(f.actual).all()
    (low, high) = f.bands[80]
    assert (low[0, 0, 0], high[0, 0, 0]) == (2, 4)
    assert np.isnan([low[0, 0, 1], high[0, 0, 1]]).all()
    assert read_forecasts(run, spec(), time_axis=TimeAxis("h"), horizon=2) is None


def test_several_targets_and_series_keep_their_places(tmp_path):
    rows = [
        f'"{s}",1970-01-01 0{c + 1}:00:00,1970-01-01 0{c}:00:00,{t},{c}{n},1'
        for n, s in enumerate(('a"",b', "NA"))
        for c in (4, 3)
        for t in ("forecast", "y")
    ]
    run = run_with(tmp_path, "id,t,cutoff,target,forecast,actual\n" + "\n".join(rows) + "\n")
    f = read_forecasts(run, spec(id="id", targets=["forecast", "y"]), time_axis=TimeAxis("h"), horizon=1)
    assert f.ids == ('a",b', "NA")
    assert f.first.tolist() == [4, 5, 4, 5]
    assert f.forecast[:, :, 0].tolist() == [[30, 30], [40, 40], [31, 31], [41, 41]]


def test_times_with_a_zone_and_integer_times(tmp_path):
    zoned = run_with(tmp_path, "t,cutoff,forecast,y\n1970-01-01 05:00:00+02:00,x,1,1\n")
    f = read_forecasts(
        zoned, spec(timezone="Europe/Helsinki"), time_axis=TimeAxis("h", "Europe/Helsinki"), horizon=1
    )
    assert f.first.tolist() == [3]
    whole = run_with(tmp_path, "t,cutoff,forecast,y\n21,19,1,1\n")
    f = read_forecasts(whole, spec(freq=2), time_axis=TimeAxis(2, phase=1), horizon=1)
    assert f.first.tolist() == [10]


def test_a_run_without_test_windows_has_none(tmp_path):
    run = RunDir(tmp_path)
    run.seal(DONE)
    assert read_forecasts(run, spec(), time_axis=TimeAxis("h"), horizon=1) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("t,forecast,y\n", "does not begin with the columns t, cutoff, forecast and intervals"),
        ("id,t,cutoff,forecast,y\n", "does not begin with the columns t, cutoff, forecast and intervals"),
        (
            "t,cutoff,forecast,forecast,y\n",
            "does not begin with the columns t, cutoff, forecast and intervals",
        ),
        (
            "t,cutoff,forecast,forecast-lo-1.2.3,y\n",
            "does not begin with the columns t, cutoff, forecast and intervals",
        ),
        ("t,cutoff,forecast\n", "does not begin with the columns t, cutoff, forecast and intervals"),
        ("t,cutoff,y\n", "does not begin with the columns t, cutoff, forecast and intervals"),
        ("\n", "does not begin with the columns t, cutoff, forecast and intervals"),
        (
            "t,cutoff,forecast,y\n1970-01-01 02:00:00,x,1,1\n",
            "has 1 rows, which is not a whole number of windows",
        ),
        (
            "t,cutoff,forecast,y\n1970-01-01 02:30:00,x,1,1\n1970-01-01 03:30:00,x,1,1\n",
            "has times that are not on the time axis in model/state.json",
        ),
    ],
)
def test_what_is_no_table_of_forecasts_is_refused(tmp_path, text, why):
    run = run_with(tmp_path, text)
    with pytest.raises(DataError) as error:
        read_forecasts(run, spec(), time_axis=TimeAxis("h"), horizon=2)
    assert str(error.value) == (
        f"{tmp_path / 'forecasts.csv'}: {why}; restore the run directory from a copy, or train again"
    )


def test_a_name_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "forecasts.csv").write_bytes(b"t\xa0,cutoff,forecast,y\n1970-01-01 02:00:00,x,1,1\n")
    run = RunDir(tmp_path)
    run.seal(DONE)
    with pytest.raises(DataError, match="does not begin with the columns t, cutoff, forecast"):
        read_forecasts(run, spec(), time_axis=TimeAxis("h"), horizon=1)
