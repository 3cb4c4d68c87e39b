"""Rows in the order of a file to a panel: on the time axis, sorted, one row per series and time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from forecaster.data.arrays import IN_MEMORY, Floats, Scratch, row_blocks
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.merge import check_no_repeats, pieces
from forecaster.data.reading.offsets import zone_of
from forecaster.data.reading.placing import (
    check_spans,
    check_steps,
    place_on_clock,
    resolve_in_order,
    to_positions,
    widest_gap,
)
from forecaster.data.reading.problems import TableFile
from forecaster.data.reading.regular import Regular, regularise
from forecaster.data.reading.rows import Ordered, Rows, borders, counts, sort_rows
from forecaster.data.reading.stand_ins import numbers_for_none
from forecaster.data.reading.statics import take_static
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.errors import DataError, Diagnostic, Location
from forecaster.text import joined, listed, quoted

# Name of the file that holds a panel's values, where they are not in memory.
VALUES = "values"
_NAMED = 5


def assemble(
    spec: DataSpec,
    rows: Rows,
    tables: Sequence[TableFile],
    *,
    keep_future: bool,
    time_axis: TimeAxis | None,
    scratch: Scratch,
) -> tuple[Panel, Findings]:
    """Make a panel of rows, some whole series at a time: the table may be larger than memory.

    Args:
        spec: The data section.
        rows: The rows as they were read. They are used up: their arrays hold nothing of use afterwards.
        tables: The files, for messages.
        keep_future: Whether rows after a series' last target value stay where a future covariate has a value.
        time_axis: The axis that every row must lie on: that of the rows a network was trained on. None takes
            the axis of data.freq that most rows lie on.
        scratch: Where the panel's arrays are made.

    Returns:
        The panel, and what reading found and corrected.

    Raises:
        DataError: Rows are off the axis, repeated or inconsistent, or no target has a value.
    """
    source = rows.source
    trained = time_axis is not None
    resolve_in_order(spec, rows)
    if time_axis is None:
        zone = None if isinstance(spec.freq, int) else spec.timezone or zone_of(list(rows.zones))
        time_axis = TimeAxis.fit(spec.freq, zone, rows.stamps)
    place_on_clock(spec, time_axis, rows)
    read = counts(rows.series, len(rows.ids))
    to_positions(spec, time_axis, rows, tables, trained=trained)
    ordered = sort_rows(rows, scratch)
    rows.values = np.empty((0, 0))
    offsets = borders(ordered.series, len(rows.ids))
    gap = partial(widest_gap, spec, time_axis, rows, ordered)
    check_spans(rows, ordered, offsets, gap)
    static = take_static(spec, rows, ordered, offsets, tables)
    check_no_repeats(spec, time_axis, rows, ordered, tables)
    duplicates = counts(ordered.series[ordered.again], len(rows.ids))
    n_differing = _differing(ordered)
    regular = regularise(
        lambda: pieces(spec, rows, ordered, offsets),
        n_targets=len(spec.targets),
        n_future=len(spec.future_covariates) if keep_future else 0,
        check=lambda steps, n_out: check_steps(spec, time_axis, rows, gap, (steps, n_out), trained=trained),
        out=lambda shape: scratch.empty(shape, np.float64, name=VALUES),
    )
    if not len(regular.kept):
        raise DataError(
            f"no row has a value of {joined(quoted(spec.targets), word='or')}",
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
        warnings=(
            *([] if trained or len(rows.zones) < 2 else [_several_zones(spec, rows)]),
            *_numbers_for_none(spec, panel),
            *_warnings(
                spec, rows, ordered.n_unsorted, (int(duplicates.sum()), n_differing), dropped, regular
            ),
        ),
    )
    return panel, findings


def in_order(spec: DataSpec, time_axis: TimeAxis, rows: Rows, tables: Sequence[TableFile]) -> Ordered:
    """Sort rows by series and position on the time axis of a trained network, using up `rows`.

    Raises:
        DataError: Rows are off the axis, or two rows have the same series and time.
    """
    resolve_in_order(spec, rows)
    place_on_clock(spec, time_axis, rows)
    to_positions(spec, time_axis, rows, tables, trained=True)
    ordered = sort_rows(rows, IN_MEMORY)
    check_no_repeats(spec, time_axis, rows, ordered, tables)
    return ordered


def _differing(ordered: Ordered) -> int:
    """Return how many rows have other values than the row before them of the same series and time."""
    after, before = ordered.values[ordered.again], ordered.values[ordered.again - 1]
    same = (after == before) | (np.isnan(after) & np.isnan(before))
    return int((~same.all(axis=1)).sum())


def _numbers_for_none(spec: DataSpec, panel: Panel) -> list[Diagnostic]:
    """Return a warning about each column with numbers that seem to stand for no value."""
    found = []
    for c, name in enumerate(panel.columns):
        if name in panel.categories:
            continue

        def blocks(c: int = c) -> Iterator[Floats]:
            return (panel.values[rows, c] for rows in row_blocks(len(panel.values)))

        for number, count in numbers_for_none(blocks).items():
            times = "once" if count == 1 else f"{count:,} times"
            found.append(
                Diagnostic(
                    f"{number:.15g} occurs {times}, far from all other values",
                    hint=f"where it stands for no value, set data.missing_values: [{number:.15g}]",
                    location=Location(panel.source),
                    path=name,
                    severity="warning",
                )
            )
    return found


def _several_zones(spec: DataSpec, rows: Rows) -> Diagnostic:
    """Return the warning about times whose offsets differ, as those of a zone that changes its clocks do."""
    return Diagnostic(
        f"times have the offsets {listed(rows.zones, most=_NAMED)} from UTC, and are read and answered in UTC",
        hint="set data.timezone to the name of their zone, such as Europe/Paris, or to UTC",
        location=Location(rows.source),
        path=spec.time,
        severity="warning",
    )


def _warnings(
    spec: DataSpec,
    rows: Rows,
    n_unsorted: int,
    duplicates: tuple[int, int],
    dropped: tuple[str, ...],
    regular: Regular,
) -> tuple[Diagnostic, ...]:
    texts: list[str] = []
    if rows.left_out:
        texts.append(f"{rows.left_out:,} rows at times that the clocks of {spec.timezone} skip were left out")
    if n_unsorted:
        of = f" of {n_unsorted:,} series" if spec.id else ""
        texts.append(f"rows{of} were not in time order and were sorted")
    n_duplicates, n_differing = duplicates
    if n_duplicates:
        of = "its time" if n_duplicates == 1 else "each time"
        did = "averaged" if spec.duplicates == "mean" else f"dropped for the last of {of}"
        values = f"{n_differing:,} of them with other values"
        if n_differing in (0, n_duplicates):
            values = "with other values" if n_differing else "with the same values"
        rows_were = "1 duplicate row was" if n_duplicates == 1 else f"{n_duplicates:,} duplicate rows were"
        texts.append(f"{rows_were} {did}, {values}")
    if dropped:
        names = listed(quoted(dropped), most=_NAMED)
        texts.append(f"{len(dropped):,} series without any target value were left out: {names}")
    n_trimmed = int(regular.leading.sum() + regular.trailing.sum())
    if n_trimmed:
        texts.append(f"{n_trimmed:,} rows before the first or after the last target value were left out")
    return tuple(Diagnostic(text, location=Location(rows.source), severity="warning") for text in texts)
