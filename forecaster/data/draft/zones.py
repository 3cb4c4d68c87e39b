"""Times with offsets from UTC: in which zone they are read."""

from __future__ import annotations

import re

from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.sniff import Sample
from forecaster.data.draft.wishes import Wishes
from forecaster.data.spec import zone_fault
from forecaster.data.time_axis.infer import TimeColumn
from forecaster.data.time_axis.time_formats import EPOCHS

_OFFSET = re.compile(r"[+-]\d{2}:?(\d{2})?$")
_UTC = re.compile(r"[+-]00(:?00)?$")


def named_zone(sample: Sample, time: TimeColumn) -> str | None:
    """Return the name of the time zone that the type of the column has; None where it has none, or is in UTC."""
    zone = getattr(sample.table[time.name].dtype, "tz", None)
    name = None if zone is None else str(zone)
    return None if name is None or _is_utc(name) or zone_fault(name) is not None else name


def zone_choice(sample: Sample, time: TimeColumn, wishes: Wishes) -> Ambiguity | None:
    """Return the choice of UTC for times with other offsets; None where they are in UTC or the zone was given."""
    if wishes.timezone is not None or time.format in EPOCHS or named_zone(sample, time) is not None:
        return None
    zone = getattr(sample.table[time.name].dtype, "tz", None)
    offset = _first_offset(sample.cells(time.name)) if zone is None else str(zone)
    if offset is None or _is_utc(offset):
        return None
    return Ambiguity(
        "data.timezone",
        f"{time.name!r} has offsets from UTC such as {offset} and is read in UTC, as are days, seasons and forecasts",
        ("--timezone UTC", "--timezone with the name of its zone, such as America/New_York"),
    )


def _is_utc(zone: str) -> bool:
    return zone.upper() in ("UTC", "GMT", "Z", "ETC/UTC") or _UTC.fullmatch(zone) is not None


def _first_offset(cells: list[str]) -> str | None:
    """Return the first offset that is not that of UTC."""
    for cell in cells:
        found = _OFFSET.search(cell) if ":" in cell or "T" in cell else None
        if found is not None and not _UTC.fullmatch(found[0]):
            return found[0]
    return None
