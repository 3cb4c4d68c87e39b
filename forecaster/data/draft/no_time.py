"""The error of a row that has no time, and the next move."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.draft.sniff import Sample
from forecaster.data.reading.numbers import MISSING
from forecaster.data.time_axis.infer import TimeColumn
from forecaster.errors import DataError
from forecaster.text import joined

if TYPE_CHECKING:
    import pandas as pd

_NO_TIME = "give the row its time, or delete it"
# How empty cells are shown.
_EMPTY = {*MISSING, "NaT", "<NA>"}
_OFFSET = re.compile(r"\d\d:\d\d.*(Z|[+-]\d\d(:?\d\d)?)$")


def no_time(table: pd.DataFrame, time: TimeColumn, sample: Sample, bad: Any) -> DataError:
    """Return the error that names the first row at fault. bad: (rows,), which rows have no time."""
    first, n_bad = int(np.flatnonzero(bad)[0]), int(bad.sum())
    cells = [_shown(table[name], first) for name in time.columns]
    shown = joined(["an empty cell" if c.strip() in _EMPTY else repr(c) for c in cells], word="with")
    location, row = sample.place(first)
    more = f" ({n_bad:,} such rows)" if n_bad > 1 else ""
    if first == 0 and not time.parts:
        # There is no row before it.
        if cells[0].strip() in _EMPTY:
            return DataError(
                f"{row}column {time.name!r}: the time is empty{more}", hint=_NO_TIME, location=location
            )
        if sample.kinds[time.name] == "time" and time.format is None:
            return DataError(
                f"{row}column {time.name!r}: {shown} is no date that exists in the years 1678 to 2261{more}",
                hint="correct the row",
                location=location,
            )
        form = "ISO 8601" if time.format is None else f"the format {time.format!r}"
        rest = "" if bad.all() else "correct the row, or "
        return DataError(
            f"{row}column {time.name!r}: {shown} is no time in {form}{more}",
            hint=f"{rest}set --time-format to the strftime codes of the times, such as '%d.%m.%Y %H:%M'",
            location=location,
        )
    return DataError(
        f"{row}column {time.name!r}: {shown} is not a time like those before it{more}",
        hint="correct the row: hours go from 0 to 24, months from 1 to 12, and every date must exist"
        if time.parts
        else _row_hint(cells[0], table[time.name], ~bad),
        location=location,
    )


def _shown(column: pd.Series[Any], row: int) -> str:
    """Return a cell as text."""
    try:
        return str(column.iloc[row])
    except (NotImplementedError, ValueError, OverflowError):
        return "a time beyond the years 1 to 9999"


def _row_hint(cell: str, column: pd.Series[Any], good: Any) -> str:
    """Return the next move for a cell that is no time."""
    if cell.strip() in _EMPTY:
        return _NO_TIME
    before = str(column[good].iloc[0]) if good.any() else cell
    if bool(_OFFSET.search(cell)) != bool(_OFFSET.search(before)):
        return "correct the row; write all times with an offset from UTC, or all without"
    return f"correct the row; the times are written like {before}"
