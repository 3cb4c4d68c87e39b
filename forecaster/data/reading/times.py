"""The time column to int64: nanoseconds since 1970 (UTC when zoned), or integers as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Ints
from forecaster.data.reading.problems import Problems
from forecaster.data.reading.time_faults import describe_integer_column, describe_text, not_a_time
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import STAMP_MAX, STAMP_MIN, to_local
from forecaster.data.time_axis.frequency import DAY_NS, Frequency

if TYPE_CHECKING:
    import pyarrow as pa

Bools = NDArray[np.bool_]
# Dates of a month that exist nowhere (02-30) are refused later; years are checked against int64.
_DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_CLOCK = r"[ T]([01]\d|2[0-3])(:[0-5]\d(:[0-5]\d(\.\d{1,9})?)?)?"
_ZONE = r"(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)"
# The stamp of a row that data.clock_changes leaves out.
LEFT_OUT = np.iinfo(np.int64).max
_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


@dataclass
class TimeReader:
    """Reads a table's time column batch by batch, and holds it to one kind throughout."""

    spec: DataSpec
    problems: Problems
    kind: Literal["naive", "aware"] | None = field(default=None)
    """Whether stamps carry an offset; set by the first one."""

    def read(self, column: pa.Array, *, file: int, rows: Ints) -> tuple[Ints, Bools]:
        """Stamps, (rows,), and which of them are good; the others are added to the problems.
        A stamp of LEFT_OUT is no time: the row is to be left out.

        rows: the data row of each cell, for messages.
        """
        import pyarrow as pa
        import pyarrow.types as types

        kind = column.type
        if types.is_string(kind):
            return self._text(column, file, rows)
        integer = isinstance(self.spec.freq, int)
        if types.is_integer(kind) and integer:
            good = ~_flags(column.is_null())
            self._report(~good, file, rows, column)
            return _ints(column), good
        if not integer and (types.is_timestamp(kind) or types.is_date(kind)):
            return self._typed(column, file, rows)
        if types.is_integer(kind) and self.spec.csv.time_format is not None:
            return self._text(column.cast(pa.string()), file, rows)
        described = describe_integer_column(column, self.spec) if types.is_integer(kind) else None
        fault = described or not_a_time(str(kind), self.spec)
        self.problems.add(file, rows[:1], self.spec.time, lambda _: fault)
        return np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=bool)

    def _text(self, column: pa.Array, file: int, rows: Ints) -> tuple[Ints, Bools]:
        import pyarrow as pa
        import pyarrow.compute as pc

        if isinstance(self.spec.freq, int):
            text = pc.utf8_trim_whitespace(column)
            good = _flags(pc.match_substring_regex(text, r"^[+-]?\d{1,18}$").fill_null(False))
            stamps = _ints(pc.if_else(pa.array(good), text, None).cast(pa.int64()))
            self._report(~good, file, rows, column)
            return stamps, good
        if self.spec.csv.time_format is not None:
            stamps, good, aware = _formatted(column, self.spec.csv.time_format)
        else:
            stamps, good, aware = _iso(column)
        self._report(~good, file, rows, column)
        good &= self._same_kind(aware, good, file, rows, column)
        if self.kind == "naive":
            return self._localised(stamps, good, file, rows, column)
        return stamps, good

    def _typed(self, column: pa.Array, file: int, rows: Ints) -> tuple[Ints, Bools]:
        """Columns of Arrow's timestamp and date types, of any unit."""
        import pyarrow as pa
        import pyarrow.types as types

        if types.is_date(column.type):
            column = column.cast(pa.date32()).cast(pa.timestamp("s"))
        per_unit = _NS[column.type.unit]
        counts = _ints(column.cast(pa.int64()))
        in_range = (counts >= -(-STAMP_MIN // per_unit)) & (counts < STAMP_MAX // per_unit)
        good = in_range & ~_flags(column.is_null())
        self._report(~good, file, rows, column)
        aware = np.full(len(rows), column.type.tz is not None)
        good &= self._same_kind(aware, good, file, rows, column)
        stamps = np.where(good, counts, 0) * per_unit
        return self._localised(stamps, good, file, rows, column) if self.kind == "naive" else (stamps, good)

    def _same_kind(self, aware: Bools, good: Bools, file: int, rows: Ints, column: pa.Array) -> Bools:
        if self.kind is None and good.any():
            self.kind = "aware" if aware[good.argmax()] else "naive"
        same: Bools = aware == (self.kind == "aware")
        odd = np.flatnonzero(good & ~same)
        has = "no UTC offset, and the rows before it have one"
        if self.kind == "naive":
            has = "a UTC offset, and the rows before it have none"
        hint = "write every time with its offset, or none"
        if len(odd):
            self.problems.add(
                file,
                rows[odd],
                self.spec.time,
                lambda i: (f"{str(column[int(odd[i])].as_py())!r} has {has}", hint),
            )
        return same

    def _localised(
        self, stamps: Ints, good: Bools, file: int, rows: Ints, column: pa.Array
    ) -> tuple[Ints, Bools]:
        """Local times on the clock of data.timezone to UTC."""
        zone = self.spec.timezone
        if zone is None:
            return stamps, good
        # On a grid of dates a midnight that the clock skips or repeats still names its day.
        by_date = not Frequency.parse(self.spec.freq).is_tick
        policy = self.spec.clock_changes
        utc, absent, twice = to_utc(
            np.where(good, stamps, 0), zone, by_date=by_date, second=policy.repeated == "second"
        )
        utc[absent & good & (policy.skipped == "drop")] = LEFT_OUT
        faulty = (
            (absent & good, policy.skipped, "does not exist", "skipped: forward or drop"),
            (twice & good, policy.repeated, "happens twice", "repeated: first, second or in_order"),
        )
        for bad, choice, what, choices in faulty:
            if choice != "error":
                continue
            where = np.flatnonzero(bad)
            if len(where):
                self._clock_fault(where, what, choices, file, rows, column)
            good = good & ~bad
        return utc, good

    def _clock_fault(
        self, where: Ints, what: str, choices: str, file: int, rows: Ints, column: pa.Array
    ) -> None:
        zone = self.spec.timezone
        hint = (
            "write the times in UTC or with their offset, such as 2024-11-03T01:30:00-04:00, or set "
            f"data.clock_changes.{choices}"
        )
        self.problems.add(
            file,
            rows[where],
            self.spec.time,
            lambda i: (f"{str(column[int(where[i])].as_py())!r} {what} in {zone}: the clocks change", hint),
        )

    def _report(self, bad: Bools, file: int, rows: Ints, column: pa.Array) -> None:
        where = np.flatnonzero(bad)
        if len(where):
            self.problems.add(
                file, rows[where], self.spec.time, lambda i: describe_text(_show(column, where[i]), self.spec)
            )


def to_utc(
    local: Ints, zone: str, *, by_date: bool = False, second: bool = False
) -> tuple[Ints, Bools, Bools]:
    """UTC of local stamps, and which do not exist or happen twice on that clock.

    Of two it is the first, or the second; of a skipped one what clocks show instead.
    by_date: none is at fault, and a skipped one is the first moment after.
    """
    import pandas as pd

    index = pd.DatetimeIndex(local.view("M8[ns]"))
    first = np.ones(len(index), dtype=bool)
    none = np.zeros(len(index), dtype=bool)
    if by_date:
        aware = index.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
        return _utc_ns(aware), none, none
    aware = index.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    unclear = np.asarray(aware.isna())
    if not unclear.any():
        return _utc_ns(aware), none, none
    absent, utc = none.copy(), _utc_ns(aware)
    chosen = none[unclear] if second else first[unclear]
    either = index[unclear].tz_localize(zone, ambiguous=chosen, nonexistent="NaT")
    absent[unclear] = np.asarray(either.isna())
    utc[unclear] = _utc_ns(either)
    # The offset that was in force before the clocks went forward leads to what they show after it.
    before = index[absent].shift(-1, freq="D").tz_localize(zone, ambiguous=first[absent], nonexistent="NaT")
    utc[absent] = _utc_ns(before) + DAY_NS
    return utc, absent, unclear & ~absent


def later_hour(stamps: Ints, zone: str) -> tuple[Bools, Ints]:
    """Which moments are the first of two with one local time, and the second of each such pair."""
    local = to_local(stamps, zone)
    first, _, twice = to_utc(local, zone)
    second, _, _ = to_utc(local, zone, second=True)
    return twice & (first == stamps), second


def _iso(column: pa.Array) -> tuple[Ints, Bools, Bools]:
    """Stamps, which are good, and which carry an offset."""
    import pyarrow as pa

    for zone in (None, "UTC"):
        try:
            micros = _ints(column.cast(pa.timestamp("us", zone)).cast(pa.int64()))
        except pa.ArrowInvalid:
            continue
        return *_scaled(micros, np.ones(len(micros), dtype=bool)), np.full(len(micros), zone is not None)
    return _iso_odd(column)


def _iso_odd(column: pa.Array) -> tuple[Ints, Bools, Bools]:
    """As `_iso`, for batches with faults, mixed kinds, nanoseconds or months without a day."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(column.fill_null(""))
    text = pc.replace_substring_regex(text, r"^(\d{4}-\d{2})$", r"\1-01")
    aware = _flags(pc.match_substring_regex(text, f"^{_DATE}{_CLOCK} ?{_ZONE}$"))
    good = _flags(pc.match_substring_regex(text, f"^{_DATE}({_CLOCK}( ?{_ZONE})?)?$"))
    good &= _day_exists(text, good)
    text = pc.replace_substring_regex(text, r" (Z|[+-]\d\d(:?\d\d)?)$", r"\1")
    text = pc.replace_substring(text, pattern=" ", replacement="T", max_replacements=1)
    seconds = pc.replace_substring_regex(text, r"\.\d+", "")
    since = np.zeros(len(good), dtype=np.int64)
    for rows, zone in ((good & aware, "UTC"), (good & ~aware, None)):
        # The cast wants a time in every place: the others hold a date that is thrown away.
        stand_in = "2000-01-01T00:00:00Z" if zone else "2000-01-01"
        filled = pc.if_else(pa.array(rows), seconds, pa.scalar(stand_in, type=text.type))
        since[rows] = _ints(filled.cast(pa.timestamp("s", zone)).cast(pa.int64()))[rows]
    fraction = pc.utf8_rpad(pc.replace_substring_regex(text, r"^[^.]*\.?(\d*).*$", r"\1"), 9, "0")
    part = _ints(pc.if_else(pa.array(good), fraction, "0").cast(pa.int64()))
    in_range = (since >= STAMP_MIN // _NS["s"]) & (since < STAMP_MAX // _NS["s"])
    good &= in_range
    return np.where(good, since, 0) * _NS["s"] + np.where(good, part, 0), good, aware


def _day_exists(text: pa.Array, good: Bools) -> Bools:
    """Whether the month of each good text has that day."""
    import pyarrow as pa
    import pyarrow.compute as pc

    day = pc.if_else(pa.array(good), pc.utf8_slice_codeunits(text, 8, 10), "01")
    month = pc.if_else(pa.array(good), pc.utf8_slice_codeunits(text, 0, 7), "2000-01")
    months = np.array(month.to_numpy(zero_copy_only=False), dtype="M8[M]")
    length = ((months + 1).astype("M8[D]") - months.astype("M8[D]")).astype(np.int64)
    exists: Bools = _ints(day.cast(pa.int64())) <= length
    return exists


def _formatted(column: pa.Array, pattern: str) -> tuple[Ints, Bools, Bools]:
    """Stamps of texts that match a strftime pattern."""
    import pandas as pd

    texts = pd.Index(column.to_numpy(zero_copy_only=False))
    has_zone = "%z" in pattern
    found = pd.to_datetime(texts, format=pattern, errors="coerce", utc=has_zone)
    naive = found.tz_localize(None) if has_zone else found
    micros = naive.to_numpy().astype("M8[us]")
    stamps, good = _scaled(micros.view(np.int64), ~np.isnat(micros))
    return stamps, good, np.full(len(good), has_zone)


def _scaled(micros: Ints, good: Bools) -> tuple[Ints, Bools]:
    good = good & (micros >= STAMP_MIN // 1_000) & (micros < STAMP_MAX // 1_000)
    return np.where(good, micros, 0) * 1_000, good


def _utc_ns(aware: Any) -> Ints:
    out: Ints = aware.tz_convert("UTC").tz_localize(None).to_numpy().astype("M8[ns]").view(np.int64)
    return out


def _ints(column: pa.Array) -> Ints:
    out: Ints = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return out


def _flags(column: pa.Array) -> Bools:
    return np.array(column.to_numpy(zero_copy_only=False), dtype=bool)


def _show(column: pa.Array, i: int) -> str:
    value = column[int(i)].as_py()
    return "" if value is None else str(value)
