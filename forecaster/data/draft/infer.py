"""The settings for a first training, guessed from a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.roles import (
    find_id,
    find_targets,
    find_time,
    id_candidates,
    read_times,
)
from forecaster.data.draft.sniff import read_columns, sniff
from forecaster.data.reading.numbers import MISSING
from forecaster.data.reading.sources import TableSource
from forecaster.data.spec import CsvSpec
from forecaster.data.time_axis.frequency import Frequency, default_seasonality
from forecaster.data.time_axis.infer import TimeColumn, infer_frequency
from forecaster.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

# Shares of the split that is written, and the rows that a series needs for a window in each part.
VAL, TEST = 0.1, 0.2
LEAST_ROWS = 10
# (lookback, horizon) in steps, as is usual; for other frequencies they follow from the season.
USUAL = {"h": (168, 24), "D": (28, 7), "B": (20, 5), "W": (104, 8), "M": (36, 12), "Q": (16, 4), "Y": (10, 2)}


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
        shortest: Steps of the shortest series that is long enough for windows.
        short: How many series are too short.
        seasonality, lookback, horizon, patch: In steps; no patch where the lookback is not made of segments.
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
    shortest: int
    short: int
    seasonality: int
    lookback: int
    horizon: int
    patch: int | None


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
    enough = [length for length in lengths if length >= LEAST_ROWS]
    if not enough:
        raise DataError(
            f"{path}: the longest series has {max(lengths)} steps, a first training needs {LEAST_ROWS}",
            hint="add rows, or check that the id column names series and not single rows",
        )
    seasonality = default_seasonality(freq)
    lookback, horizon = windows_for(freq, min(enough))
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
        shortest=min(enough),
        short=len(lengths) - len(enough),
        seasonality=seasonality,
        lookback=lookback,
        horizon=horizon,
        patch=_patch(lookback, seasonality),
    )


def windows_for(freq: str | int, steps: int) -> tuple[int, int]:
    """Return a lookback and a horizon, in steps, with windows in all three splits of a series of `steps` steps."""
    f = Frequency.parse(freq)
    season = default_seasonality(freq)
    unit = f.unit if f.unit == "B" or f.is_tick else f.unit.removeprefix("B")[:1]
    if f.n == 1 and unit in USUAL:
        lookback, horizon = USUAL[unit]
    elif season > 1:
        lookback, horizon = (7 * season if season <= 24 else min(2 * season, 336)), min(season, 96)
    else:
        lookback, horizon = 24, 6
    # Shares are rounded down: the validation split, the smallest, has int(steps * VAL) steps.
    horizon = max(1, min(horizon, int(steps * VAL)))
    train = steps - int(steps * TEST) - int(steps * VAL)
    # Windows can begin in at least half of the training split.
    most = max(1, (train - horizon) // 2)
    if lookback > most:
        lookback = most // season * season if most >= season else most
    return lookback, horizon


def _patch(lookback: int, season: int) -> int | None:
    """Return the steps per segment where the lookback is long and made of whole seasons; None elsewhere."""
    return season if lookback >= 96 and 4 <= season <= 96 and lookback % season == 0 else None


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
