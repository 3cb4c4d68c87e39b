"""Search the spaces of an experiment, and make the run of the best config."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass, replace
from typing import Any

from forecaster.config.experiment import Experiment
from forecaster.config.tune import TuneSpec
from forecaster.errors import DataError, EnvironmentError_, TrainingError
from forecaster.runs.directory import CHECKPOINTS, RunDir
from forecaster.runs.files import write_text
from forecaster.runs.tables import rows_csv
from forecaster.search.inputs import SameData, begin
from forecaster.search.log import TrialLog
from forecaster.search.summary import plot_search, trial_rows
from forecaster.search.trial_runner import (
    TRIALS,
    SearchListener,
    TrialRunner,
    TuneOptions,
    spec_of,
    threads_of,
    trial_config,
)
from forecaster.search.trials import Record, Trials
from forecaster.search.workers import Engine, LocalEngine, WorkFailed
from forecaster.stages.metrics import metrics_of
from forecaster.system import processors
from forecaster.training.backend import silent_native_logs

TUNE = "tune"
LOG, TABLE, BEST = "tune/trials.jsonl", "tune/trials.csv", "tune/best.yaml"
SCRATCH = "tune/.keras-tuner"
WORK = "forecaster.search.trial"


@dataclass(frozen=True)
class Tuned:
    """The result of a search.

    Attributes:
        best: The best trial.
        trials: All trials.
        ended: The reason why the search ended.
        metrics: The content of metrics.json of the best run.
        notes: Remarks for the user.
    """

    best: Record
    trials: Trials
    ended: str
    metrics: dict[str, Any]
    notes: list[str]


def run_search(
    experiment: Experiment, run: RunDir, options: TuneOptions, *, listener: SearchListener, fingerprint: str
) -> Tuned:
    """Continue the search whose log is in the run directory, or start one, then make the run of the best config.

    If the search is interrupted, the summary of the completed trials is written before the exception is raised again.

    Args:
        experiment: The experiment with its search spaces.
        run: The run directory.
        options: How trials run.
        listener: Takes the progress.
        fingerprint: The SHA-256 of the table.

    Raises:
        DataError: When the log is that of another search, or the table changes.
        TrainingError: When no trial completed, or the best config cannot be trained.
        EnvironmentError_: When no trial can run, as on a full disk.
    """
    spec = spec_of(experiment, smoke=options.smoke)
    book = Trials(TrialLog(run.file(LOG)), direction=spec.objective.direction)
    if book.first is None and run.file(TABLE).is_file():
        raise DataError(
            f"{run.file(LOG)}: the log of this search is missing",
            hint="restore it from a copy, or start over with --overwrite",
        )
    begin(experiment, book, fingerprint=fingerprint, smoke=options.smoke)
    engine = make_engine(experiment, options)
    try:
        # Keras is imported while the workers import it too. This process uses no device; the workers do.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with silent_native_logs():
            from forecaster.search.loop import SearchLoop

        most = None if spec.algorithm == "hyperband" and not options.smoke else spec.max_trials
        found = SearchLoop(experiment.search_space, spec, book, seed=experiment.spec.seed, most=most)
        same_data = SameData(experiment.data_path, fingerprint)
        runner = TrialRunner(
            experiment, spec, run, book, engine, options, listener, same_data, needed=found.needed
        )
        try:
            ended = found.go(
                runner.run,
                runner,
                workers=options.workers,
                scratch=run.file(SCRATCH),
                cancel=engine.stop,
                time_budget_s=options.time_budget_s,
            )
        except BaseException:
            # Where the summary cannot be written, the exception that ended the search matters more.
            with contextlib.suppress(EnvironmentError_):
                write_summary(experiment, spec, book, run, smoke=options.smoke)
            raise
        write_summary(experiment, spec, book, run, smoke=options.smoke)
        book.log.append("ended", reason=ended, completed=book.count("completed"), failed=book.count("failed"))
        best = book.best
        if best is None:
            raise _nothing(book, ended)
        if ended == "time budget" or options.workers > 1:
            # The workers were stopped with their trials, or have a part of the threads of the config each, and a
            # process cannot change its number of threads.
            engine.stop()
            engine = make_engine(experiment, replace(options, workers=1))
        finished = _finish(experiment, run, best, engine, options, listener, fingerprint)
    finally:
        engine.stop()
    return Tuned(best, book, ended, metrics_of(run), [*runner.notes, *finished])


def make_engine(experiment: Experiment, options: TuneOptions, *, size: int | None = None) -> Engine:
    """Start the engine that runs the trials.

    Args:
        experiment: The experiment, whose runtime section the workers get.
        options: How trials run.
        size: The number of workers; None is `options.workers`.
    """
    runtime = experiment.spec.runtime.model_dump()
    threads = threads_of(experiment, options.workers)
    runtime["threads"] = threads
    count = size or options.workers
    if options.engine == "ray":
        from forecaster.search.ray_engine import RayEngine

        return RayEngine(WORK, {"runtime": runtime}, size=count, threads=threads or 1)
    return LocalEngine(WORK, {"runtime": runtime}, size=count, threads=threads or processors())


def write_summary(experiment: Experiment, spec: TuneSpec, book: Trials, run: RunDir, *, smoke: bool) -> None:
    """Write best.yaml, trials.csv and the plots of the trials so far.

    Args:
        experiment: The experiment with its search spaces.
        spec: The tune section in force.
        book: The trials.
        run: The run directory.
        smoke: Whether the search is a quick check.
    """
    if not book.records:
        return
    write_text(run.file(TABLE), rows_csv(trial_rows(book, experiment.search_space)))
    best = book.best
    if best is None:
        return
    config = trial_config(experiment, spec, best.proposal.values, smoke=smoke)
    named = experiment.path.name if experiment.path else experiment.name
    head = (
        f"# The best of {book.count('completed')} completed trials: trial {best.proposal.number}, "
        f"{spec.objective.metric} {best.score:.6g}.\n"
        f"# Searched with {spec.algorithm} from {named}; `forecaster train` takes this file as it is.\n"
    )
    write_text(run.file(BEST), head + experiment.yaml_of(config, relative_to=run.file(TUNE)))
    plot_search(book, experiment.search_space, run.file(TUNE), metric=spec.objective.metric)


def _finish(
    experiment: Experiment,
    run: RunDir,
    best: Record,
    engine: Engine,
    options: TuneOptions,
    listener: SearchListener,
    fingerprint: str,
) -> list[str]:
    """Make the run of the best config from the checkpoint of its trial, and return remarks for the user."""
    checkpoints = run.file(TRIALS) / best.proposal.trial / "fold0-seed0" / CHECKPOINTS
    if checkpoints.is_dir():
        shutil.copytree(checkpoints, run.file(CHECKPOINTS), dirs_exist_ok=True)
    task = {
        "kind": "finish",
        "config": str(run.file(BEST).resolve()),
        "run": str(run.path.resolve()),
        "given": experiment.text,
        "fingerprint": fingerprint,
        "smoke": options.smoke,
    }
    try:
        notes: list[str] = engine.run(task, lambda progress: listener.reported(None, progress))["notes"]
    except WorkFailed as failure:
        raise TrainingError(
            f"the best config could not be trained to the end: {failure}",
            hint=f"the search is complete and its best config is {run.file(BEST)}; try again with --resume",
        ) from None
    return notes


def _nothing(book: Trials, ended: str) -> TrainingError:
    """Return the error for a search without a completed trial."""
    failed = [r for r in book.records.values() if r.state == "failed"]
    if not failed:
        return TrainingError(
            f"no trial completed before the end of the {ended}", hint="continue with --resume and more time"
        )
    reasons = dict.fromkeys(r.reason or "" for r in failed)
    return TrainingError(
        f"no trial completed: {len(failed)} failed, the last of them in trial {failed[-1].proposal.number}: "
        f"{list(reasons)[-1]}",
        hint="narrow the search space; every reason is in tune/trials.csv",
    )
