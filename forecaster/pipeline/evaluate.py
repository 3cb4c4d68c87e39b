"""A run judged again: on its own validation or test windows, or on rows that it never saw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecaster.config.load import Loaded
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.table import fingerprint
from forecaster.data.transforms.fill import fill
from forecaster.data.transforms.split import SPLITS, SplitBounds, SplitName
from forecaster.errors import DataError, UsageError
from forecaster.evaluation.intervals import probabilities
from forecaster.evaluation.scales import Scales, in_sample_scales
from forecaster.evaluation.scores import Forecasts, ScoreTable, Scoring, score_table
from forecaster.forecasting.baselines import forecast as baseline
from forecaster.forecasting.calibration import Calibration, GroupedQuantiles
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.table import Interval, forecast_table
from forecaster.pipeline.backtest import outlooks
from forecaster.pipeline.predict import scaler_for
from forecaster.runs.directory import RunDir
from forecaster.runs.files import read_json
from forecaster.stages.cutoff import load_run
from forecaster.stages.fitting import SCORED
from forecaster.stages.intervals import calibration_for_later, error_units
from forecaster.stages.prepared import FittedTransforms, Ints, Prepared, SplitPanel, prepare, prepare_table
from forecaster.stages.scoring import (
    Scores,
    baseline_forecasts,
    baseline_inputs,
    check_baselines,
    score,
    tabled,
)

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Evaluated:
    """One run's forecasts of one split, or of new rows (then the split is test)."""

    prepared: Prepared
    split: SplitName
    scores: Scores
    notes: list[str]

    @property
    def table(self) -> ScoreTable:
        return self.scores.tables[self.split]

    @property
    def forecasts(self) -> dict[str, Forecasts]:
        return self.scores.forecasts[self.split]

    @property
    def judged(self) -> dict[str, dict[str, float | None]]:
        """MASE and MAE, whatever columns the run's table has."""
        windows = self.prepared.windows[self.split]
        table, _ = score_table(
            self.prepared.actual(windows),
            {name: Forecasts(f.point) for name, f in self.forecasts.items()},
            series=windows.series,
            scales=self.prepared.scales,
            scoring=Scoring(("mase", "mae")),
        )
        return table["scores"]


def evaluate(
    run: RunDir, *, data: Path | None = None, split: SplitName = "test", also: tuple[str, ...] = ()
) -> Evaluated:
    """Forecast and score again, beside the baselines of the run's config and those of `also`.

    data: a table with rows that training did not see; None takes the run's own table.
    Raises DataError where the run's table is gone or was changed, where no window is left,
    and UsageError for a split without windows.
    """
    loaded = load_run(run)
    evaluation = loaded.experiment.evaluation
    names = [*evaluation.baselines, *(n for n in also if n not in evaluation.baselines)]
    evaluation = evaluation.model_copy(update={"baselines": names})
    loaded = replace(loaded, experiment=loaded.experiment.model_copy(update={"evaluation": evaluation}))
    fitted = Fitted.load(run)
    if data is not None:
        return _on_new_rows(run, loaded, fitted, data)
    if not _same_data(run, loaded):
        raise DataError(
            f"{loaded.data_path}: is not there, or was changed since the run was trained on it",
            hint="bring it back, or score other rows with --data",
        )
    prepared = prepare(loaded, smoke=bool((run.started() or {}).get("smoke")))
    if not len(prepared.windows[split]):
        raise UsageError(
            f"--split {split}: {run.path} has no {split} windows",
            hint="name the other split, or rows with --data",
        )
    check_baselines(loaded.experiment, prepared.panel, prepared.split_bounds)
    _start(loaded)
    scores = score(prepared, outlooks(fitted, prepared))
    return Evaluated(prepared, split, scores, scores.notes)


def _start(loaded: Loaded) -> None:
    from forecaster.training.backend import start_backend

    start_backend(loaded.experiment.runtime)


def _same_data(run: RunDir, loaded: Loaded) -> bool:
    path = loaded.data_path
    return path.exists() and fingerprint(path) == run.manifest()["data"]["sha256"]


def _on_new_rows(run: RunDir, loaded: Loaded, fitted: Fitted, data: Path) -> Evaluated:
    """Every window of a table whose targets come after the validation range of its series."""
    experiment = loaded.experiment
    spec = experiment.data.model_copy(update={"start": None, "end": None})
    ahead, findings = load_table(
        spec, data, keep_future=bool(spec.future_covariates), time_axis=fitted.time_axis
    )
    raw = ahead.first_rows(ahead.lengths - findings.future_rows)
    seen = _rows_seen(run, raw.ids, fitted, raw.first)
    first = np.minimum(seen, raw.lengths)
    table = SplitPanel(raw, findings, SplitBounds(np.zeros_like(first), first, raw.lengths), ahead)
    check_baselines(experiment, raw, table.split_bounds)
    # Series that training never saw are scaled by the rows before their first target.
    begin = np.maximum(first, np.minimum(experiment.window.lookback, raw.lengths))
    filled, _ = fill(raw, experiment.data.missing, barriers=begin[:, None])
    scaler, notes = scaler_for(fitted.scaler, experiment.scaling, filled, begin)
    prepared = prepare_table(experiment, table, learned=FittedTransforms(scaler, fitted.encoders))
    windows = prepared.windows["test"]
    if not len(windows):
        raise DataError(
            f"{data}: holds no window of {experiment.window.lookback:,} + {experiment.window.horizon:,} rows whose "
            "targets come after those of training and validation",
            hint="bring newer rows, with the lookback before them",
        )
    prepared = replace(
        prepared,
        windows={name: windows.take(np.arange(0)) if name != "test" else windows for name in SPLITS},
        scales=_scales(prepared, fitted, begin),
    )
    if seen.any():
        notes.append("targets up to the end of the validation range were used to train, and are not scored")
    _start(loaded)
    fitted = replace(fitted, scaler=scaler)
    model = outlooks(fitted, prepared)["test"]
    rows = {"model": _calibrated(fitted.calibration, prepared, model, begin)}
    more, missing = _baselines(run, loaded, prepared, begin)
    return Evaluated(prepared, "test", tabled(prepared, {"test": rows | more}, None), [*notes, *missing])


def _rows_seen(run: RunDir, ids: tuple[str, ...], fitted: Fitted, first: Ints) -> Ints:
    """(series,), how many of each series' first rows lie within training and validation."""
    run.check("splits.json")
    last = {}
    for one in read_json(run.file("splits.json"))["series"]:
        ends = [one[name]["last"] for name in ("train", "val") if one[name]["last"] is not None]
        if ends:
            last[one["id"]] = fitted.time_axis.ceil_position(ends[-1])
    return np.array(
        [
            max(0, last[name] + 1 - begin) if name in last else 0
            for name, begin in zip(ids, first, strict=True)
        ],
        dtype=np.int64,
    )


def _scales(prepared: Prepared, fitted: Fitted, begin: Ints) -> Scales:
    """Those of training; of a series that it never saw, those of the rows before its first target."""
    panel, n = prepared.panel, prepared.source.n_targets
    own = in_sample_scales(panel.values[:, :n], panel.offsets, begin, seasonality=prepared.season)
    known = fitted.training
    if known is None:
        return own
    place = {name: i for i, name in enumerate(known.ids)}
    for s, name in enumerate(panel.ids):
        if name in place:
            for table, trained in zip(own, known[1:], strict=True):
                table[s] = trained[place[name]]
    return own


def _calibrated(
    calibration: Calibration | None, prepared: Prepared, found: Forecasts, begin: Ints
) -> Forecasts:
    """The intervals that `predict` would give."""
    if calibration is None:
        return found
    scaler = scaler_for(calibration.scaler, error_units(prepared.experiment), prepared.panel, begin)[0]
    base = found.point[..., None] if found.quantiles is None else found.quantiles
    group = scaler.rows_for(prepared.panel.ids)[prepared.windows["test"].series]
    quantiles = replace(calibration, scaler=scaler).apply(GroupedQuantiles(base, group), scaler.ids or ())
    return Forecasts(found.point, quantiles)


def _baselines(
    run: RunDir, loaded: Loaded, prepared: Prepared, begin: Ints
) -> tuple[dict[str, Forecasts], list[str]]:
    """Their forecasts of new rows, with intervals.

    Ridge learns from the run's own table, and all have their intervals from their errors there: it
    must be unchanged. Those of forecasting/stats are fitted to the rows before the first target.
    """
    evaluation = loaded.experiment.evaluation
    names: list[str] = list(evaluation.baselines)
    notes: list[str] = []
    where = prepared.cutoffs(prepared.windows["test"])
    if not _same_data(run, loaded):
        gone = f"{loaded.data_path}, which is gone or changed"
        if "ridge" in names:
            names.remove("ridge")
            notes.append(f"ridge is left out: it learns from {gone}")
        if names and evaluation.levels:
            notes.append(f"the baselines have no intervals: those come from their errors on {gone}")
        known = replace(baseline_inputs(prepared), fit_end=begin)
        found = {name: Forecasts(baseline(name, where, known)) for name in names}
        return found, [*notes, *known.remarks]
    own = prepare(loaded, smoke=bool((run.started() or {}).get("smoke")))
    learned = baseline_inputs(own)
    known = replace(learned, season=prepared.season, fit_end=begin, remarks=[])
    found = {name: Forecasts(baseline(name, where, known)) for name in names}
    if evaluation.levels and len(own.windows["val"]):
        past = baseline_forecasts(own, [name for name in SCORED if len(own.windows[name])], learned)
        for name in names:
            calibration = calibration_for_later(own, past, name)
            found[name] = _calibrated(calibration, prepared, found[name], begin)
    return found, [*notes, *known.remarks]


def forecasts_table(found: Evaluated) -> pa.Table:
    """Every forecast of the split, with cutoff, intervals and actual values."""
    windows, model = found.prepared.windows[found.split], found.forecasts["model"]
    levels = found.prepared.experiment.evaluation.levels
    return forecast_table(
        found.prepared.panel,
        found.prepared.experiment.data,
        model.point,
        series=windows.series,
        target_row=windows.target_row,
        actual=found.prepared.actual(windows),
        intervals=Interval.of(model.quantiles, probabilities(levels), levels),
    )
