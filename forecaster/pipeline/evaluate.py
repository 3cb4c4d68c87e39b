"""Evaluate: a run judged again, on its own validation or test windows or on rows that it never saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.sources import TableSource, source_name
from forecaster.data.transforms.fill import fill
from forecaster.data.transforms.fitted import FittedTransforms, with_new_series
from forecaster.data.transforms.split import SPLITS, SplitBounds, SplitName
from forecaster.errors import DataError, UsageError
from forecaster.evaluation.comparison import common, compare
from forecaster.evaluation.scales import Scales, in_sample_scales
from forecaster.evaluation.scores import ScoreTable, Scoring, label, score_table
from forecaster.evaluation.significance import Comparison
from forecaster.forecasting.baselines import BASELINES
from forecaster.forecasting.baselines import forecast as baseline
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.forecast import Forecast
from forecaster.runs.files import read_json
from forecaster.stages.checks import check_baselines
from forecaster.stages.intervals import calibration_for, calibration_for_later
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import Prepared, SplitPanel, prepare, prepare_table
from forecaster.stages.scoring import (
    SCORED,
    ScoredForecasts,
    baseline_forecasts,
    baseline_inputs,
    compared,
    forecast_splits,
    score,
    score_tables,
)

if TYPE_CHECKING:
    import pyarrow as pa

# The metrics that tell whether a run is worse than a baseline: the first that both have.
DECISIVE = ("mase", "mae")


@dataclass(frozen=True)
class Evaluated:
    """One run's forecasts of one split, or of new rows (then the split is test)."""

    opened: OpenedRun
    prepared: Prepared
    split: SplitName
    scored: ScoredForecasts
    notes: list[str]

    @property
    def scores(self) -> ScoreTable:
        """The score table, as in metrics.json."""
        return self.scored.tables[self.split]

    @property
    def forecasts(self) -> dict[str, Forecast]:
        """By forecaster, "model" among them."""
        return self.scored.forecasts[self.split]

    def table(self, *, native_times: bool = False) -> pa.Table:
        """Every forecast of the split, with cutoff, intervals and actual values."""
        spec, windows = self.opened.spec, self.prepared.windows[self.split]
        return self.forecasts["model"].table(
            self.prepared.panel,
            spec.data,
            levels=spec.evaluation.levels,
            actual=self.prepared.actual(windows),
            native_times=native_times,
        )

    def worse_than(self, rival: str, name: str) -> str | None:
        """A sentence where the model has a larger error than a baseline; None where it has not.

        Args:
            rival: The baseline, among the forecasters.
            name: What to call the run.
        """
        scores = self._decisive_scores()
        for metric in DECISIVE:
            own, other = scores["model"].get(metric), scores.get(rival, {}).get(metric)
            if own is not None and other is not None:
                if own <= other:
                    return None
                what = f"{self.split} {label(metric)}: {own:.4g} against {other:.4g}"
                return f"{name}: the model is worse than {rival} on {what}"
        return f"{name}: cannot be told from {rival}: neither MASE nor MAE can be computed for both"

    def _decisive_scores(self) -> dict[str, dict[str, float | None]]:
        """MASE and MAE, whatever columns the run's own table has."""
        windows = self.prepared.windows[self.split]
        points = {name: replace(f, quantiles=None, probabilities=()) for name, f in self.forecasts.items()}
        table, _ = score_table(
            self.prepared.actual(windows),
            points,
            series=windows.series,
            scales=self.prepared.scales,
            scoring=Scoring(DECISIVE),
        )
        return table["scores"]


def evaluate(
    opened: OpenedRun,
    *,
    data: TableSource | None = None,
    split: SplitName = "test",
    also: Sequence[str] = (),
) -> Evaluated:
    """Forecast and score a run again, beside the baselines of its config and those of `also`.

    Args:
        opened: The run.
        data: A table with rows that training did not see; None takes the run's own table.
        split: The windows of the run's own table.
        also: Further baselines.

    Raises:
        UsageError: For an unknown baseline, or a split without windows.
        DataError: When the run's table is gone or was changed, or no window is left.
    """
    opened = _with_baselines(opened, also)
    fitted = Fitted.load(opened.run)
    if data is not None:
        return _on_new_rows(opened, fitted, data)
    spec = opened.spec
    source = opened.own_table("bring it back, or score other rows with --data")
    prepared = prepare(spec, source, smoke=opened.smoke)
    if not len(prepared.windows[split]):
        raise UsageError(
            f"--split {split}: {opened.run.path} has no {split} windows",
            hint="name the other split, or rows with --data",
        )
    check_baselines(spec, prepared.panel, prepared.table.split_bounds)
    _start_backend(opened)
    scored = score(spec, prepared, forecast_splits(spec, fitted, prepared))
    return Evaluated(opened, prepared, split, scored, scored.notes)


def compare_runs(found: Sequence[tuple[str, Evaluated]]) -> list[tuple[str, str, Comparison]]:
    """Test the differences: one run against its baselines; of several, the best against the others.

    Args:
        found: Each with what to call it.

    Returns:
        The names of each pair, and the test of the first against the second.
    """
    if len(found) == 1:
        one = found[0][1]
        rows = {name: compared(name, one.prepared, f) for name, f in one.forecasts.items()}
        model = rows.pop("model")
        return [("model", name, compare(model, other)) for name, other in rows.items()]
    runs = common([compared(name, e.prepared, e.forecasts["model"]) for name, e in found])
    best = min(runs, key=lambda one: sum(compare(one, other).difference for other in runs))
    return [(best.name, one.name, compare(best, one)) for one in runs if one is not best]


def _with_baselines(opened: OpenedRun, also: Sequence[str]) -> OpenedRun:
    for name in also:
        if name not in BASELINES:
            raise UsageError(
                f"--fail-if-worse-than {name}: there is no such baseline",
                hint=f"use one of {', '.join(BASELINES)}",
            )
    spec, evaluation = opened.spec, opened.spec.evaluation
    names = [*evaluation.baselines, *(n for n in also if n not in evaluation.baselines)]
    spec = spec.model_copy(update={"evaluation": evaluation.model_copy(update={"baselines": names})})
    return replace(opened, experiment=replace(opened.experiment, spec=spec))


def _start_backend(opened: OpenedRun) -> None:
    from forecaster.training.backend import start_backend

    start_backend(opened.spec.runtime)


def _on_new_rows(opened: OpenedRun, fitted: Fitted, data: TableSource) -> Evaluated:
    """Score every window of a table whose targets come after the validation range of its series."""
    spec = opened.spec
    columns = spec.data.model_copy(update={"start": None, "end": None})
    with_future, findings = load_table(
        columns, data, keep_future=bool(columns.future_covariates), time_axis=fitted.time_axis
    )
    raw = with_future.first_rows(with_future.lengths - findings.future_rows)
    seen = _rows_seen(opened, raw.ids, fitted, raw.first)
    first = np.minimum(seen, raw.lengths)
    table = SplitPanel(raw, findings, SplitBounds(np.zeros_like(first), first, raw.lengths), with_future)
    check_baselines(spec, raw, table.split_bounds)
    # Series that training never saw are scaled by the rows before their first target.
    begin = np.maximum(first, np.minimum(spec.window.lookback, raw.lengths))
    filled, _ = fill(raw, spec.data.missing, barriers=begin[:, None])
    scaler, notes = with_new_series(fitted.scaler, spec.scaling, filled, begin)
    prepared = prepare_table(spec, table, transforms=FittedTransforms(scaler, fitted.encoders))
    windows = prepared.windows["test"]
    if not len(windows):
        raise DataError(
            f"{source_name(data)}: holds no window of {spec.window.lookback:,} + {spec.window.horizon:,} rows whose "
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
    _start_backend(opened)
    model = forecast_splits(spec, replace(fitted, scaler=scaler), prepared)["test"]
    calibration = calibration_for(spec.scaling, fitted.calibration, prepared.panel, begin)
    rows = {"model": model.calibrated(calibration, prepared.panel.ids)}
    more, missing = _baselines(opened, prepared, begin)
    scored = score_tables(spec.evaluation, prepared, {"test": rows | more})
    return Evaluated(opened, prepared, "test", scored, [*notes, *missing])


def _rows_seen(opened: OpenedRun, ids: tuple[str, ...], fitted: Fitted, first: Ints) -> Ints:
    """(series,), how many of each series' first rows lie within training and validation."""
    opened.run.check("splits.json")
    last = {}
    for one in read_json(opened.run.file("splits.json"))["series"]:
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
    """Those of training; for a series that it never saw, those of the rows before its first target."""
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


def _baselines(opened: OpenedRun, prepared: Prepared, begin: Ints) -> tuple[dict[str, Forecast], list[str]]:
    """The baselines' forecasts of new rows, with intervals; and notes.

    Ridge learns from the run's own table, and all have their intervals from their errors there: it must be
    unchanged. Those of forecasting/stats are fitted to the rows before the first target.
    """
    spec, windows = opened.spec, prepared.windows["test"]
    names: list[str] = list(spec.evaluation.baselines)
    notes: list[str] = []
    cutoffs = prepared.cutoffs(windows)
    own_source = opened.source
    if own_source is None or not opened.same_table:
        gone = f"{opened.table_name}, which is gone or changed"
        if "ridge" in names:
            names.remove("ridge")
            notes.append(f"ridge is left out: it learns from {gone}")
        if names and spec.evaluation.levels:
            notes.append(f"the baselines have no intervals: those come from their errors on {gone}")
        known = replace(baseline_inputs(spec, prepared), fit_end=begin)
        found = {name: Forecast.of(windows, baseline(name, cutoffs, known)) for name in names}
        return found, [*notes, *known.remarks]
    own = prepare(spec, own_source, smoke=opened.smoke)
    learned = baseline_inputs(spec, own)
    known = replace(learned, season=prepared.season, fit_end=begin, remarks=[])
    found = {name: Forecast.of(windows, baseline(name, cutoffs, known)) for name in names}
    if spec.evaluation.levels and len(own.windows["val"]):
        past = baseline_forecasts(own, names, [name for name in SCORED if len(own.windows[name])], learned)
        for name in names:
            learned_here = calibration_for_later(spec, own, past, name)
            calibration = calibration_for(spec.scaling, learned_here, prepared.panel, begin)
            found[name] = found[name].calibrated(calibration, prepared.panel.ids)
    return found, [*notes, *known.remarks]
