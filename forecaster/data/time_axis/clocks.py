"""Clocks of time zones: UTC to local time and back, also where clocks repeat and skip hours.

Everywhere, times are int64 nanoseconds since 1970: of UTC, or as a clock shows them.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.time_axis.frequency import DAY_NS

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
UTC = "UTC"
# A clock that always is so far from UTC, which zoneinfo has no name for.
_FIXED = re.compile(r"[+-]([01]\d|2[0-3]):[0-5]\d")


def zone_fault(name: str) -> tuple[str, str] | None:
    """Return what is wrong with the name of a time zone, and the next move; None where nothing is."""
    import difflib
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

    if _FIXED.fullmatch(name):
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(name, sorted(available_timezones()), n=1)
        hint = f"did you mean {near[0]}?" if near else "give an IANA name such as Europe/Paris"
        return f"no time zone is called {name!r}", hint
    return None


def is_utc(zone: str) -> bool:
    """Return whether a zone or an offset is UTC under one of its names."""
    return zone.upper() in ("UTC", "GMT", "Z", "ETC/UTC", "ETC/GMT") or zone[1:] in ("00:00", "0000", "00")


def to_local(utc: Ints, timezone: str | None) -> Ints:
    """Return what the clock of a zone shows; the times themselves where the zone is None."""
    if timezone is None:
        return utc
    index = _index(utc).tz_localize("UTC").tz_convert(timezone)
    return _ns(index.tz_localize(None))


def to_utc(local: Ints, timezone: str | None) -> Ints:
    """Return the UTC of local times; the times themselves where the zone is None.

    A repeated time stands for the first of its two moments, a skipped one for the first moment after it.
    """
    if timezone is None:
        return local
    first = np.ones(len(local), dtype=bool)
    return _utc_ns(_index(local).tz_localize(timezone, ambiguous=first, nonexistent="shift_forward"))


def resolve(local: Ints, timezone: str, *, second: bool = False) -> tuple[Ints, Bools, Bools]:
    """Return the UTC of local times, and which of them a clock skips, and which it repeats.

    Args:
        local: What the clock shows, (times,).
        timezone: An IANA zone.
        second: Whether a repeated time stands for the second of its two moments, not the first.

    Returns:
        UTC, skipped and repeated, each (times,). A skipped time stands for what clocks show instead: 03:30
        for 02:30.
    """
    index = _index(local)
    none = np.zeros(len(index), dtype=bool)
    aware = index.tz_localize(timezone, ambiguous="NaT", nonexistent="NaT")
    unclear = np.asarray(aware.isna())
    utc = _utc_ns(aware)
    if not unclear.any():
        return utc, none, none
    skipped = none.copy()
    is_first = np.full(int(unclear.sum()), not second)
    chosen = index[unclear].tz_localize(timezone, ambiguous=is_first, nonexistent="NaT")
    skipped[unclear] = np.asarray(chosen.isna())
    utc[unclear] = _utc_ns(chosen)
    # The offset in force a day before leads to what clocks show once they have gone forward.
    utc[skipped] = to_utc(local[skipped] - DAY_NS, timezone) + DAY_NS
    return utc, skipped, unclear & ~skipped


def second_moments(utc: Ints, timezone: str) -> tuple[Bools, Ints]:
    """Return which moments are the first of two with one local time, and the second of each such pair."""
    local = to_local(utc, timezone)
    first, _, repeated = resolve(local, timezone)
    second, _, _ = resolve(local, timezone, second=True)
    return repeated & (first == utc), second


def _index(ns: Ints) -> Any:
    import pandas as pd

    return pd.DatetimeIndex(ns.view("M8[ns]"))


def _utc_ns(aware: Any) -> Ints:
    return _ns(aware.tz_convert("UTC").tz_localize(None))


def _ns(naive: Any) -> Ints:
    out: Ints = naive.to_numpy().astype("M8[ns]").view(np.int64)
    return out
