"""Rows to positions on the time axis, and the errors about rows that do not fit its frequency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from forecaster.data.arrays import Ints, row_blocks
from forecaster.data.reading.offsets import is_on_any_clock, zone_of
from forecaster.data.reading.problems import CellFault, TableFile
from forecaster.data.reading.regular import StepCounts
from forecaster.data.reading.rows import Codes, Ordered, Rows
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import OFF_AXIS, TimeAxis
from forecaster.data.time_axis.clocks import second_moments, to_utc
from forecaster.data.time_axis.frequency import DAY_NS
from forecaster.data.time_axis.infer import ONE_CLOCK, TimeColumn, infer_frequency
from forecaster.errors import DataError, Location
from forecaster.text import listed

# Stamps that show the frequency of a table.
_SAMPLE = 10_000
# Another frequency is suggested only where more than one row in this many is off the axis: one stray row
# does not make an hourly table half-hourly.
_SELDOM = 10
# A table that would grow this much by its gaps, to more than this many rows, has the wrong frequency.
_MOST_GROWTH, _ROWS_BELOW = 20, 10_000_000
# So does a table where this share of the rows, at least this many, are the same number of steps apart.
_SAME_STEP, _LEAST_STEPS = 0.9, 8
# Sums of steps stay exact and do not overflow.
_MOST_STEPS = 2.0**53
_NAMED = 5


def resolve_in_order(spec: DataSpec, rows: Rows) -> None:
    """Under clock_changes.repeated: in_order, give the second row of a repeated local time its second moment.

    Changes `rows.stamps` in place. A third row of the same series and time remains a duplicate.
    """
    if rows.naive and spec.clock_changes.repeated == "in_order" and spec.timezone:
        give_second_moments(rows.stamps, rows.series, spec.timezone)


def give_second_moments(stamps: Ints, series: Codes, timezone: str) -> Ints:
    """Give the second row of each series and repeated local time its second moment, in place.

    Args:
        stamps: (rows,), the first of the moments of each local time, in the order of the table.
        series: (rows,), the number of the series.
        timezone: An IANA zone.

    Returns:
        The rows that were changed.
    """
    distinct, place = np.unique(stamps, return_inverse=True)
    repeated, second = second_moments(distinct, timezone)
    among = np.flatnonzero(repeated[place])
    # By series and time; within them in the order of the file.
    among = among[np.lexsort((among, stamps[among], series[among]))]
    again = np.zeros(len(among), dtype=bool)
    again[1:] = (np.diff(stamps[among]) == 0) & (np.diff(series[among]) == 0)
    third = np.zeros(len(among), dtype=bool)
    third[1:] = again[1:] & again[:-1]
    chosen = among[again & ~third]
    stamps[chosen] = second[place[chosen]]
    return chosen.astype(np.int64)


def place_on_clock(spec: DataSpec, time_axis: TimeAxis, rows: Rows) -> None:
    """Refuse times without an offset beside a network whose own times had one, and whose zone no key names; and others
    with an offset beside a network whose own times had none.

    Dates are the days of that clock, as forecasts of days are written; their stamps are changed in place.

    Raises:
        DataError: The times, or those of the network, could be those of any clock.
    """
    if rows.zones and is_on_any_clock(spec, time_axis):
        raise DataError(
            f"the times are those of {listed(rows.zones, most=_NAMED)}, and the network was trained on times without "
            "an offset from UTC",
            hint="write the times without an offset, on the clock of the training rows",
            location=Location(rows.source),
            path=spec.time,
        )
    if rows.naive and spec.timezone is None and time_axis.timezone is not None:
        if time_axis.is_calendar and not (rows.stamps % DAY_NS).any():
            rows.stamps[:] = to_utc(rows.stamps, time_axis.timezone)
            return
        as_written = time_axis.stamp_text(to_utc(rows.stamps[:1], time_axis.timezone))[0]
        raise DataError(
            f"the times have no offset from UTC, and the network was trained on times of {time_axis.timezone}",
            hint=f"write the times with their offset, such as {as_written}",
            location=Location(rows.source),
            path=spec.time,
        )


def to_positions(
    spec: DataSpec, time_axis: TimeAxis, rows: Rows, tables: Sequence[TableFile], *, trained: bool
) -> None:
    """Replace the stamps of rows by positions on the time axis, in place and block by block.

    Args:
        spec: The data section.
        time_axis: The axis that every row must lie on.
        rows: The rows as they were read; they may take most of the memory.
        tables: The files, for messages.
        trained: Whether the axis is that of the rows that a network was trained on.

    Raises:
        DataError: Rows lie between two steps.
    """
    off_axis: list[Ints] = []
    stamps: dict[int, int] = {}
    n_replaced = len(rows.stamps)
    for run in row_blocks(len(rows.stamps)):
        block = rows.stamps[run]
        positions = time_axis.positions(block)
        off = np.flatnonzero(positions == OFF_AXIS)
        if len(off):
            n_replaced = min(n_replaced, run.start)
            off_axis.append(run.start + off)
            few = off[:_SAMPLE]
            stamps.update(zip((run.start + few).tolist(), block[few].tolist(), strict=True))
        if not off_axis:
            rows.stamps[run] = positions
    if not off_axis:
        return
    faulty = np.concatenate(off_axis)
    # The blocks before the first fault hold positions by now.
    rows.stamps[:n_replaced] = time_axis.stamps(rows.stamps[:n_replaced])
    often = len(faulty) * _SELDOM > len(rows.stamps)
    freq = _inferred(spec, rows, rows.stamps[:_SAMPLE]) if often else None

    def describe(i: int) -> CellFault:
        stamp = stamps[int(faulty[i])]
        before, after = time_axis.text(np.array(time_axis.around(stamp)))
        [text] = time_axis.stamp_text(np.array([stamp]))
        if trained:
            return (
                f"{text} is not a step of the run, whose training has steps such as {before} and {after}",
                "give it rows that lie on these steps",
            )
        what = f"{text} is not a step of data.freq {time_axis.freq!r}: the nearest steps are {before} and {after}"
        return what, _off_axis_hint(rows, time_axis, freq, stamp)

    rows.faults(spec.time, faulty, describe).raise_any(tables)


def check_steps(
    spec: DataSpec,
    time_axis: TimeAxis,
    rows: Rows,
    gap: Callable[[], str],
    counted: tuple[StepCounts, int],
    *,
    trained: bool,
) -> None:
    """Refuse rows that clearly follow another frequency than data.freq.

    Args:
        spec: The data section.
        time_axis: The axis of data.freq.
        rows: The rows, with positions in place of stamps.
        gap: Returns the two times that lie furthest apart, for messages.
        counted: Steps of the axis between neighbouring rows, and how many rows the series have once gaps are
            filled in.
        trained: Whether the axis is that of the rows that a network was trained on.

    Raises:
        DataError: The rows follow another frequency.
    """
    steps, n_out = counted
    too_many = n_out > _ROWS_BELOW and n_out > _MOST_GROWTH * (steps.total + 1)
    usual = steps.median() if too_many or steps.count(1) * 2 < steps.total else 1
    # Sales without a row for a day without one are an odd number of steps apart; another frequency is not.
    steady = steps.total >= _LEAST_STEPS and steps.count(usual) / steps.total >= _SAME_STEP
    if not too_many and (usual == 1 or not (steady or spec.missing == "error")):
        return
    freq = _inferred(spec, rows, time_axis.stamps(rows.stamps[:_SAMPLE]))
    if too_many and freq in (None, time_axis.freq):
        raise too_sparse(rows, gap(), n_out)
    hint = f"the times look like data.freq: {freq}" if freq else "set data.freq to the table's step"
    few = time_axis.stamps(rows.stamps[:_SAMPLE])
    if freq and (TimeAxis.fit(freq, time_axis.timezone, few).positions(few) == OFF_AXIS).any():
        hint = ONE_CLOCK
    if trained:
        hint = (
            f"the network was trained on data.freq {time_axis.freq!r}: give it a table of the same frequency"
        )
    raise DataError(
        f"most rows are {usual:,} steps of {time_axis.freq!r} apart: "
        f"regular series need {n_out:,} rows, and the table has {len(rows.stamps):,}",
        hint=hint,
        location=Location(rows.source),
        path="data.freq",
    )


def check_spans(rows: Rows, ordered: Ordered, offsets: Ints, gap: Callable[[], str]) -> None:
    """Refuse series with so many steps from the first row to the last that their number cannot be held.

    Raises:
        DataError: There is such a series.
    """
    low, high = ordered.positions[offsets[:-1]], ordered.positions[offsets[1:] - 1]
    spans = high.astype(np.float64) - low
    if len(spans) and spans.max() > _MOST_STEPS:
        raise too_sparse(rows, gap(), int(spans.sum()) + len(spans))


def widest_gap(spec: DataSpec, time_axis: TimeAxis, rows: Rows, ordered: Ordered) -> str:
    """Return the two times of one series that lie furthest apart, as words."""
    best, at = -1.0, 1
    for block in row_blocks(len(ordered.positions)):
        run = slice(max(block.start - 1, 0), block.stop)
        steps = np.diff(ordered.positions[run].astype(np.float64))
        steps[np.diff(ordered.series[run]) != 0] = -1.0
        if len(steps) and steps.max() > best:
            best, at = float(steps.max()), run.start + int(steps.argmax()) + 1
    before, after = time_axis.text(ordered.positions[at - 1 : at + 1])
    of = f" of series {rows.ids[int(ordered.series[at])]!r}" if spec.id else ""
    return f"{before} and {after}{of} are {int(best):,} steps of {time_axis.freq!r} apart"


def too_sparse(rows: Rows, gap: str, n_out: int) -> DataError:
    """Return the error of a table that is next to empty between two of its times."""
    return DataError(
        f"{gap}, with no row between them: "
        f"regular series need {n_out:,} rows, and the table has {len(rows.stamps):,}",
        hint="correct the times, leave some out by data.start or data.end, or set data.freq to the table's step",
        location=Location(rows.source),
        path="data.time",
    )


def _off_axis_hint(rows: Rows, time_axis: TimeAxis, freq: str | int | None, stamp: int) -> str:
    if time_axis.is_calendar and len(rows.zones) > 1:
        # Local midnights are different hours of UTC.
        zones = listed(rows.zones, most=_NAMED)
        return f"the times have the offsets {zones}: set data.timezone to the name of their zone, such as Europe/Paris"
    if freq is not None and freq != time_axis.freq:
        return f"the times look like data.freq: {freq}"
    if time_axis.is_calendar and time_axis.timezone is None and stamp % DAY_NS != time_axis.phase % DAY_NS:
        return "correct the time, or set data.timezone if the steps begin at local midnight"
    return "correct the time, or delete the row"


def _inferred(spec: DataSpec, rows: Rows, sample: Ints) -> str | int | None:
    """Infer the frequency of the first series from the first stamps of the table; None where it has none."""
    of_first = sample[rows.series[: len(sample)] == rows.series[0]]
    column = TimeColumn(spec.time, integer=isinstance(spec.freq, int))
    zone = spec.timezone or zone_of(list(rows.zones))
    try:
        freq, _ = infer_frequency([np.unique(of_first)], column, zone=zone, source=Path(spec.place))
    except DataError:
        return None
    return freq
