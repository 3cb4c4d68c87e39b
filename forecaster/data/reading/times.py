"""The time column to int64: nanoseconds since 1970 (UTC when zoned), or integers as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Ints
from forecaster.data.reading.coded_times import parse_named
from forecaster.data.reading.columns import Bools, ColumnBatch, cast_text, mask, to_flags, to_floats, to_ints
from forecaster.data.reading.offsets import typed_zone, written_zones
from forecaster.data.reading.time_faults import MOST_STEP, describe_integer_column, describe_text, not_a_time
from forecaster.data.reading.time_parts import combine, read_part
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import YEARS
from forecaster.data.time_axis.clocks import resolve, to_utc
from forecaster.data.time_axis.frequency import Frequency
from forecaster.data.time_axis.time_formats import NAMED, OCTOBER, OF_YEAR, has_offset, names_week_only
from forecaster.text import joined

if TYPE_CHECKING:
    import pyarrow as pa

# The stamp of a row that data.clock_changes leaves out.
LEFT_OUT = np.iinfo(np.int64).max
# AM and PM as a.m. and p.m., which %p does not read.
HALF_WITH_POINTS = r"\b([aApP])\. ?[mM]\."
_A_DAY = np.timedelta64(1, "D")
# Days that a month does not have (02-30) and years beyond int64 are found later.
_MONTH = r"\d{4}-(0[1-9]|1[0-2])"
_DATE = rf"{_MONTH}-(0[1-9]|[12]\d|3[01])"
_CLOCK = r"[ T]([01]\d|2[0-3])(:[0-5]\d(:[0-5]\d(\.\d{1,9})?)?)?"
# What stands before and behind the hour 24, which is midnight at the end of its day.
_MIDNIGHT_ISO = r"^(.*[ T])24((?::00){0,2}(?:\.0{1,9})?(?:[Z+ -].*)?)$"
_MIDNIGHT_MARKED = r"^(.*\D)24((?::00){1,2}(?:\.0+)?(?:\D.*)?)$"
_MIDNIGHT_PACKED = r"^(\d{6,8}|.*\D)24((?:00){0,2}(?:\D.*)?)$"
_ZONE = r" ?(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)"


@dataclass
class TimeReader:
    """Reads a table's time column batch by batch, and holds it to one kind throughout."""

    spec: DataSpec
    kind: Literal["naive", "aware"] | None = field(default=None)
    """Whether times carry an offset; set by the first one."""
    zones: list[str] = field(default_factory=list)
    """The offsets so far, or the zone of a typed column, in their order; none of epochs, which have no clock."""

    def read(self, column: ColumnBatch, parts: Mapping[str, ColumnBatch] | None = None) -> tuple[Ints, Bools]:
        """Return the stamps of some rows, and which of them are times.

        The others are added to the problems of the column, and so is a type that holds no times.

        Args:
            column: Text, numbers, or timestamps or dates of any unit.
            parts: The columns of data.time_parts, by part.

        Returns:
            Stamps, (rows,), and which are good, (rows,). The stamp LEFT_OUT is good and no time: its row is
            to be left out.
        """
        import pyarrow as pa
        import pyarrow.types as types

        cells, integer = column.cells, isinstance(self.spec.freq, int)
        kind, time_format = cells.type, self._format()
        if _is_number(kind) and not integer and time_format is not None:
            cells = _number_texts(cells)
        if integer and (types.is_integer(kind) or types.is_string(kind)):
            stamps, good = _integers(cells)
            column.report(~good, lambda text: describe_text(text, self.spec))
            return stamps, good
        if not integer and types.is_string(cells.type):
            times, aware = _parse(cells, time_format)
            if time_format not in NAMED and aware.any():
                self._note(written_zones(cells.filter(mask(aware)), time_format))
            return self._times(column, times, aware, parts)
        if not integer and (types.is_timestamp(kind) or types.is_date(kind)):
            zone = kind.tz if types.is_timestamp(kind) else None
            self._note([typed_zone(zone)] if zone is not None else [])
            if types.is_date64(kind):
                # As a date of 32 bits a far one would become another.
                cells = cells.cast(pa.timestamp("ms"))
            times = cells.to_numpy(zero_copy_only=False)
            times = times.astype("M8[D]") if types.is_date64(kind) else times
            return self._times(column, times, np.full(len(cells), zone is not None), parts)
        described = describe_integer_column(cells, self.spec) if types.is_integer(kind) else None
        column.report_type(described or not_a_time(str(kind), self.spec))
        return np.zeros(len(cells), dtype=np.int64), np.zeros(len(cells), dtype=bool)

    def _note(self, zones: list[str]) -> None:
        self.zones += [zone for zone in zones if zone not in self.zones]

    def _format(self) -> str | None:
        """Return data.csv.time_format; that of years where another column completes them."""
        if self.spec.csv.time_format is None and not self.spec.time_parts.columns.keys().isdisjoint(OF_YEAR):
            return "%Y"
        return self.spec.csv.time_format

    def _times(
        self,
        column: ColumnBatch,
        times: NDArray[Any],
        aware: Bools,
        parts: Mapping[str, ColumnBatch] | None = None,
    ) -> tuple[Ints, Bools]:
        """Return `read` of times that are parsed.

        Args:
            column: Where they come from.
            times: (rows,), datetime64 of any unit, NaT where the cell is no time; UTC where it has an offset.
            aware: (rows,), whether it has one.
            parts: As in `read`.
        """
        good = (times >= YEARS[0]) & (times < YEARS[1])
        column.report(~good, lambda text: describe_text(text, self.spec))
        if parts:
            times, good = _with_parts(column, np.where(good, times, np.datetime64("NaT")), good, parts)
        if self.kind is None and good.any():
            self.kind = "aware" if aware[good.argmax()] else "naive"
        good &= self._report_mixed(column, aware, good)
        stamps = np.where(good, times, np.datetime64(0, "s")).astype("M8[ns]").view(np.int64)
        if self.kind == "naive" and self.spec.timezone is not None:
            return self._localised(column, stamps, good, self.spec.timezone)
        return stamps, good

    def _report_mixed(self, column: ColumnBatch, aware: Bools, good: Bools) -> Bools:
        """Report times whose kind is not that of the first. Returns which have that kind."""
        same: Bools = aware == (self.kind == "aware")
        has = "no UTC offset, and the rows before it have one"
        if self.kind == "naive":
            has = "a UTC offset, and the rows before it have none"
        hint = "write every time with its offset, or none"
        column.report(good & ~same, lambda text: (f"{text!r} has {has}", hint))
        return same

    def _localised(self, column: ColumnBatch, local: Ints, good: Bools, zone: str) -> tuple[Ints, Bools]:
        """Return the UTC of times on the clock of data.timezone, by the policy of data.clock_changes."""
        if not Frequency.parse(self.spec.freq).is_tick:
            # On an axis of dates a midnight that the clock skips or repeats still names its day.
            return to_utc(local, zone), good
        policy = self.spec.clock_changes
        utc, skipped, repeated = resolve(local, zone, second=policy.repeated == "second")
        if policy.skipped == "drop":
            utc[skipped & good] = LEFT_OUT
        if policy.skipped == "error":
            choices = "skipped: forward or drop"
            _report_clock(column, skipped & good, f"does not exist in {zone}", choices)
            good &= ~skipped
        if policy.repeated == "error":
            choices = "repeated: first, second or in_order"
            _report_clock(column, repeated & good, f"happens twice in {zone}", choices)
            good &= ~repeated
        return utc, good


def _with_parts(
    column: ColumnBatch, times: NDArray[Any], good: Bools, parts: Mapping[str, ColumnBatch]
) -> tuple[NDArray[Any], Bools]:
    """Return times with the parts of other columns, and which exist; the others are reported."""
    numbers = {}
    for part, cells in parts.items():
        numbers[part], whole = read_part(part, cells)
        good = good & whole
    made = combine(times, numbers)
    exists = good & ~np.isnat(made)
    names = joined([f"{cells.name!r}" for cells in parts.values()], word="and")
    hint = "correct them, or data.time_parts"
    column.report(good & ~exists, lambda text: (f"{text!r} and {names} make no time that exists", hint))
    return made, exists


def _report_clock(column: ColumnBatch, bad: Bools, what: str, choices: str) -> None:
    hint = (
        "write the times in UTC or with their offset, such as 2024-11-03T01:30:00-04:00, or set "
        f"data.clock_changes.{choices}"
    )
    column.report(bad, lambda text: (f"{text!r} {what}: the clocks change", hint))


def _is_number(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _number_texts(cells: pa.Array) -> pa.Array:
    """Return numbers as text, whole ones without a point."""
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_decimal(cells.type):
        cells = cells.cast(pa.float64())
    try:
        return cells.cast(pa.int64()).cast(pa.string())
    except pa.ArrowInvalid:
        return cells.cast(pa.string())


def _integers(cells: pa.Array) -> tuple[Ints, Bools]:
    """Return integers, and which cells hold one. Text must be no more than digits and a sign."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    if types.is_integer(cells.type):
        # Beyond these, differences of two numbers would overflow.
        good = np.abs(to_floats(cells.cast(pa.float64(), safe=False))) <= MOST_STEP
        return to_ints(pc.if_else(mask(good), cells, None)), good
    text = pc.utf8_trim_whitespace(cells)
    good = to_flags(pc.match_substring_regex(text, r"^[+-]?0*\d{1,15}$").fill_null(False))
    # Arrow takes no plus sign.
    unsigned = pc.replace_substring_regex(text, r"^\+", "")
    return to_ints(pc.if_else(mask(good), unsigned, None).cast(pa.int64())), good


def typed_time(text: str, spec: DataSpec) -> str:
    """Return a time that a person wrote like the table's times in ISO 8601; text that is no such time as it is.

    Args:
        text: A time; one that is in ISO 8601 already is returned as it is, whatever the table's form.
        spec: The data section.
    """
    import pyarrow as pa

    try:
        datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return text
    if isinstance(spec.freq, int) or re.fullmatch(_MONTH, text):
        return text
    for time_format in (None, spec.csv.time_format):
        times, aware = _parse(pa.array([text]), time_format)
        if not np.isnat(times[0]):
            day = times[0].astype("M8[D]")
            written = str(day if day == times[0] and not aware[0] else times[0].astype("M8[us]"))
            return written + ("+00:00" if aware[0] else "")
    return text


def _parse(cells: pa.Array, time_format: str | None) -> tuple[NDArray[np.datetime64], Bools]:
    """Return the times of texts, NaT where one is no time, and which carry an offset."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if time_format in NAMED:
        return parse_named(cells, time_format), np.full(len(cells), has_offset(time_format))
    if time_format is not None:
        utc = "%z" in time_format
        # pandas reads these words as the time of the reading, whatever the format.
        words = pc.is_in(pc.utf8_trim_whitespace(cells), value_set=pa.array(["now", "today"]))
        texts = pc.if_else(words, None, cells)
        if time_format in ("%Y.%m", "%Y,%m") and not pc.any(pc.ends_with(texts, "10")).as_py():
            # Of numbers, October is 2019.1, which would be read as January.
            texts = pc.if_else(pc.match_substring_regex(texts, OCTOBER), None, texts)
        times = parse_format(texts, time_format, utc=utc)
        return times, np.full(len(cells), utc)
    for zone in (None, "UTC"):
        # Arrow's own strict cast, the fast way, reads a batch of times of one kind, to the microsecond.
        try:
            times = cast_text(cells, pa.timestamp("us", zone)).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            continue
        return times, np.full(len(cells), zone is not None)
    text = pc.utf8_trim_whitespace(cells.fill_null(""))
    text, at_end = _without_24(text, _MIDNIGHT_ISO)
    aware = to_flags(pc.match_substring_regex(text, f"^{_DATE}{_CLOCK}{_ZONE}$"))
    naive = to_flags(pc.match_substring_regex(text, f"^({_MONTH}|{_DATE}({_CLOCK})?)$"))
    times = np.full(len(cells), np.datetime64("NaT"), dtype="M8[ns]")
    for rows, utc in ((naive, False), (aware, True)):
        if rows.any():
            found = _parse_each(text.filter(mask(rows)), "ISO8601", utc=utc)
            # Years that nanoseconds cannot hold are faults.
            times[rows] = np.where((found >= YEARS[0]) & (found < YEARS[1]), found, np.datetime64("NaT"))
    return times + at_end * _A_DAY, aware


def parse_format(texts: pa.Array, time_format: str, *, utc: bool) -> NDArray[np.datetime64]:
    """Return the times of texts, by strftime codes. A week alone is its Monday, and 24:00 the end of its day."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "." not in time_format:
        # pandas writes whole numbers beside an empty cell with .0.
        texts = pc.replace_substring_regex(texts, r"^(\s*\d+)\.0\s*$", r"\1")
    if "%p" in time_format:
        texts = pc.replace_substring_regex(texts, HALF_WITH_POINTS, r"\1m")
    if names_week_only(time_format):
        texts = pc.binary_join_element_wise(texts, pa.scalar("1"), pa.scalar(" "))
        return _parse_each(texts, f"{time_format} %u", utc=utc)
    times = _parse_each(texts, time_format, utc=utc)
    if "%H" in time_format and np.isnat(times).any():
        pattern = _MIDNIGHT_MARKED if "%H:" in time_format else _MIDNIGHT_PACKED
        text, at_end = _without_24(pc.utf8_trim_whitespace(texts.fill_null("")), pattern)
        at_end &= np.isnat(times)
        if at_end.any():
            again = _parse_each(text.filter(mask(at_end)), time_format, utc=utc)
            times = times.astype("M8[ns]")
            again = again.astype("M8[ns]")
            # 24:30 is no time.
            times[at_end] = np.where(again == again.astype("M8[D]"), again + _A_DAY, np.datetime64("NaT"))
    return times


def _without_24(text: pa.Array, pattern: str) -> tuple[pa.Array, Bools]:
    """Return texts with the hour 00 in place of 24 where they match a pattern, and which do, (rows,)."""
    import pyarrow.compute as pc

    at_end = to_flags(pc.match_substring_regex(text, pattern))
    return pc.replace_substring_regex(text, pattern, r"\100\2"), at_end


def _parse_each(texts: pa.Array, time_format: str, *, utc: bool) -> NDArray[np.datetime64]:
    """Return the times of texts, NaT where one does not follow the format or does not exist."""
    import pandas as pd

    cells = pd.Index(texts.to_numpy(zero_copy_only=False))
    found = pd.to_datetime(cells, format=time_format, errors="coerce", utc=utc)
    times: NDArray[np.datetime64] = (found.tz_localize(None) if utc else found).to_numpy()
    return times
