"""What is known of the horizon before it comes: in the table itself, or in one that people fill in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forecaster.config.experiment import Experiment
from forecaster.data.panel import Panel
from forecaster.data.ranges import ranges
from forecaster.data.reading.table import Cells, read_ahead
from forecaster.data.transforms.categories import with_names
from forecaster.errors import DataError, Diagnostic, Location, UsageError
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.table import rows_table
from forecaster.runs.directory import RunDir
from forecaster.stages.cutoff import NAMED, ForecastStart, find_forecast_start, load_run, reaching

if TYPE_CHECKING:
    import pyarrow as pa

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ahead:
    """The table to fill in. empty: cells of it that are not known yet."""

    table: pa.Table
    n_series: int
    empty: int
    notes: list[str]
    warnings: tuple[Diagnostic, ...] = ()


def future_table(
    run: RunDir, *, data: Path | None = None, cutoff: str | None = None, horizon: int | None = None
) -> Ahead:
    """Every series and step of the horizon, with the covariates that must be known there: filled in
    where the rows hold them, empty elsewhere. See `predict` for the arguments.

    Raises UsageError where the run has no covariate that is known ahead.
    """
    loaded, _ = reaching(load_run(run), horizon)
    experiment = loaded.experiment
    if not experiment.data.future_covariates:
        raise UsageError(
            f"{run.path}: has no data.future_covariates, so there is nothing to fill in",
            hint=f"go on with forecaster predict {run.path}",
        )
    start = find_forecast_start(run, loaded, Fitted.load(run).time_axis, data=data, cutoff=cutoff)
    panel = _with_horizon(start, experiment)
    steps = panel.between(start.known, panel.lengths)
    table = rows_table(steps, experiment.data, steps.future)
    empty = int(np.isnan(steps.values[:, -len(steps.future) :]).sum())
    return Ahead(table, len(steps.ids), empty, start.notes, start.warnings)


def without_the_future(
    start: ForecastStart, experiment: Experiment, table: Path | None = None
) -> tuple[Panel, list[str]]:
    """The rows up to each origin and the steps of the horizon, of which only what is known ahead is
    kept; and notes.

    table: what is known ahead, beside what the rows hold. Raises DataError that lists the first few
    cells of the horizon without a value.
    """
    panel, known = start.panel, start.known
    notes: list[str] = []
    if not panel.future:
        if table is not None:
            raise UsageError(
                f"--future {table}: this run has no data.future_covariates, so nothing of it would be used",
                hint="leave it out",
            )
        return panel.first_rows(known), []
    panel = _with_horizon(start, experiment)
    if table is not None:
        panel, notes = _filled_in(panel, known, read_ahead(experiment.data, table, panel.time_axis), table)
    rows = ranges(panel.offsets[:-1] + known, panel.offsets[1:])
    first_ahead = len(panel.targets) + len(panel.past)
    _refuse_unknown(panel, rows, first_ahead, table)
    values = panel.values.copy()
    values[rows, :first_ahead] = 0.0
    return replace(panel, values=values), notes


def _with_horizon(start: ForecastStart, experiment: Experiment) -> Panel:
    """Each series up to its origin and a whole horizon beyond, NaN where there is no row."""
    panel, length = start.panel, start.known + experiment.window.horizon
    offsets = np.append(0, np.cumsum(length))
    values = np.full((int(offsets[-1]), panel.values.shape[1]), np.nan)
    have = np.minimum(panel.lengths, length)
    begin = panel.offsets[:-1]
    values[ranges(offsets[:-1], offsets[:-1] + have)] = panel.values[ranges(begin, begin + have)]
    return replace(panel, offsets=offsets, values=values)


def _filled_in(panel: Panel, known: Ints, cells: Cells, table: Path) -> tuple[Panel, list[str]]:
    """The panel with the cells of the horizon that the table holds put in; and notes."""
    rows = ranges(panel.offsets[:-1] + known, panel.offsets[1:])
    series = panel.series_of_rows(rows)
    found = cells.find([panel.ids[s] for s in range(len(panel.ids))], series, panel.positions_of_rows(rows))
    there = found >= 0
    values = panel.values.copy()
    first_ahead = len(panel.targets) + len(panel.past)
    for c, name in enumerate(panel.future):
        new = cells.values[found[there], c]
        if name in panel.categories:
            panel, place = with_names(panel, name, cells.categories[name])
            new = np.where(
                np.isnan(new), np.nan, np.append(place, -1)[np.nan_to_num(new, nan=-1).astype(int)]
            )
        old = values[rows[there], first_ahead + c]
        values[rows[there], first_ahead + c] = np.where(np.isnan(new), old, new)
    unused = len(cells.values) - len(np.unique(found[there]))
    notes = []
    if unused:
        notes.append(
            f"{unused:,} {'row' if unused == 1 else 'rows'} of {table} are of other series or times, and not used"
        )
    return replace(panel, values=values), notes


def _refuse_unknown(panel: Panel, rows: Ints, first_ahead: int, table: Path | None) -> None:
    """Raises DataError that lists the first few (id, time, column) of the horizon without a value."""
    at, column = np.nonzero(np.isnan(panel.values[rows, first_ahead:]))
    if not len(at):
        return
    who = panel.series_of_rows(rows[at[:NAMED]])
    times = panel.time_axis.text(panel.positions_of_rows(rows[at[:NAMED]]))
    place = Location(panel.source if table is None else str(table))
    lines = []
    for s, time, c in zip(who.tolist(), times, column[:NAMED].tolist(), strict=True):
        of = f"series {panel.ids[s]!r}" if panel.ids != ("",) else "the table"
        lines.append(f"{of} has no {panel.future[c]!r} at {time}, which must be known ahead")
    if len(at) > NAMED:
        lines.append(f"and {len(at) - NAMED:,} more values of the horizon")
    hint = "fill it in for every step of the horizon"
    if table is None:
        hint = "write the table to fill in with forecaster future, and bring it with --future"
    found = [Diagnostic(text, location=place) for text in lines[:-1]]
    found.append(Diagnostic(lines[-1], hint=hint, location=place))
    raise DataError("values known ahead are missing", diagnostics=found)
