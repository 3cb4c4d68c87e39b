"""Times with offsets from UTC: in which zone they are read."""

from __future__ import annotations

import re

from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.kinds import filled
from forecaster.data.draft.sniff import Sample
from forecaster.data.draft.wishes import Wishes
from forecaster.data.time_axis.infer import TimeColumn
from forecaster.data.time_axis.time_formats import EPOCHS

_OFFSET = re.compile(r"[+-]\d{2}:?(\d{2})?$")
_UTC = re.compile(r"[+-]00(:?00)?$")


def zone_choice(sample: Sample, time: TimeColumn, wishes: Wishes) -> Ambiguity | None:
    """Return the choice of UTC for times with other offsets; None where they are in UTC or the zone was given."""
    if wishes.timezone is not None or time.format in EPOCHS:
        return None
    zone = getattr(sample.table[time.name].dtype, "tz", None)
    offset = _first_offset(filled(sample.table[time.name])) if zone is None else str(zone)
    if offset is None or offset.upper() in ("UTC", "GMT", "Z", "ETC/UTC") or _UTC.fullmatch(offset):
        return None
    example = offset if "/" in offset else "America/New_York"
    held = f"is in {offset}" if zone is not None else f"has offsets from UTC such as {offset}"
    return Ambiguity(
        "data.timezone",
        f"{time.name!r} {held} and is read in UTC, as are days, seasons and forecasts",
        ("--timezone UTC", f"--timezone with the name of its zone, such as {example}"),
    )


def _first_offset(cells: list[str]) -> str | None:
    """Return the first offset that is not that of UTC."""
    for cell in cells:
        found = _OFFSET.search(cell) if ":" in cell or "T" in cell else None
        if found is not None and not _UTC.fullmatch(found[0]):
            return found[0]
    return None
