"""The settings for a first training, guessed from a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Floats, Ints
from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.date_forms import zone_in
from forecaster.data.draft.dialect import mark_choice
from forecaster.data.draft.ids import FoundId, check_id, check_named, find_id, id_candidates
from forecaster.data.draft.kinds import mostly_numbers
from forecaster.data.draft.mixed_orders import check_one_order
from forecaster.data.draft.policies import empty_cells, filled_choice, repeats_choice
from forecaster.data.draft.recipe import (
    LARGEST_CONSTANT,
    Preset,
    Recipe,
    SeriesFacts,
    choose,
    least_rows,
)
from forecaster.data.draft.remarks import (
    odd_choice,
    parts_of_target,
    parts_remark,
    passed_over,
    target_remarks,
)
from forecaster.data.draft.roles import (
    candidates,
    counter_choice,
    find_targets,
    quality_choice,
    target_choice,
)
from forecaster.data.draft.season import at_every_step, find_seasons
from forecaster.data.draft.sniff import Sample, as_numbers, read_targets, sniff
from forecaster.data.draft.steps import by_series, explained, order_of, other_steps
from forecaster.data.draft.times import find_time, read_times
from forecaster.data.draft.wide import wide_choice
from forecaster.data.draft.wishes import Wishes, check_columns
from forecaster.data.draft.zone_names import (
    FoundRepeated,
    check_no_skipped,
    clock_choice,
    read_repeated,
    zone_column_choice,
    zone_columns,
)
from forecaster.data.draft.zones import irregular_in_utc, zone_choice
from forecaster.data.reading.offsets import zone_of
from forecaster.data.reading.sources import TableSource
from forecaster.data.spec import CsvSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.time_axis.clocks import to_utc
from forecaster.data.time_axis.infer import TimeColumn, check_frequency, infer_frequency
from forecaster.data.transforms.resolution import lost_in_logarithms
from forecaster.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_NOTHING = Wishes()


@dataclass(frozen=True)
class Guess:
    """The settings that fit a table, and the facts that they follow from.

    Attributes:
        path: The table.
        csv: How a CSV file is written, and the lines or the rows of a sheet that are left out.
        time: The time column.
        zone: The time zone to write; None where times carry no offset.
        repeated: How the times are read that the clocks of the zone repeat; None where there are none.
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
        choices: Where the table could be read in another way.
        sheet: The sheet of an Excel workbook, where it was named.
        missing_values: What stands for no value in columns of numbers.
    """

    path: TableSource
    csv: CsvSpec
    time: TimeColumn
    zone: str | None
    repeated: str | None
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
    choices: tuple[Ambiguity, ...] = ()
    sheet: str | None = None
    missing_values: tuple[str | int | float, ...] = ()

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
    sample = sniff(path, decimal=wishes.decimal, sheet=wishes.sheet)
    check_columns(wishes, sample)
    found_times = find_time(sample, wishes)
    time = found_times.column
    taken, counters = {*time.columns, *([wishes.id] if wishes.id else [])}, time.others
    named = id_candidates(sample, time, wishes)
    targets, others = find_targets(sample, taken, wishes, counters)
    time = replace(time, others=tuple(name for name in counters if name not in targets))
    sample, table = read_targets(sample, targets, [*time.columns, *named])
    known_zone = wishes.timezone or zone_in(time.format)
    times, zones = read_times(table, time, sample)
    if not time.integer and wishes.time_format is None:
        check_one_order(times, table, time, sample)
    # Times without an offset are those of a clock.
    local = times if known_zone is not None and not zones and not time.integer else None
    times = times if local is None else to_utc(times, known_zone)
    found = _find_id(times, table[named], sample, wishes)
    name = found.name
    if name is not None:
        check_named(table[name], sample)
    if name in targets:
        targets, others = find_targets(sample, {*taken, name}, wishes, counters)
        sample, columns = read_targets(sample, targets)
        table[list(targets)] = columns
    others = [column for column in others if column != name]
    repeated = FoundRepeated()
    if local is not None and known_zone is not None:
        codes = np.zeros(len(times), dtype=np.int64) if name is None else table[name].factorize()[0]
        repeated = read_repeated(local, times, codes, known_zone, sample.where)
    # Without offsets, times are used as they are written.
    zone = known_zone or zone_of(zones)
    rows, borders = order = order_of(times, table[name] if name else None)
    series, ids = by_series(times, table[name] if name else None, order)
    try:
        freq, time_axis = _frequency(series, ids, time, zone, wishes, path)
    except DataError as error:
        raise irregular_in_utc(error, [] if wishes.timezone else zones, time, path) from None
    if time_axis.is_calendar:
        # A midnight that clocks skip or repeat names its day all the same.
        repeated = FoundRepeated()
    elif local is not None and known_zone is not None:
        check_no_skipped(local, known_zone, sample.where)
    steps = [time_axis.positions(stamps) for stamps in series]
    lengths = [int(s[-1] - s[0] + 1) for s in steps]
    _check_lengths(lengths, wishes, path)
    distinct = sum(len(s) for s in steps)
    parts = parts_of_target(sample, targets[0], others) if len(targets) == 1 else ()
    others = [column for column in others if column not in counters]
    rivals = () if wishes.targets else candidates(sample, [one for one in others if one not in parts])
    numbers = {target: as_numbers(table[target], sample) for target in targets}
    clock = zone_column_choice(sample, zone_columns(sample), wishes) or clock_choice(
        np.split(times[rows], borders)[0], time_axis, wishes, zoned=zone is not None
    )
    larger = other_steps(series, ids, time_axis, time, wishes.freq is not None)
    choices = (
        *sample.choices,
        sample.missing.choice,
        *found_times.choices,
        zone_choice(zones, times, time, wishes),
        clock,
        repeated.choice,
        found.choice,
        larger,
        _mark_choice(sample, [*targets, *others], wishes),
        *(() if wishes.targets else _target_choices(table[targets[0]], sample, rivals)),
        quality_choice(sample, targets[0]),
        None if wishes.targets else counter_choice(targets[0], counters),
        None if wishes.targets else wide_choice(targets[0], sample.of_kind("integer", "number", "mixed")),
        # A larger step and a clock that changes say why.
        None if larger else filled_choice(time_axis.positions(times), order, list(numbers.values())),
        None if clock or repeated.policy else repeats_choice(times, table, order, numbers, sample, time_axis),
    )
    return Guess(
        path=path,
        csv=sample.reading,
        time=time,
        zone=zone,
        repeated=repeated.policy,
        freq=freq,
        id=name,
        targets=targets,
        candidates=rivals,
        others=tuple(others),
        unused=tuple(c for c in sample.kinds if c not in {*time.columns, name, *targets, *others}),
        rows=len(table),
        n_series=len(series),
        gaps=sum(lengths) - distinct,
        empty=sum(empty_cells(table[target]) for target in targets),
        duplicates=len(table) - distinct,
        recipe=_recipe(freq, lengths, list(numbers.values()), wishes, order, time_axis.positions(times)),
        preset=wishes.preset,
        remarks=(
            *(remark for target in targets for remark in target_remarks(table[target], sample)),
            *parts_remark(targets[0], parts),
        ),
        choices=tuple(choice for choice in choices if choice is not None),
        sheet=wishes.sheet,
        missing_values=sample.missing.values,
    )


def _find_id(times: Ints, candidates: pd.DataFrame, sample: Sample, wishes: Wishes) -> FoundId:
    if wishes.id is not None:
        check_id(wishes.id, sample)
        return FoundId(wishes.id)
    return FoundId(None) if wishes.no_id else find_id(times, candidates, sample)


def _frequency(
    series: list[Ints],
    ids: list[str],
    time: TimeColumn,
    zone: str | None,
    wishes: Wishes,
    source: TableSource,
) -> tuple[str | int, TimeAxis]:
    if wishes.freq is not None:
        return check_frequency(wishes.freq, series, time, zone=zone, source=source)
    try:
        return infer_frequency(series, time, zone=zone, source=source)
    except DataError as error:
        raise explained(series, ids, time, source, error) from None


def _check_lengths(lengths: list[int], wishes: Wishes, source: TableSource) -> None:
    if max(lengths) < (least := least_rows(wishes.horizon)):
        ahead = "" if wishes.horizon is None else f" for a horizon of {wishes.horizon}"
        raise DataError(
            f"{source}: the longest series has {max(lengths)} steps, a first training needs {least}{ahead}",
            hint="add rows, or check that the id column names series and not single rows",
        )


def _mark_choice(sample: Sample, names: list[str], wishes: Wishes) -> Ambiguity | None:
    """Return the choice between the marks of decimals and of thousands in a CSV file."""
    if sample.csv is None or wishes.decimal is not None:
        return None
    return mark_choice({name: sample.cells(name) for name in names}, sample.csv, mostly_numbers)


def _target_choices(
    column: pd.Series[Any], sample: Sample, rivals: tuple[str, ...]
) -> list[Ambiguity | None]:
    name = str(column.name)
    return [
        odd_choice(column, sample, rivals),
        passed_over(sample, name),
        target_choice(sample, name, rivals),
    ]


def _recipe(
    freq: str | int,
    lengths: list[int],
    numbers: list[Floats],
    wishes: Wishes,
    order: tuple[Ints, Ints],
    positions: Ints,
) -> Recipe:
    """Return the settings that suit the lengths of the series, their season and the range of the targets.

    Args:
        freq: The frequency.
        lengths: The steps of each series.
        numbers: (rows,) each, the values of the targets, NaN where there is none.
        wishes: What is known about it.
        order: The rows by series, then time; and the place in this order at which each series but the first begins.
        positions: (rows,), the steps of the rows on the time axis.
    """
    known = np.concatenate([one[np.isfinite(one)] for one in numbers])
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    rows, borders = order
    seasons = wishes.seasons or find_seasons(at_every_step(positions, numbers[0], order), freq)
    steps = np.array(lengths, dtype=np.int64)
    parts = [part[np.isfinite(part)] for one in numbers for part in np.split(one[rows], borders)]
    narrow = any(_is_narrow(float(part.min()), float(part.max())) for part in parts if len(part))
    return choose(SeriesFacts(freq, steps, low, high, wishes.horizon, seasons, wishes.preset, narrow=narrow))


def _is_narrow(low: float, high: float) -> bool:
    """Return whether logarithms in single precision lose the shape of a series, or the last digits of a constant."""
    if low == high:
        return high > LARGEST_CONSTANT
    return bool(lost_in_logarithms(np.array([low]), np.array([high]))[0])
