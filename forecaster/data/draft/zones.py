"""Times with offsets from UTC: in which zone they are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.wishes import Wishes
from forecaster.data.time_axis.frequency import DAY_NS
from forecaster.data.time_axis.infer import TimeColumn
from forecaster.errors import DataError, Location
from forecaster.text import listed

_FIXED = re.compile(r"[+-]\d{2}:\d{2}")
_NAMED = 5
# Zones for examples, one for each usual pair of offsets, and the moments of a table that they are looked at.
_ZONES = [
    "Europe/London",
    "Europe/Paris",
    "Europe/Athens",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
]
_MOMENTS = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_NS = 366 * DAY_NS


def zone_choice(zones: Sequence[str], times: Ints, time: TimeColumn, wishes: Wishes) -> Ambiguity | None:
    """Return the choice of a zone that changes its clocks for times with offsets; None where there is none.

    Times of more than a year with one offset are on a clock that does not change.

    Args:
        zones: What `read_times` returned.
        times: The stamps, (rows,).
        time: The column of times.
        wishes: What is known.
    """
    fixed = [zone for zone in zones if _FIXED.fullmatch(zone)]
    if wishes.timezone is not None or not fixed:
        return None
    by_name = f"--timezone with the name of its zone{_example(fixed, times)}"
    if len(zones) > 1:
        return Ambiguity(
            "data.timezone",
            f"{time.name!r} has the offsets {listed(zones, most=_NAMED)} from UTC and is read in UTC, as are days, "
            "seasons and forecasts",
            ("--timezone UTC", by_name),
        )
    if int(np.max(times)) - int(np.min(times)) > _YEAR_NS:
        return None
    return Ambiguity(
        "data.timezone",
        f"{time.name!r} has the offset {fixed[0]} from UTC in all rows, and so have the forecasts, whatever clocks do",
        (f"--timezone {fixed[0]}", by_name),
    )


def _example(offsets: Sequence[str], times: Ints) -> str:
    """Return a zone that has these offsets at such times, as the end of a phrase; nothing where none is known here."""
    low, high = int(np.min(times)), int(np.max(times))
    moments = [
        _EPOCH + timedelta(microseconds=ns // 1_000)
        for ns in np.linspace(low, high, _MOMENTS).astype(np.int64).tolist()
    ]
    for name in _ZONES:
        found = {moment.astimezone(ZoneInfo(name)).strftime("%z") for moment in moments}
        if found == {offset.replace(":", "") for offset in offsets}:
            return f", such as {name}"
    return ""


def irregular_in_utc(error: DataError, zones: Sequence[str], time: TimeColumn, source: object) -> DataError:
    """Return an error that names the offsets where several of them may be why times are irregular in UTC."""
    if len(zones) < 2:
        return error
    return DataError(
        f"the times of column {time.name!r} have the offsets {listed(zones, most=_NAMED)} from UTC, and no regular "
        "step in UTC",
        hint="name their zone with --timezone, such as Europe/Paris; where each series has an offset of its "
        "own, write the times without it",
        location=Location(str(source)),
    )
