"""The column of times, or the columns that they are spread over: found by names and values, and read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.data.arrays import Floats, Ints
from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.codes import CODED_NAMES
from forecaster.data.draft.column_formats import format_of_column, part_of_year
from forecaster.data.draft.day_parts import parts_of_day
from forecaster.data.draft.kinds import ISO
from forecaster.data.draft.no_time import no_time
from forecaster.data.draft.sniff import Sample
from forecaster.data.draft.time_forms import WEEK_NAMES, are_weeks
from forecaster.data.draft.time_parts import YEAR_NAMES, years_with_parts
from forecaster.data.draft.unread_times import check_periods, check_thirteen, no_times, split_years
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.columns import ColumnBatch, plain_text
from forecaster.data.reading.problems import Problems
from forecaster.data.reading.times import TimeReader
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.clocks import UTC
from forecaster.data.time_axis.infer import TimeColumn
from forecaster.errors import DataError, Location
from forecaster.system import quoted as as_typed
from forecaster.text import joined, quoted

if TYPE_CHECKING:
    import pandas as pd

TIME_NAMES = re.compile(
    r"(?i)(^|_)(time|date|datetime|timestamp|ds|day|week|month|quarter|hour|time_hour|index|datum)($|_)"
)
STEP_NAMES = re.compile(r"(?i)^(t|time|step|index|period|year|ds|timestamp|date|epoch|time_idx)$")
# Days with their months, as 3101 and as 0131.
_DAY_MONTH = re.compile(r"(0?[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])")
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
# The share of a column's cells that are times, above which the others are faults.
_MOSTLY = 0.9
_NAMED = 8


@dataclass(frozen=True)
class FoundTimes:
    """The column of times, and what was chosen to find it.

    Attributes:
        column: The column.
        choices: Where it could be another column, or be read in another way.
    """

    column: TimeColumn
    choices: tuple[Ambiguity, ...] = ()


def find_time(sample: Sample, wishes: Wishes) -> FoundTimes:
    """Find the time column: ISO timestamps first, then other forms, a year with its month, and integers that count.

    Raises:
        DataError: No column holds times, or the times of one can be read in two ways and nothing says which.
    """
    found = _find(sample, wishes)
    if wishes.time_format is not None or isinstance(wishes.freq, str):
        found = replace(found, column=_as_timestamps(sample, found.column, wishes))
    if found.column.integer or found.column.parts:
        return found
    day = parts_of_day(sample, found.column, wishes)
    choices = found.choices if day.choice is None else (*found.choices, day.choice)
    return FoundTimes(replace(found.column, parts=day.parts), choices)


def read_times(table: pd.DataFrame, time: TimeColumn, sample: Sample) -> tuple[Ints, list[str]]:
    """Read the times of a whole table.

    Args:
        table: The cells of the columns of the times.
        time: What `find_time` returned.
        sample: The table.

    Returns:
        Nanoseconds since 1970, of UTC or as they are written where they have no offset, or the integers themselves,
        (rows,), and the distinct offsets of the times from UTC, or
        the zone of a typed column; none of times that carry no offset.

    Raises:
        DataError: A cell is no time, or not of the kind of the cells before it; the first is named.
    """
    import pyarrow as pa

    spec = DataSpec.model_validate(
        {
            "path": str(sample.source),
            "time": time.name,
            "time_parts": dict(time.parts),
            "freq": 1 if time.integer else "ns",
            # A name that no column of the times has.
            "targets": ["-" * (1 + max(map(len, time.columns)))],
            "csv": {"time_format": time.format},
        }
    )
    reader, problems = TimeReader(spec), Problems()
    rows = np.arange(len(table), dtype=np.int64)

    def batch(name: str) -> ColumnBatch:
        # pandas keeps text in another type than files do.
        return ColumnBatch(name, plain_text(pa.array(table[name])), 0, rows, problems)

    stamps, good = reader.read(batch(time.name), {part: batch(name) for part, name in time.parts.items()})
    if not good.all():
        raise no_time(table, time, sample, ~good)
    return stamps, reader.zones or ([UTC] if reader.kind == "aware" else [])


def _find(sample: Sample, wishes: Wishes) -> FoundTimes:
    names = [name for name in sample.kinds if name not in wishes.taken]
    if wishes.time is not None:
        names = [wishes.time]
    if wishes.time_format is not None:
        name = wishes.time or _column_of_format(sample, names, wishes.time_format)
        return FoundTimes(TimeColumn(name, format=wishes.time_format))
    if not isinstance(wishes.freq, int):
        iso = sorted((name for name in names if _is_iso(sample, name)), key=lambda name: _rank(sample, name))
        if iso:
            rivals = [name for name in iso[1:] if _rank(sample, name) == _rank(sample, iso[0])]
            column = TimeColumn(iso[0], others=tuple(iso[1:]))
            return FoundTimes(column, (_of_columns(iso[0], rivals),) if rivals else ())
        if wishes.time is None:
            check_thirteen(sample, names)
        for name in sorted(names, key=lambda name: CODED_NAMES.search(name) is None):
            if sample.kinds[name] in ("time", "text", "integer", "number", "mixed"):
                reading = format_of_column(sample, name)
                if reading is not None:
                    column = TimeColumn(name, integer=reading.format is None, format=reading.format)
                    return FoundTimes(column, () if reading.choice is None else (reading.choice,))
        years = years_with_parts(sample, names, wishes)
        if years is not None:
            return FoundTimes(years)
        check_periods(sample, names)
    return FoundTimes(_counting_column(sample, names, wishes))


def _of_columns(name: str, rivals: list[str]) -> Ambiguity:
    return Ambiguity(
        "data.time",
        f"{name!r} is taken as the times, and {joined(quoted(rivals), word='and')} would do as well",
        tuple(f"--time {as_typed(one)}" for one in [name, *rivals[:_NAMED]]),
    )


def _counting_column(sample: Sample, names: list[str], wishes: Wishes) -> TimeColumn:
    integers = [name for name in names if sample.kinds[name] == "integer"]
    counting = [name for name in integers if name == wishes.time or _counts(sample, name)]
    counting.sort(key=lambda name: (STEP_NAMES.search(name) is None, _is_counted_within(sample, name, names)))
    if counting:
        _check_has_year(sample, counting[0], wishes)
        _check_of_year(sample, counting[0], wishes)
        # What rises by more than 1 from row to row counts no rows.
        others = [name for name in counting[1:] if STEP_NAMES.search(name) or _by_one(sample, name)]
        return TimeColumn(counting[0], integer=True, others=tuple(others))
    if wishes.time is not None:
        cell = next(iter(sample.cells(wishes.time)), "no values")
        raise DataError(
            f"column {wishes.time!r} holds {cell}, which is read as no time",
            hint="set --time-format to its strftime codes, such as '%d.%m.%Y %H:%M', or write the times as ISO 8601, "
            "such as 2024-01-31T06:00",
            location=Location(str(sample.source)),
        )
    raise no_times(sample, names)


def _is_counted_within(sample: Sample, name: str, names: list[str]) -> bool:
    """Return whether a column repeats beside one that numbers every row: as years and their periods do.

    Years that begin anew are those of several series.
    """
    years = [one for one in names if YEAR_NAMES.search(one) and sample.kinds[one] == "integer"]
    return (
        any(_rises(_numbers(sample, one)) for one in years)
        and not sample.table[name].is_unique
        and any(
            STEP_NAMES.search(one) and sample.kinds[one] == "integer" and sample.table[one].is_unique
            for one in names
        )
    )


def _check_has_year(sample: Sample, name: str, wishes: Wishes) -> None:
    """Raise DataError where step numbers are days with their month and no year, as accounts write them."""
    cells = sample.cells(name)
    counted = name == wishes.time or isinstance(wishes.freq, int) or STEP_NAMES.search(name) is not None
    if counted or not any(cell.startswith("0") for cell in cells):
        return
    for form, example in ((_DAY_MONTH, "3101"), (_MONTH_DAY, "0131")):
        if all(form.fullmatch(cell) for cell in cells):
            raise DataError(
                f"column {name!r} holds {cells[0]}, a day and its month without a year, as {example} is",
                hint="write the year into every date, such as 2024-01-31; where the numbers only count the rows, use "
                f"--time {as_typed(name)} --freq 1",
                location=Location(str(sample.source)),
            )


def _check_of_year(sample: Sample, name: str, wishes: Wishes) -> None:
    """Raise DataError where step numbers are days or other parts of a year that stands beside them."""
    of_weeks = WEEK_NAMES.search(name) is not None
    years = [
        one
        for one in sample.kinds
        # The weeks of an epiyear are no ISO weeks.
        if one != name and (YEAR_NAMES.search(one) or (of_weeks and one.lower().endswith("year")))
    ]
    if not years or wishes.time == name or wishes.freq is not None or STEP_NAMES.search(name):
        return
    raise DataError(
        f"columns {years[0]!r} and {name!r} look like the parts of one time",
        hint="write the times into one column, such as 2024-01-31; where the numbers only count the rows, use "
        f"--time {as_typed(name)} --freq 1",
        location=Location(str(sample.source)),
    )


def _is_iso(sample: Sample, name: str) -> bool:
    """Return whether a column holds ISO timestamps, but for a few cells that reading will name."""
    if sample.kinds[name] == "time":
        # 2020-21 is no month, and 2019-20 to 2011-12 would be some, as would the quarters 2019-01 to 2019-04.
        cells = sample.cells(name)
        return not are_weeks(cells) and not split_years(cells) and part_of_year(sample, name) is None
    if sample.kinds[name] != "text":
        return False
    cells = sample.cells(name)
    return sum(ISO.fullmatch(cell) is not None for cell in cells) > _MOSTLY * len(cells)


def _rank(sample: Sample, name: str) -> tuple[bool, bool]:
    return sample.table[name].nunique() < 2, TIME_NAMES.search(name) is None


def _column_of_format(sample: Sample, names: list[str], time_format: str) -> str:
    """Return the first column whose cells a format reads."""
    for name in sorted(names, key=lambda name: TIME_NAMES.search(name) is None):
        try:
            read_times(sample.table[[name]].head(100), TimeColumn(name, format=time_format), sample)
        except DataError:
            continue
        return name
    raise DataError(
        f"no column holds times in the format {time_format!r}",
        hint="name the column with --time to see which of its cells is none",
        location=Location(str(sample.source)),
    )


def _as_timestamps(sample: Sample, found: TimeColumn, wishes: Wishes) -> TimeColumn:
    """Return integers as years where the frequency that is wished for needs timestamps."""
    if not found.integer:
        return found
    cells = sample.cells(found.name)
    if all(re.fullmatch(r"(1[6-9]|2[0-2])\d\d", cell) for cell in cells):
        return replace(found, integer=False, format="%Y")
    raise DataError(
        f"column {found.name!r} holds step numbers, and --freq {wishes.freq} needs timestamps",
        hint="give --freq as a whole number, or name a column of timestamps with --time",
        location=Location(str(sample.source)),
    )


def _numbers(sample: Sample, name: str) -> Floats:
    """Return the cells of a column, (rows,), NaN where one holds no number."""
    import pandas as pd

    found: Floats = pd.to_numeric(sample.table[name], errors="coerce").to_numpy(dtype=float)
    return found


def _rises(values: Floats) -> bool:
    """Return whether no number is less than the one before it; NaN where there is none."""
    return bool((np.diff(values[~np.isnan(values)]) >= 0).all())


def _by_one(sample: Sample, name: str) -> bool:
    """Return whether numbers mostly rise by 1 from row to row."""
    return bool(np.median(np.diff(_numbers(sample, name))) == 1)


def _counts(sample: Sample, name: str) -> bool:
    """Return whether integers look like step numbers: rising through the table, or through each series in turn."""
    values = _numbers(sample, name)
    if not np.isfinite(values).all() or len(values) < 2:
        return False
    steps = np.diff(values)
    if not (steps > 0).any():
        return False
    if STEP_NAMES.search(name):
        return True
    regular = np.mean(steps == np.median(steps[steps > 0]))
    return bool(regular > (0.5 if (steps > 0).all() else 0.9))
