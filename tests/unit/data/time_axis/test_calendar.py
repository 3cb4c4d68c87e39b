from __future__ import annotations

import builtins
import math
import sys
import types
from datetime import date
from typing import Any

import numpy as np
import pytest

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.time_axis.calendar import feature_names, features
from forecaster.errors import ConfigError, EnvironmentError_


def at(time_axis: TimeAxis, text: str, feature: str) -> list[float]:
    position = np.array([time_axis.ceil_position(text)])
    return features(time_axis, position, [feature])[0].tolist()


@pytest.mark.parametrize(
    ("feature", "text", "share"),
    [
        ("hour", "2024-01-01T06:00", 6 / 24),
        ("hour", "2024-01-01T06:30", 6.5 / 24),
        ("dayofweek", "2024-01-01T06:00", 0),  # a Monday
        ("dayofweek", "2024-01-07T23:30", 6 / 7),
        ("day", "2024-02-29", 28 / 31),
        ("month", "2024-12-31", 11 / 12),
        ("weekofyear", "2024-12-30", 0),  # ISO week 1 of 2025
        ("weekofyear", "2021-01-03", 52 / 53),  # ISO week 53 of 2020
    ],
)
def test_sine_and_cosine_of_the_share_of_the_cycle(feature: str, text: str, share: float) -> None:
    angle = 2 * math.pi * share
    assert at(TimeAxis("30min"), text, feature) == pytest.approx([math.sin(angle), math.cos(angle)], abs=1e-6)


def test_local_time_counts() -> None:
    # 22:00 UTC on 30 June is midnight on Monday, 1 July in Berlin.
    assert at(TimeAxis("h", "Europe/Berlin"), "2024-06-30T22:00Z", "hour") == pytest.approx([0, 1])
    assert at(TimeAxis("h", "Europe/Berlin"), "2024-06-30T22:00Z", "dayofweek") == pytest.approx([0, 1])


def test_names_and_shape() -> None:
    calendar = ["hour", "holiday:US", "month"]
    assert feature_names(calendar) == ("hour_sin", "hour_cos", "holiday:US", "month_sin", "month_cos")
    assert features(TimeAxis("h"), np.arange(5), []).shape == (5, 0)
    assert features(TimeAxis("h"), np.arange(5), ["hour"]).dtype == np.float32


def test_integer_axis_has_no_calendar() -> None:
    with pytest.raises(ConfigError) as caught:
        features(TimeAxis(1), np.arange(3), ["hour"])
    assert str(caught.value) == (
        "data.calendar: calendar features need timestamps, and the time axis is one of integers; "
        "remove data.calendar"
    )


def fake_holidays(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    asked: list[Any] = []
    module = types.ModuleType("holidays")

    def country_holidays(country: str, *, subdiv: str | None, years: list[int]) -> dict[date, str]:
        asked.append((country, subdiv, years))
        if country == "QQ":
            raise NotImplementedError
        return {date(2024, 1, 1): "New Year"}

    module.country_holidays = country_holidays  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "holidays", module)
    return asked


def test_holidays_are_whole_local_days(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = fake_holidays(monkeypatch)
    time_axis = TimeAxis("h", "Asia/Tokyo")  # nine hours ahead
    first = time_axis.ceil_position("2023-12-31T14:00Z")
    flags = features(time_axis, first + np.arange(26), ["holiday:JP-13"])[:, 0]
    assert flags.tolist() == [0] + [1] * 24 + [0]
    assert asked == [("JP", "13", [2023, 2024])]


def test_unknown_country(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_holidays(monkeypatch)
    with pytest.raises(ConfigError) as caught:
        features(TimeAxis("D"), np.arange(3), ["holiday:QQ"])
    assert str(caught.value) == (
        "data.calendar: the holidays package has no calendar for 'QQ'; "
        "use an ISO 3166 country code, such as holiday:US or holiday:DE-BY"
    )


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "holidays":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(EnvironmentError_) as caught:
        features(TimeAxis("D"), np.arange(3), ["holiday:US"])
    assert str(caught.value) == (
        "data.calendar: holiday:US needs the holidays package; pip install 'keras-forecaster[holidays]'"
    )
    assert caught.value.exit_code == 3
