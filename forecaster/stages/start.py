"""The rows that a forecast starts from: a table up to its cutoff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Ints
from forecaster.data.pandas_later import is_plain, without_pandas
from forecaster.data.panel import Panel
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.offsets import is_on_any_clock
from forecaster.data.reading.sources import TableSource, source_name
from forecaster.data.reading.table import read_ahead, read_table
from forecaster.data.reading.times import typed_time
from forecaster.data.spec import DataSpec, with_plain_times
from forecaster.data.time_axis.axis import TimeAxis, offset_of
from forecaster.data.time_axis.expected import expected_position
from forecaster.data.transforms.cutoff import NAMED, late_remark, late_series, long_enough, up_to
from forecaster.data.transforms.future import fill_in_future, with_horizon, without_the_future
from forecaster.errors import DataError, Diagnostic, UsageError
from forecaster.forecasting.fitted import CONTEXT
from forecaster.stages.checks import beyond_bounds
from forecaster.stages.learned import absent_series, last_rows
from forecaster.stages.opened import OpenedRun
from forecaster.text import listed, quoted


@dataclass(frozen=True)
class ForecastStart:
    """The series to forecast, and their cutoffs.

    Attributes:
        panel: The series. Rows after the cutoff serve for their future covariates only.
        known: (series,), the number of rows of each series up to its cutoff.
        notes: Remarks for the user.
        warnings: Warnings from reading the table.
        uneven: The remarks among `notes` on series that end early, are left out or absent; with a hint where something
            other than their rows is amiss.
        cutoff: The position of the common cutoff on the time axis; None where each series is forecast from its end.
    """

    panel: Panel
    known: Ints
    notes: list[str]
    warnings: tuple[Diagnostic, ...]
    uneven: tuple[Diagnostic, ...] = ()
    cutoff: int | None = None

    @property
    def late(self) -> npt.NDArray[np.bool_]:
        """(series,), whether the series ends before the common cutoff."""
        if self.cutoff is None:
            return np.zeros(len(self.known), dtype=bool)
        found: npt.NDArray[np.bool_] = self.panel.first + self.known - 1 < self.cutoff
        return found

    def only(self, ids: Sequence[str]) -> ForecastStart:
        """Return the start with these series alone, in the order of the table.

        Raises:
            UsageError: When one of them is not in the table.
        """
        wanted = set(ids)
        keep = np.flatnonzero([name in wanted for name in self.panel.ids])
        absent = sorted(wanted.difference(self.panel.ids))
        if absent:
            raise UsageError(
                f"--series {listed(quoted(absent), most=NAMED)}: not among the series to forecast",
                hint=f"choose from {listed(quoted(self.panel.ids), most=NAMED)}"
                if any(self.panel.ids)
                else None,
            )
        return replace(self, panel=self.panel.pick(keep), known=self.known[keep])

    def reachable(self, spec: ExperimentSpec, future: TableSource | None) -> ForecastStart:
        """Return the start without the series that end before the cutoff and whose future covariates are not known.

        Args:
            spec: The settings of the experiment.
            future: A table of future covariates, in addition to those of the rows.
        """
        late = self.late
        if not self.panel.future or not late.any():
            return self
        panel = self.with_horizon(spec)
        if future is not None:
            cells = read_ahead(spec.data, future, panel.time_axis)
            panel, _ = fill_in_future(panel, self.known, cells, source_name(future))
        first_future = len(panel.targets) + len(panel.past)
        unknown = np.zeros(len(late), dtype=bool)
        for s in np.flatnonzero(late).tolist():
            rows = slice(panel.offsets[s] + self.known[s], panel.offsets[s + 1])
            unknown[s] = bool(np.isnan(panel.values[rows, first_future:]).any())
        if not unknown.any() or unknown.all():
            return self
        what = "before the cutoff, and their future covariates from there are not known; not forecast"
        remark = late_remark(self.panel, self.panel.first + self.known - 1, np.flatnonzero(unknown), what)
        keep = np.flatnonzero(~unknown)
        return replace(
            self,
            panel=self.panel.pick(keep),
            known=self.known[keep],
            notes=[*self.notes, str(remark)],
            uneven=(*self.uneven, remark),
        )

    def with_horizon(self, spec: ExperimentSpec) -> Panel:
        """Return each series up to its cutoff and a whole horizon beyond it, NaN where there is no row."""
        return with_horizon(self.panel, self.known, spec.window.horizon)

    def known_ahead(self, spec: ExperimentSpec, future: TableSource | None) -> tuple[Panel, list[str]]:
        """Return the rows up to each cutoff and the future covariates of the horizon, and remarks.

        Args:
            spec: The settings of the experiment.
            future: A table of future covariates, in addition to those of the rows.

        Raises:
            UsageError: When the run has no future covariates.
            DataError: When values of the horizon are missing; names the first few.
        """
        if not self.panel.future:
            if future is not None:
                raise UsageError(
                    f"--future {source_name(future)}: this run has no data.future_covariates, so the table would "
                    "not be used",
                    hint="leave out --future",
                )
            return self.panel.first_rows(self.known), []
        panel = self.with_horizon(spec)
        notes: list[str] = []
        name = None if future is None else source_name(future)
        if future is not None:
            cells = read_ahead(spec.data, future, panel.time_axis)
            panel, notes = fill_in_future(panel, self.known, cells, str(name))
        return without_the_future(panel, self.known, name, notes), notes


def find_forecast_start(
    opened: OpenedRun,
    time_axis: TimeAxis,
    *,
    data: TableSource | None,
    cutoff: str | None,
    steps: int | None = None,
    expect_until: str | None = None,
    ends: Mapping[str, int | None] | None = None,
    keep: bool = True,
    is_part: bool = False,
    leave_out: Sequence[str] = (),
) -> ForecastStart:
    """Read the rows that a forecast starts from.

    Args:
        opened: The run.
        time_axis: The time axis of the training rows.
        data: The table. None continues from the last training rows or, with a cutoff, from the rows of the run's
            own table.
        cutoff: The last time that the forecast takes as known, in ISO 8601 or like the table's times; None is the
            last row of each series.
        steps: The number of steps to forecast; None is the horizon of the settings.
        expect_until: The time up to which every series is expected to have rows; see `expected_position`.
        ends: The position of the last row of each series of the training; None reads them from the run.
        keep: Whether a large table may be kept in the user's cache, for the next forecast from it.
        is_part: Whether the table is a part of a larger one, in which other series may reach the cutoff.
        leave_out: The ids of series that are not forecast, and not missed where the table lacks them.

    Raises:
        DataError: When the table cannot be read, or no series is long enough.
        UsageError: When the cutoff is not a time of the table, or expect_until no time, or one of them has an offset
            and the training rows have none, or leave_out names an unknown series, or all.
    """
    # Before the table, which may be large, is read.
    check_clock(opened.spec.data, time_axis, cutoff=cutoff, expect_until=expect_until)
    spec, run = opened.spec, opened.run
    expected = None
    if expect_until is not None:
        expected = expected_position(typed_time(expect_until, spec.data), time_axis)
    cutoff = None if cutoff is None else typed_time(cutoff, spec.data)
    horizon = spec.window.horizon if steps is None else steps
    if data is None and cutoff is None:
        run.check(CONTEXT)
        panel, known, warnings = _read_rows(spec, run.file(CONTEXT), time_axis, written=True)
        # It was read by its name: what was read is what was checked only if it still is the same.
        run.check(CONTEXT)
    elif data is None:
        panel, known, warnings = _read_rows(spec, opened.present_table(), time_axis)
    else:
        panel, known, warnings = _read_rows(spec, data, time_axis, keep=keep)
    position = None
    uneven = []
    if ends is None and (data is not None or leave_out):
        # Not the rows themselves: those of many series take as long to read as the table.
        ends = last_rows(opened.run, time_axis)
    if ends is not None and leave_out:
        panel, known = _without(panel, known, leave_out, trained=ends)
        ends = {name: end for name, end in ends.items() if name not in leave_out}
    beyond = []
    if data is not None and ends is not None:
        beyond = beyond_bounds(spec, panel, fixed=True)
        uneven = _since_training(ends, panel, known, stale=cutoff is None)
    if expected is not None:
        uneven += _stale(panel, known, expected)
    last = panel.first + known
    if cutoff is not None:
        panel, known, position, late = up_to(panel, known, cutoff, horizon=horizon, is_part=is_part)
    else:
        late = late_series(panel, known, horizon=horizon)
    has_later = position is not None and position + 1 < int(last.max())
    panel, known, short = long_enough(panel, known, spec.window, has_later=has_later)
    left = [Diagnostic(text, severity="warning") for text in short]
    notes = [*(str(remark) for remark in [*uneven, *late, *left]), *beyond]
    # A cutoff, which late series are advised, leaves them as uneven as they are.
    uneven += [replace(remark, hint=None) for remark in late] + left
    if data is None and cutoff is not None and not opened.same_table:
        notes.append(f"{opened.table_name} has changed since the run was trained on it")
    return ForecastStart(panel, known, notes, warnings, tuple(uneven), position)


def check_clock(data: DataSpec, time_axis: TimeAxis, *, cutoff: str | None, expect_until: str | None) -> None:
    """Refuse options with an offset from UTC beside a network that was trained on times without one.

    Args:
        data: The data section of the run.
        time_axis: The time axis of the training rows.
        cutoff: The option --from.
        expect_until: The option --expect-until.

    Raises:
        UsageError: The times of the training could be those of any clock.
    """
    for option, text in (("--from", cutoff), ("--expect-until", expect_until)):
        offset = None if text is None else offset_of(text)
        if offset is not None and is_on_any_clock(data, time_axis):
            raise UsageError(
                f"{option}: {text} has the offset {offset} from UTC, and the network was trained on times without one",
                hint="write it without an offset, on the clock of the training rows",
            )


def _without(
    panel: Panel, known: Ints, leave_out: Sequence[str], *, trained: Mapping[str, int | None]
) -> tuple[Panel, Ints]:
    """Return the series that are not left out. Raises UsageError for an unknown one, or where none is left."""
    unknown = sorted(set(leave_out).difference(panel.ids, trained))
    if unknown:
        raise UsageError(
            f"--leave-out {listed(quoted(unknown), most=NAMED)}: neither in {panel.source} nor in the training",
            hint="check the names",
        )
    keep = np.flatnonzero([name not in leave_out for name in panel.ids])
    if not len(keep):
        raise UsageError("--leave-out: leaves no series to forecast", hint="name fewer")
    return panel.pick(keep), known[keep]


def _stale(panel: Panel, known: Ints, expected: int) -> list[Diagnostic]:
    """Return a remark on the series whose last target lies before a position of the time axis."""
    ends = panel.first + known - 1
    stale = np.flatnonzero(ends < expected)
    if not len(stale):
        return []
    when = panel.time_axis.text(np.array([expected]))[0]
    return [late_remark(panel, ends, stale, f"before {when}, up to which rows are expected")]


def _since_training(
    trained: Mapping[str, int | None], panel: Panel, known: Ints, *, stale: bool
) -> list[Diagnostic]:
    """Return remarks on series of the training that another table lacks, or ends earlier in.

    Args:
        trained: The position of the last row of each series of the training.
        panel: The other table.
        known: (series,), the number of rows of each series up to its last target.
        stale: Whether to look for series that end before the last row that the run has of them.
    """
    ends = panel.first + known - 1
    remarks = []
    old = [s for s, name in enumerate(panel.ids) if int(ends[s]) < (trained.get(name) or int(ends[s]))]
    if stale and old:
        what = "before the last row that the run was trained on"
        remarks.append(late_remark(panel, ends, np.array(old), what))
    absent = absent_series(trained, panel.ids, panel.source)
    if absent is not None:
        remarks.append(replace(absent, summary=f"{absent.summary}; not forecast"))
    return remarks


def _read_rows(
    spec: ExperimentSpec,
    source: TableSource,
    time_axis: TimeAxis,
    *,
    written: bool = False,
    keep: bool = True,
) -> tuple[Panel, Ints, tuple[Diagnostic, ...]]:
    """Return the table, the number of rows of each series up to its last target, and warnings.

    written: Whether forecaster wrote the table, in its own form.
    keep: Whether a large table may be kept in the user's cache.

    Raises DataError when most rows would have to be filled in, as with a table of another frequency.
    """
    data = with_plain_times(spec.data) if written else spec.data
    data = data.model_copy(update={"start": None, "end": None})
    load = load_table if keep else read_table
    read = partial(load, data, source, keep_future=True, time_axis=time_axis)
    panel, findings = without_pandas(read) if is_plain(source) else read()
    known = panel.lengths - findings.future_rows
    n_absent = int(findings.gap_length.sum())
    if spec.data.missing != "zero" and n_absent * 2 > int(panel.lengths.sum()):
        usual = int(np.median(findings.gap_length)) + 1
        raise DataError(
            f"{source_name(source)}: this network was trained on data.freq {spec.data.freq}, and most rows of this "
            f"table are {usual:,} such steps apart",
            hint="use a table of the same frequency",
        )
    return panel, known, findings.warnings
