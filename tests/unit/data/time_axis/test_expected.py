"""Times up to which rows are expected: absolute, and counted back from now."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.time_axis.expected import expected_position
from forecaster.errors import UsageError

# Thursday, half past five in the morning in Paris, 04:30 UTC.
NOW = datetime(2026, 11, 26, 5, 30, tzinfo=ZoneInfo("Europe/Paris"))


def expected(
    text: str, freq: str | int = "h", timezone: str | None = "Europe/Paris", now: datetime = NOW
) -> str:
    axis = TimeAxis(freq, timezone)
    return axis.text(np.array([expected_position(text, axis, now=now)]))[0]


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("2026-11-25", "2026-11-25 00:00:00+01:00"),
        ("2026-11-25 07:59", "2026-11-25 07:00:00+01:00"),
        ("2026-11-25T07:00:00Z", "2026-11-25 08:00:00+01:00"),
        ("now", "2026-11-26 05:00:00+01:00"),
        ("-90min", "2026-11-26 04:00:00+01:00"),
        ("-6h", "2026-11-25 23:00:00+01:00"),
        ("now-1d", "2026-11-25 05:00:00+01:00"),
        ("today", "2026-11-26 00:00:00+01:00"),
        ("yesterday", "2026-11-25 00:00:00+01:00"),
        ("-1d", "2026-11-25 00:00:00+01:00"),
        ("today-1h", "2026-11-25 23:00:00+01:00"),
        ("-2w", "2026-11-12 00:00:00+01:00"),
    ],
)
def test_a_time_is_the_last_step_that_is_not_after_it(text: str, step: str) -> None:
    assert expected(text) == step


def test_steps_of_days_and_weeks_end_before_the_time() -> None:
    assert expected("-6h", "D") == "2026-11-25"
    assert expected("today", "W-SUN") == "2026-11-22"
    assert expected("today", "MS") == "2026-11-01"


@pytest.mark.parametrize(
    ("freq", "phase", "step"),
    [
        ("MS", 0, "2026-06-01"),
        ("MS", 14 * 86_400_000_000_000, "2026-06-15"),
        ("ME", 0, "2026-06-30"),
        ("BME", 0, "2026-06-30"),
        ("QS", 0, "2026-04-01"),
        ("YE", 0, "2025-12-31"),
        ("D", 0, "2026-06-01"),
        ("h", 0, "2026-06-01 00:00:00"),
    ],
)
def test_a_month_is_its_step_or_its_beginning(freq: str, phase: int, step: str) -> None:
    axis = TimeAxis(freq, phase=phase)
    assert axis.text(np.array([axis.floor_position("2026-06")])) == [step]


def test_a_day_is_counted_by_the_clock_when_the_clock_changes() -> None:
    """In Paris, Sunday, 25 October 2026 has 25 hours."""
    monday = datetime(2026, 10, 26, 5, 30, tzinfo=ZoneInfo("Europe/Paris"))
    assert expected("-1d", now=monday) == "2026-10-25 00:00:00+02:00"
    assert expected("now-1d", now=monday) == "2026-10-25 05:00:00+01:00"
    assert expected("today-24h", now=monday) == "2026-10-25 01:00:00+02:00"


def test_without_a_zone_the_clock_is_that_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert expected("now", timezone=None) == "2026-11-26 13:00:00"
        assert expected("today", timezone=None) == "2026-11-26 00:00:00"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_axis_of_numbers_takes_a_number() -> None:
    assert expected("17", 1, None) == "17"
    with pytest.raises(UsageError, match="'today' is not an integer"):
        expected("today", 1, None)


@pytest.mark.parametrize("text", ["", "-", "soon", "-1y", "-d", "+1d", "tomorrow", "2026-13-01", "-999999w"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        expected(text)
    assert str(caught.value).startswith("expect_until: ")
    assert str(caught.value).endswith("such as -1d, -6h, yesterday or today-1h")
