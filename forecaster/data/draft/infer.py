"""From a table of unknown make to the settings that a first training needs."""

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

# Shares of the split that is written, and the rows without which they hold no window.
VAL, TEST = 0.1, 0.2
LEAST_ROWS = 10
# (lookback, horizon) in steps, as is usual; for other frequencies they follow from the season.
USUAL = {"h": (168, 24), "D": (28, 7), "B": (20, 5), "W": (104, 8), "M": (36, 12), "Q": (16, 4), "Y": (10, 2)}


@dataclass(frozen=True)
class Guess:
    """What the table seems to be, and the settings that follow.

    csv: how the file is written, None for Parquet.
    zone: the time zone to write; None where times carry no offset.
    others: numeric columns besides the target. unused: the rest.
    rows, gaps, empty, duplicates: counts over the table: its rows, the steps it lacks inside a series, its
    empty target cells, its rows beyond the first of a series and time.
    shortest: steps of the shortest series that can give windows; short: how many series cannot.
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

    Raises DataError, with the next move, when the table has no times, no numbers, no single id column, no
    regular step, or no series of LEAST_ROWS rows.
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
    # Offsets are told apart in UTC; without them, times are taken as they stand.
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
    """Lookback and horizon, in steps, that leave windows in all three ranges of a series of so many steps."""
    f = Frequency.parse(freq)
    season = default_seasonality(freq)
    unit = f.unit if f.unit == "B" or f.is_tick else f.unit.removeprefix("B")[:1]
    if f.n == 1 and unit in USUAL:
        lookback, horizon = USUAL[unit]
    elif season > 1:
        lookback, horizon = (7 * season if season <= 24 else min(2 * season, 336)), min(season, 96)
    else:
        lookback, horizon = 24, 6
    # Shares are rounded down, so each range holds at least so many steps.
    horizon = max(1, min(horizon, int(steps * VAL)))
    train = steps - int(steps * TEST) - int(steps * VAL)
    # At least half of the training range is left for windows to begin in.
    most = max(1, (train - horizon) // 2)
    if lookback > most:
        lookback = most // season * season if most >= season else most
    return lookback, horizon


def _patch(lookback: int, season: int) -> int | None:
    """Steps per segment where the lookback is long and made of whole seasons of a useful size."""
    return season if lookback >= 96 and 4 <= season <= 96 and lookback % season == 0 else None


def _by_series(times: Ints, ids: pd.Series[Any] | None) -> list[Ints]:
    """The distinct times of each series, in order."""
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
