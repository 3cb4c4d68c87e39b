"""Trials as tasks for the workers: the config of each, and what is kept of it on disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from forecaster.config.experiment import Experiment
from forecaster.config.tune import TuneSpec
from forecaster.errors import ConfigError
from forecaster.runs.directory import RunDir
from forecaster.search.inputs import SameData
from forecaster.search.trial import TrialTask
from forecaster.search.trials import Proposal, Record, Trials
from forecaster.search.workers import Engine, WorkCancelled, WorkFailed
from forecaster.system import processors

TRIALS = "tune/trials"


@dataclass(frozen=True)
class TuneOptions:
    """How the trials of a search run.

    Attributes:
        workers: The number of trials that run at the same time.
        engine: "local" runs trials on this machine, "ray" on Ray.
        time_budget_s: The time after which the search ends, in seconds; None is unlimited.
        smoke: Whether to run two trials on a few windows, as a quick check.
    """

    workers: int = 1
    engine: str = "local"
    time_budget_s: float | None = None
    smoke: bool = False


class SearchListener(Protocol):
    """Takes the progress of a search. Every method may be called from any thread but `polled`."""

    def began(self, proposal: Proposal) -> None:
        """Take a trial that begins."""

    def reported(self, proposal: Proposal | None, progress: dict[str, Any]) -> None:
        """Take an epoch.

        Args:
            proposal: The trial; None is the training of the best config.
            progress: The keys epoch, epochs and val_loss.
        """

    def ended(self, record: Record, *, work: float, left: float | None) -> None:
        """Take a finished trial.

        Args:
            record: The trial and its result.
            work: The work of the trial, in trials or, for hyperband, in epochs.
            left: The work that is left, in the same unit; None if it is not known.
        """

    def polled(self) -> None:
        """Take the chance to refresh a display. Called ten times a second, in the main thread."""


def spec_of(experiment: Experiment, *, smoke: bool) -> TuneSpec:
    """Return the tune section in force.

    Args:
        experiment: The experiment.
        smoke: Whether to shorten the search to a few seconds.
    """
    spec = experiment.spec.tune
    # Cross-validation needs more than one fold.
    folds = 3 if spec.algorithm == "sklearn" and spec.folds == 1 else spec.folds
    if not smoke:
        return spec.model_copy(update={"folds": folds})
    hyperband = spec.algorithm == "hyperband"
    return spec.model_copy(
        update={
            # With three trials of hyperband, the third continues the better one of the first two.
            "max_trials": 3 if hyperband else 2,
            "max_epochs": 2,
            "factor": 2,
            "hyperband_iterations": 1,
            "executions_per_trial": 1,
            "folds": min(folds, 2),
        }
    )


def threads_of(experiment: Experiment, workers: int) -> int | None:
    """Return the number of threads of each worker; None leaves it to TensorFlow.

    Args:
        experiment: The experiment, whose `runtime.threads` is shared equally among the workers.
        workers: The number of workers. Several share the processors of the machine if runtime.threads is null.
    """
    asked = experiment.spec.runtime.threads
    return asked if workers == 1 else max(1, (asked or processors()) // workers)


def reference_of(experiment: Experiment) -> dict[str, Any]:
    """Return lookback, stride and short of the windows whose targets every trial is scored on.

    Those are the windows of the longest lookback in the search space.
    """
    window = experiment.spec.window
    ends = {d.path: list(d.range.ends().values()) for d in experiment.dimensions}
    lookbacks = [window.lookback, *ends.get(("window", "lookback"), [])]
    shorts = [window.short, *ends.get(("window", "short"), [])]
    return {
        "lookback": max(n for n in lookbacks if isinstance(n, int)),
        "stride": window.stride,
        "short": "skip" if "skip" in shorts else window.short,
    }


def trial_config(
    experiment: Experiment, spec: TuneSpec, values: dict[str, Any], *, smoke: bool
) -> dict[str, Any]:
    """Return the config with the values of a trial, as plain values.

    Args:
        experiment: The experiment with its search spaces.
        spec: The tune section in force.
        values: The values of the trial, by hyperparameter.
        smoke: Whether to train at most two networks for one epoch.
    """
    config = experiment.filled(values)
    training = config["training"] = {**(config.get("training") or {})}
    if spec.algorithm == "hyperband":
        # Learning-rate schedules run over max_epochs, however early a trial is paused.
        training["epochs"] = spec.max_epochs
    elif smoke:
        training["epochs"] = 1
    if smoke:
        training["steps_per_epoch"] = None
        # As `train --smoke`: the second network shows what more than one does.
        training["ensemble"] = min(training.get("ensemble", 1), 2)
    return config


@dataclass
class TrialRunner:
    """Run the proposals of a search on an engine, and remove the folders of trials that are no longer needed.

    Attributes:
        experiment: The experiment with its search spaces.
        spec: The tune section in force.
        run_dir: The run directory.
        book: All trials so far.
        engine: Runs the tasks.
        options: How trials run.
        listener: Takes the progress.
        same_data: Checks that the table has not changed.
        needed: Returns the trials whose checkpoints another trial may continue from.
        notes: Remarks of the trials so far, such as one on a damaged checkpoint.
    """

    experiment: Experiment
    spec: TuneSpec
    run_dir: RunDir
    book: Trials
    engine: Engine
    options: TuneOptions
    listener: SearchListener
    same_data: SameData
    needed: Callable[[], set[str]] = set
    notes: list[str] = field(default_factory=list)

    def run(self, proposal: Proposal) -> tuple[float, dict[str, Any]]:
        """Train and score a trial, and return its score and details for the log.

        Raises:
            TrialFailed: When the trial cannot be trained or scored.
            Cancelled: When the search was stopped.
            DataError: When the table has changed since the search began.
            EnvironmentError_: When no trial could run, as on a full disk.
        """
        from forecaster.search.loop import Cancelled, TrialFailed

        if proposal.previous and self.book.records[proposal.previous].state == "failed":
            raise TrialFailed("the trial that it continues failed")
        try:
            self.experiment.trial(proposal.values)
        except ConfigError as misfit:
            raise TrialFailed(str(misfit)) from None
        self.same_data.check()
        config = trial_config(self.experiment, self.spec, proposal.values, smoke=self.options.smoke)
        threads = threads_of(self.experiment, self.options.workers)
        config["runtime"] = {**(config.get("runtime") or {}), "threads": threads}
        if self.spec.ensemble is not None:
            # Only trials: the best config, made from the same values, has training.ensemble.
            config["training"]["ensemble"] = self.spec.ensemble
        folder = self.folder(proposal.trial)
        task = TrialTask(
            folder=str(folder),
            config=self.experiment.yaml_of(config, relative_to=folder),
            reference=reference_of(self.experiment),
            previous=str(self.folder(proposal.previous)) if proposal.previous else None,
            until=proposal.epochs,
            executions=self.spec.executions_per_trial,
            folds=self.spec.folds,
            smoke=self.options.smoke,
        )
        try:
            answer = self.engine.run(
                {"kind": "trial", **asdict(task)},
                lambda progress: self.listener.reported(proposal, progress),
            )
        except WorkFailed as failure:
            self.same_data.check()
            raise TrialFailed(str(failure)) from None
        except WorkCancelled:
            raise Cancelled from None
        self.same_data.check()
        self.notes += answer.get("notes", [])
        return answer["score"], answer["details"]

    def folder(self, trial: str) -> Path:
        """Return the folder of a trial."""
        return (self.run_dir.file(TRIALS) / trial).resolve()

    def began(self, proposal: Proposal) -> None:
        """Pass a trial that begins to the listener."""
        self.listener.began(proposal)

    def ended(self, record: Record, *, work: float, left: float | None) -> None:
        """Pass a finished trial to the listener, and remove the folders that are no longer needed."""
        self.listener.ended(record, work=work, left=left)
        with self.book.lock:
            best = self.book.completed()[: self.spec.keep_checkpoints]
            keep = {r.proposal.trial for r in [*best, *self.book.running()]} | self.needed()
            for folder in self.run_dir.file(TRIALS).glob("*"):
                if folder.name not in keep:
                    shutil.rmtree(folder, ignore_errors=True)

    def polled(self) -> None:
        """Let the listener refresh its display."""
        self.listener.polled()
