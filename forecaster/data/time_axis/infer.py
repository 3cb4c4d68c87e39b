"""The frequency of a table, inferred from its times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.time_axis.axis import OFF_AXIS, TimeAxis, canonical_freq
from forecaster.data.time_axis.clocks import UTC
from forecaster.data.time_axis.frequency import DAY_NS, MONTHS, WEEKDAYS, Frequency
from forecaster.errors import DataError, Location

# A table that has rows at a smaller share of the steps is a log of events, not a series.
LEAST_FILLED = 0.3
_MONTH_DAYS = 30.44
_HOUR_NS = DAY_NS // 24
# Steps that times are rounded to, how near the usual step is to one, and the share of its steps that have a row.
_ROUND_NS = [
    *(n * DAY_NS // 86_400 for n in (1, 2, 5, 10, 15, 20, 30)),
    *(n * DAY_NS // 1_440 for n in (1, 2, 3, 5, 6, 10, 12, 15, 20, 30)),
    *(n * _HOUR_NS for n in (1, 2, 3, 4, 6, 8, 12, 24)),
]
_NEAR, _ONE_EACH = 0.02, 0.9
# The next move for series that have one step and not the same times.
ONE_CLOCK = (
    "move the times of each series to the same clock first, for instance to full hours, days or Mondays, or give the "
    "series of other times a table of their own"
)


@dataclass(frozen=True)
class TimeColumn:
    """The column of times.

    Attributes:
        name: Its name.
        integer: Whether it holds step numbers, not timestamps.
        format: The name of a format, or strftime codes; None for ISO 8601. See `CsvSpec.time_format`.
        others: Other columns that hold times.
        parts: The other columns of times that are spread over several; see `DataSpec.time_parts`.
    """

    name: str
    integer: bool = False
    format: str | None = None
    others: tuple[str, ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """All columns of the times."""
        return [self.name, *self.parts.values()]


def infer_frequency(
    series: list[Ints], time: TimeColumn, *, zone: str | None, source: object
) -> tuple[str | int, TimeAxis]:
    """Infer the frequency whose steps include every time, and its time axis.

    The median step decides. Where some times fall between its steps, the largest step that divides all distances
    does, unless the table would then be mostly gaps.

    Args:
        series: The distinct stamps of each series, ascending.
        time: The column, for calendar frequencies and messages.
        zone: The time zone of the stamps; None where they are used as they are written.
        source: The table, for messages.

    Raises:
        DataError: No series has two rows, or the times are irregular.
    """
    steps = np.concatenate([_steps(stamps) for stamps in series])
    if not len(steps):
        raise DataError(
            "no series has two rows",
            hint="check which column names the series",
            location=Location(str(source)),
        )
    stamps = np.concatenate(series)
    usual, divisor = int(np.median(steps)), int(np.gcd.reduce(steps))
    names: list[str | int] = [usual, divisor]
    if not time.integer:
        names = [*_calendar_names(usual, stamps), _tick_name(usual), _tick_name(divisor)]
    for name in names:
        time_axis = TimeAxis.fit(name, zone, stamps)
        if (time_axis.positions(stamps) != OFF_AXIS).all() and _filled(series, time_axis) >= LEAST_FILLED:
            return canonical_freq(name), time_axis
    if (error := _of_other_times(series, time, source)) is not None:
        raise error
    fault = _fault(series, TimeAxis.fit(names[0], zone, stamps))
    raise DataError(
        f"the times of column {time.name!r} are irregular: {fault}",
        hint=_regular_hint(series, usual, time, zone),
        location=Location(str(source)),
    )


def _of_other_times(series: list[Ints], time: TimeColumn, source: object) -> DataError | None:
    """Return the error of series that have one step and not the same times; None of others."""
    steps = np.concatenate([_steps(stamps) for stamps in series])
    usual = int(np.median(steps)) if len(steps) else 0
    several = None if time.integer or not usual else _phases(series, usual)
    if several is None:
        return None
    return DataError(
        f"the series of column {time.name!r} have one step, {Frequency.parse(_tick_name(usual)).name}, and not "
        f"the same times: {several}",
        hint=ONE_CLOCK,
        location=Location(str(source)),
    )


def _regular_hint(series: list[Ints], usual_ns: int, time: TimeColumn, zone: str | None) -> str:
    """Return the next move for irregular times. Rows that follow a rule of their own are not to be aggregated."""
    stamps = np.concatenate(series)
    numbered = "number the rows of each series in a column of its own and use it as the time"
    if time.integer:
        return numbered
    step = Frequency.parse(_tick_name(usual_ns)).name if usual_ns > 0 else "D"
    days = np.unique(stamps.view("M8[ns]").astype("M8[D]") - stamps.view("M8[ns]").astype("M8[M]")).astype(
        int
    )
    of_day = np.unique(stamps % DAY_NS)
    if (
        zone == UTC
        and usual_ns % DAY_NS == 0
        and set(np.diff(of_day).tolist()) in ({_HOUR_NS}, {23 * _HOUR_NS})
    ):
        return "the days begin at two hours of UTC: name their zone with --timezone, such as Europe/Paris"
    rounded = _rounded(series, usual_ns)
    if rounded is not None:
        return rounded
    if len(of_day) == 1 and len(days) in (2, 3) and set(days.tolist()) < set(range(31)):
        return f"the rows follow the days of the month: {numbered}"
    open_hours = len(of_day) * usual_ns < DAY_NS and bool((stamps % usual_ns == stamps[0] % usual_ns).all())
    if usual_ns < DAY_NS and open_hours:
        return (
            f"where hours have no rows, as at night, set --freq {step} and data.missing: mask; or {numbered}"
        )
    return "aggregate the table to a regular step first, for instance one row per hour or day"


def _rounded(series: list[Ints], usual_ns: int) -> str | None:
    """Return how to round times that lie around regular ones; None of others."""

    def one_each(periods: Callable[[Ints], Ints]) -> bool:
        found = [periods(stamps) for stamps in series]
        steps = sum(int(one[-1] - one[0]) + 1 for one in found)
        return all((np.diff(one) > 0).all() for one in found) and sum(map(len, found)) >= _ONE_EACH * steps

    def months(stamps: Ints) -> Ints:
        return stamps.view("M8[ns]").astype("M8[M]").astype(np.int64)

    days = usual_ns / DAY_NS
    calendar: list[tuple[str, bool, Callable[[Ints], Ints], str]] = [
        # 1970 began on a Thursday.
        ("week", days == 7, lambda s: (s // DAY_NS + 3) // 7, "Monday"),
        ("month", 27 <= days <= 32, months, "first day"),
        ("quarter", 85 <= days <= 95, lambda s: months(s) // 3, "first day"),
        ("year", 360 <= days <= 371, lambda s: months(s) // 12, "first day"),
    ]
    for unit, is_usual, periods, first in calendar:
        if is_usual and one_each(periods):
            return f"every {unit} has one row: write its {first} as the time"
    step = min(_ROUND_NS, key=lambda ns: abs(ns - usual_ns))
    if abs(step - usual_ns) <= _NEAR * step and one_each(lambda s: (s + step // 2) // step):
        return f"round every time to the nearest step of {Frequency.parse(_tick_name(step)).name}"
    return None


def check_frequency(
    freq: str | int, series: list[Ints], time: TimeColumn, *, zone: str | None, source: object
) -> tuple[str | int, TimeAxis]:
    """Check a frequency against the times of a table. Return its canonical name, and its time axis.

    Args:
        freq: The frequency.
        series: As for `infer_frequency`, as are the following.
        time: The column.
        zone: The time zone of the stamps.
        source: The table.

    Raises:
        DataError: Times lie between its steps, or the table has a coarser frequency.
    """
    stamps = np.concatenate(series)
    time_axis = TimeAxis.fit(freq, zone, stamps)
    off = stamps[time_axis.positions(stamps) == OFF_AXIS]
    try:
        found, _ = infer_frequency(series, time, zone=zone, source=source)
    except DataError:
        if (error := _of_other_times(series, time, source)) is not None:
            # A step that they share would be mostly gaps, which reading refuses.
            raise error from None
        found = time_axis.freq
    fault = None
    if len(off):
        first = time_axis.stamp_text(off[:1])[0]
        fault = f"{len(off):,} of {len(stamps):,} times lie between its steps (the first: {first})"
    elif found != time_axis.freq and _filled(series, time_axis) < LEAST_FILLED:
        fault = f"only {_filled(series, time_axis):.0%} of its steps have a row"
    if fault is None:
        return canonical_freq(freq), time_axis
    hint = (
        f"the times look like --freq {found}"
        if found != time_axis.freq
        else "leave it out to have it inferred"
    )
    raise DataError(
        f"{time_axis.freq} does not fit the times of column {time.name!r}: {fault}",
        hint=hint,
        location=Location(str(source)),
        path="--freq",
    )


def _steps(stamps: Ints) -> Ints:
    """Return the distances of ascending stamps; those of more than 292 years are as long as 64 bits hold."""
    distances = np.diff(stamps.view(np.uint64))
    return np.minimum(distances, np.uint64(np.iinfo(np.int64).max)).astype(np.int64)


def _phases(series: list[Ints], usual_ns: int) -> str | None:
    """Return two times of series that lie apart within the usual step; None where some series has no such step."""
    phases = [np.unique(stamps % usual_ns) for stamps in series]
    if any(len(phase) > 1 for phase in phases):
        return None
    first = series[0][0]
    other = next((stamps[0] for stamps in series if (stamps[0] - first) % usual_ns), None)
    if other is None:
        return None
    return " and ".join(TimeAxis("s").stamp_text(np.array([stamp]))[0] for stamp in (first, other))


def _fault(series: list[Ints], time_axis: TimeAxis) -> str:
    stamps = np.concatenate(series)
    off = stamps[time_axis.positions(stamps) == OFF_AXIS]
    if len(off):
        return (
            f"the usual step is {time_axis.freq}, and {len(off):,} of {len(stamps):,} times fall between "
            f"its steps (the first: {time_axis.stamp_text(off[:1])[0]})"
        )
    return f"the usual step is {time_axis.freq}, and only {_filled(series, time_axis):.0%} of the steps have a row"


def _filled(series: list[Ints], time_axis: TimeAxis) -> float:
    """Return the share of steps, from each series' first row to its last, at which the table has a row."""
    ends = [time_axis.positions(stamps[[0, -1]]) for stamps in series]
    return sum(len(stamps) for stamps in series) / sum(int(last) - int(first) + 1 for first, last in ends)


def _tick_name(step_ns: int) -> str:
    return f"{step_ns // DAY_NS}D" if step_ns % DAY_NS == 0 else f"{step_ns}ns"


def _calendar_names(usual_ns: int, stamps: Ints) -> list[str]:
    """Return calendar frequencies with about this step, the most common first."""
    days = usual_ns / DAY_NS
    dates = stamps.view("M8[ns]").astype("M8[D]").astype(np.int64)
    weekdays = (dates + 3) % 7
    month = MONTHS[int(dates[:1].astype("M8[D]").astype("M8[M]").astype(np.int64)[0] % 12)]
    if 360 <= days <= 371:
        return [f"{unit}-{month}" for unit in ("YS", "YE", "BYE", "BYS")]
    if 85 <= days <= 95:
        # Quarters are named after the year's first month where they start, its last where they end.
        in_quarter = MONTHS.index(month) % 3
        start, end = MONTHS[in_quarter], MONTHS[9 + in_quarter]
        return [f"QS-{start}", f"QE-{end}", f"BQE-{end}", f"BQS-{start}"]
    if 27 <= days <= 32:
        return ["MS", "ME", "BME", "BMS"]
    if 58 <= days <= 185 and (months := round(days / _MONTH_DAYS)) in (2, 4, 6):
        return [f"{months}MS", f"{months}ME"]
    if days == 7:
        return [f"W-{WEEKDAYS[int(weekdays[0])]}"]
    # Two weeks without a weekend are business days, not days with gaps.
    if days == 1 and weekdays.max() <= 4 and dates.max() - dates.min() >= 13:
        return ["B"]
    return []
