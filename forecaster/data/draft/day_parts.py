"""Times that are spread over several columns: a date, and its hour, its clock or the number of a part of the day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.kinds import filled
from forecaster.data.draft.names import ID_NAMES, LABEL_NAMES, SERIES_NAMES
from forecaster.data.draft.scalars import quoted
from forecaster.data.draft.sniff import Sample
from forecaster.data.draft.time_parts import MINUTE
from forecaster.data.draft.wishes import Wishes
from forecaster.data.time_axis.infer import TimeColumn
from forecaster.errors import DataError, Location
from forecaster.system import quoted as as_typed

if TYPE_CHECKING:
    import pandas as pd

_HOUR = re.compile(
    r"(?i)^(hours?|hrs?|hh|h|hour_?(of_?)?(the_?)?day|hour_?(beginning|start)|stunde|heure|hora|ora|uur)$"
)
_ENDING = re.compile(r"(?i)^(he|h_?e|hour[_ -]?end(ing|s)?)$")
# Numbers of a part of the day, of any length.
_SLOT = re.compile(
    r"(?i)^(time|clock|hhmm|(settlement|trading|market|delivery)?_?(period|interval|slot)|time_?(slot|of_?day)|"
    r"half_?hour|quarter_?hour|minutes?(_?of_?(the_?)?day)?|sp|mtu)$"
)
# Names of numbers, of whatever they count.
_NUMBER = re.compile(r"(?i)(^|_)(no|nr|num|number|index|idx)$")
# The hours that end at 01:00 to 24:00, and at 0100 to 2400.
_ENDS = re.compile(r"(\d{1,2}):00(?::00)?|(\d{1,2})00")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?")
# The parts that number the hours, half hours or quarters of an hour of a day from 1, by how many there are.
_FROM_ONE = {24: "hour_ending", 48: "half_hour", 96: "quarter_hour"}
_STEPS = {
    "hour": "hours",
    "hour_ending": "hours",
    "half_hour": "half hours",
    "quarter_hour": "quarters of an hour",
}
# The share of the dates that have every number, where no name says that they are parts of the day.
_COMPLETE = 0.9
# The parts of a day that has 25 hours, and those of a usual one.
_LONG_DAYS = {25: 24, 50: 48, 100: 96}
_LEAST_PARTS = 12


@dataclass(frozen=True)
class DayParts:
    """The columns that complete a date.

    Attributes:
        parts: Keys of `TimePartsSpec` to columns.
        choice: The other reading, of one series for each number; None where there is none.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    choice: Ambiguity | None = None


def parts_of_day(sample: Sample, time: TimeColumn, wishes: Wishes) -> DayParts:
    """Return the columns that hold the time of the day in a table whose times are dates that repeat.

    Raises:
        DataError: A column holds a time of the day that no part reads.
    """
    cells = sample.table[time.name]
    if not are_dates(cells, time) or not cells.duplicated().any():
        return DayParts()
    names = [name for name in sample.kinds if name != time.name and name not in wishes.taken]
    for name in names:
        if _ends_hours(sample, name):
            return DayParts({"hour_ending": name}, _end_choice(sample, name))
    for name in names:
        texts = sample.cells(name) if sample.kinds[name] in ("text", "time") else []
        # A clock may be text, or the type that Parquet has for it.
        if texts and all(_CLOCK.fullmatch(text) for text in texts):
            return DayParts({"clock": name} if len(set(texts)) > 1 else {})
    for name in sorted(names, key=_rank_of_name):
        _check_long_day(sample, time, name, wishes)
        part = _part(sample, time, name)
        if part == "hour":
            minutes = next((n for n in names if MINUTE.search(n) and _numbers(sample, n) is not None), None)
            if minutes is not None and sample.table[minutes].nunique() > 1:
                return DayParts({"hour": name, "minute": minutes})
        if part is not None:
            return DayParts({part: name}, _choice(sample, time, name, part, wishes))
    for name in names:
        _check_readable(sample, time, name, wishes)
    return DayParts()


def _rank_of_name(name: str) -> int:
    return 0 if _is_hour(name) else 1 if _SLOT.search(name) else 2


def _is_hour(name: str) -> bool:
    return _HOUR.search(name) is not None or _ENDING.search(name) is not None


def _part(sample: Sample, time: TimeColumn, name: str) -> str | None:
    """Return the part of the day that a column numbers, by its name and its values; None where it does not."""
    numbers = _numbers(sample, name)
    if numbers is None or len(np.unique(numbers)) < 2:
        return None
    low, high = int(numbers.min()), int(numbers.max())
    if _is_hour(name):
        if low >= 0 and high <= 23 and not (_ENDING.search(name) and low > 0):
            return "hour"
        return "hour_ending" if low >= 1 and high == 24 else None
    labels = any(pattern.search(name) for pattern in (ID_NAMES, LABEL_NAMES, SERIES_NAMES))
    if labels and not (_SLOT.search(name) or _NUMBER.search(name)):
        return None
    part = "hour" if (low, high) == (0, 23) else _FROM_ONE.get(high) if low == 1 else None
    if part is None or not _counts_through_the_day(sample, time, name, high - low + 1):
        return None
    return part


def _counts_through_the_day(sample: Sample, time: TimeColumn, name: str, n_parts: int) -> bool:
    """Return whether nearly every date has every number, and the rows of one number are not next to one another."""
    table = sample.table
    by_date = table.groupby(time.name)[name].nunique()
    changes = int((table[name].astype(str) != table[name].astype(str).shift()).sum())
    # Series that stand one below the other change their number once each.
    return bool((by_date == n_parts).mean() >= _COMPLETE) and changes > 2 * n_parts


def _choice(sample: Sample, time: TimeColumn, name: str, part: str, wishes: Wishes) -> Ambiguity | None:
    numbers = _numbers(sample, name)
    short = "" if numbers is None else _short_day(sample, time, name, numbers)
    certain = not short and (_HOUR if part == "hour" else _ENDING if part == "hour_ending" else _SLOT).search(
        name
    )
    if certain or wishes.no_id or wishes.id is not None or numbers is None:
        return None
    low, high = int(numbers.min()), int(numbers.max())
    first = f", {low} from 00:00" if low else ""
    return Ambiguity(
        "data.time_parts",
        f"{name!r} goes from {low} to {high} on every date, and is read as the {_STEPS[part]} of the day{first}{short}",
        (
            f"--no-id, or --id with another column, for {_STEPS[part]}",
            *(["times in one column, in UTC or with their offset"] if short else []),
            f"--id {as_typed(name)} for {high - low + 1} series",
        ),
    )


def _ends_hours(sample: Sample, name: str) -> bool:
    """Return whether a column that is named after the ends of hours holds 01:00 to 24:00, or 0100 to 2400."""
    if not _ENDING.search(name) or sample.kinds[name] not in ("text", "integer"):
        return False
    found = [_ENDS.fullmatch(cell) for cell in set(sample.cells(name))]
    hours = {int(one[1] or one[2]) for one in found if one is not None}
    return None not in found and len(hours) > 1 and min(hours) == 1 and max(hours) == 24


def _end_choice(sample: Sample, name: str) -> Ambiguity:
    cells = sorted(set(sample.cells(name)), key=lambda cell: int(cell.replace(":", "")))
    first, last = cells[0], cells[-1]
    clock = f"data.time_parts: {{clock: {quoted(name)}}}, which takes {first} as the time of the row"
    return Ambiguity(
        "data.time_parts",
        f"{name!r} goes from {first} to {last} on every date, and is read as the hours of the day, {first} from 00:00",
        (
            "hours from 1 to 24 in the table",
            clock if ":" in first else f"--id {as_typed(name)} for 24 series",
        ),
    )


def _check_readable(sample: Sample, time: TimeColumn, name: str, wishes: Wishes) -> None:
    """Raise DataError where a column names the time of the day in a way that no part reads."""
    if not (_is_hour(name) or _SLOT.search(name)) or wishes.no_id or wishes.id is not None:
        return
    column = sample.table[name]
    n_parts, by_date = column.nunique(), sample.table.groupby(time.name)[name].nunique()
    if n_parts < _LEAST_PARTS or (by_date == n_parts).mean() < _COMPLETE:
        return
    cells = list(dict.fromkeys(filled(column)))
    raise DataError(
        f"column {name!r} looks like the time of the day ({cells[0]}, {cells[1]} to {cells[-1]} on every date), and is "
        "not written as one",
        hint="write hours as 0 to 23 or 1 to 24, half hours as 1 to 48, quarters of an hour as 1 to 96 and clocks as "
        f"17:30, or use --id {as_typed(name)} for {n_parts:,} series",
        location=Location(str(sample.source)),
    )


def _check_long_day(sample: Sample, time: TimeColumn, name: str, wishes: Wishes) -> None:
    """Raise DataError where a column numbers the hours of the day, and some day has an hour more than 24.

    A date and a number of the hour do not say which hour is the second of two.
    """
    numbers = _numbers(sample, name)
    if numbers is None or not len(numbers) or wishes.no_id or wishes.id is not None:
        return
    longest = int(numbers.max())
    usual, counts = _LONG_DAYS.get(longest), _parts_by_date(sample, time, name)
    if usual is None or int(numbers.min()) != 1 or counts.median() != usual:
        return
    day = counts.index[counts == longest]
    if not len(day):
        return
    raise DataError(
        f"column {name!r} goes to {longest} on {_date(day[0])}, as where clocks change",
        hint="write the times into one column, in UTC or with their offset, such as 2024-10-27T02:00+01:00, or use "
        f"--id {as_typed(name)} for {longest} series",
        location=Location(str(sample.source)),
    )


def _short_day(sample: Sample, time: TimeColumn, name: str, numbers: np.typing.NDArray[np.int64]) -> str:
    """Return what to say of a day that lacks its last hour alone, as where clocks change; "" without one."""
    n_parts = int(numbers.max())
    an_hour = n_parts // 24
    counts = _parts_by_date(sample, time, name)
    # The table may begin or end within a day.
    short = counts.iloc[1:-1][counts.iloc[1:-1] == n_parts - an_hour]
    if int(numbers.min()) != 1 or len(short) != 1:
        return ""
    of_day = numbers[(sample.table[time.name] == short.index[0]).to_numpy()]
    if int(of_day.max()) != n_parts - an_hour:
        return ""
    return (
        f"; {_date(short.index[0])} ends with {n_parts - an_hour}, and is read as if its last hour were absent and "
        "not one at night"
    )


def _date(cell: object) -> str:
    """Return a date as the table has it, without a midnight that has been read into it."""
    return str(cell).removesuffix(" 00:00:00")


def _parts_by_date(sample: Sample, time: TimeColumn, name: str) -> pd.Series[Any]:
    """Return how many different numbers each date has."""
    counts: pd.Series[Any] = sample.table.groupby(time.name, sort=False)[name].nunique()
    return counts


def _numbers(sample: Sample, name: str) -> np.typing.NDArray[np.int64] | None:
    """Return the whole numbers of a column, (cells,); None where it holds anything else."""
    if sample.kinds[name] not in ("integer", "number"):
        return None
    cells = [re.sub(r"\.0*$", "", cell) for cell in sample.cells(name)]
    if not all(re.fullmatch(r"\d{1,4}", cell) for cell in cells):
        return None
    return np.array([int(cell) for cell in cells], dtype=np.int64)


def are_dates(column: pd.Series[Any], time: TimeColumn) -> bool:
    """Return whether times are dates, without a time of the day."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        days = column.dropna()
        return days.dt.tz is None and bool((days == days.dt.normalize()).all())
    if time.format is not None:
        return "%" in time.format and "%d" in time.format and not re.search(r"%[HI]", time.format)
    return all(re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ]00:00(:00(\.0+)?)?)?", cell) for cell in filled(column))
