"""The settings for a first training, guessed from a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.dialect import may_group_thousands
from forecaster.data.draft.recipe import Preset, Recipe, SeriesFacts, choose, least_rows
from forecaster.data.draft.roles import (
    candidates,
    check_id,
    find_id,
    find_targets,
    id_candidates,
    possible_id,
)
from forecaster.data.draft.season import find_season
from forecaster.data.draft.sniff import Sample, as_numbers, filled, number_faults, read_columns, sniff
from forecaster.data.draft.times import find_time, read_times
from forecaster.data.draft.wishes import Wishes, check_columns
from forecaster.data.reading.numbers import MISSING
from forecaster.data.reading.sources import TableSource
from forecaster.data.spec import CsvSpec
from forecaster.data.time_axis.frequency import default_seasonality
from forecaster.data.time_axis.infer import TimeColumn, check_frequency, infer_frequency
from forecaster.errors import DataError
from forecaster.system import quoted as as_typed

if TYPE_CHECKING:
    import pandas as pd

_NOTHING = Wishes()


@dataclass(frozen=True)
class Guess:
    """The settings that fit a table, and the facts that they follow from.

    Attributes:
        path: The table.
        csv: How a CSV file is written; None for formats whose columns have types of their own.
        time: The time column.
        zone: The time zone to write; None where times carry no offset.
        freq: The frequency.
        id: The column of ids; None where the table is one series.
        targets: The columns to forecast.
        candidates: The columns that could be the target as well, the likeliest first; none where it was named.
        others: Columns of numbers besides the targets.
        unused: The remaining columns.
        rows, n_series: How many rows and series the table has.
        gaps: How many steps have no row, inside the series.
        empty: How many cells of the targets are empty.
        duplicates: How many rows repeat a series and time.
        recipe: The settings that do not depend on the roles of the columns.
        preset: How much time the training may take.
        remarks: What a person should know about the guesses, in sentences.
    """

    path: TableSource
    csv: CsvSpec | None
    time: TimeColumn
    zone: str | None
    freq: str | int
    id: str | None
    targets: tuple[str, ...]
    candidates: tuple[str, ...]
    others: tuple[str, ...]
    unused: tuple[str, ...]
    rows: int
    n_series: int
    gaps: int
    empty: int
    duplicates: int
    recipe: Recipe
    preset: Preset
    remarks: tuple[str, ...]

    @property
    def target(self) -> str:
        """The first column to forecast."""
        return self.targets[0]


def infer(path: TableSource, wishes: Wishes = _NOTHING) -> Guess:
    """Guess the settings for a first training on a table.

    Args:
        path: The table.
        wishes: What is known about it, and need not be guessed.

    Raises:
        DataError: The table has no times, no numbers, no single id column, no regular step, or no series of
            `least_rows` steps.
    """
    sample = sniff(path)
    check_columns(wishes, sample)
    time = find_time(sample, wishes)
    taken = {*time.columns, *time.others, *([wishes.id] if wishes.id else [])}
    named = id_candidates(sample, time, wishes)
    targets, others = find_targets(sample, taken, wishes)
    table = read_columns(sample, list(dict.fromkeys([*time.columns, *named, *targets])))
    times, zoned = read_times(table, time, sample)
    name = wishes.id
    if name is None:
        name = find_id(times, table[named], sample) if named or not wishes.no_id else None
    else:
        check_id(name, sample)
    if name in targets:
        targets, others = find_targets(sample, {*taken, name}, wishes)
        table[list(targets)] = read_columns(sample, list(targets))
    others = [column for column in others if column != name]
    series = _by_series(times, table[name] if name else None)
    # Times with offsets are compared in UTC; without them, times are used as they are written.
    zone = "UTC" if zoned else None
    if wishes.freq is None:
        freq, time_axis = infer_frequency(series, time, zone=zone, source=path)
    else:
        freq, time_axis = check_frequency(wishes.freq, series, time, zone=zone, source=path)
    steps = [time_axis.positions(stamps) for stamps in series]
    lengths = [int(s[-1] - s[0] + 1) for s in steps]
    if max(lengths) < (least := least_rows(wishes.horizon)):
        ahead = "" if wishes.horizon is None else f" for a horizon of {wishes.horizon}"
        raise DataError(
            f"{path}: the longest series has {max(lengths)} steps, a first training needs {least}{ahead}",
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
        targets=targets,
        candidates=() if wishes.targets else candidates(sample, others),
        others=tuple(others),
        unused=tuple(c for c in sample.kinds if c not in {*time.columns, name, *targets, *others}),
        rows=len(table),
        n_series=len(series),
        gaps=sum(lengths) - distinct,
        empty=sum(_empty_cells(table[target]) for target in targets),
        duplicates=len(table) - distinct,
        recipe=_recipe(
            freq, lengths, table[list(targets)], sample, wishes, _order(times, table[name] if name else None)
        ),
        preset=wishes.preset,
        remarks=(
            *(remark for target in targets for remark in _remarks(table[target], sample)),
            *(_id_remarks(table[named]) if name is None else ()),
        ),
    )


def _recipe(
    freq: str | int,
    lengths: list[int],
    targets: pd.DataFrame,
    sample: Sample,
    wishes: Wishes,
    order: tuple[Ints, Ints],
) -> Recipe:
    """Return the settings that suit the lengths of the series, their season and the range of the targets.

    Args:
        freq: The frequency.
        lengths: The steps of each series.
        targets: The cells of the targets.
        sample: The table.
        wishes: What is known about it.
        order: The rows by series, then time; and the place in this order at which each series but the first begins.
    """
    numbers = [as_numbers(targets[name], sample) for name in targets]
    known = np.concatenate([one[np.isfinite(one)] for one in numbers])
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    rows, borders = order
    found = find_season(np.split(numbers[0][rows], borders), default_seasonality(freq))
    seasons = wishes.seasons or ((found,) if found > 1 else ())
    steps = np.array(lengths, dtype=np.int64)
    return choose(SeriesFacts(freq, steps, low, high, wishes.horizon, seasons, wishes.preset))


def _remarks(column: pd.Series[Any], sample: Sample) -> list[str]:
    """Return what a person should know about a target: one value only, text cells, and marks of two meanings."""
    name, csv = str(column.name), sample.csv or CsvSpec()
    remarks = []
    if column.nunique() == 1:
        remarks.append(f"{name} has one value in all rows, so there is nothing to learn from it")
    if sample.kinds[name] == "mixed":
        cells = column.fillna("").astype(str).str.strip()
        odd = set(number_faults(filled(column), csv))
        at = np.flatnonzero(cells.isin(odd))
        where = f"line {at[0] + 2:,}" if sample.csv else f"row {at[0] + 1:,}"
        count = (
            "1 cell of {} is not a number" if len(at) == 1 else f"{len(at):,} cells of {{}} are not numbers"
        )
        remarks.append(
            f"{count.format(name)}: {cells.iloc[at[0]]!r} in {where}; correct it, or leave it empty, before training"
        )
    elif sample.csv is not None and csv.thousands is None and sample.kinds[name] == "number":
        cell = may_group_thousands(filled(sample.table[name]), csv.decimal)
        if cell is not None:
            remarks.append(
                f"{name} holds {cell}, which is read as a number with three decimals; if the mark groups thousands, "
                f"set data.csv.thousands: {csv.decimal!r}"
                + (" and data.csv.decimal: ','" if csv.decimal == "." else " and data.csv.decimal: '.'")
            )
    return remarks


def _id_remarks(candidates: pd.DataFrame) -> list[str]:
    """Return a remark on a column that may name series where none was taken."""
    name = possible_id(candidates)
    return (
        []
        if name is None
        else [f"the rows are taken as one series; if {name} names several, use --id {as_typed(name)}"]
    )


def _by_series(times: Ints, ids: pd.Series[Any] | None) -> list[Ints]:
    """Return the distinct times of each series, ascending."""
    rows, borders = _order(times, ids)
    return [np.unique(part) for part in np.split(times[rows], borders)]


def _order(times: Ints, ids: pd.Series[Any] | None) -> tuple[Ints, Ints]:
    """Return the rows by series, then time, and the place there at which each series but the first begins."""
    if ids is None:
        return np.argsort(times, kind="stable"), np.zeros(0, dtype=np.int64)
    codes, _ = ids.factorize()
    rows = np.lexsort((times, codes))
    return rows, np.flatnonzero(np.diff(codes[rows])) + 1


def _empty_cells(column: pd.Series[Any]) -> int:
    if column.dtype.kind in "iufb":
        return int(column.isna().sum())
    return int(column.isna().sum() + column.str.strip().isin(MISSING).sum())
