"""Features that follow from time alone, so that they are known for any future step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.time_axis.frequency import DAY_NS
from forecaster.errors import ConfigError, EnvironmentError_, install_hint

Ints = NDArray[np.int64]
Float32 = NDArray[np.float32]


def _hour(local: Ints) -> NDArray[np.float64]:
    share: NDArray[np.float64] = local % DAY_NS / DAY_NS
    return share


def _dayofweek(local: Ints) -> NDArray[np.float64]:
    share: NDArray[np.float64] = (local // DAY_NS + 3) % 7 / 7  # 1970-01-01 was a Thursday
    return share


def _day(local: Ints) -> NDArray[np.float64]:
    days = _dates(local)
    share: NDArray[np.float64] = (days - days.astype("M8[M]").astype("M8[D]")).astype(np.int64) / 31
    return share


def _month(local: Ints) -> NDArray[np.float64]:
    share: NDArray[np.float64] = _dates(local).astype("M8[M]").astype(np.int64) % 12 / 12
    return share


def _weekofyear(local: Ints) -> NDArray[np.float64]:
    """ISO 8601: the week belongs to the year of its Thursday."""
    days = local // DAY_NS
    thursday = ((days + 3) // 7 * 7).astype("M8[D]")
    week: Ints = (thursday - thursday.astype("M8[Y]").astype("M8[D]")).astype(np.int64) // 7
    return week / 53


# Each returns the share of its cycle that has passed, in [0, 1).
_CYCLES: dict[str, Callable[[Ints], NDArray[np.float64]]] = {
    "hour": _hour,
    "dayofweek": _dayofweek,
    "day": _day,
    "month": _month,
    "weekofyear": _weekofyear,
}


def feature_names(calendar: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns that `features` returns: a sine and a cosine per cycle."""
    return tuple(
        name
        for feature in calendar
        for name in ((f"{feature}_sin", f"{feature}_cos") if feature in _CYCLES else (feature,))
    )


def features(time_axis: TimeAxis, positions: Ints, calendar: Sequence[str]) -> Float32:
    """Return calendar features on the clock of the axis' time zone.

    Args:
        time_axis: The axis of the positions.
        positions: (positions,).
        calendar: data.calendar.

    Returns:
        Features, (positions, features), float32: sine and cosine of hour (of the day, with minutes), dayofweek,
        day (of the month), month and weekofyear; for holiday:CC 1 on a holiday and 0 elsewhere.

    Raises:
        ConfigError: The axis is one of integers, or a country has no calendar.
        EnvironmentError_: The holidays package is not installed.
    """
    if calendar and time_axis.is_integer:
        raise ConfigError(
            "calendar features need timestamps, and the time axis is one of integers",
            hint="remove data.calendar",
            path="data.calendar",
        )
    out = np.empty((len(positions), len(feature_names(calendar))), dtype=np.float32)
    if not calendar:
        return out
    local = time_axis.local(positions)
    c = 0
    for feature in calendar:
        if feature in _CYCLES:
            angle = 2 * np.pi * _CYCLES[feature](local)
            np.sin(angle, out=out[:, c], casting="same_kind")
            np.cos(angle, out=out[:, c + 1], casting="same_kind")
            c += 2
        else:
            out[:, c] = _is_holiday(local, feature)
            c += 1
    return out


def _dates(local: Ints) -> NDArray[np.datetime64]:
    return (local // DAY_NS).astype("M8[D]")


def _is_holiday(local: Ints, feature: str) -> NDArray[np.bool_]:
    """Return which local times fall on a holiday.

    feature: "holiday:" and a country, with an optional subdivision, such as holiday:US or holiday:DE-BY.
    """
    try:
        import holidays
    except ImportError:
        raise EnvironmentError_(
            f"data.calendar: {feature} needs the holidays package",
            hint=install_hint("holidays"),
        ) from None
    country, _, region = feature.removeprefix("holiday:").partition("-")
    dates = _dates(local)
    years = np.unique(dates.astype("M8[Y]").astype(np.int64)) + 1970
    try:
        dates_of_holidays = holidays.country_holidays(country, subdiv=region or None, years=years.tolist())
    except NotImplementedError:
        raise ConfigError(
            f"the holidays package has no calendar for {feature.removeprefix('holiday:')!r}",
            hint="use an ISO 3166 country code, such as holiday:US or holiday:DE-BY",
            path="data.calendar",
        ) from None
    days = np.array(sorted(dates_of_holidays), dtype="M8[D]")
    return np.isin(dates, days)
