"""The columns of a table that hold the times, the ids and the target, guessed from names and values."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.sniff import Sample, filled
from forecaster.data.reading.columns import ColumnBatch, plain_text
from forecaster.data.reading.numbers import MISSING
from forecaster.data.reading.problems import Problems
from forecaster.data.reading.times import TimeReader
from forecaster.data.spec import CsvSpec, DataSpec
from forecaster.data.time_axis.infer import TimeColumn
from forecaster.errors import DataError, Location
from forecaster.text import listed, quoted

if TYPE_CHECKING:
    import pandas as pd

TIME_NAMES = re.compile(r"(?i)(^|_)(time|date|datetime|timestamp|ds|day|month|week|hour|time_hour)($|_)")
STEP_NAMES = re.compile(r"(?i)^(t|time|step|index|period|year|ds|timestamp|date|epoch|time_idx)$")
ID_NAMES = re.compile(r"(?i)(^|_)(id|unique_id|series|name|key|code|item|store|sku|sensor|station)($|_)")
TARGET_NAMES = re.compile(r"(?i)^(y|target|value)$")
# Numbers that the time implies.
CLOCK_NAMES = re.compile(r"(?i)^(year|quarter|month|week(day)?|day(ofweek|ofyear)?|hour|minute|second)$")
_DATES = ("%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d", "%Y%m%d")
_CLOCKS = ("", " %H:%M", " %H:%M:%S")
FORMATS = tuple(date + clock for date, clock in product(_DATES, _CLOCKS))
# A column whose ids have fewer rows than this on average numbers the rows, not the series.
LEAST_ROWS = 3
_NAMED = 8


def find_time(sample: Sample) -> TimeColumn:
    """Find the time column: ISO timestamps first, then other date formats, then integers that count.

    Raises:
        DataError: No column holds times, or the times of one can be read in two ways.
    """
    iso = sorted(sample.of_kind("time"), key=lambda name: TIME_NAMES.search(name) is None)
    if iso:
        return TimeColumn(iso[0], others=tuple(iso[1:]))
    if sample.csv is not None:
        for name in sample.of_kind("text", "integer", "number"):
            formats = _formats(sample, name)
            if len(formats) > 1:
                cell = filled(sample.table[name])[0]
                raise DataError(
                    f"column {name!r} holds {cell}, and no row shows whether day or month comes first",
                    hint="write the dates as YYYY-MM-DD, or start from a file in configs/ and set "
                    f"data.csv.time_format to {formats[0]!r} or {formats[1]!r}",
                    location=Location(str(sample.source)),
                )
            if formats:
                return TimeColumn(name, format=formats[0])
    counting = [name for name in sample.of_kind("integer") if _counts(sample, name)]
    counting.sort(key=lambda name: STEP_NAMES.search(name) is None)
    if counting:
        return TimeColumn(counting[0], integer=True, others=tuple(counting[1:]))
    columns = listed(quoted(sample.kinds), most=_NAMED)
    raise DataError(
        f"no column holds times (the columns are {columns})",
        hint="give one column of timestamps such as 2024-01-31 or 2024-01-31 05:00:00, or of step numbers",
        location=Location(str(sample.source)),
    )


def read_times(column: pd.Series[Any], time: TimeColumn, sample: Sample) -> tuple[Ints, bool]:
    """Read the times of a whole table.

    Args:
        column: The cells of the time column.
        time: What `find_time` returned.
        sample: The table.

    Returns:
        Nanoseconds since 1970 or the integers themselves, (rows,), and whether the times carry offsets from UTC.

    Raises:
        DataError: A cell is no time, or not of the kind of the cells before it; the first is named.
    """
    import pyarrow as pa

    spec = DataSpec(
        path=str(sample.source),
        time=time.name,
        freq=1 if time.integer else "ns",
        targets=["-"],
        csv=CsvSpec(time_format=time.format),
    )
    reader = TimeReader(spec)
    rows = np.arange(len(column), dtype=np.int64)
    # pandas keeps text in another type than files do.
    cells = plain_text(pa.array(column))
    stamps, good = reader.read(ColumnBatch(time.name, cells, 0, rows, Problems()))
    if not good.all():
        first = int(np.flatnonzero(~good)[0])
        text = str(column.iloc[first])
        shown = "an empty cell" if text.strip() in MISSING else repr(text)
        n_bad = int((~good).sum())
        more = f" ({n_bad:,} such rows)" if n_bad > 1 else ""
        raise DataError(
            f"column {time.name!r}: {shown} is not a time like those before it{more}",
            hint="correct the row; write all times with an offset from UTC, or all without",
            # The header is on line 1, the first row on line 2.
            location=Location(str(sample.source), first + 2 if sample.csv is not None else None),
        )
    return stamps, reader.kind == "aware"


def id_candidates(sample: Sample, time: TimeColumn) -> list[str]:
    """Return the columns that may name the series, the likeliest first: text, then integers."""
    texts = [name for name in sample.of_kind("text") if name != time.name]
    integers = [name for name in sample.of_kind("integer") if name not in (time.name, *time.others)]
    return [
        *sorted(texts, key=lambda name: ID_NAMES.search(name) is None),
        *sorted(integers, key=lambda name: ID_NAMES.search(name) is None),
    ]


def find_id(times: Ints, candidates: pd.DataFrame, sample: Sample) -> str | None:
    """Find the column that distinguishes rows of the same time; None where times do not repeat, or rarely.

    Args:
        times: (rows,), the times of the whole table.
        candidates: The cells of the columns to try.
        sample: The table.

    Raises:
        DataError: Times repeat, and no single column distinguishes the rows.
    """
    import pandas as pd

    n_rows, n_times = len(times), len(np.unique(times))
    if n_rows == n_times:
        return None
    # Rows that remain duplicates, by the id column; "" is none.
    left = {"": n_rows - n_times}
    for name in candidates.columns:
        n_ids = candidates[name].nunique()
        if 1 < n_ids <= n_rows / LEAST_ROWS:
            frame = pd.DataFrame({"time": times, "id": candidates[name].to_numpy()})
            left[name] = int(frame.duplicated().sum())
            if left[name] == 0:
                return name
    best = min(left, key=lambda name: left[name])
    # A few duplicate rows are an error in the table, not a second key.
    if left[best] <= 0.02 * n_rows:
        return best or None
    columns = listed(quoted(candidates.columns), most=_NAMED)
    raise DataError(
        f"{n_rows:,} rows share {n_times:,} times, and no single column distinguishes them"
        + (f" (tried {columns})" if columns else ""),
        hint="give the table one id column, for instance two columns joined such as 'store-item'",
        location=Location(str(sample.source)),
    )


def find_targets(sample: Sample, taken: set[str]) -> tuple[str, list[str]]:
    """Return the column to forecast, and the other columns of numbers. taken: columns with another role.

    Raises:
        DataError: No column of numbers is left.
    """
    numbers = [name for name in sample.of_kind("integer", "number") if name not in taken]
    if not numbers:
        raise DataError(
            "no column of numbers is left to forecast",
            hint="add one, or check its decimal mark and its text cells",
            location=Location(str(sample.source)),
        )
    constant = {name for name in numbers if sample.table[name].nunique() < 2}

    def rank(name: str) -> int:
        if name == "" or name in constant or CLOCK_NAMES.search(name):
            return 2
        return 0 if TARGET_NAMES.search(name) else 1

    target = min(numbers, key=rank)
    return target, [name for name in numbers if name != target]


def _formats(sample: Sample, name: str) -> list[str]:
    """Return the date formats that read every sampled cell."""
    import pandas as pd

    cells = pd.Series(filled(sample.table[name])[:1000], dtype="str")
    if not len(cells) or not cells.str.match(r"\d{1,4}[/.-]\d|(19|20)\d{6}$|(19|20)\d{6} ").all():
        return []
    return [f for f in FORMATS if pd.to_datetime(cells, format=f, errors="coerce").notna().all()]


def _counts(sample: Sample, name: str) -> bool:
    """Return whether integers look like step numbers: rising through the table, or through each series in turn."""
    import pandas as pd

    values = pd.to_numeric(sample.table[name], errors="coerce").to_numpy(dtype=float)
    if np.isnan(values).any() or len(values) < 2:
        return False
    steps = np.diff(values)
    if not (steps > 0).any():
        return False
    if STEP_NAMES.search(name):
        return True
    regular = np.mean(steps == np.median(steps[steps > 0]))
    return bool(regular > (0.5 if (steps > 0).all() else 0.9))
