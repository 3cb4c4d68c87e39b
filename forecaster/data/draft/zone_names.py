"""Columns that name the time zone of each row, and clocks that change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.sniff import Sample
from forecaster.data.draft.unread_times import ZONE_WORDS
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.placing import give_second_moments
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.time_axis.clocks import resolve
from forecaster.data.time_axis.frequency import DAY_NS, TICKS, Frequency
from forecaster.errors import DataError, Location
from forecaster.text import joined, quoted

WhereRow = Callable[[int], Location]

# Zones that change their clocks by the rules that most people live with.
_CHANGING = ("Europe/Paris", "Europe/London", "America/New_York", "Australia/Sydney")


def zone_columns(sample: Sample) -> list[str]:
    """Return the columns that hold nothing but short names of time zones, such as CET and CEST."""
    return [
        name
        for name in sample.of_kind("text")
        if all(ZONE_WORDS.fullmatch(cell) or cell in ("UTC", "GMT") for cell in set(sample.cells(name)))
    ]


def zone_column_choice(sample: Sample, names: list[str], wishes: Wishes) -> Ambiguity | None:
    """Return the choice to leave out a column of the names of zones; None where there is none."""
    if not names or wishes.timezone is not None:
        return None
    found = sorted(set(sample.cells(names[0])))
    return Ambiguity(
        "data.timezone",
        f"{names[0]!r} holds {joined(quoted(found), word='and')}, and is left out: times are used as they are written",
        (
            "--timezone UTC for times as they are written",
            "--timezone with the name of the zone, such as Europe/Paris",
        ),
    )


def clock_choice(stamps: Ints, time_axis: TimeAxis, wishes: Wishes, *, zoned: bool) -> Ambiguity | None:
    """Return the choice of a zone for times that lack or repeat an hour just where clocks change; None for others.

    Args:
        stamps: The times of one series as they are written, repeated ones included, ascending.
        time_axis: The time axis of the table.
        wishes: What is known.
        zoned: Whether the times are moments.
    """
    frequency = Frequency.parse(time_axis.freq)
    if wishes.timezone is not None or zoned or not frequency.is_tick:
        return None
    if frequency.step_ns > TICKS["h"]:
        return None
    found, counts = np.unique(stamps, return_counts=True)
    for zone in _CHANGING:
        steps = np.arange(stamps[0], stamps[-1] + 1, frequency.step_ns)
        # Clocks change early on Sundays, in these zones.
        steps = steps[((steps // DAY_NS + 3) % 7 == 6) & (steps % DAY_NS < 4 * TICKS["h"])]
        _, skipped, repeated = resolve(steps, zone)
        twice = np.isin(steps, found[counts > 1])
        absent = ~np.isin(steps, found)
        if (repeated & twice).any() and (twice == repeated).all():
            return _clock_changes(steps[twice][0], "repeat", zone)
        if (skipped & absent).any() and (absent == skipped).all():
            return _clock_changes(steps[absent][0], "lack", zone)
    return None


@dataclass(frozen=True)
class FoundRepeated:
    """How the times that a clock repeats are read.

    Attributes:
        policy: As data.clock_changes.repeated has it; None where there are no such times.
        choice: The other reading; None where there is none.
    """

    policy: str | None = None
    choice: Ambiguity | None = None


def read_repeated(local: Ints, times: Ints, codes: Ints, zone: str, where: WhereRow) -> FoundRepeated:
    """Give the second row of each series and repeated local time its second moment, in place.

    Args:
        local: What the clock shows, (rows,).
        times: The first moments of these times, (rows,).
        codes: The number of the series, (rows,).
        zone: The zone of the clock.
        where: Returns the place of a row.

    Raises:
        DataError: A time occurs twice in a series whose rows are not in the order of time.
    """
    repeated = np.flatnonzero(resolve(local, zone)[2])
    if not len(repeated):
        return FoundRepeated()
    again = give_second_moments(times, codes, zone)
    if not len(again):
        when = _shown(local[repeated[0]])
        return FoundRepeated(
            "first",
            Ambiguity(
                "data.clock_changes",
                f"{when} happens twice in {zone}, and its one row is read as the first of the two",
                ("data.clock_changes: {repeated: first}", "data.clock_changes: {repeated: second}"),
            ),
        )
    order = np.argsort(codes, kind="stable")
    falls = (np.diff(times[order]) < 0) & (np.diff(codes[order]) == 0)
    if np.isin(codes[again], codes[order][1:][falls]).any():
        raise DataError(
            f"{_shown(local[again[0]])} happens twice in {zone}, and the rows are not in the order of time",
            hint="sort the rows of each series by time, the earlier of the two hours first, or write the times in UTC "
            "or with their offset, such as 2024-11-03T01:30:00-04:00",
            location=where(int(again[0])),
        )
    return FoundRepeated("in_order")


def check_no_skipped(local: Ints, zone: str, where: WhereRow) -> None:
    """Check that a clock shows every time. Raises DataError for one that it skips.

    Args:
        local: What the clock shows, (rows,).
        zone: The zone of the clock.
        where: Returns the place of a row.
    """
    skipped = np.flatnonzero(resolve(local, zone)[1])
    if len(skipped):
        raise DataError(
            f"{_shown(local[skipped[0]])} does not exist in {zone}: the clocks change",
            hint="check the name of the zone; for a clock that never changes give --timezone its offset from UTC, such "
            "as +01:00",
            location=where(int(skipped[0])),
        )


def _shown(stamp: int) -> str:
    return TimeAxis("s").stamp_text(np.array([stamp]))[0]


def _clock_changes(stamp: int, verb: str, zone: str) -> Ambiguity:
    when = _shown(stamp)
    return Ambiguity(
        "data.timezone",
        f"the times {verb} {when}, as on a clock that changes in {zone}, and are used as they are written",
        (
            "--timezone UTC for times as they are written",
            f"--timezone with the name of the zone, such as {zone}",
        ),
    )
