"""The settings for a first training, guessed from a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.recipe import Recipe, SeriesFacts, choose
from forecaster.data.draft.roles import (
    find_id,
    find_targets,
    find_time,
    id_candidates,
    read_times,
)
from forecaster.data.draft.sniff import Sample, as_numbers, read_columns, sniff
from forecaster.data.reading.numbers import MISSING
from forecaster.data.reading.sources import TableSource
from forecaster.data.spec import CsvSpec
from forecaster.data.time_axis.infer import TimeColumn, infer_frequency
from forecaster.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

# The rows that the longest series needs.
LEAST_ROWS = 10


@dataclass(frozen=True)
class Guess:
    """The settings that fit a table, and the facts that they follow from.

    Attributes:
        path: The table.
        csv: How a CSV file is written; None for formats whose columns have types of their own.
        time: The time column.
        zone: The time zone to write; None where times carry no offset.
        freq: The frequency.
        id, target: The columns of ids and of the target; no id where the table is one series.
        others: Columns of numbers besides the target.
        unused: The remaining columns.
        rows, n_series: How many rows and series the table has.
        gaps: How many steps have no row, inside the series.
        empty: How many cells of the target are empty.
        duplicates: How many rows repeat a series and time.
        recipe: The settings that do not depend on the roles of the columns.
    """

    path: TableSource
    csv: CsvSpec | None
    time: TimeColumn
    zone: str | None
    freq: str | int
    id: str | None
    target: str
    others: tuple[str, ...]
    unused: tuple[str, ...]
    rows: int
    n_series: int
    gaps: int
    empty: int
    duplicates: int
    recipe: Recipe


def infer(path: TableSource) -> Guess:
    """Guess the settings for a first training on a table.

    Raises:
        DataError: The table has no times, no numbers, no single id column, no regular step, or no series of
            LEAST_ROWS steps.
    """
    sample = sniff(path)
    time = find_time(sample)
    candidates = id_candidates(sample, time)
    target, others = find_targets(sample, {time.name, *time.others})
    table = read_columns(sample, list(dict.fromkeys([time.name, *candidates, target])))
    times, zoned = read_times(table[time.name], time, sample)
    name = find_id(times, table[candidates], sample)
    if name == target:
        target, others = find_targets(sample, {time.name, *time.others, name})
        table[target] = read_columns(sample, [target])[target]
    series = _by_series(times, table[name] if name else None)
    # Times with offsets are compared in UTC; without them, times are used as they are written.
    zone = "UTC" if zoned else None
    freq, time_axis = infer_frequency(series, time, zone=zone, source=path)
    steps = [time_axis.positions(stamps) for stamps in series]
    lengths = [int(s[-1] - s[0] + 1) for s in steps]
    if max(lengths) < LEAST_ROWS:
        raise DataError(
            f"{path}: the longest series has {max(lengths)} steps, a first training needs {LEAST_ROWS}",
            hint="add rows, or check that the id column names series and not single rows",
        )
    distinct = sum(len(s) for s in steps)
    return Guess(
        path=path,
        csv=sample.csv,
        time=time,
        zone=zone,
        freq=freq,
        id=name,
        target=target,
        others=tuple(column for column in others if column != name),
        unused=tuple(c for c in sample.kinds if c not in {time.name, name, target, *others}),
        rows=len(table),
        n_series=len(series),
        gaps=sum(lengths) - distinct,
        empty=_empty_cells(table[target]),
        duplicates=len(table) - distinct,
        recipe=_recipe(freq, lengths, table[target], sample),
    )


def _recipe(freq: str | int, lengths: list[int], column: pd.Series[Any], sample: Sample) -> Recipe:
    """Return the settings that suit the lengths of the series and the range of the target."""
    numbers = as_numbers(column, sample)
    known = numbers[np.isfinite(numbers)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    return choose(SeriesFacts(freq, np.array(lengths, dtype=np.int64), low, high))


def _by_series(times: Ints, ids: pd.Series[Any] | None) -> list[Ints]:
    """Return the distinct times of each series, ascending."""
    if ids is None:
        return [np.unique(times)]
    codes, _ = ids.factorize()
    order = np.lexsort((times, codes))
    codes, times = codes[order], times[order]
    borders = np.flatnonzero(np.diff(codes)) + 1
    return [np.unique(part) for part in np.split(times, borders)]


def _empty_cells(column: pd.Series[Any]) -> int:
    if column.dtype.kind in "iuf":
        return int(column.isna().sum())
    return int(column.isna().sum() + column.str.strip().isin(MISSING).sum())
