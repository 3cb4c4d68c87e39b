"""From search spaces to a best config, and to the run that it makes."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from forecaster.config.experiment import Experiment
from forecaster.config.tune import TuneSpec
from forecaster.errors import ConfigError, DataError, EnvironmentError_, TrainingError
from forecaster.runs.directory import CHECKPOINTS, RunDir
from forecaster.runs.files import read_json, write_text
from forecaster.runs.tables import rows_csv
from forecaster.search.inputs import SameData, begin
from forecaster.search.log import TrialLog
from forecaster.search.trial import TrialTask
from forecaster.search.trials import Proposal, Record, Trials
from forecaster.search.workers import Engine, LocalEngine, WorkCancelled, WorkFailed
from forecaster.system import processors
from forecaster.training.backend import silent_native_logs

TUNE = "tune"
LOG, TABLE, BEST, TRIALS = "tune/trials.jsonl", "tune/trials.csv", "tune/best.yaml", "tune/trials"
SCRATCH = "tune/.keras-tuner"
WORK = "forecaster.search.trial"


@dataclass(frozen=True)
class TuneOptions:
    workers: int = 1
    engine: str = "local"
    time_budget_s: float | None = None
    smoke: bool = False


@dataclass(frozen=True)
class Tuned:
    """What came of a search. metrics: of the best run, as in metrics.json."""

    best: Record
    trials: Trials
    ended: str
    metrics: dict[str, Any]
    notes: list[str]


class SearchListener(Protocol):
    """What a search tells whoever watches."""

    def began(self, proposal: Proposal) -> None: ...

    def reported(self, proposal: Proposal | None, said: dict[str, Any]) -> None:
        """An epoch of a trial, or with None of the best run."""

    def ended(self, record: Record, *, work: float, left: float | None) -> None: ...

    def looked(self) -> None: ...


def run_search(
    experiment: Experiment, run: RunDir, options: TuneOptions, *, listener: SearchListener, fingerprint: str
) -> Tuned:
    """Search from wherever the log in the run directory ends, then write the best run.

    fingerprint: sha256 of the data. Raises DataError when the log is of another search, and
    TrainingError when no trial completed; what completed is written before any signal goes on up.
    """
    spec = spec_of(experiment, smoke=options.smoke)
    book = Trials(TrialLog(run.file(LOG)), direction=spec.objective.direction)
    if book.first is None and run.file(TABLE).is_file():
        raise DataError(
            f"{run.file(LOG)}: the log is gone, and this search was under way",
            hint="restore it from a copy, or begin again with --overwrite",
        )
    begin(experiment, book, fingerprint=fingerprint, smoke=options.smoke)
    engine = make_engine(experiment, options)
    try:
        # Loads Keras, while the first worker loads it too. No device is touched: that is for the workers.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with silent_native_logs():
            from forecaster.search.loop import SearchLoop

        most = None if spec.algorithm == "hyperband" and not options.smoke else spec.max_trials
        found = SearchLoop(experiment.search_space, spec, book, seed=experiment.spec.seed, most=most)
        same_data = SameData(experiment.data_path, fingerprint)
        trial = _Trial(experiment, spec, run, book, engine, options, listener, same_data)
        trial.needed = found.needed
        try:
            ended = found.go(
                trial.run,
                trial,
                workers=options.workers,
                scratch=run.file(SCRATCH),
                cancel=engine.stop,
                time_budget_s=options.time_budget_s,
            )
        except BaseException:
            # What is done is kept. Where that cannot be written, what ended the search matters more.
            with contextlib.suppress(EnvironmentError_):
                write_summary(experiment, spec, book, run, smoke=options.smoke)
            raise
        write_summary(experiment, spec, book, run, smoke=options.smoke)
        book.log.append("ended", reason=ended, completed=book.count("completed"), failed=book.count("failed"))
        best = book.best
        if best is None:
            raise _nothing(book, ended)
        if ended == "time budget" or options.workers > 1:
            # Its processes were stopped with the trials in them, or have a part of the threads
            # that the config asks for, which a process cannot change.
            engine.stop()
            engine = make_engine(experiment, replace(options, workers=1))
        notes = _finish(experiment, run, best, engine, options, listener, fingerprint)
    finally:
        engine.stop()
    return Tuned(best, book, ended, read_json(run.file("metrics.json")), notes)


def spec_of(experiment: Experiment, *, smoke: bool) -> TuneSpec:
    """The tune section in force; with --smoke one that takes seconds."""
    spec = experiment.spec.tune
    # One fold would be no cross-validation.
    folds = 3 if spec.algorithm == "sklearn" and spec.folds == 1 else spec.folds
    if not smoke:
        return spec.model_copy(update={"folds": folds})
    hyperband = spec.algorithm == "hyperband"
    return spec.model_copy(
        update={
            # Of three trials of hyperband the third goes on from the better of two.
            "max_trials": 3 if hyperband else 2,
            "max_epochs": 2,
            "factor": 2,
            "hyperband_iterations": 1,
            "executions_per_trial": 1,
            "folds": min(folds, 2),
        }
    )


def make_engine(experiment: Experiment, options: TuneOptions, *, size: int | None = None) -> Engine:
    runtime = experiment.spec.runtime.model_dump()
    threads = threads_of(experiment, options.workers)
    runtime["threads"] = threads
    count = size or options.workers
    if options.engine == "ray":
        from forecaster.search.ray_engine import RayEngine

        return RayEngine(WORK, {"runtime": runtime}, size=count, threads=threads or 1)
    return LocalEngine(WORK, {"runtime": runtime}, size=count, threads=threads or processors())


def threads_of(experiment: Experiment, workers: int) -> int | None:
    """Of each worker: an equal part of those asked for, or of the machine's."""
    asked = experiment.spec.runtime.threads
    return asked if workers == 1 else max(1, (asked or processors()) // workers)


def filled(experiment: Experiment, spec: TuneSpec, values: dict[str, Any], *, smoke: bool) -> dict[str, Any]:
    """The tree of a trial."""
    tree = experiment.filled(values)
    training = tree["training"] = {**(tree.get("training") or {})}
    if spec.algorithm == "hyperband":
        # Schedules run over the whole of it, however early a trial is paused.
        training["epochs"] = spec.max_epochs
    elif smoke:
        training["epochs"] = 1
    if smoke:
        training["steps_per_epoch"] = None
    return tree


@dataclass
class _Trial:
    """Runs proposals, and keeps the disk small."""

    experiment: Experiment
    spec: TuneSpec
    run_dir: RunDir
    book: Trials
    engine: Engine
    options: TuneOptions
    listener: SearchListener
    same_data: SameData
    needed: Callable[[], set[str]] = set

    def run(self, proposal: Proposal) -> tuple[float, dict[str, Any]]:
        from forecaster.search.loop import Cancelled, TrialFailed

        if proposal.previous and self.book.records[proposal.previous].state == "failed":
            raise TrialFailed("the trial that it goes on from failed")
        try:
            self.experiment.trial(proposal.values)
        except ConfigError as misfit:
            raise TrialFailed(str(misfit)) from None
        self.same_data.check()
        tree = filled(self.experiment, self.spec, proposal.values, smoke=self.options.smoke)
        threads = threads_of(self.experiment, self.options.workers)
        tree["runtime"] = {**(tree.get("runtime") or {}), "threads": threads}
        folder = self.folder(proposal.trial)
        task = TrialTask(
            folder=str(folder),
            config=self.experiment.yaml_of(tree, relative_to=folder),
            reference=reference_of(self.experiment),
            previous=str(self.folder(proposal.previous)) if proposal.previous else None,
            until=proposal.epochs,
            executions=self.spec.executions_per_trial,
            folds=self.spec.folds,
            smoke=self.options.smoke,
        )
        try:
            answer = self.engine.run(
                {"kind": "trial", **asdict(task)}, lambda said: self.listener.reported(proposal, said)
            )
        except WorkFailed as failure:
            self.same_data.check()
            raise TrialFailed(str(failure)) from None
        except WorkCancelled:
            raise Cancelled from None
        self.same_data.check()
        return answer["score"], answer["details"]

    def folder(self, trial: str) -> Path:
        return (self.run_dir.file(TRIALS) / trial).resolve()

    def began(self, proposal: Proposal) -> None:
        self.listener.began(proposal)

    def ended(self, record: Record, *, work: float, left: float | None) -> None:
        self.listener.ended(record, work=work, left=left)
        with self.book.lock:
            best = self.book.completed()[: self.spec.keep_checkpoints]
            keep = {r.proposal.trial for r in [*best, *self.book.running()]} | self.needed()
            for folder in self.run_dir.file(TRIALS).glob("*"):
                if folder.name not in keep:
                    shutil.rmtree(folder, ignore_errors=True)

    def looked(self) -> None:
        self.listener.looked()


def reference_of(experiment: Experiment) -> dict[str, Any]:
    """The windows whose targets every trial is scored on: those that the longest lookback reaches."""
    window = experiment.spec.window
    ends = {d.path: list(d.range.ends().values()) for d in experiment.dimensions}
    lookbacks = [window.lookback, *ends.get(("window", "lookback"), [])]
    shorts = [window.short, *ends.get(("window", "short"), [])]
    return {
        "lookback": max(n for n in lookbacks if isinstance(n, int)),
        "stride": window.stride,
        "short": "skip" if "skip" in shorts else window.short,
    }


def write_summary(experiment: Experiment, spec: TuneSpec, book: Trials, run: RunDir, *, smoke: bool) -> None:
    """best.yaml, trials.csv and the plots of what is there so far."""
    from forecaster.search.summary import plot_search, trial_rows

    if not book.records:
        return
    write_text(run.file(TABLE), rows_csv(trial_rows(book, experiment.search_space)))
    best = book.best
    if best is None:
        return
    tree = filled(experiment, spec, best.proposal.values, smoke=smoke)
    named = experiment.path.name if experiment.path else experiment.name
    head = (
        f"# The best of {book.count('completed')} completed trials: trial {best.proposal.number}, "
        f"{spec.objective.metric} {best.score:.6g}.\n"
        f"# Searched with {spec.algorithm} from {named}; `forecaster train` takes this file as it is.\n"
    )
    write_text(run.file(BEST), head + experiment.yaml_of(tree, relative_to=run.file(TUNE)))
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
    """The best config as a run: what its trial learned is not learned again."""
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
        notes: list[str] = engine.run(task, lambda said: listener.reported(None, said))["notes"]
    except WorkFailed as failure:
        raise TrainingError(
            f"the best config could not be trained to its end: {failure}",
            hint=f"the search is kept; see {run.file(BEST)}, and try again with --resume",
        ) from None
    return notes


def _nothing(book: Trials, ended: str) -> TrainingError:
    failed = [r for r in book.records.values() if r.state == "failed"]
    if not failed:
        return TrainingError(
            f"no trial completed before the end of the {ended}", hint="go on with --resume, and more time"
        )
    reasons = dict.fromkeys(r.reason or "" for r in failed)
    return TrainingError(
        f"no trial completed: {len(failed)} failed, the last of them in trial {failed[-1].proposal.number}: "
        f"{list(reasons)[-1]}",
        hint="narrow the search space; every reason is in tune/trials.csv",
    )
