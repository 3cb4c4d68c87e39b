"""Rolling origins: the same experiment at several points in time, as if each were now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from forecaster.config.load import Loaded
from forecaster.data.transforms.split import SplitBounds, SplitName
from forecaster.errors import DataError
from forecaster.evaluation.intervals import probabilities
from forecaster.evaluation.scores import Forecasts
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.table import Interval, forecast_table
from forecaster.runs.directory import CHECKPOINTS, RunDir
from forecaster.runs.files import write_text
from forecaster.runs.tables import rows_csv
from forecaster.stages.comparison import ComparedForecasts, compare
from forecaster.stages.fitting import train
from forecaster.stages.prepared import FittedTransforms, Prepared, SplitPanel, check_windows, prepare_table
from forecaster.stages.scoring import Scores, check_baselines, score
from forecaster.training.progress import Listener

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class BacktestPlan:
    """folds: how many. step: steps from one cutoff to the next, and scored after each; None = the horizon.

    refit: train anew at every cutoff, or forecast on with the first fold's network.
    window: training rows grow from fold to fold, or keep their number and move on.
    """

    folds: int = 5
    step: int | None = None
    refit: bool = False
    window: Literal["expanding", "sliding"] = "expanding"

    def options(self) -> list[str]:
        """As they are given on the command line."""
        step = [] if self.step is None else ["--step", str(self.step)]
        refit = "--refit" if self.refit else "--no-refit"
        return ["--folds", str(self.folds), *step, refit, "--window", self.window]


@dataclass(frozen=True)
class Fold:
    number: int
    prepared: Prepared
    scores: Scores


def fold_tables(table: SplitPanel, plan: BacktestPlan, horizon: int) -> list[SplitPanel]:
    """The table as each cutoff knew it, with the steps after it as the test range; oldest first.

    Cutoffs are counted from each series' own end. Validation keeps the number of steps
    that `split` gives it in the whole table, just before the cutoff.
    Raises DataError when the first cutoff lies before the first row of every series.
    """
    step = plan.step or horizon
    scored = max(step, horizon)
    n_val = table.split_bounds.val_end - table.split_bounds.train_end
    length = table.raw.lengths
    tables, first_train = [], None
    for k in range(plan.folds):
        cutoff = np.maximum(length - scored - (plan.folds - 1 - k) * step, 0)
        end = np.minimum(cutoff + scored, length)
        train_end = np.maximum(cutoff - n_val, 0)
        if first_train is None:
            first_train = train_end
        begin = np.maximum(train_end - first_train, 0) if plan.window == "sliding" else np.zeros_like(end)
        split_bounds = SplitBounds(train_end - begin, cutoff - begin, end - begin)
        tables.append(replace(table, raw=table.raw.between(begin, end), split_bounds=split_bounds))
    if not tables[0].split_bounds.train_end.any():
        raise DataError(
            f"{table.raw.source}: {plan.folds} folds of {step:,} steps, {scored:,} scored and validation leave no "
            f"training rows; the longest series has {int(length.max()):,} rows",
            hint="give fewer --folds or a smaller --step",
        )
    return tables


def backtest(
    loaded: Loaded,
    table: SplitPanel,
    plan: BacktestPlan,
    run: RunDir,
    *,
    listener: Listener | None = None,
    smoke: bool = False,
) -> Iterator[Fold]:
    """Every fold in turn, trained where the plan says so, forecast and scored.

    Folds that the run directory has checkpoints of are not trained again.
    """
    experiment = loaded.experiment
    tables = fold_tables(table, plan, experiment.window.horizon)
    fitted: Fitted | None = None
    for number, part in enumerate(tables):
        if fitted is None or plan.refit:
            prepared = prepare_table(experiment, part, smoke=smoke)
            # Kept until the run is complete: what was trained before a kill is not trained again.
            place = RunDir(run.file(f"{CHECKPOINTS}/fold-{number}"))
            place.path.mkdir(parents=True, exist_ok=True)
            trained = train(loaded, prepared, place, listener=listener, smoke=smoke)
            history = run.file(f"folds/{number}/history.csv")
            history.parent.mkdir(parents=True, exist_ok=True)
            write_text(history, rows_csv([row.flat() for row in trained.history]))
            fitted = trained.fitted
            yield Fold(number, prepared, trained.scores)
        else:
            learned = FittedTransforms(fitted.scaler, fitted.encoders)
            prepared = prepare_table(experiment, part, smoke=smoke, learned=learned)
            yield Fold(number, prepared, score(prepared, outlooks(fitted, prepared)))


def outlooks(fitted: Fitted, prepared: Prepared) -> dict[SplitName, Forecasts]:
    """A fitted network's forecasts of the validation and test windows."""
    known = probabilities(prepared.experiment.evaluation.levels)
    groups = prepared.scaler.rows_for(prepared.panel.ids)
    names: tuple[SplitName, ...] = ("val", "test")
    return {
        name: Forecasts(*fitted.outlook(windows, groups[windows.series], known))
        for name in names
        if len(windows := prepared.windows[name])
    }


def check_folds(loaded: Loaded, table: SplitPanel, plan: BacktestPlan) -> None:
    """Raises DataError where a fold would hold no window of a split that it needs."""
    experiment = loaded.experiment
    # A test range of 0 in the config says nothing of the folds, which all have one.
    asked = experiment.model_copy(update={"split": experiment.split.model_copy(update={"test": 1})})
    for part in fold_tables(table, plan, experiment.window.horizon):
        check_windows(asked, part.raw, part.split_bounds)
        check_baselines(experiment, part.raw, part.split_bounds)


def folds_summary(folds: Sequence[Fold], plan: BacktestPlan) -> tuple[dict[str, Any], pa.Table, list[str]]:
    """metrics.json without its version, the table of forecasts, and remarks."""
    import pyarrow as pa

    first = folds[0].prepared
    levels, data = first.experiment.evaluation.levels, first.experiment.data
    tables: list[pa.Table] = []
    listed: list[dict[str, Any]] = []
    for fold in folds:
        prepared, model = fold.prepared, fold.scores.forecasts["test"]["model"]
        windows, table = prepared.windows["test"], fold.scores.tables["test"]
        tables.append(
            forecast_table(
                prepared.panel,
                data,
                model.point,
                series=windows.series,
                target_row=windows.target_row,
                actual=prepared.actual(windows),
                intervals=Interval.of(model.quantiles, probabilities(levels), levels),
            )
        )
        place = prepared.position(windows) - 1
        words = prepared.panel.time_axis.text(np.array([place.min(), place.max()]))
        listed.append({"fold": fold.number, "first_cutoff": words[0], "last_cutoff": words[1], **table})
    pooled = {name: _pooled(folds, name) for name in folds[0].scores.forecasts["test"]}
    own = pooled.pop("model")
    tests = {name: compare(own, other) for name, other in pooled.items()}
    summary = {
        "plan": {**asdict(plan), "step": plan.step or first.experiment.window.horizon},
        "folds": listed,
        "summary": {kind: _spread([fold[kind] for fold in listed]) for kind in ("scores", "intervals")},
        "comparisons": {name: test._asdict() for name, test in tests.items()},
    }
    notes = [f"fold {fold.number}: {note}" for fold in folds for note in fold.scores.notes]
    return summary, pa.concat_tables(tables), notes


def _pooled(folds: Sequence[Fold], name: str) -> ComparedForecasts:
    parts = [
        ComparedForecasts.of(name, f.prepared, "test", f.scores.forecasts["test"][name].point) for f in folds
    ]
    found = parts[0]
    for part in parts[1:]:
        found = part.after(found)
    return found


def _spread(folds: Sequence[dict[str, dict[str, float | None]]]) -> dict[str, dict[str, Any]]:
    """By forecaster and metric: mean, deviation (of the sample), least and largest over the folds that have it."""
    out: dict[str, dict[str, Any]] = {}
    for name, metrics in folds[0].items():
        out[name] = {}
        for metric in metrics:
            values = [v for f in folds if (v := f.get(name, {}).get(metric)) is not None]
            out[name][metric] = (
                {
                    "mean": float(np.mean(values)),
                    "std": float(np.std(values, ddof=1)) if len(values) > 1 else None,
                    "min": min(values),
                    "max": max(values),
                }
                if values
                else None
            )
    return out
