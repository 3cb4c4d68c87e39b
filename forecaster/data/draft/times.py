"""The column of times, or the columns that they are spread over: found by names and values, and read."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.no_time import no_time
from forecaster.data.draft.sniff import ISO, Sample, filled
from forecaster.data.draft.time_forms import named_format, number_format, strftime_formats
from forecaster.data.draft.time_parts import parts_of_day, years_with_parts
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.columns import ColumnBatch, plain_text
from forecaster.data.reading.problems import Problems
from forecaster.data.reading.times import TimeReader
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.infer import TimeColumn, infer_frequency
from forecaster.errors import DataError, Location
from forecaster.text import listed, quoted

if TYPE_CHECKING:
    import pandas as pd

TIME_NAMES = re.compile(
    r"(?i)(^|_)(time|date|datetime|timestamp|ds|day|week|month|quarter|hour|time_hour|index|datum)($|_)"
)
STEP_NAMES = re.compile(r"(?i)^(t|time|step|index|period|year|ds|timestamp|date|epoch|time_idx)$")
# Numbers are taken for coded times in a column with such a name, or in the first one.
_CODED_NAMES = re.compile(
    r"(?i)date|time|year|month|week|quarter|period|epoch|unix|^(t|ts|ds|yw|ym|yyyy(mm|ww))$"
)
# The share of a column's cells that are times, above which the others are faults.
_MOSTLY = 0.9
_NAMED = 8


def find_time(sample: Sample, wishes: Wishes) -> TimeColumn:
    """Find the time column: ISO timestamps first, then other forms, a year with its month, and integers that count.

    Raises:
        DataError: No column holds times, or the times of one can be read in two ways.
    """
    found = _find(sample, wishes)
    if wishes.time_format is not None or isinstance(wishes.freq, str):
        found = _as_timestamps(sample, found, wishes)
    return (
        found if found.integer or found.parts else replace(found, parts=parts_of_day(sample, found, wishes))
    )


def read_times(table: pd.DataFrame, time: TimeColumn, sample: Sample) -> tuple[Ints, bool]:
    """Read the times of a whole table.

    Args:
        table: The cells of the columns of the times.
        time: What `find_time` returned.
        sample: The table.

    Returns:
        Nanoseconds since 1970 or the integers themselves, (rows,), and whether the times carry offsets from UTC.

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
    return stamps, reader.kind == "aware"


def _find(sample: Sample, wishes: Wishes) -> TimeColumn:
    names = [name for name in sample.kinds if name not in wishes.taken]
    if wishes.time is not None:
        names = [wishes.time]
    if wishes.time_format is not None:
        return TimeColumn(
            wishes.time or _column_of_format(sample, names, wishes.time_format), format=wishes.time_format
        )
    if not isinstance(wishes.freq, int):
        iso = sorted((name for name in names if _is_iso(sample, name)), key=lambda name: _rank(sample, name))
        if iso:
            return TimeColumn(iso[0], others=tuple(iso[1:]))
        for name in names:
            if sample.kinds[name] in ("text", "integer", "number", "mixed"):
                form = _format_of(sample, name)
                if form is not None:
                    return TimeColumn(name, format=form)
        years = years_with_parts(sample, names, wishes)
        if years is not None:
            return years
    return _counting_column(sample, names, wishes)


def _counting_column(sample: Sample, names: list[str], wishes: Wishes) -> TimeColumn:
    integers = [name for name in names if sample.kinds[name] == "integer"]
    counting = [name for name in integers if name == wishes.time or _counts(sample, name)]
    counting.sort(key=lambda name: STEP_NAMES.search(name) is None)
    if counting:
        return TimeColumn(counting[0], integer=True, others=tuple(counting[1:]))
    if wishes.time is not None:
        cell = next(iter(filled(sample.table[wishes.time])), "no values")
        raise DataError(
            f"column {wishes.time!r} holds {cell}, which is read as no time",
            hint="set --time-format to its strftime codes, such as '%d.%m.%Y %H:%M', or write the times as ISO 8601, "
            "such as 2024-01-31T06:00",
            location=Location(str(sample.source)),
        )
    columns = listed(quoted(sample.kinds), most=_NAMED)
    raise DataError(
        f"no column holds times (the columns are {columns})",
        hint="give one column of timestamps such as 2024-01-31 or 2024-01-31 05:00:00, or of step numbers; "
        "for times in another form set --time and --time-format",
        location=Location(str(sample.source)),
    )


def _is_iso(sample: Sample, name: str) -> bool:
    """Return whether a column holds ISO timestamps, but for a few cells that reading will name."""
    if sample.kinds[name] == "time":
        return True
    if sample.kinds[name] != "text":
        return False
    cells = filled(sample.table[name])
    return sum(ISO.fullmatch(cell) is not None for cell in cells) > _MOSTLY * len(cells)


def _rank(sample: Sample, name: str) -> tuple[bool, bool]:
    return sample.table[name].nunique() < 2, TIME_NAMES.search(name) is None


def _format_of(sample: Sample, name: str) -> str | None:
    """Return the format that reads a column, None where none does.

    Raises:
        DataError: Two formats read every cell as different times, or the codes of a column are no times.
    """
    cells, kind = filled(sample.table[name]), sample.kinds[name]
    if not cells:
        return None
    form = named_format(cells)
    if form is not None:
        return form
    if kind in ("text", "mixed") or all(re.match(r"(19|20)\d{6}$", cell) for cell in cells):
        formats = strftime_formats(cells)
        if len(formats) > 1:
            regular = [f for f, times in formats.items() if _is_regular(times, name)]
            if len(regular) != 1:
                raise _two_formats(sample, name, list(formats))
            return regular[0]
        if formats:
            return next(iter(formats))
    if not _may_be_coded(sample, name):
        return None
    coded = number_format(cells, name)
    if coded is not None and coded[1] is not None:
        raise DataError(
            f"column {name!r} looks like {_meaning(coded[0])}, and {coded[1]} is none",
            hint="correct the row; where the numbers only count the rows, set --freq to 1",
            location=Location(str(sample.source)),
        )
    return None if coded is None else coded[0]


def _two_formats(sample: Sample, name: str, formats: list[str]) -> DataError:
    cell = filled(sample.table[name])[0]
    return DataError(
        f"column {name!r} holds {cell}, and no row shows whether day or month comes first",
        hint=f"set --time-format to {formats[0]!r} or {formats[1]!r}, or write the dates as YYYY-MM-DD",
        location=Location(str(sample.source)),
    )


def _meaning(form: str) -> str:
    if form == "iso-week":
        return "ISO weeks written YYYYWW"
    return "months written YYYYMM" if form == "%Y%m" else "times since 1970"


def _is_regular(times: Any, name: str) -> bool:
    """Return whether times have a step, and nearly all steps a row."""
    stamps = np.unique(times.astype("M8[ns]").astype(np.int64))
    try:
        _, time_axis = infer_frequency([stamps], TimeColumn(name), zone=None, source="")
    except DataError:
        return False
    steps = time_axis.positions(stamps[[0, -1]])
    return len(stamps) > _MOSTLY * int(steps[1] - steps[0] + 1)


def _may_be_coded(sample: Sample, name: str) -> bool:
    """Return whether numbers may stand for times: by the column's name or place, and because they rise."""
    if sample.kinds[name] not in ("integer", "number", "text"):
        return False
    first = next((n for n in sample.kinds if not n.startswith("Unnamed: ")), name)
    if name != first and _CODED_NAMES.search(name) is None:
        return False
    values = _values(sample, name)
    return len(values) > 1 and np.isfinite(values).all() and bool(np.mean(np.diff(values) >= 0) > 0.5)


def _values(sample: Sample, name: str) -> Any:
    import pandas as pd

    decimal = sample.csv.decimal if sample.csv else "."
    cells = [cell.replace(decimal, ".") for cell in filled(sample.table[name])]
    return pd.to_numeric(pd.Series(cells, dtype="str"), errors="coerce").to_numpy(dtype=float)


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
    cells = filled(sample.table[found.name])
    if all(re.fullmatch(r"(1[6-9]|2[0-2])\d\d", cell) for cell in cells):
        return replace(found, integer=False, format="%Y")
    raise DataError(
        f"column {found.name!r} holds step numbers, and --freq {wishes.freq} needs timestamps",
        hint="give --freq as a whole number, or name a column of timestamps with --time",
        location=Location(str(sample.source)),
    )


def _counts(sample: Sample, name: str) -> bool:
    """Return whether integers look like step numbers: rising through the table, or through each series in turn."""
    import pandas as pd

    values = pd.to_numeric(sample.table[name], errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(values).all() or len(values) < 2:
        return False
    steps = np.diff(values)
    if not (steps > 0).any():
        return False
    if STEP_NAMES.search(name):
        return True
    regular = np.mean(steps == np.median(steps[steps > 0]))
    return bool(regular > (0.5 if (steps > 0).all() else 0.9))
