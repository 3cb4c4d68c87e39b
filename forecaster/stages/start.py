"""The rows that a forecast starts from: read, and cut at its cutoff."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.sources import TableSource, source_name
from forecaster.data.reading.table import read_ahead
from forecaster.data.spec import CsvSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.cutoff import long_enough, up_to
from forecaster.data.transforms.future import fill_in_future, with_horizon, without_the_future
from forecaster.errors import DataError, Diagnostic, UsageError
from forecaster.forecasting.fitted import CONTEXT
from forecaster.stages.opened import OpenedRun


@dataclass(frozen=True)
class ForecastStart:
    """The series to forecast.

    Attributes:
        panel: The series; rows after the cutoff are there for what is known ahead.
        known: (series,), how many rows of each lie at or before the cutoff.
        notes: Remarks for the user.
        warnings: What reading the table warned about.
    """

    panel: Panel
    known: Ints
    notes: list[str]
    warnings: tuple[Diagnostic, ...]

    def with_horizon(self, spec: ExperimentSpec) -> Panel:
        """Each series up to its cutoff and a whole horizon beyond, NaN where there is no row."""
        return with_horizon(self.panel, self.known, spec.window.horizon)

    def known_ahead(self, spec: ExperimentSpec, future: TableSource | None) -> tuple[Panel, list[str]]:
        """The rows up to each cutoff, and of the horizon only what is known ahead; and notes.

        Args:
            spec: Of the experiment.
            future: A table of what is known ahead, beside what the rows hold.

        Raises:
            UsageError: When the run has no use for such a table.
            DataError: With the first few values of the horizon that are not known.
        """
        if not self.panel.future:
            if future is not None:
                raise UsageError(
                    f"--future {source_name(future)}: this run has no data.future_covariates, so nothing of it "
                    "would be used",
                    hint="leave it out",
                )
            return self.panel.first_rows(self.known), []
        panel = self.with_horizon(spec)
        notes: list[str] = []
        name = None if future is None else source_name(future)
        if future is not None:
            cells = read_ahead(spec.data, future, panel.time_axis)
            panel, notes = fill_in_future(panel, self.known, cells, str(name))
        return without_the_future(panel, self.known, name), notes


def find_forecast_start(
    opened: OpenedRun, time_axis: TimeAxis, *, data: TableSource | None, cutoff: str | None
) -> ForecastStart:
    """Read the rows a forecast starts from.

    Args:
        opened: The run.
        time_axis: That of the training rows.
        data: The table; None takes the rows that training ended with or, with a cutoff, the run's own table.
        cutoff: The last timestamp taken as known; None takes the last row of each series.

    Raises:
        DataError: When the table cannot be read, or no series is long enough.
        UsageError: When the cutoff is no time in the table.
    """
    spec, run = opened.spec, opened.run
    notes: list[str] = []
    if data is None and cutoff is None:
        run.check(CONTEXT)
        panel, known, warnings = _read_rows(spec, run.file(CONTEXT), time_axis, csv=CsvSpec())
    elif data is None:
        source = opened.source
        if source is None or opened.table_is_gone:
            raise DataError(
                f"{opened.table_name}: the data of this run is not there", hint="name a table with --data"
            )
        panel, known, warnings = _read_rows(spec, source, time_axis)
    else:
        panel, known, warnings = _read_rows(spec, data, time_axis)
    if cutoff is not None:
        panel, known, notes = up_to(panel, known, cutoff)
    panel, known, short = long_enough(panel, known, spec.window)
    notes = notes + short
    if data is None and cutoff is not None and not opened.same_table:
        notes.append(f"{opened.table_name} was changed since the run was trained on it")
    return ForecastStart(panel, known, notes, warnings)


def _read_rows(
    spec: ExperimentSpec, source: TableSource, time_axis: TimeAxis, *, csv: CsvSpec | None = None
) -> tuple[Panel, Ints, tuple[Diagnostic, ...]]:
    """The table, how many rows of each series are known, not only looked ahead to, and warnings.

    Raises DataError also where most rows would have to be invented: a table of another frequency.
    """
    update: dict[str, object] = {"start": None, "end": None}
    if csv is not None:
        update["csv"] = csv
    data = spec.data.model_copy(update=update)
    panel, findings = load_table(data, source, keep_future=True, time_axis=time_axis)
    known = panel.lengths - findings.future_rows
    invented = int(findings.gap_length.sum())
    if spec.data.missing != "zero" and invented * 2 > int(panel.lengths.sum()):
        usual = int(np.median(findings.gap_length)) + 1
        raise DataError(
            f"{source_name(source)}: this network was trained on data.freq {spec.data.freq}, and most rows of this "
            f"table are {usual:,} such steps from the next",
            hint="bring a table of the same frequency",
        )
    return panel, known, findings.warnings
