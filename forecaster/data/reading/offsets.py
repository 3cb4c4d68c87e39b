"""The offsets from UTC that times are written with, and the time zone that follows from them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.time_axis.clocks import UTC, is_utc, zone_fault
from forecaster.data.time_axis.time_formats import has_offset

if TYPE_CHECKING:
    import pyarrow as pa

_OFFSET = r"(?P<offset>[Zz]|[+-]\d{2}(?::?\d{2})?)"
# A date alone, such as 2024-01-05, has no offset.
_ISO = rf"[ Tt].*?{_OFFSET}$"
_AT_END = rf"{_OFFSET}$"
_WITHIN = rf"\s{_OFFSET}\s"
_PARTS = re.compile(r"([+-]\d{2}):?(\d{2})?")


def written_zones(texts: pa.Array, time_format: str | None) -> list[str]:
    """Return the distinct offsets of times, in their order: +02:00, or UTC for Z and +00:00.

    Args:
        texts: Times with an offset, and any other text.
        time_format: Their format; None for ISO 8601.
    """
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(texts.drop_null())
    pattern = _ISO
    if time_format is not None:
        pattern = _AT_END if time_format.endswith("%z") else _WITHIN
    first = pc.struct_field(pc.extract_regex(text[:1], pattern), "offset").to_pylist()
    if first and first[0] and pattern != _WITHIN and pc.all(pc.ends_with(text, first[0])).as_py():
        return [_plain(first[0])]
    found = pc.struct_field(pc.extract_regex(text, pattern), "offset").unique().to_pylist()
    return list(dict.fromkeys(_plain(offset) for offset in found if offset))


def typed_zone(name: str) -> str:
    """Return the time zone of a column of timestamps: UTC where its name is another name of it, or of no zone."""
    return UTC if is_utc(name) or zone_fault(name) is not None else name


def zone_of(zones: list[str]) -> str | None:
    """Return the zone of times with these offsets: the only one, or UTC for several; None without any."""
    return None if not zones else zones[0] if len(zones) == 1 else UTC


def is_on_any_clock(spec: DataSpec, time_axis: TimeAxis) -> bool:
    """Return whether times could be those of any clock: they have no offset and no zone, and are no epochs.

    Args:
        spec: The data section that they were read by.
        time_axis: Their time axis.
    """
    return not (time_axis.is_integer or time_axis.timezone or has_offset(spec.csv.time_format))


def _plain(offset: str) -> str:
    parts = _PARTS.fullmatch(offset)
    plain = offset if parts is None else f"{parts[1]}:{parts[2] or '00'}"
    return UTC if is_utc(plain) else plain
