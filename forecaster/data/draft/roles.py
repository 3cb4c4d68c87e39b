"""The columns of a table that hold the ids and the targets, guessed from names and values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.sniff import Kind, Sample, filled
from forecaster.data.draft.wishes import Wishes
from forecaster.data.time_axis.infer import TimeColumn
from forecaster.errors import DataError, Location
from forecaster.text import listed, quoted

if TYPE_CHECKING:
    import pandas as pd

ID_NAMES = re.compile(
    r"(?i)(^|_)(id|unique_id|series|name|key|code|item|store|shop|branch|sku|product|sensor|station|meter|device|site|"
    r"region|symbol|ticker|customer|plant|line|unit|group)($|_)|[a-z]ID$"
)
# Where no time occurs twice, only such a name says that there are several series all the same.
_SERIES_NAMES = re.compile(
    r"(?i)^(.*_id|id|series|series_name|item|store|shop|branch|sku|product|sensor|station|meter|device|site|region|"
    r"symbol|ticker|customer|plant)$|[a-z]ID$"
)
# Integers under such a name label things, and are no quantity.
_LABEL_NAMES = re.compile(
    r"(?i)(^|_)(id|key|code|sku|zip|no|nr|store|shop|item|product|sensor|station|meter|device|site|branch|region|"
    r"customer|symbol|ticker|cluster|class|type|category|flag|index|idx|instant|row|rownum|lat|lon|latitude|longitude)$"
    r"|[a-z]I[dD]$"
)
TARGET_NAMES = re.compile(r"(?i)^(y|target|value)$")
# What people forecast, as the last word of a name.
_USUAL_NAMES = re.compile(
    r"(?i)(^|_)(sales?|sold|demand|load|consumption|usage|count|cnt|total|quantity|qty|amount|volume|units|orders|"
    r"visits|visitors|passengers|trips|rides|revenue|turnover|traffic|generation|production|close)(_day|_hour)?$"
)
# Numbers that the time implies.
CLOCK_NAMES = re.compile(
    r"(?i)^(year|yr|quarter|qtr|month|mnth|week|weekday|weekofyear|dow|day|dayofweek|day_of_week|dayofyear|"
    r"day_of_year|day_of_month|hour|hr|minute|min|second|season)$"
)
# A column whose ids have fewer rows than this on average numbers the rows, not the series.
LEAST_ROWS = 3
# The share of rows that may share a series and time: more are a second key, not an error.
_FEW_DUPLICATES = 0.02
_FLAGS = {"0", "1", "0.0", "1.0", "True", "False"}
_FEW = 12
_CONSTANT = 10
# Ranks from here on are those of columns that are no quantity.
_POOR = 4
_NAMED = 8


def id_candidates(sample: Sample, time: TimeColumn, wishes: Wishes) -> list[str]:
    """Return the columns that may name the series, the likeliest first: text, then integers."""
    if wishes.no_id:
        return []
    if wishes.id is not None:
        return [wishes.id]
    taken = {*time.columns, *time.others, *wishes.taken}
    found = [name for name in sample.of_kind("text", "mixed") if name not in taken]
    integers = [
        name for name in sample.of_kind("integer") if name not in taken and not CLOCK_NAMES.search(name)
    ]
    return [
        *sorted(found, key=lambda name: ID_NAMES.search(name) is None),
        *sorted(integers, key=lambda name: ID_NAMES.search(name) is None),
    ]


def find_id(times: Ints, candidates: pd.DataFrame, sample: Sample) -> str | None:
    """Find the column that distinguishes rows of the same time, or series that follow one another.

    Args:
        times: (rows,), the times of the whole table.
        candidates: The cells of the columns to try.
        sample: The table.

    Returns:
        The column; None where times do not repeat, or rarely, and no column names series.

    Raises:
        DataError: Times repeat, and no single column distinguishes the rows.
    """
    import pandas as pd

    n_rows, n_times = len(times), len(np.unique(times))
    if n_rows == n_times:
        return next(
            (
                name
                for name in candidates.columns
                if _names_series(times, candidates[name], sample.kinds[name])
            ),
            None,
        )
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
    if left[best] <= _FEW_DUPLICATES * n_rows:
        return best or None
    columns = listed(quoted(candidates.columns), most=_NAMED)
    raise DataError(
        f"{n_rows:,} rows share {n_times:,} times, and no single column distinguishes them"
        + (f" (tried {columns})" if columns else ""),
        hint="give the table one id column, for instance two columns joined such as 'store-item'",
        location=Location(str(sample.source)),
    )


def possible_id(candidates: pd.DataFrame) -> str | None:
    """Return a column that may name series by its name, although the times of the table do not repeat."""
    for name in candidates.columns:
        if _SERIES_NAMES.search(name) and 1 < candidates[name].nunique() <= len(candidates) / LEAST_ROWS:
            return str(name)
    return None


def check_id(name: str, sample: Sample) -> None:
    """Check that a column can name series. Raises DataError where it holds fractions or times."""
    if sample.kinds[name] in ("number", "time", "empty"):
        held = {"number": "fractions", "time": "times", "empty": "nothing"}[sample.kinds[name]]
        raise DataError(
            f"column {name!r} holds {held}, not ids",
            hint="name a column of text or integers, or use --no-id if the table is one series",
            location=Location(str(sample.source)),
            path="--id",
        )


def find_targets(sample: Sample, taken: set[str], wishes: Wishes) -> tuple[tuple[str, ...], list[str]]:
    """Return the columns to forecast, and the other columns of numbers, the likeliest target first.

    Args:
        sample: The table.
        taken: Columns with another role.
        wishes: The targets that are named; one is guessed where none is.

    Raises:
        DataError: No column of numbers is left, or one that is named holds none.
    """
    numbers = [name for name in sample.of_kind("integer", "number", "mixed") if name not in taken]
    for name in wishes.targets:
        if name not in numbers:
            raise _no_numbers(sample, name, numbers)
    if not numbers:
        raise DataError(
            "no column of numbers is left to forecast",
            hint="add one, or check its decimal mark and its text cells",
            location=Location(str(sample.source)),
        )
    ordered = sorted(numbers, key=lambda name: _rank(sample, name))
    targets = wishes.targets or (ordered[0],)
    return targets, [name for name in numbers if name not in targets]


def candidates(sample: Sample, names: list[str]) -> tuple[str, ...]:
    """Return the columns, among others, that could be the target as well, the likeliest first."""
    good = [name for name in names if _rank(sample, name) < _POOR]
    return tuple(sorted(good, key=lambda name: _rank(sample, name)))


def _rank(sample: Sample, name: str) -> int:
    """Return how unlikely a column of numbers is the target, from 0."""
    cells = filled(sample.table[name])
    distinct = set(cells)
    if len(distinct) < 2:
        return _CONSTANT + _rank_of_name(name)
    if name.startswith("Unnamed: ") or CLOCK_NAMES.search(name) or distinct <= _FLAGS:
        return 6
    integer = sample.kinds[name] == "integer"
    if integer and _is_counter(cells):
        return 5
    if integer or sample.kinds[name] == "mixed":
        # Integers with few values label things as often as they count them.
        return max(_rank_of_name(name), 3 * (integer and len(distinct) <= _FEW and not _is_usual(name)))
    return min(_rank_of_name(name), 2)


def _rank_of_name(name: str) -> int:
    if _is_usual(name):
        return 0 if TARGET_NAMES.search(name) else 1
    return 5 if _LABEL_NAMES.search(name) else 2


def _is_usual(name: str) -> bool:
    return TARGET_NAMES.search(name) is not None or _USUAL_NAMES.search(name) is not None


def _is_counter(cells: list[str]) -> bool:
    """Return whether integers number the rows: each is one more than the one before."""
    values = np.array([int(cell) for cell in cells])
    return bool((np.diff(values) == 1).all())


def _names_series(times: Ints, column: pd.Series[Any], kind: Kind) -> bool:
    """Return whether a column names series of which no two have a row at the same time.

    It does where its name says so, or where the rows of each id follow one another and time goes back at the rows
    at which the id changes.
    """
    codes, ids = column.factorize()
    if not 1 < len(ids) <= len(times) / LEAST_ROWS or (codes < 0).any():
        return False
    changes, steps = np.diff(codes) != 0, np.diff(times)
    in_blocks = int(changes.sum()) == len(ids) - 1
    if in_blocks and (steps[changes] < 0).any() and (steps[~changes] > 0).all():
        return True
    # Integers change with time as other numbers do.
    return _SERIES_NAMES.search(str(column.name)) is not None and (in_blocks or kind == "text")


def _no_numbers(sample: Sample, name: str, numbers: list[str]) -> DataError:
    others = f"the columns of numbers are {listed(quoted(numbers), most=_NAMED)}"
    return DataError(
        f"column {name!r} holds no numbers to forecast",
        hint=others if numbers else "check its decimal mark and its text cells",
        location=Location(str(sample.source)),
        path="--target",
    )
