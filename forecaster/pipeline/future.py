"""Future: the table of future covariates to fill in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.data.reading.sources import TableSource
from forecaster.errors import Diagnostic, UsageError
from forecaster.forecasting.table import rows_table
from forecaster.stages.loaded import fitted_of
from forecaster.stages.opened import OpenedRun
from forecaster.stages.start import find_forecast_start
from forecaster.system import quoted as as_typed

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class FutureTable:
    """A table of future covariates to fill in.

    Attributes:
        table: A row for each series and step of the horizon.
        n_series: The number of series.
        empty: The number of cells that are not known yet.
        notes: Remarks for the user.
        warnings: Warnings from reading the table.
    """

    table: pa.Table
    n_series: int
    empty: int
    notes: list[str]
    warnings: tuple[Diagnostic, ...] = ()


def future_table(
    opened: OpenedRun,
    *,
    data: TableSource | None = None,
    cutoff: str | None = None,
    horizon: int | None = None,
    native_times: bool = False,
) -> FutureTable:
    """Return the future covariates of every series and step of the horizon.

    A cell holds the value of the table if there is one, and is empty if not.

    Args:
        opened: The run.
        data: The table; see `forecaster.pipeline.predict.predict`.
        cutoff: The last time that the forecast takes as known; None is the last row of each series.
        horizon: The number of steps; None is the trained horizon.
        native_times: Whether times are Arrow timestamps; if not, they are text.

    Raises:
        UsageError: When the run has no future covariates, or the horizon or the cutoff is not possible.
        DataError: When the table cannot be read, or no series is long enough.
    """
    # The network is read by its own settings, before they are those of a longer horizon.
    time_axis = fitted_of(opened).time_axis if opened.spec.data.future_covariates else None
    opened, n_steps = opened.reaching(horizon)
    spec, path = opened.spec, opened.run.path
    if time_axis is None:
        raise UsageError(
            f"{path}: has no data.future_covariates, so there is nothing to fill in",
            hint=f"run forecaster predict {as_typed(str(path))}",
        )
    start = find_forecast_start(opened, time_axis, data=data, cutoff=cutoff, steps=n_steps)
    panel = start.with_horizon(spec)
    steps = panel.between(start.known, panel.lengths)
    table = rows_table(steps, spec.data, steps.future, native_times=native_times)
    empty = int(np.isnan(steps.values[:, -len(steps.future) :]).sum())
    return FutureTable(table, len(steps.ids), empty, start.notes, start.warnings)
