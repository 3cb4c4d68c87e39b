"""Backtest: train and score one experiment at several cutoffs in the past, as if each were now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import TableSource, fingerprint
from forecaster.data.transforms.fitted import FittedTransforms
from forecaster.errors import FORMAT_VERSION, Notify, UsageError
from forecaster.evaluation.comparison import ComparedForecast, compare
from forecaster.forecasting.fitted import Fitted
from forecaster.runs.claim import check_free
from forecaster.runs.directory import RunDir, new_run_path
from forecaster.runs.files import write_json, write_text, write_whole
from forecaster.runs.session import Inputs, Session, open_session
from forecaster.runs.tables import csv_bytes, rows_csv
from forecaster.search.folds import trained_ahead
from forecaster.search.ray_engine import EngineName, check_engine
from forecaster.stages.fitting import fit_and_score, member_store
from forecaster.stages.fold_training import part_of
from forecaster.stages.folds import BacktestPlan, check_folds, fold_tables
from forecaster.stages.metrics import metrics_of
from forecaster.stages.prepared import Prepared, SplitPanel, prepare_table, read_and_split
from forecaster.stages.saving import run_facts
from forecaster.stages.scoring import ScoredForecasts, compared, forecast_splits, score
from forecaster.stages.tracked import TrackedEnd, tracked
from forecaster.tracking.tracking import check_tracking
from forecaster.training.progress import Listener

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class BacktestOptions:
    """Options of a backtest.

    Attributes:
        plan: The cutoffs, and what is trained at each.
        run_dir: The directory of the backtest; None is a new directory in output.dir.
        resume: Continue the interrupted backtest in run_dir.
        overwrite: Replace the backtest in run_dir.
        smoke: Use a few windows and one epoch, as a quick check.
        engine: "local" trains the folds in this process, one after the other; "ray" trains them at the same time, as
            tasks of Ray.
        workers: The number of folds that Ray trains at the same time; None is all of them.
    """

    plan: BacktestPlan = field(default_factory=BacktestPlan)
    run_dir: Path | None = None
    resume: bool = False
    overwrite: bool = False
    smoke: bool = False
    engine: EngineName = "local"
    workers: int | None = None


@dataclass(frozen=True)
class BacktestResult:
    """A complete backtest.

    Attributes:
        run: The directory of the backtest.
        metrics: The content of metrics.json.
        notes: Remarks for the user.
        already_complete: Whether the directory held the complete backtest, so that nothing was trained.
    """

    run: RunDir
    metrics: dict[str, Any]
    notes: list[str]
    already_complete: bool = False


@dataclass(frozen=True)
class Fold:
    """One cutoff of a backtest, forecast and scored.

    Attributes:
        number: The position among the folds, from 0, oldest first.
        prepared: The data as it was known at the cutoff.
        scored: The forecasts after the cutoff, and their scores.
    """

    number: int
    prepared: Prepared
    scored: ScoredForecasts


def backtest(
    experiment: Experiment,
    source: TableSource,
    options: BacktestOptions,
    *,
    listener: Listener | None = None,
    notify: Notify,
) -> BacktestResult:
    """Train and score at rolling cutoffs.

    Settings, table and folds are checked before anything is written and before TensorFlow loads.

    Args:
        experiment: The experiment.
        source: The table.
        options: The folds and the directory.
        listener: Takes batches and epochs.
        notify: Takes warnings and remarks as they arise.

    Returns:
        The complete backtest.

    Raises:
        DataError: When the table cannot be used, or the series are too short for the folds.
        RunTakenError: When the directory exists, or another process is using it.
        EnvironmentError_: When the disk is full, or an extra is not installed.
        UsageError: When Ray is asked for, and there is one training or a table that other processes cannot read.
        TrainingError: When the loss becomes NaN or infinite.
    """
    spec, plan = experiment.spec, options.plan
    _check_engine(options, source)
    path = options.run_dir or new_run_path(experiment.output_dir, f"{spec.name}-backtest")
    check_free(path, resume=options.resume, overwrite=options.overwrite)
    check_tracking(spec.tracking)
    table = read_and_split(spec, source)
    check_folds(spec, table, plan)
    notify([*experiment.warnings, *table.findings.warnings], [])
    resolved = experiment.resolved_yaml(relative_to=path)
    data_sha256 = fingerprint(source)
    inputs = Inputs("backtest", resolved, experiment.text, data_sha256, options.smoke, plan.options())
    with open_session(path, inputs, resume=options.resume, overwrite=options.overwrite) as session:
        run = session.run
        if session.complete:
            with tracked(experiment, session, notify):
                return BacktestResult(run, metrics_of(run), [], already_complete=True)
        session.begin()
        damaged: list[str] = []
        with tracked(experiment, session, notify) as block:
            ahead: tuple[int, ...] = ()
            if options.engine == "ray":
                workers, smoke = options.workers, options.smoke
                ahead = trained_ahead(experiment, run, plan, workers=workers, smoke=smoke)
            parts = _folds(spec, table, plan, session, damaged, block=block, listener=listener, ahead=ahead)
            folds = list(parts)
            metrics, forecasts, notes = summary_of(spec, folds, plan)
            notes = [*damaged, *notes]
            write_whole(run.file("forecasts.csv"), csv_bytes(forecasts))
            write_json(run.file("metrics.json"), metrics)
            session.seal(run_facts(spec, data_sha256, int(table.findings.rows.sum())), notes=notes)
        return BacktestResult(run, metrics, notes)


def _folds(
    spec: ExperimentSpec,
    table: SplitPanel,
    plan: BacktestPlan,
    session: Session,
    damaged: list[str],
    *,
    block: TrackedEnd,
    listener: Listener | None = None,
    ahead: Sequence[int] = (),
) -> Iterator[Fold]:
    """Yield every fold, oldest first, trained if the plan asks for it, forecast and scored.

    Checkpoints are kept until the run is complete, so that a resumed backtest does not train a fold again; those that
    cannot be used are named in `damaged`. The folds of `ahead` were trained by other processes, whose checkpoints are
    taken up in the same way.
    """
    smoke, run, tracking = session.inputs.smoke, session.run, block.tracking
    fitted: Fitted | None = None
    for number, part in enumerate(fold_tables(table, plan, spec.window.horizon)):
        if fitted is None or plan.refit:
            prepared = prepare_table(spec, part, smoke=smoke)
            store = member_store(run, part_of(number))
            tracking.part = f"fold-{number + 1}"
            followed = block.followed(listener)
            trained = fit_and_score(spec, prepared, store, listener=followed, smoke=smoke)
            if number in ahead:
                for row in trained.history:
                    followed.epoch_done(row, spec.training.epochs)
            damaged += store.notes
            history = rows_csv([row.flat() for row in trained.history])
            write_text(run.file(f"folds/{number}/history.csv"), history)
            fitted, scored = trained.fitted, trained.scored
        else:
            transforms = FittedTransforms(fitted.scaler, fitted.encoders)
            prepared = prepare_table(spec, part, smoke=smoke, transforms=transforms)
            scored = score(spec, prepared, forecast_splits(spec, fitted, prepared))
        run.event("fold_done", fold=number)
        tracking.point(number + 1, scored.tables["test"]["scores"]["model"], "fold")
        yield Fold(number, prepared, scored)


def _check_engine(options: BacktestOptions, source: TableSource) -> None:
    """Raise an error unless the engine can train the folds."""
    check_engine(options.engine)
    if options.engine == "local":
        if options.workers is not None:
            raise UsageError("--workers: needs --engine ray", hint="add --engine ray, or leave out --workers")
        return
    if not options.plan.refit:
        raise UsageError(
            "--engine ray: there is one training, at the first cutoff",
            hint="add --refit, or leave out --engine",
        )
    if isinstance(source, ArrowTable):
        raise UsageError(
            "--engine ray: other processes cannot read a table in memory",
            hint="write it to a file, and pass its path as data",
        )


def summary_of(
    spec: ExperimentSpec, folds: Sequence[Fold], plan: BacktestPlan
) -> tuple[dict[str, Any], pa.Table, list[str]]:
    """Summarise the folds of a backtest.

    Args:
        spec: The settings of the experiment.
        folds: All folds, oldest first.
        plan: The plan that they follow.

    Returns:
        The content of metrics.json, the table of all forecasts, and remarks for the user.
    """
    import pyarrow as pa

    tables: list[pa.Table] = []
    listed: list[dict[str, Any]] = []
    for fold in folds:
        prepared, windows = fold.prepared, fold.prepared.windows["test"]
        tables.append(
            fold.scored.forecasts["test"]["model"].table(
                prepared.panel, spec.data, levels=spec.evaluation.levels, actual=prepared.actual(windows)
            )
        )
        last_known = prepared.positions(windows) - 1
        words = prepared.panel.time_axis.text(np.array([last_known.min(), last_known.max()]))
        place = {"fold": fold.number, "first_cutoff": words[0], "last_cutoff": words[1]}
        listed.append({**place, **fold.scored.tables["test"]})
    pooled = {name: _pooled(folds, name) for name in folds[0].scored.forecasts["test"]}
    own = pooled.pop("model")
    tests = {name: compare(own, other) for name, other in pooled.items()}
    metrics = {
        "format_version": FORMAT_VERSION,
        "plan": {**asdict(plan), "step": plan.step or spec.window.horizon},
        "folds": listed,
        "summary": {kind: _spread([fold[kind] for fold in listed]) for kind in ("scores", "intervals")},
        "comparisons": {name: test._asdict() for name, test in tests.items()},
    }
    notes = [f"fold {fold.number}: {note}" for fold in folds for note in fold.scored.notes]
    return metrics, pa.concat_tables(tables), notes


def _pooled(folds: Sequence[Fold], name: str) -> ComparedForecast:
    """Return the windows of all folds as forecast by one forecaster."""
    first, *rest = (compared(name, f.prepared, f.scored.forecasts["test"][name]) for f in folds)
    found = first
    for part in rest:
        found = part.after(found)
    return found


def _spread(folds: Sequence[dict[str, dict[str, float | None]]]) -> dict[str, dict[str, Any]]:
    """Return mean, sample standard deviation, minimum and maximum over the folds, by forecaster and metric."""
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
