"""The column of a table that names its series, guessed from names and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.codes import REGULAR, share_of_steps
from forecaster.data.draft.names import (
    CLOCK_NAMES,
    CLOCK_WORDS,
    COUNTER_NAMES,
    ID_NAMES,
    QUALITY_NAMES,
    SERIES_NAMES,
)
from forecaster.data.draft.sniff import Sample
from forecaster.data.draft.wishes import Wishes
from forecaster.data.draft.zone_names import zone_columns
from forecaster.data.time_axis.infer import TimeColumn
from forecaster.errors import DataError, Location
from forecaster.system import quoted as as_typed
from forecaster.text import listed, quoted

if TYPE_CHECKING:
    import pandas as pd

# A column whose ids have fewer rows than this on average numbers the rows, not the series.
LEAST_ROWS = 3
# The share of rows that may share a series and time: more are a second key, not an error.
_FEW_DUPLICATES = 0.02
_NAMED = 8


@dataclass(frozen=True)
class FoundId:
    """The column that names the series.

    Attributes:
        name: The column; None where the table is one series.
        choice: The other reading; None where there is none.
    """

    name: str | None
    choice: Ambiguity | None = None


def id_candidates(sample: Sample, time: TimeColumn, wishes: Wishes) -> list[str]:
    """Return the columns that may name the series, the likeliest first: text, then integers."""
    if wishes.no_id:
        return []
    if wishes.id is not None:
        return [wishes.id]
    taken = {*time.columns, *time.others, *wishes.taken, *zone_columns(sample)}
    free = [
        name
        for name in sample.kinds
        if name not in taken and not CLOCK_NAMES.search(name) and not COUNTER_NAMES.search(name)
    ]
    return [
        name
        for kinds in (("text", "mixed"), ("integer",))
        for name in sorted(free, key=lambda name: ID_NAMES.search(name) is None)
        if sample.kinds[name] in kinds
    ]


def find_id(times: Ints, candidates: pd.DataFrame, sample: Sample) -> FoundId:
    """Find the column that distinguishes rows of the same time, or series that follow one another.

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
        return _of_distinct_times(times, candidates, sample)
    # Rows that remain duplicates, by the id column; "" is none.
    left = {"": n_rows - n_times}
    for name in candidates.columns:
        n_ids = candidates[name].nunique()
        if 1 < n_ids <= n_rows / LEAST_ROWS:
            frame = pd.DataFrame({"time": times, "id": candidates[name].to_numpy()})
            left[name] = int(frame.duplicated().sum())
            if left[name] == 0:
                return FoundId(name)
    best = min(left, key=lambda name: left[name])
    # A few duplicate rows are an error in the table, not a second key.
    if left[best] <= _FEW_DUPLICATES * n_rows:
        return FoundId(best or None)
    columns = listed(quoted(candidates.columns), most=_NAMED)
    raise DataError(
        f"{n_rows:,} rows share {n_times:,} times, and no single column distinguishes them"
        + (f" (tried {columns})" if columns else ""),
        hint="name the id column with --id, or make one, for instance of two columns joined such as 'store-item'",
        location=Location(str(sample.source)),
    )


def _of_distinct_times(times: Ints, candidates: pd.DataFrame, sample: Sample) -> FoundId:
    """Return the column that names series of which no two have a row at the same time."""
    maybe: Ambiguity | None = None
    for name in candidates.columns:
        codes, ids = candidates[name].factorize()
        if not 1 < len(ids) <= len(times) / LEAST_ROWS or (codes < 0).any():
            continue
        text = sample.kinds[name] == "text"
        # Integers change with time as other numbers do.
        named = SERIES_NAMES.search(str(name)) is not None
        if _are_series(times, codes, len(ids), labels=text or named):
            return FoundId(name)
        several = (
            f"{name!r} is taken as the id of {len(ids):,} series, of which no two have a row at the same time"
        )
        options = (f"--id {as_typed(str(name))} for {len(ids):,} series", "--no-id for one series")
        if named and (text or _in_blocks(codes, len(ids))):
            return FoundId(name, Ambiguity("data.id", several, options))
        if maybe is None and (named or (text and _may_be_series(times, codes, ids, str(name)))):
            summary = f"the rows are taken as one series, and {name!r} may name {len(ids):,}"
            maybe = Ambiguity("data.id", summary, options[::-1])
    return FoundId(None, maybe)


def _are_series(times: Ints, codes: Ints, n_ids: int, *, labels: bool) -> bool:
    """Return whether time goes back where the id changes, or only the rows of each id have a regular step."""
    changes, steps = np.diff(codes) != 0, np.diff(times)
    if _in_blocks(codes, n_ids) and (steps[changes] < 0).any() and (steps[~changes] > 0).all():
        return True
    return labels and _have_a_step(times, codes, n_ids) and share_of_steps(times) <= REGULAR


def _may_be_series(times: Ints, codes: Ints, ids: Any, name: str) -> bool:
    """Return whether texts that no name explains follow one another in blocks, or alternate, as series may."""
    # An empty cell names no series, and beside it stand flags.
    if QUALITY_NAMES.search(name) or any(not str(one).strip() for one in ids):
        return False
    if all(CLOCK_WORDS.search(str(one).strip()) for one in ids):
        return False
    return _in_blocks(codes, len(ids)) or _have_a_step(times, codes, len(ids))


def _in_blocks(codes: Ints, n_ids: int) -> bool:
    return int((np.diff(codes) != 0).sum()) == n_ids - 1


def _have_a_step(times: Ints, codes: Ints, n_ids: int) -> bool:
    """Return whether the rows of each id are one step apart, the same for all."""
    order = np.lexsort((times, codes))
    inside = np.diff(codes[order]) == 0
    steps = np.diff(times[order])[inside]
    return len(steps) > 2 * n_ids and bool((steps == steps[0]).mean() > REGULAR)


def check_id(name: str, sample: Sample) -> None:
    """Check that a column can name series.

    Raises:
        DataError: It is empty, or has a type that holds no ids; every text of a CSV file may be one.
    """
    kind = sample.kinds[name]
    if kind == "empty" or (kind in ("number", "time") and sample.table[name].dtype.kind in "fM"):
        held = {"number": "floats", "time": "timestamps", "empty": "nothing"}[kind]
        store = "name another column" if kind == "empty" else "store the ids as text or integers"
        raise DataError(
            f"column {name!r} holds {held}, not ids",
            hint=f"{store}, or use --no-id if the table is one series",
            location=Location(str(sample.source)),
            path="--id",
        )


def check_named(column: pd.Series[Any], sample: Sample) -> None:
    """Check that every row names its series. Raises DataError that names the first row that does not.

    Args:
        column: (rows,), the ids of the whole table.
        sample: The table.
    """
    empty = np.flatnonzero(column.isna().to_numpy() | (column.astype(str) == "").to_numpy())
    if not len(empty):
        return
    first = int(empty[0])
    more = f" ({len(empty):,} such rows)" if len(empty) > 1 else ""
    raise DataError(
        f"the id is empty in column {str(column.name)!r}, which names the series{more}",
        hint="name the series of the row, or delete the row; if the column names no series, use --no-id or --id with "
        "another column",
        location=Location(str(sample.source), first + sample.first_line if sample.csv is not None else None),
    )
