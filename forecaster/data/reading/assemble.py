"""Rows in the order of a file to a panel: on the grid, sorted, one row per series and time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from forecaster.data.arrays import IN_MEMORY, Ints, Scratch, row_blocks
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.merge import check_no_repeats, pieces
from forecaster.data.reading.problems import CellFault, TableFile
from forecaster.data.reading.regular import Regular, RegularSteps, regularise
from forecaster.data.reading.rows import Ordered, Rows, borders, counts, sort_rows
from forecaster.data.reading.statics import take_static
from forecaster.data.reading.times import later_hour
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import OFF_GRID, TimeAxis
from forecaster.data.time_axis.frequency import DAY_NS
from forecaster.data.time_axis.infer import TimeColumn, infer_frequency
from forecaster.errors import DataError, Diagnostic, Location

# The file of a panel's values, where they are not in memory.
VALUES = "values"
_SAMPLE = 10_000
_SELDOM = 10
# A table that gaps blow up by this much, and beyond this many rows, has the wrong frequency.
_MOST_GROWTH, _ROWS_BELOW = 20, 10_000_000
# Rows of which so large a share are the same number of steps apart step by another frequency.
_SAME_STEP, _LEAST_STEPS = 0.9, 8


def assemble(
    spec: DataSpec,
    rows: Rows,
    tables: Sequence[TableFile],
    *,
    keep_future: bool,
    time_axis: TimeAxis | None,
    scratch: Scratch,
) -> tuple[Panel, Findings]:
    """Make the panel, using up `rows`. Raises DataError that names the rows at fault.

    time_axis: the time axis to hold the rows to; None takes the one that most of them lie on.
    The table is worked on some whole series at a time: it may be larger than memory.
    """
    source = rows.source
    _tell_apart(spec, rows)
    held = time_axis is not None
    if time_axis is None:
        time_axis = TimeAxis.fit(
            spec.freq, None if isinstance(spec.freq, int) else spec.timezone, rows.stamps
        )
    read = counts(rows.series, len(rows.ids))
    _to_positions(spec, time_axis, rows, tables, held=held)
    ordered = sort_rows(rows, scratch)
    rows.values = np.empty((0, 0))
    offsets = borders(ordered.series, len(rows.ids))
    static = take_static(spec, rows, ordered, offsets, tables)
    check_no_repeats(spec, time_axis, rows, ordered, tables)
    duplicates = counts(ordered.series[ordered.again], len(rows.ids))
    regular = regularise(
        lambda: pieces(spec, rows, ordered, offsets),
        n_targets=len(spec.targets),
        n_future=len(spec.future_covariates) if keep_future else 0,
        check=lambda steps, n_out: _check_freq(spec, time_axis, rows, steps, n_out, held=held),
        out=lambda shape: scratch.empty(shape, np.float64, name=VALUES),
    )
    if not len(regular.kept):
        raise DataError(
            f"no row has a value of {_names(spec.targets)}",
            hint="check data.targets",
            location=Location(source),
        )
    panel = Panel(
        time_axis=time_axis,
        ids=tuple(rows.ids[s] for s in regular.kept.tolist()),
        targets=tuple(spec.targets),
        past=tuple(spec.past_covariates),
        future=tuple(spec.future_covariates),
        statics=tuple(spec.static_covariates),
        offsets=regular.offsets,
        first=regular.first,
        values=regular.values,
        static=static[regular.kept],
        source=source,
        categories=rows.categories,
    )
    dropped = tuple(rows.ids[s] for s in np.setdiff1d(np.arange(len(rows.ids)), regular.kept).tolist())
    findings = Findings(
        rows=read[regular.kept],
        duplicates=duplicates[regular.kept],
        leading=regular.leading,
        trailing=regular.trailing,
        future_rows=regular.future_rows,
        missing=regular.missing,
        gap_series=regular.gap_series,
        gap_first=regular.gap_first,
        gap_length=regular.gap_length,
        dropped=dropped,
        unsorted=ordered.n_unsorted > 0,
        warnings=_warnings(spec, rows, ordered.n_unsorted, int(duplicates.sum()), dropped, regular),
    )
    return panel, findings


def _tell_apart(spec: DataSpec, rows: Rows) -> None:
    """Under clock_changes.repeated in_order, the next row of a series with a repeated local time
    gets the second of its two moments."""
    if not (rows.on_clock and spec.clock_changes.repeated == "in_order" and spec.timezone):
        return
    found, place = np.unique(rows.stamps, return_inverse=True)
    twice, second = later_hour(found, spec.timezone)
    where = np.flatnonzero(twice[place])
    # By series and time, in the order of the file within them.
    where = where[np.lexsort((where, rows.stamps[where], rows.series[where]))]
    again = np.zeros(len(where), dtype=bool)
    again[1:] = (np.diff(rows.stamps[where]) == 0) & (np.diff(rows.series[where]) == 0)
    # Only the second: a third one is a duplicate.
    third = np.zeros(len(where), dtype=bool)
    third[1:] = again[1:] & again[:-1]
    chosen = where[again & ~third]
    rows.stamps[chosen] = second[place[chosen]]


def in_order(spec: DataSpec, time_axis: TimeAxis, rows: Rows, tables: Sequence[TableFile]) -> Ordered:
    """The rows by series and position of this grid, using up `rows`.

    Raises DataError for rows off the grid, and for two of one series and time.
    """
    _tell_apart(spec, rows)
    _to_positions(spec, time_axis, rows, tables, held=True)
    ordered = sort_rows(rows, IN_MEMORY)
    check_no_repeats(spec, time_axis, rows, ordered, tables)
    return ordered


def _to_positions(
    spec: DataSpec, time_axis: TimeAxis, rows: Rows, tables: Sequence[TableFile], *, held: bool = False
) -> None:
    """Replace the stamps by grid positions, block by block: the table may be most of the memory.

    held: the grid is that of another table, which a network was trained on.
    """
    stray: list[Ints] = []
    stamps: dict[int, int] = {}
    whole = len(rows.stamps)
    for run in row_blocks(len(rows.stamps)):
        start, block = run.start, rows.stamps[run]
        positions = time_axis.positions(block)
        off = np.flatnonzero(positions == OFF_GRID)
        if len(off):
            whole = min(whole, start)
            stray.append(start + off)
            stamps.update(zip((start + off[:_SAMPLE]).tolist(), block[off[:_SAMPLE]].tolist(), strict=True))
        if not stray:
            rows.stamps[run] = positions
    if not stray:
        return
    found = np.concatenate(stray)
    # The blocks before the first fault hold positions by now.
    rows.stamps[:whole] = time_axis.stamps(rows.stamps[:whole])
    # One stray row of an hourly table makes no half-hourly table.
    often = len(found) * _SELDOM > len(rows.stamps)
    inferred = _inferred_freq(spec, rows, rows.stamps[:_SAMPLE]) if often else None

    def describe(i: int) -> CellFault:
        stamp = stamps[int(found[i])]
        hint = _off_grid_hint(time_axis, inferred, stamp)
        if held:
            hint = "the network was trained on rows of that grid: bring rows of the same frequency and phase"
        before, after = time_axis.text(np.array(time_axis.around(stamp)))
        [text] = time_axis.stamp_text(np.array([stamp]))
        return (
            f"{text} is not on the {_freq_words(time_axis)}, whose nearest steps are {before} and {after}",
            hint,
        )

    rows.faults(spec.time, found, describe).raise_any(tables)


def _off_grid_hint(time_axis: TimeAxis, inferred: str | int | None, stamp: int) -> str:
    if inferred is not None and inferred != time_axis.freq:
        return f"the times look like data.freq: {inferred}"
    if time_axis.is_calendar and time_axis.timezone is None and stamp % DAY_NS != time_axis.phase:
        return "correct the time, or set data.timezone if the steps begin at local midnight"
    return "correct the time, or delete the row"


def _freq_words(time_axis: TimeAxis) -> str:
    return (
        f"grid of integers with step {time_axis.freq}"
        if time_axis.is_integer
        else f"grid of data.freq {time_axis.freq!r}"
    )


def _inferred_freq(spec: DataSpec, rows: Rows, sample: Ints) -> str | int | None:
    """The frequency that the first series looks like in the first stamps of the table."""
    mine = sample[rows.series[: len(sample)] == rows.series[0]]
    column = TimeColumn(spec.time, integer=isinstance(spec.freq, int))
    try:
        found, _ = infer_frequency([np.unique(mine)], column, zone=spec.timezone, source=Path(spec.path))
    except DataError:
        return None
    return found


def _check_freq(
    spec: DataSpec, time_axis: TimeAxis, rows: Rows, steps: RegularSteps, n_out: int, *, held: bool = False
) -> None:
    """Raise where the rows plainly step by another frequency than data.freq.

    steps: between neighbouring rows, on the grid. n_out: rows once gaps are put in. held:
    the grid is that of another table, which a network was trained on.
    """
    blown = n_out > _ROWS_BELOW and n_out > _MOST_GROWTH * (steps.total + 1)
    usual = steps.median() if blown or steps.count(1) * 2 < steps.total else 1
    # Sales without a row for a day without one lie at odd distances; another frequency does not.
    steady = steps.total >= _LEAST_STEPS and steps.count(usual) / steps.total >= _SAME_STEP
    if not blown and (usual == 1 or not (steady or spec.missing == "error")):
        return
    inferred = _inferred_freq(spec, rows, time_axis.stamps(rows.stamps[:_SAMPLE]))
    hint = f"the times look like data.freq: {inferred}" if inferred else "set data.freq to the table's step"
    if held:
        hint = f"the network was trained on data.freq {time_axis.freq!r}: bring a table of the same frequency"
    raise DataError(
        f"most rows are {usual:,} steps of {time_axis.freq!r} from the next: "
        f"{n_out:,} rows would be needed, and there are {len(rows.stamps):,}",
        hint=hint,
        location=Location(rows.source),
        path="data.freq",
    )


def _warnings(
    spec: DataSpec,
    rows: Rows,
    n_unsorted: int,
    n_duplicates: int,
    dropped: tuple[str, ...],
    regular: Regular,
) -> tuple[Diagnostic, ...]:
    found: list[str] = []
    if rows.left_out:
        found.append(f"{rows.left_out:,} rows at times that the clocks of {spec.timezone} skip were left out")
    if n_unsorted:
        of = f" of {n_unsorted:,} series" if spec.id else ""
        found.append(f"rows{of} were not in time order and were sorted")
    if n_duplicates:
        did = "averaged" if spec.duplicates == "mean" else "dropped for the last of each time"
        found.append(f"{n_duplicates:,} duplicate rows were {did}")
    if dropped:
        some = ", ".join(map(repr, dropped[:5])) + (", …" if len(dropped) > 5 else "")
        found.append(f"{len(dropped):,} series without any target value were left out: {some}")
    lost = int(regular.leading.sum() + regular.trailing.sum())
    if lost:
        found.append(f"{lost:,} rows before the first or after the last target value were left out")
    return tuple(Diagnostic(text, location=Location(rows.source), severity="warning") for text in found)


def _names(names: Sequence[str]) -> str:
    return " or ".join(map(repr, names))
