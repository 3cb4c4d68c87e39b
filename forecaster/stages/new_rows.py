"""Forecasts of the rows of another table that the networks of a run have not learned."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Ints
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.sources import TableSource, source_name
from forecaster.data.transforms.fill import fill
from forecaster.data.transforms.fitted import FittedTransforms, with_new_series
from forecaster.data.transforms.split import SPLITS, SplitBounds
from forecaster.errors import DataError
from forecaster.evaluation.scales import Scales, in_sample_scales
from forecaster.forecasting.fitted import Fitted, was_refitted
from forecaster.forecasting.forecast import Forecast
from forecaster.stages.checks import check_baselines
from forecaster.stages.graphs import EngineUsed, engine_used, with_engine
from forecaster.stages.intervals import Calibrations
from forecaster.stages.learned import check_ids, last_rows, rows_seen
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import Prepared, SplitPanel, prepare_table
from forecaster.stages.scoring import forecast_splits


@dataclass(frozen=True)
class NewRows:
    """The forecasts of new rows.

    Attributes:
        prepared: The data; its windows are those of the split "test".
        forecast: The forecasts of the model, with intervals.
        begin: (series,), the first target row of each series.
        is_later: (windows,), whether the targets come after the run's own table.
        notes: Remarks for the user.
        engine: What ran the networks.
    """

    prepared: Prepared
    forecast: Forecast
    begin: Ints
    is_later: NDArray[np.bool_]
    notes: list[str]
    engine: EngineUsed


def forecast_new_rows(opened: OpenedRun, fitted: Fitted, data: TableSource) -> NewRows:
    """Forecast every window of a table whose targets lie after all rows that a run was trained or chosen on.

    Args:
        opened: The run.
        fitted: Its networks of `predict`.
        data: The table.

    Raises:
        DataError: When the table cannot be read, holds no such window, or has ids of the run without their zeros.
    """
    spec = opened.spec
    columns = spec.data.model_copy(update={"start": None, "end": None})
    with_future, findings = load_table(
        columns, data, keep_future=bool(columns.future_covariates), time_axis=fitted.time_axis
    )
    raw = with_future.first_rows(with_future.lengths - findings.future_rows)
    check_ids(opened.run, raw.ids, raw.source)
    seen = rows_seen(opened.run, raw)
    first = np.minimum(seen, raw.lengths)
    table = SplitPanel(raw, findings, SplitBounds(np.zeros_like(first), first, raw.lengths), with_future)
    check_baselines(spec, raw, table.split_bounds)
    # A series that is not in the training data is scaled by the rows before its first target.
    begin = np.maximum(first, np.minimum(spec.window.lookback, raw.lengths))
    filled, _ = fill(raw, spec.data.missing, barriers=begin[:, None])
    scaler, notes = with_new_series(fitted.scaler, spec.scaling, filled, begin)
    prepared = prepare_table(spec, table, transforms=FittedTransforms(scaler, fitted.encoders))
    windows = prepared.windows["test"]
    if not len(windows):
        raise DataError(
            f"{source_name(data)}: holds no window of {spec.window.lookback:,} + {spec.window.horizon:,} rows whose "
            f"targets come after {_learned(opened)}",
            hint="use a table with newer rows, and with the lookback before them",
        )
    prepared = replace(
        prepared,
        windows={name: windows.take(np.arange(0)) if name != "test" else windows for name in SPLITS},
        scales=_scales(prepared, fitted, begin),
    )
    if seen.any():
        notes.append(f"targets up to the end of {_learned(opened)} were used in training, and are not scored")
    network = with_engine(replace(fitted, scaler=scaler), spec.runtime)
    model = forecast_splits(spec, network, prepared)["test"]
    # The calibration for later windows has learned from the run's own test windows, which must not be scored by it.
    intervals = Calibrations(fitted.calibration, fitted.validation_calibration)
    intervals = intervals.of_panel(spec.scaling, prepared.panel, begin)
    ends = last_rows(opened.run, fitted.time_axis)
    known = [ends.get(name) for name in prepared.panel.ids]
    until = np.array([np.iinfo(np.int64).min if end is None else end for end in known], dtype=np.int64)
    is_later = model.positions(prepared.panel) > until[model.series]
    n_before = int((~is_later).sum())
    learns = spec.evaluation.calibration in ("scaled", "adaptive")
    if n_before and learns and intervals.of_validation is None and intervals.later is not None:
        notes.append(
            f"the intervals of {n_before:,} of {len(is_later):,} windows have learned from these windows, because the "
            "run is of an older version; train again for others"
        )
    return NewRows(
        prepared,
        intervals.applied(model, is_later, prepared.panel.ids),
        begin,
        is_later,
        notes,
        engine_used(network),
    )


def _learned(opened: OpenedRun) -> str:
    """Return the last range that the networks of `predict` were trained or chosen on, as a phrase."""
    return "the run's own table (training.refit)" if was_refitted(opened.run) else "the validation range"


def _scales(prepared: Prepared, fitted: Fitted, begin: Ints) -> Scales:
    """Return the scales of training; for a new series, those of the rows before its first target."""
    panel = prepared.panel
    own = in_sample_scales(prepared.targets, panel.offsets, begin, seasonality=prepared.season)
    known = fitted.training
    if known is None:
        return own
    place = {name: i for i, name in enumerate(known.ids)}
    for s, name in enumerate(panel.ids):
        if name in place:
            for table, trained in zip(own, known[1:], strict=True):
                table[s] = trained[place[name]]
    return own
