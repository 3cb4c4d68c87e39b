import numpy as np
import pandas as pd
import pytest

from forecaster.data.time_axis.axis import OFF_AXIS, TimeAxis, canonical_freq, end_of, parse_stamp

H = 3_600_000_000_000


def ns(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="M8[ns]").view(np.int64)


CALENDAR = [
    "D", "2D", "B", "2B", "W-FRI", "W", "2W", "MS", "ME", "3MS", "BMS", "BME", "QS", "QE", "QE-JAN", "BQE", "BQS",
    "YS-MAR", "YE", "BYE", "BYS",
]  # fmt: skip


@pytest.mark.parametrize("freq", [*CALENDAR, "h", "15min", "7s", "250ms"])
@pytest.mark.parametrize("zone", [None, "Europe/Amsterdam", "America/Sao_Paulo"])
def test_agrees_with_pandas_offsets(freq: str, zone: str | None) -> None:
    """Midnight in Sao Paulo is skipped once a year: the step is still there."""
    index = pd.date_range("2013-01-05", periods=200, freq=freq)
    if zone is not None:
        if freq in CALENDAR:
            first = np.ones(200, dtype=bool)
            index = index.tz_localize(zone, nonexistent="shift_forward", ambiguous=first).tz_convert("UTC")
        index = index.tz_localize(None)
    stamps = index.to_numpy().astype("M8[ns]").view(np.int64)
    time_axis = TimeAxis.fit(freq, zone, stamps)
    positions = time_axis.positions(stamps)
    assert (np.diff(positions) == 1).all()
    assert (time_axis.stamps(positions) == stamps).all()
    assert time_axis.at_or_after(int(stamps[3])) == positions[3]
    assert time_axis.at_or_after(int(stamps[3]) + 1) == positions[4]
    assert time_axis.around(int(stamps[3]) + 1) == (positions[3], positions[4])
    assert time_axis.positions(stamps[5:6] + 1) == OFF_AXIS


def test_position_does_not_depend_on_where_the_table_begins() -> None:
    stamps = ns("2024-01-01T00:30", "2024-01-01T01:30", "2024-01-01T02:30")
    whole, part = TimeAxis.fit("h", None, stamps), TimeAxis.fit("h", None, stamps[1:])
    assert whole == part
    assert whole.positions(stamps)[1] == part.positions(stamps[1:])[0]


def test_phase_is_that_of_most_rows_not_of_the_first() -> None:
    stamps = ns("2024-01-01T00:07", "2024-01-01T01:00", "2024-01-01T02:00")
    time_axis = TimeAxis.fit("h", None, stamps)
    assert time_axis.phase == 0
    assert (time_axis.positions(stamps) == OFF_AXIS).tolist() == [True, False, False]


def test_day_of_23_hours_is_one_step() -> None:
    # Berlin: midnight is 23:00 UTC in winter and 22:00 UTC in summer; clocks go forward on the 31st.
    stamps = ns("2024-03-29T23:00", "2024-03-30T23:00", "2024-03-31T22:00")
    time_axis = TimeAxis.fit("D", "Europe/Berlin", stamps)
    assert np.diff(time_axis.positions(stamps)).tolist() == [1, 1]
    assert time_axis.text(time_axis.positions(stamps)) == ["2024-03-30", "2024-03-31", "2024-04-01"]


def test_text_shows_local_time_with_its_offset() -> None:
    stamps = ns("2013-11-03T05:30", "2013-11-03T06:30")
    time_axis = TimeAxis.fit("h", "America/New_York", stamps)
    assert time_axis.text(time_axis.positions(stamps)) == [
        "2013-11-03 01:30:00-04:00",
        "2013-11-03 01:30:00-05:00",
    ]


def test_text_shows_fractions_only_where_there_are_any() -> None:
    time_axis = TimeAxis("250ms")
    assert time_axis.text(np.array([0, 1])) == ["1970-01-01 00:00:00.000", "1970-01-01 00:00:00.250"]
    assert time_axis.text(np.array([4])) == ["1970-01-01 00:00:01"]
    assert TimeAxis(3, phase=1).text(np.array([0, 2])) == ["1", "7"]


def test_integers() -> None:
    time_axis = TimeAxis.fit(10, None, np.array([5, 15, 25]))
    assert time_axis.positions(np.array([5, 15, 20, 35])).tolist() == [0, 1, OFF_AXIS, 3]
    assert time_axis.stamps(np.array([-1, 3])).tolist() == [-5, 35]
    assert time_axis.ceil_position("6") == 1
    with pytest.raises(ValueError, match="'soon' is not an integer, and the time axis is one of integers"):
        time_axis.ceil_position("soon")


def test_ceil_position_of_a_date() -> None:
    assert TimeAxis("h").ceil_position("1970-01-02") == 24
    assert TimeAxis("h").ceil_position("1970-01-01T23:59") == 24
    assert TimeAxis("ME").text(np.array([TimeAxis("ME").ceil_position("2024-02-01")])) == ["2024-02-29"]
    assert TimeAxis("h", "Europe/Berlin").ceil_position("1970-01-02") == 23
    with pytest.raises(ValueError, match="'13/01/2024' is not an ISO 8601 date or time"):
        TimeAxis("h").ceil_position("13/01/2024")


def test_the_end_of_a_day_or_a_month() -> None:
    assert end_of("2024-02") == "2024-02-29 23:59:59.999999"
    assert end_of(" 2024-02-03 ") == "2024-02-03 23:59:59.999999"
    assert end_of("2024-02-03T06:00") == "2024-02-03T06:00"


def test_parse_stamp() -> None:
    assert parse_stamp("1970-02", None) == 31 * 24 * H
    assert parse_stamp("1970-01-01T02:00:00+01:00", None) == H
    assert parse_stamp("1970-01-01T02:00", "Europe/Berlin") == H
    assert parse_stamp("1969-12-31T23:59:59.999999", None) == -1000
    with pytest.raises(ValueError, match="outside the years 1678 to 2261"):
        parse_stamp("1492-10-12", None)


def test_as_json_names_every_argument() -> None:
    time_axis = TimeAxis("3MS", "Europe/Berlin", phase=5, skip=2)
    assert TimeAxis(**time_axis.as_json()) == time_axis
    assert canonical_freq(time_axis.freq) == time_axis.freq


@pytest.mark.parametrize(
    ("freq", "day"), [("MS", 15), ("MS", 28), ("QS-FEB", 10), ("YS-JUN", 3), ("2MS", 15)]
)
def test_months_may_be_named_by_another_day(freq: str, day: int) -> None:
    dates = pd.date_range("2019-01-01", periods=30, freq=freq) + pd.Timedelta(days=day - 1)
    stamps = dates.to_numpy().astype("M8[ns]").view(np.int64)
    time_axis = TimeAxis.fit(freq, None, stamps)
    assert np.diff(time_axis.positions(stamps)).tolist() == [1] * 29
    assert time_axis.text(time_axis.positions(stamps[:1])) == [str(dates[0].date())]
    assert TimeAxis.from_json(time_axis.as_json()) == time_axis


def test_month_ends_are_no_month_starts_on_another_day() -> None:
    stamps = pd.date_range("2019-01-31", periods=12, freq="ME").to_numpy().astype("M8[ns]").view(np.int64)
    assert (TimeAxis.fit("MS", None, stamps).positions(stamps) == OFF_AXIS).all()
