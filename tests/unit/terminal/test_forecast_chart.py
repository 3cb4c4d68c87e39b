"""A forecast as text, in terminals of fixed width."""

import io
import os
import re
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.reporting.forecasts import StoredForecasts
from forecaster.reporting.history import TargetRows
from forecaster.reporting.newest import NewestForecasts
from forecaster.reporting.plots import Stretch
from forecaster.terminal.console import Reporter
from forecaster.terminal.forecast_chart import forecast_chart


def stretch(
    past: Sequence[float],
    ahead: Sequence[float],
    *,
    spread: float = 5.0,
    unit: str = "h",
    first: str = "2024-01-01T00",
) -> Stretch:
    """One series, from midnight of New Year on, with a band of 80 % of this width to each side."""
    values = np.array(ahead, dtype=float)
    time = np.datetime64(first, unit) + np.arange(len(past) + len(ahead))
    return Stretch.of_window(
        "shop",
        "sales",
        time=time.astype("M8[ns]"),
        past=np.array(past, dtype=float),
        actual=np.full(len(ahead), np.nan),
        forecasts={"forecast": values},
        bands={80: (values - spread, values + spread), 95: (values - 99, values + 99)},
    )


def test_a_chart_of_fifty_columns() -> None:
    past = [0, 10, 20, 30, 20, 10] * 4
    assert forecast_chart(stretch(past, [0, 10, 20, 30, 20, 10]), width=50, time_label="hour") == PICTURE


PICTURE = """\
shop, sales: the next 6 steps
 40 ┤                        ┊
    │                        ┊   ░
 30 ┤   ╭╮    ╭╮    ╭╮    ╭╮ ┊   ┏┓
    │   ││    ││    ││    ││ ┊  ░┃┃
 20 ┤  ╭╯╰╮  ╭╯╰╮  ╭╯╰╮  ╭╯╰╮┊  ┏┛┗┓
    │  │  │  │  │  │  │  │  │┊  ┃ ░┃
    │  │  │  │  │  │  │  │  │┊ ░┃ ░┃
 10 ┤ ╭╯  ╰╮╭╯  ╰╮╭╯  ╰╮╭╯  ╰┊ ┏┛  ┗
    │ │    ││    ││    ││    ┊░┃   ░
  0 ┤─╯    ╰╯    ╰╯    ╰╯    ┊━┛
    │                        ┊░
-10 ┤                        ┊
    └───────────────────────────────
                    2024-01-02 05:00
     ─ actual  ━ forecast  ░ 80 % interval"""


def test_a_terminal_without_lines_and_shades_gets_plain_marks() -> None:
    chart = forecast_chart(stretch([1, 2, 3], [4, 5]), width=60, encoding="ascii")
    assert chart.isascii()
    assert chart.splitlines()[-1].strip() == ". actual  # forecast  : 80 % interval  x: time"


@pytest.mark.parametrize(
    ("past", "ahead", "labels"),
    [
        ([0, 100], [50], ["100", "75", "50", "25", "0"]),
        ([0.001, 0.002], [0.0015], ["0.00200", "0.00175", "0.00150", "0.00125", "0.00100"]),
        (
            [1_000_000, 1_500_000],
            [2_000_000],
            ["2,000,000", "1,750,000", "1,500,000", "1,250,000", "1,000,000"],
        ),
        ([3e10, 5e10], [4e10], ["5e+10", "4.5e+10", "4e+10", "3.5e+10", "3e+10"]),
        ([7, 7], [7], ["8", "6"]),
    ],
)
def test_the_axis_has_round_numbers_of_sensible_digits(
    past: list[float], ahead: list[float], labels: list[str]
) -> None:
    lines = forecast_chart(stretch(past, ahead, spread=0), width=80).splitlines()
    found = [line.split("┤")[0].strip() for line in lines if "┤" in line]
    assert found == labels


@pytest.mark.parametrize(
    ("unit", "first", "times"),
    [
        ("h", "2024-01-01T00", ["2024-01-01 00:00", "2024-01-02 05:00", "2024-01-02 17:00"]),
        ("D", "2024-01-01", ["2024-01-01", "2024-01-30", "2024-02-11"]),
        ("s", "2024-01-01T00:00:00", ["2024-01-01 00:00:00", "2024-01-01 00:00:29", "2024-01-01 00:00:41"]),
    ],
)
def test_the_times_are_those_of_the_first_step_the_cutoff_and_the_last(
    unit: str, first: str, times: list[str]
) -> None:
    chart = forecast_chart(stretch(range(30), range(12), unit=unit, first=first), width=100)
    assert re.split(r"\s{2,}", chart.splitlines()[-2].strip()) == times


def test_nothing_is_drawn_where_there_is_no_room_or_no_number() -> None:
    assert forecast_chart(stretch([1], [2]), width=39) == ""
    assert forecast_chart(stretch([1], [np.nan]), width=80) == ""
    assert forecast_chart(stretch([1], [1e308], spread=0), width=80) == ""
    assert forecast_chart(stretch([], [2]), width=80) != ""
    assert forecast_chart(stretch([np.nan, 1], [2]), width=80) != ""


@given(
    past=st.lists(st.floats(-1e9, 1e9) | st.just(np.nan), max_size=90),
    ahead=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=90),
    width=st.integers(40, 130),
    encoding=st.sampled_from(["utf-8", "ascii", "unknown"]),
)
def test_no_line_is_wider_than_the_terminal(
    past: list[float], ahead: list[float], width: int, encoding: str
) -> None:
    chart = forecast_chart(stretch(past, ahead), width=width, encoding=encoding)
    lines = chart.splitlines()
    assert len(lines) == 16
    assert max(map(len, lines)) <= min(width, 100)
    assert any(mark in chart for mark in "━┃┏┓┗┛#")


def newest() -> NewestForecasts:
    f = StoredForecasts(
        ("shop",),
        ("sales",),
        np.array([0]),
        np.array([30]),
        np.full((1, 1, 3), 7.0),
        np.full((1, 1, 3), np.nan),
        {},
    )
    rows = TargetRows(TimeAxis(1), ("shop",), np.arange(30.0)[:, None], np.array([0, 30]), np.array([0]))
    return NewestForecasts(f, rows, TimeAxis(1))


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("reporter", "piped", "drawn"),
    [
        (Reporter(), "", True),
        (Reporter(color=False), "", True),
        (Reporter(verbosity=-1), "", False),
        (Reporter(json=True), "", False),
        (Reporter(), "stdout", False),
        (Reporter(), "stderr", False),
    ],
)
def test_a_forecast_is_drawn_on_terminals_only(
    monkeypatch: pytest.MonkeyPatch, reporter: Reporter, piped: str, drawn: bool
) -> None:
    streams = {name: io.StringIO() if name == piped else Terminal() for name in ("stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((50, 24)))
    reporter.show_forecast(newest(), time_label="day")
    reporter.show_forecast(None, time_label="day")
    assert streams["stdout"].getvalue() == ""
    said = streams["stderr"].getvalue()
    assert ("shop, sales: the next 3 steps" in said) is drawn
    assert (said != "") is drawn
