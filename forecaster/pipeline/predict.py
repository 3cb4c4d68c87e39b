"""Predict: forecast the next steps of every series with a complete run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.pandas_later import without_pandas
from forecaster.data.reading.sources import TableSource
from forecaster.errors import DataError, Diagnostic, UsageError
from forecaster.reporting.newest import NewestForecasts
from forecaster.runs.outputs import Output
from forecaster.stages.ahead import forecast_ahead
from forecaster.stages.drawing import Drawing, Drawn, draw_newest
from forecaster.stages.graphs import EngineUsed
from forecaster.stages.loaded import Loaded, fitted_of
from forecaster.stages.opened import OpenedRun
from forecaster.stages.report import read_history
from forecaster.stages.start import find_forecast_start
from forecaster.text import joined, listed

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Predicted:
    """The forecast of every series.

    Attributes:
        table: A row for each series, target and step.
        n_series: The number of series.
        notes: Remarks for the user.
        warnings: Warnings from reading the table.
        newest: The forecast after the rows that it starts from, for pictures.
        engine: What ran the networks.
        drawn: The picture that was asked for; None if there is none.
        form: Returns the table in another form: whether times are Arrow timestamps, and whether there is a column of
            cutoffs.
        key: The columns that name a row of the table with cutoffs.
        ids: The ids of the series.
        ends: (series,), the position of the last known row of each on the time axis.
        far: (found,), the places of the series whose forecasts are far beyond all their values.
    """

    table: pa.Table
    n_series: int
    notes: list[str]
    engine: EngineUsed
    warnings: tuple[Diagnostic, ...] = ()
    newest: NewestForecasts | None = None
    drawn: Drawn | None = None
    form: Callable[[bool, bool], pa.Table] | None = None
    key: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    ends: Ints | None = None
    far: Ints | None = None

    def write(self, output: Output) -> int:
        """Write the table, and return the number of its rows; a database gets a column of cutoffs.

        Raises:
            UsageError: The table does not fit the format.
            DataError: The store or the database refuses it.
            EnvironmentError_: It cannot be written, or the store or the database is not reached.
        """
        table = self.table
        if (output.native_times or output.is_database) and self.form is not None:
            table = self.form(output.native_times, output.is_database)
        output.write(table, key=self.key)
        return int(table.num_rows)


def predict(
    opened: OpenedRun,
    *,
    data: TableSource | None = None,
    cutoff: str | None = None,
    horizon: int | None = None,
    future: TableSource | None = None,
    native_times: bool = False,
    drawing: Drawing | None = None,
    strict: bool = False,
    expect_until: str | None = None,
    leave_out: Sequence[str] = (),
    only: Sequence[str] = (),
    levels: Sequence[float] | None = None,
    loaded: Loaded | None = None,
    is_part: bool = False,
) -> Predicted:
    """Forecast one horizon for every series of a table, from its last row or from a cutoff.

    A series that is not in the training data is scaled by its own history. Nothing is written but the picture that
    is asked for.

    Args:
        opened: The run.
        data: The table. None continues from the last training rows or, with a cutoff, from the rows of the run's
            own table.
        cutoff: The last time that the forecast takes as known; later targets are not used. None is the last row
            of each series.
        horizon: The number of steps; None is the trained horizon. Only the head `recursive` forecasts more.
        future: A table of the future covariates over the horizon. Its values replace those of the rows.
        native_times: Whether times are Arrow timestamps; if not, they are text.
        drawing: The picture to write; None writes none.
        strict: Whether to refuse a table in which series end before others or before expect_until, are too short or
            are missing, and forecasts far beyond all values.
        expect_until: The time up to which every series is expected to have rows; see `expected_position`.
        leave_out: The ids of series that have ended, or are not wanted: they are not forecast, and not missed.
        only: The ids of the series to forecast; none forecasts all.
        levels: The levels of the intervals to return, among those of the run; None returns all.
        loaded: What a service has read from the run before; None reads it. A table is not kept in the cache then.
        is_part: Whether the table is a part of a larger one, whose other series may reach a cutoff that these do not.

    Raises:
        DataError: When a table cannot be read, no series is long enough, or a future value is missing; with strict
            also when series end early, are left out or absent, or a forecast is far beyond all values.
        UsageError: When the horizon is too long, the cutoff is not in the table, expect_until is no time, future is
            of no use, a series or a level is unknown, or the picture names an unknown series or format.
    """
    if drawing is not None:
        drawing.check()
    fitted = fitted_of(opened) if loaded is None else loaded.fitted
    opened, steps = opened.reaching(horizon)
    spec = opened.spec
    shown = _shown_levels(spec.evaluation.levels, levels)
    if loaded is not None and data is None and cutoff is None and expect_until is None and not leave_out:
        start = loaded.context
    else:
        start = find_forecast_start(
            opened,
            fitted.time_axis,
            data=data,
            cutoff=cutoff,
            steps=steps,
            expect_until=expect_until,
            ends=None if loaded is None else loaded.ends,
            keep=loaded is None or data is None,
            is_part=is_part,
            leave_out=leave_out,
        )
    start = start.only(only) if only else start
    start = start.reachable(spec, future)
    if strict and start.uneven:
        raise _uneven(start.uneven, has_ids=spec.data.id is not None)
    if drawing is not None:
        drawing.check_names(start.panel.ids, start.panel.targets)
    ahead = forecast_ahead(spec, fitted, start, steps=steps, future=future)
    if strict and ahead.far is not None:
        raise DataError("forecasts are far beyond all values", diagnostics=[_as_strict(ahead.far.remark, "")])

    def form(native: bool, with_cutoff: bool) -> pa.Table:
        table = ahead.forecast.table(
            ahead.panel, spec.data, levels=shown, native_times=native, with_cutoff=with_cutoff
        )
        if start.cutoff is None or not start.late.any():
            return table
        return _after(table, ahead.forecast.positions(ahead.panel), ahead.forecast.point.shape, start.cutoff)

    newest = NewestForecasts.of(start.panel, start.known, ahead.forecast, shown)
    drawn = None
    if drawing is not None:
        # The run directory holds the last lookback only, with gaps filled in.
        before = read_history(opened)[0] if data is None and cutoff is None else None
        drawn = draw_newest(newest.before(before), drawing, time_label=spec.data.time)
    far = [] if ahead.far is None else [str(ahead.far.remark)]
    notes = [*start.notes, *ahead.notes, *far, *(drawn.notes if drawn is not None else [])]
    named = [spec.data.time, "cutoff", *(["target"] if len(spec.data.targets) > 1 else [])]
    key = (*([spec.data.id] if spec.data.id is not None else []), *named)
    table = without_pandas(partial(form, native_times, False))
    return Predicted(
        table,
        len(ahead.forecast),
        notes,
        ahead.engine,
        start.warnings,
        newest,
        drawn,
        form,
        key,
        start.panel.ids,
        start.panel.first + start.known - 1,
        None if ahead.far is None else ahead.far.series,
    )


def _shown_levels(own: Sequence[float], asked: Sequence[float] | None) -> tuple[float, ...]:
    """Return the levels to show, in the order of the run. Raises UsageError for one that the run does not have."""
    if asked is None:
        return tuple(own)
    unknown = [f"{level:g}" for level in asked if level not in own]
    if unknown:
        known = joined([f"{level:g}" for level in own], word="and")
        raise UsageError(
            f"levels {listed(unknown, most=5)}: this run has intervals of {known} %",
            hint="choose among these; a run has the levels that it was trained with",
        )
    return tuple(level for level in own if level in asked)


def _after(table: pa.Table, first: Ints, shape: tuple[int, ...], cutoff: int) -> pa.Table:
    """Return the rows of a forecast that lie after a cutoff.

    Args:
        table: The forecast, with rows in order of window, then target, then step.
        first: (windows,), the position of the first step of each window on the time axis.
        shape: The number of windows, steps and targets.
        cutoff: The position of the cutoff.
    """
    import pyarrow as pa

    windows, steps, targets = shape
    position = np.broadcast_to(first[:, None, None] + np.arange(steps), (windows, targets, steps))
    return table.filter(pa.array((position > cutoff).reshape(-1)))


def _uneven(remarks: Sequence[Diagnostic], *, has_ids: bool) -> DataError:
    """Return the error of strict, with a problem for each remark on series that end early, are left out or absent."""
    usual = "add their rows, or name those that have ended with --leave-out" if has_ids else "add its rows"
    problems = [_as_strict(remark, usual) for remark in remarks]
    return DataError("series are not forecast alike", diagnostics=problems)


def _as_strict(remark: Diagnostic, hint: str) -> Diagnostic:
    return replace(remark, hint=remark.hint or hint, path="--strict", severity="error")
