"""Train: make a run from an experiment and its table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecaster.config.experiment import Experiment
from forecaster.data.reading.sources import TableSource, fingerprint
from forecaster.errors import Notify
from forecaster.runs.claim import check_free
from forecaster.runs.directory import RunDir, new_run_path
from forecaster.runs.session import Inputs, open_session
from forecaster.stages.checks import check_baselines, odd_values, too_short
from forecaster.stages.complete import complete_run
from forecaster.stages.few_windows import few_windows
from forecaster.stages.filled_rows import dead_series, filled_rows
from forecaster.stages.metrics import metrics_of
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import Prepared, prepare
from forecaster.stages.report import write_missing_report
from forecaster.stages.saving import save_splits
from forecaster.stages.tracked import tracked
from forecaster.tracking.tracking import check_tracking
from forecaster.training.progress import Listener


@dataclass(frozen=True)
class TrainOptions:
    """Options of a training.

    Attributes:
        run_dir: The run directory; None is a new directory in output.dir.
        resume: Continue the interrupted run in run_dir.
        overwrite: Replace the run in run_dir.
        smoke: Use a few windows and one epoch, as a quick check.
    """

    run_dir: Path | None = None
    resume: bool = False
    overwrite: bool = False
    smoke: bool = False


@dataclass(frozen=True)
class TrainResult:
    """A complete run.

    Attributes:
        run: The run directory.
        metrics: The content of metrics.json.
        notes: Remarks for the user.
        needs_future: Whether a forecast needs future covariates that the table does not hold.
        already_complete: Whether the directory held the complete run, so that nothing was trained.
    """

    run: RunDir
    metrics: dict[str, Any]
    notes: list[str]
    needs_future: bool
    already_complete: bool = False


def train(
    experiment: Experiment,
    source: TableSource,
    options: TrainOptions,
    *,
    listener: Listener | None = None,
    notify: Notify,
) -> TrainResult:
    """Train a network, score it beside the baselines, and write a run directory.

    Settings and table are checked before anything is written and before TensorFlow loads.

    Args:
        experiment: The experiment.
        source: The table.
        options: The run directory, and whether to resume or replace the run in it.
        listener: Takes batches and epochs.
        notify: Takes warnings and remarks as they arise.

    Returns:
        The complete run.

    Raises:
        DataError: When the table cannot be used, or there is nothing to resume.
        RunTakenError: When the run directory exists, or another process is using it.
        EnvironmentError_: When the disk is full, or an extra is not installed.
        TrainingError: When the loss becomes NaN or infinite.
    """
    spec = experiment.spec
    path = options.run_dir or new_run_path(experiment.output_dir, spec.name)
    check_free(path, resume=options.resume, overwrite=options.overwrite)
    check_tracking(spec.tracking)
    prepared = prepare(spec, source, smoke=options.smoke)
    check_baselines(spec, prepared.panel, prepared.table.split_bounds)
    few = [] if options.smoke else few_windows(spec, prepared.table.split_bounds)
    filled = [*filled_rows(spec, prepared.table), *dead_series(spec, prepared.table)]
    warnings = [*experiment.warnings, *prepared.table.findings.warnings, *filled, *few]
    notify(warnings, _remarks(experiment, prepared))
    inputs = Inputs(
        "train",
        experiment.resolved_yaml(relative_to=path),
        experiment.text,
        fingerprint(source),
        options.smoke,
    )
    needs_future = prepared.table.needs_future(spec)
    with open_session(path, inputs, resume=options.resume, overwrite=options.overwrite) as session:
        run, notes = session.run, []
        if not session.complete:
            session.begin(lambda run: save_splits(spec, prepared, run))
        with tracked(experiment, session, notify) as block:
            if session.complete:
                # The last process may have been killed between the manifest and the report.
                write_missing_report(OpenedRun(run, experiment, source), prepared)
            else:
                notes = complete_run(
                    experiment,
                    source,
                    prepared,
                    session,
                    listener=block.followed(listener),
                    smoke=options.smoke,
                )
        metrics = metrics_of(run)
        return TrainResult(run, metrics, notes, needs_future, already_complete=session.complete)


def _remarks(experiment: Experiment, prepared: Prepared) -> list[str]:
    """Return remarks about open values, unseen categories and short series."""
    searched = ", ".join(d.name for d in experiment.dimensions)
    remarks = [f"open values are trained at their defaults: {searched}"] if searched else []
    remarks += prepared.transforms.encoders.unseen(prepared.panel)
    remarks += odd_values(experiment.spec, prepared.table.raw)
    if named := too_short(experiment.spec, prepared.panel, prepared.table.split_bounds):
        remarks.append(f"{named}; none of their windows is trained on")
    return remarks
