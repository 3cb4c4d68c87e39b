"""Future: the table of covariates that must be known ahead, to be filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.data.reading.sources import TableSource
from forecaster.errors import Diagnostic, UsageError
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.table import rows_table
from forecaster.stages.opened import OpenedRun
from forecaster.stages.start import find_forecast_start

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class FutureTable:
    """The table to fill in.

    Attributes:
        table: A row for each series and step of the horizon.
        n_series: How many series it holds.
        empty: Cells that are not known yet.
        notes: Remarks for the user.
        warnings: What reading the table warned about.
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
    """Every series and step of the horizon, with the covariates that must be known there.

    Cells are filled in where the rows hold them, and empty elsewhere.

    Args:
        opened: The run.
        data: As in `predict`.
        cutoff: As in `predict`.
        horizon: As in `predict`.
        native_times: Times as Arrow timestamps, not as text.

    Raises:
        UsageError: When the run has no covariate that is known ahead.
    """
    opened, _ = opened.reaching(horizon)
    spec, path = opened.spec, opened.run.path
    if not spec.data.future_covariates:
        raise UsageError(
            f"{path}: has no data.future_covariates, so there is nothing to fill in",
            hint=f"go on with forecaster predict {path}",
        )
    start = find_forecast_start(opened, Fitted.load(opened.run).time_axis, data=data, cutoff=cutoff)
    panel = start.with_horizon(spec)
    steps = panel.between(start.known, panel.lengths)
    table = rows_table(steps, spec.data, steps.future, native_times=native_times)
    empty = int(np.isnan(steps.values[:, -len(steps.future) :]).sum())
    return FutureTable(table, len(steps.ids), empty, start.notes, start.warnings)
