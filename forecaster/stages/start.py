"""The rows that a forecast starts from: a table up to its cutoff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.sources import TableSource, source_name
from forecaster.data.reading.table import read_ahead
from forecaster.data.spec import with_plain_times
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.cutoff import long_enough, up_to
from forecaster.data.transforms.future import fill_in_future, with_horizon, without_the_future
from forecaster.errors import DataError, Diagnostic, UsageError
from forecaster.forecasting.fitted import CONTEXT
from forecaster.stages.opened import OpenedRun


@dataclass(frozen=True)
class ForecastStart:
    """The series to forecast, and their cutoffs.

    Attributes:
        panel: The series. Rows after the cutoff serve for their future covariates only.
        known: (series,), the number of rows of each series up to its cutoff.
        notes: Remarks for the user.
        warnings: Warnings from reading the table.
    """

    panel: Panel
    known: Ints
    notes: list[str]
    warnings: tuple[Diagnostic, ...]

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
    opened: OpenedRun, time_axis: TimeAxis, *, data: TableSource | None, cutoff: str | None
) -> ForecastStart:
    """Read the rows that a forecast starts from.

    Args:
        opened: The run.
        time_axis: The time axis of the training rows.
        data: The table. None continues from the last training rows or, with a cutoff, from the rows of the run's
            own table.
        cutoff: The last time that the forecast takes as known; None is the last row of each series.

    Raises:
        DataError: When the table cannot be read, or no series is long enough.
        UsageError: When the cutoff is not a time of the table.
    """
    spec, run = opened.spec, opened.run
    notes: list[str] = []
    if data is None and cutoff is None:
        run.check(CONTEXT)
        panel, known, warnings = _read_rows(spec, run.file(CONTEXT), time_axis, written=True)
    elif data is None:
        panel, known, warnings = _read_rows(spec, opened.present_table(), time_axis)
    else:
        panel, known, warnings = _read_rows(spec, data, time_axis)
    if cutoff is not None:
        panel, known, notes = up_to(panel, known, cutoff)
    panel, known, short = long_enough(panel, known, spec.window)
    notes = notes + short
    if data is None and cutoff is not None and not opened.same_table:
        notes.append(f"{opened.table_name} has changed since the run was trained on it")
    return ForecastStart(panel, known, notes, warnings)


def _read_rows(
    spec: ExperimentSpec, source: TableSource, time_axis: TimeAxis, *, written: bool = False
) -> tuple[Panel, Ints, tuple[Diagnostic, ...]]:
    """Return the table, the number of rows of each series up to its last target, and warnings.

    written: Whether forecaster wrote the table, in its own form.

    Raises DataError when most rows would have to be filled in, as with a table of another frequency.
    """
    data = with_plain_times(spec.data) if written else spec.data
    data = data.model_copy(update={"start": None, "end": None})
    panel, findings = load_table(data, source, keep_future=True, time_axis=time_axis)
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
