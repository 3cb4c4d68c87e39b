"""The steps of the horizon in a panel, and their future covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.cells import Cells
from forecaster.data.panel import Panel
from forecaster.data.ranges import ranges
from forecaster.data.transforms.categories import with_names
from forecaster.data.transforms.cutoff import NAMED
from forecaster.data.transforms.near_ids import without_zeros
from forecaster.errors import DataError, Diagnostic, Location
from forecaster.text import listed, quoted


def with_horizon(panel: Panel, known: Ints, horizon: int) -> Panel:
    """Return each series up to its cutoff and a whole horizon beyond it, NaN where there is no row.

    Args:
        panel: The series, which may have rows after their cutoffs.
        known: (series,), the number of rows of each series up to its cutoff.
        horizon: The number of steps after the cutoff.
    """
    length = known + horizon
    offsets = np.append(0, np.cumsum(length))
    values = np.full((int(offsets[-1]), panel.values.shape[1]), np.nan)
    have = np.minimum(panel.lengths, length)
    begin = panel.offsets[:-1]
    values[ranges(offsets[:-1], offsets[:-1] + have)] = panel.values[ranges(begin, begin + have)]
    return replace(panel, offsets=offsets, values=values)


def fill_in_future(panel: Panel, known: Ints, cells: Cells, table: str) -> tuple[Panel, list[str]]:
    """Copy the cells of another table into the horizon.

    Args:
        panel: The series with a whole horizon after each cutoff.
        known: (series,), the number of rows of each series up to its cutoff.
        cells: The cells of the future covariates, which replace the values of the panel.
        table: The name of the other table in messages.

    Returns:
        The panel, and remarks.

    Raises:
        DataError: No cell of the other table lies in the horizon.
    """
    rows = ranges(panel.offsets[:-1] + known, panel.offsets[1:])
    series = panel.series_of_rows(rows)
    found = cells.find([panel.ids[s] for s in range(len(panel.ids))], series, panel.positions_of_rows(rows))
    there = found >= 0
    if not there.any():
        raise _none_used(panel, rows, cells, table)
    values = panel.values.copy()
    first_future = len(panel.targets) + len(panel.past)
    for c, name in enumerate(panel.future):
        new = cells.values[found[there], c]
        if name in panel.categories:
            panel, place = with_names(panel, name, cells.categories[name])
            new = np.where(
                np.isnan(new), np.nan, np.append(place, -1)[np.nan_to_num(new, nan=-1).astype(int)]
            )
        old = values[rows[there], first_future + c]
        values[rows[there], first_future + c] = np.where(np.isnan(new), old, new)
    unused = len(cells.values) - len(np.unique(found[there]))
    notes = []
    if unused:
        notes.append(
            f"not used from {table}: {unused:,} {'row' if unused == 1 else 'rows'} of other series or times"
        )
        lost = without_zeros(cells.place, panel.ids, "the rows have")
        notes += [f"{table}: {lost}"] if lost is not None else []
    return replace(panel, values=values), notes


def _none_used(panel: Panel, rows: Ints, cells: Cells, table: str) -> DataError:
    """Return the error of a table without any of these rows of the horizon: its series or times beside theirs."""
    place = Location(table)
    lost = without_zeros(cells.place, panel.ids, "the rows have")
    if lost is not None:
        return DataError(lost.summary, hint=lost.hint, location=place)
    wanted_ids = set(panel.ids)
    both = [s for name, s in cells.place.items() if name in wanted_ids]
    if not both:
        held, needed = (listed(quoted(ids), most=NAMED) for ids in (cells.place, panel.ids))
        return DataError(
            f"has rows of the series {held}, and none of those to forecast: {needed}",
            hint="write the ids as the rows have them",
            location=place,
        )
    series, since = np.divmod(cells.key, cells.span)
    own, wanted = cells.low + since[np.isin(series, both)], panel.positions_of_rows(rows)
    first, last, begin, end = panel.time_axis.text(
        np.array([own.min(), own.max(), wanted.min(), wanted.max()])
    )
    return DataError(
        f"has rows from {first} to {last}, and the forecast is from {begin} to {end}",
        hint="give the times of the forecast, or name the --data and --from that the table was written for",
        location=place,
    )


def without_the_future(panel: Panel, known: Ints, table: str | None, notes: Sequence[str] = ()) -> Panel:
    """Set everything in the horizon but the future covariates to 0.

    Args:
        panel: The series with a whole horizon after each cutoff.
        known: (series,), the number of rows of each series up to its cutoff.
        table: The name of the table of future covariates in messages; None if there is none.
        notes: What `fill_in_future` remarked on.

    Raises:
        DataError: When future covariates are missing; names the first few.
    """
    rows = ranges(panel.offsets[:-1] + known, panel.offsets[1:])
    first_future = len(panel.targets) + len(panel.past)
    _check_known(panel, rows, first_future, table, notes)
    values = panel.values.copy()
    values[rows, :first_future] = 0.0
    return replace(panel, values=values)


def _check_known(
    panel: Panel, rows: Ints, first_future: int, table: str | None, notes: Sequence[str]
) -> None:
    """Raise DataError when a future covariate of the horizon is missing."""
    at, column = np.nonzero(np.isnan(panel.values[rows, first_future:]))
    if not len(at):
        return
    who = panel.series_of_rows(rows[at[:NAMED]])
    times = panel.time_axis.text(panel.positions_of_rows(rows[at[:NAMED]]))
    place = Location(panel.source if table is None else table)
    lines = []
    for s, time, c in zip(who.tolist(), times, column[:NAMED].tolist(), strict=True):
        of = f"series {panel.ids[s]!r}" if panel.ids != ("",) else "the table"
        lines.append(f"{of} has no {panel.future[c]!r} at {time}, which must be known ahead")
    if len(at) > NAMED:
        lines.append(f"and {len(at) - NAMED:,} more values of the horizon")
    steps = len(rows) // len(panel.ids)
    hint = f"fill it in for all {steps:,} steps; a shorter --horizon shows fewer, and needs them all"
    if table is None:
        hint = "write the table to fill in with forecaster future, and pass it with --future"
    # A table whose rows belong to no series explains why values are missing.
    lines = [*(note.removeprefix(f"{table}: ") for note in notes if "write ids as text" in note), *lines]
    found = [Diagnostic(text, location=place) for text in lines[:-1]]
    found.append(Diagnostic(lines[-1], hint=hint, location=place))
    raise DataError("values known ahead are missing", diagnostics=found)
