"""Times up to which rows are expected, absolute or counted back from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from forecaster.data.time_axis.axis import TimeAxis, parse_stamp
from forecaster.errors import UsageError

_RELATIVE = re.compile(r"(?P<base>now|today|yesterday)?(?:-(?P<n>\d{1,6})(?P<unit>min|h|d|w))?")
_HINT = "give a time such as 2026-11-25, or one counted back from now such as -1d, -6h, yesterday or today-1h"


def expected_position(text: str, time_axis: TimeAxis, *, now: datetime | None = None) -> int:
    """Return the position of the last step that is not after a time.

    Whole days and weeks are counted back from midnight at the beginning of today, minutes and hours from now; `today`
    and `yesterday` are the midnights at their beginning. The clock is that of the time zone of the axis, and that of
    this machine where it has none.

    Args:
        text: An absolute time in ISO 8601, or a month; or `now`, `today`, `yesterday`, `-6h`, `-1d`, `today-1h`
            and the like.
        time_axis: The time axis.
        now: The present time, with a time zone. None asks the clock.

    Raises:
        UsageError: When the text is no time.
    """
    found = None if time_axis.is_integer else _RELATIVE.fullmatch(text.strip())
    try:
        if found is None or not found[0]:
            return time_axis.floor_position(text)
        now = datetime.now(UTC) if now is None else now
        return time_axis.at_or_before(_stamp(found, time_axis.timezone, now))
    except (ValueError, OverflowError) as error:
        hint = "give a step number" if time_axis.is_integer else _HINT
        raise UsageError(f"--expect-until: {error}", hint=hint) from None


def _stamp(found: re.Match[str], timezone: str | None, now: datetime) -> int:
    """Return the stamp of a relative time. Whole days are those of the clock, hours and minutes pass evenly."""
    zone = None if timezone is None else ZoneInfo(timezone)
    base, n, unit = found["base"], int(found["n"] or 0), found["unit"]
    days = n * {"d": 1, "w": 7}.get(unit, 0)
    back = timedelta(minutes=n) if unit == "min" else timedelta(hours=n if unit == "h" else 0)
    moment = now.astimezone(zone)
    if base in ("today", "yesterday") or (base is None and unit in ("d", "w")):
        day = moment.date() - timedelta(days=days + (base == "yesterday"))
        # Without a zone it is a time on the clock of this machine.
        moment = datetime.combine(day, time(), zone)
    else:
        back += timedelta(days=days)
    moment = (moment.astimezone(UTC) - back).astimezone(zone)
    return parse_stamp((moment if zone else moment.replace(tzinfo=None)).isoformat(), timezone)
