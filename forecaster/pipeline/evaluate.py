"""Evaluate: score a run again, on its own validation or test windows or on new rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from forecaster.data.arrays import Ints
from forecaster.data.pandas_later import is_plain, without_pandas
from forecaster.data.reading.sources import TableSource
from forecaster.data.transforms.fitted import FittedTransforms
from forecaster.data.transforms.split import SplitName
from forecaster.errors import UsageError
from forecaster.evaluation.comparison import common, compare
from forecaster.evaluation.gate import Gate, gate
from forecaster.evaluation.scores import ScoreTable, Scoring, label, score_table
from forecaster.evaluation.significance import Comparison
from forecaster.evaluation.verdict_sentences import against
from forecaster.forecasting.baselines import BASELINES, is_baseline
from forecaster.forecasting.baselines import forecast as baseline
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.forecast import Forecast
from forecaster.stages.checks import SCORED, check_baselines
from forecaster.stages.graphs import EngineUsed, engine_used, with_engine
from forecaster.stages.intervals import learned_intervals
from forecaster.stages.loaded import fitted_of
from forecaster.stages.new_rows import forecast_new_rows
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import Prepared, prepare
from forecaster.stages.scoring import (
    DECISIVE_METRICS,
    ScoredForecasts,
    baseline_forecasts,
    baseline_inputs,
    compared,
    forecast_splits,
    score,
    score_tables,
)
from forecaster.text import joined

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Evaluated:
    """The forecasts and scores of a run on one split or on new rows.

    Attributes:
        opened: The run.
        prepared: The data.
        split: The split that was scored; "test" for new rows.
        scored: The forecasts of the model and of the baselines, and their scores.
        notes: Remarks for the user.
        engine: What ran the networks.
    """

    opened: OpenedRun
    prepared: Prepared
    split: SplitName
    scored: ScoredForecasts
    notes: list[str]
    engine: EngineUsed

    @property
    def scores(self) -> ScoreTable:
        """The score table of the split, as in metrics.json."""
        return self.scored.tables[self.split]

    @property
    def forecasts(self) -> dict[str, Forecast]:
        """The forecasts of the split by forecaster, "model" among them."""
        return self.scored.forecasts[self.split]

    def table(self, *, native_times: bool = False) -> pa.Table:
        """Return a table with a row for each window, target and step: cutoff, forecast, intervals, actual value.

        Args:
            native_times: Whether times are Arrow timestamps; if not, they are text.
        """
        spec, windows = self.opened.spec, self.prepared.windows[self.split]
        return self.forecasts["model"].table(
            self.prepared.panel,
            spec.data,
            levels=spec.evaluation.levels,
            actual=self.prepared.actual(windows),
            native_times=native_times,
        )

    def worse_than(self, rival: str, name: str) -> str | None:
        """Return a sentence if the error of the model is larger than that of a baseline, else None.

        The error is the first of `DECISIVE_METRICS` that can be computed for both. Where there is none, the
        sentence says so.

        Args:
            rival: The name of a baseline among the forecasters.
            name: The name of the run, for the sentence.

        Raises:
            UsageError: When there is no such baseline, or it was not scored.
        """
        _check_baseline(rival)
        if rival not in self.opened.spec.evaluation.baselines:
            raise UsageError(
                f"{rival}: was not scored", hint=f"score it too, with also=['{rival}'] of evaluate"
            )
        scores = self._decisive_scores()
        for metric in DECISIVE_METRICS:
            own, other = scores["model"].get(metric), scores.get(rival, {}).get(metric)
            if own is not None and other is not None:
                if own <= other:
                    return None
                numbers = against(own, other)
                return (
                    f"{name}: {self.split} {label(metric)} of the model is above that of {rival}: {numbers}"
                )
        return f"{name}: cannot be compared with {rival}: neither MASE nor MAE can be computed for both"

    def same_windows(self, other: Evaluated) -> bool:
        """Return whether another run was scored on the same windows, in whatever order."""
        own, others = (compared("", one.prepared, one.forecasts["model"]).key() for one in (self, other))
        return len(own) == len(others) and set(own) == set(others)

    def against(self, other: Evaluated, *, name: str, rival: str) -> Gate:
        """Hold the forecasts of the model against those of another run, on the windows that both have.

        Args:
            other: The forecasts of the other run.
            name: The name of this run.
            rival: The name of the other run.

        Raises:
            UsageError: When they have no window in common, or other horizons, steps or targets.
        """
        return gate(
            compared(name, self.prepared, self.forecasts["model"]),
            compared(rival, other.prepared, other.forecasts["model"]),
        )

    def _decisive_scores(self) -> dict[str, dict[str, float | None]]:
        """Return MASE and MAE by forecaster, whether or not the config asks for them."""
        windows = self.prepared.windows[self.split]
        points = {name: replace(f, quantiles=None, probabilities=()) for name, f in self.forecasts.items()}
        table, _ = score_table(
            self.prepared.actual(windows),
            points,
            series=windows.series,
            scales=self.prepared.scales,
            scoring=Scoring(DECISIVE_METRICS),
        )
        return table["scores"]


def evaluate(
    opened: OpenedRun,
    *,
    data: TableSource | None = None,
    split: SplitName | None = None,
    also: Sequence[str] = (),
) -> Evaluated:
    """Forecast and score a run again, beside the baselines of its config and those of `also`.

    Args:
        opened: The run.
        data: A table with rows that training did not see; None scores the run's own table.
        split: The windows of the run's own table to score; None is "test".
        also: Baselines to add to those of the config.

    Returns:
        The forecasts and the scores.

    Raises:
        UsageError: When a baseline or the split is unknown, the split has no windows, or there are data and a split.
        DataError: When the run's own table is missing or has changed, or there is no window to score.
    """
    if split is not None and split not in SCORED:
        raise UsageError(f"--split {split}: there is no such split", hint=f"use {joined(SCORED, word='or')}")
    opened = _with_baselines(opened, also)
    if data is not None and split is not None:
        raise UsageError(
            f"--split {split}: is of the run's own table, and --data names another",
            hint="leave out --split: every row of --data that training did not see is scored",
        )
    split = split or "test"
    if data is not None:
        return _on_new_rows(opened, fitted_of(opened), data)
    fitted = fitted_of(opened, scored=True)
    spec = opened.spec
    source = opened.own_table(
        "restore it, or score other rows with --data", instead="score rows after these with --data"
    )
    # Not fitted again on the training rows: that gives the same.
    transforms = FittedTransforms(fitted.scaler, fitted.encoders)
    read = partial(prepare, spec, source, smoke=opened.smoke, transforms=transforms)
    prepared = without_pandas(read) if is_plain(source) else read()
    if not len(prepared.windows[split]):
        raise UsageError(
            f"--split {split}: {opened.run.path} has no {split} windows",
            hint="choose the other split, or pass rows with --data",
        )
    check_baselines(spec, prepared.panel, prepared.table.split_bounds)
    fitted = with_engine(fitted, spec.runtime)
    scored = score(spec, prepared, forecast_splits(spec, fitted, prepared))
    return Evaluated(opened, prepared, split, scored, scored.notes, engine_used(fitted))


def compare_runs(found: Sequence[tuple[str, Evaluated]]) -> list[tuple[str, str, Comparison]]:
    """Test whether forecasts differ: one run against its baselines, or the best of several runs against the others.

    Args:
        found: The name of each run, and its forecasts.

    Returns:
        The names of the two forecasters and the test of the first against the second, for each pair.

    Raises:
        UsageError: When the runs have no window in common.
    """
    if len(found) == 1:
        one = found[0][1]
        rows = {name: compared(name, one.prepared, f) for name, f in one.forecasts.items()}
        model = rows.pop("model")
        return [("model", name, compare(model, other)) for name, other in rows.items()]
    runs = common([compared(name, e.prepared, e.forecasts["model"]) for name, e in found])
    best = min(runs, key=lambda one: sum(compare(one, other).difference for other in runs))
    return [(best.name, one.name, compare(best, one)) for one in runs if one is not best]


def _check_baseline(name: str) -> None:
    if not is_baseline(name):
        raise UsageError(
            f"--fail-if-worse-than {name}: there is no such baseline",
            hint=f"use one of {', '.join(BASELINES)}, a seasonal naive such as seasonal_naive_168, or the "
            "directory of a run",
        )


def _with_baselines(opened: OpenedRun, also: Sequence[str]) -> OpenedRun:
    """Return the run with more baselines in its settings."""
    for name in also:
        _check_baseline(name)
    spec, evaluation = opened.spec, opened.spec.evaluation
    names = [*evaluation.baselines, *(n for n in also if n not in evaluation.baselines)]
    spec = spec.model_copy(update={"evaluation": evaluation.model_copy(update={"baselines": names})})
    return replace(opened, experiment=replace(opened.experiment, spec=spec))


def _on_new_rows(opened: OpenedRun, fitted: Fitted, data: TableSource) -> Evaluated:
    """Score every window of a table whose targets lie after the validation range of their series."""
    found = forecast_new_rows(opened, fitted, data)
    more, missing = _baselines(opened, found.prepared, found.begin, found.is_later)
    scored = score_tables(opened.spec.evaluation, found.prepared, {"test": {"model": found.forecast} | more})
    return Evaluated(
        opened, found.prepared, "test", scored, [*found.notes, *missing, *scored.notes], found.engine
    )


def _baselines(
    opened: OpenedRun, prepared: Prepared, begin: Ints, is_later: NDArray[np.bool_]
) -> tuple[dict[str, Forecast], list[str]]:
    """Return the forecasts of the baselines for new rows, with intervals, and remarks.

    Ridge learns from the run's own table, and the intervals of every baseline come from its errors there, so that
    table must be unchanged. Statistical baselines are fitted to the rows before the first target.

    Args:
        opened: The run.
        prepared: The new rows.
        begin: (series,), the first target row of each series.
        is_later: (windows,), whether the targets come after the run's own table.
    """
    spec, windows = opened.spec, prepared.windows["test"]
    names: list[str] = list(spec.evaluation.baselines)
    notes: list[str] = []
    cutoffs = prepared.cutoffs(windows)
    own_source = opened.source
    before = opened.scored_before
    if own_source is None or before is not None or not opened.same_table:
        gone = f"{opened.table_name}, which is missing or has changed"
        if before is not None:
            gone = f"the table of {before['run']}, on which the run was scored"
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
            intervals = learned_intervals(spec, own, past, name).of_panel(spec.scaling, prepared.panel, begin)
            found[name] = intervals.applied(found[name], is_later, prepared.panel.ids)
    return found, [*notes, *known.remarks]
