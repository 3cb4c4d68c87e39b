"""Train: one experiment and one table to one run directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecaster.config.experiment import Experiment
from forecaster.data.reading.sources import TableSource, fingerprint
from forecaster.errors import Notify
from forecaster.runs.directory import RunDir, check_free, new_run_path
from forecaster.runs.files import read_json
from forecaster.runs.session import Inputs, open_session
from forecaster.stages.checks import check_baselines, too_short
from forecaster.stages.complete import complete_run
from forecaster.stages.prepared import Prepared, prepare
from forecaster.stages.saving import save_splits
from forecaster.training.progress import Listener


@dataclass(frozen=True)
class TrainOptions:
    """How a run is made.

    Attributes:
        run_dir: Where to; None is a new directory in output.dir.
        resume: Go on with the run that was stopped there.
        overwrite: Begin again there.
        smoke: A few windows and one epoch, to see that everything fits together.
    """

    run_dir: Path | None = None
    resume: bool = False
    overwrite: bool = False
    smoke: bool = False


@dataclass(frozen=True)
class TrainResult:
    """A complete run.

    Attributes:
        run: Its directory.
        metrics: metrics.json.
        notes: Remarks for the user.
        needs_future: Whether a forecast needs values that are known ahead and that the table does not hold.
        already_complete: Whether there was nothing left to train.
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
    """Fit, score beside the baselines, and write a run directory.

    Settings and table are checked before anything is written and before TensorFlow loads.

    Args:
        experiment: What to train.
        source: The table.
        options: Where to, and how.
        listener: Is told about batches and epochs.
        notify: Takes warnings and remarks as they arise.

    Raises:
        DataError, RunTakenError, EnvironmentError_, TrainingError: See `forecaster.errors`.
    """
    spec = experiment.spec
    path = options.run_dir or new_run_path(experiment.output_dir, spec.name)
    check_free(path, resume=options.resume, overwrite=options.overwrite)
    prepared = prepare(spec, source, smoke=options.smoke)
    check_baselines(spec, prepared.panel, prepared.table.split_bounds)
    notify([*experiment.warnings, *prepared.table.findings.warnings], _remarks(experiment, prepared))
    inputs = Inputs(
        "train",
        experiment.resolved_yaml(relative_to=path),
        experiment.text,
        fingerprint(source),
        options.smoke,
    )
    needs_future = bool(spec.data.future_covariates) and bool(
        (prepared.table.n_future < spec.window.horizon).any()
    )
    with open_session(path, inputs, resume=options.resume, overwrite=options.overwrite) as session:
        run, notes = session.run, []
        if not session.complete:
            session.begin(lambda run: save_splits(spec, prepared, run))
            notes = complete_run(
                experiment, source, prepared, session, listener=listener, smoke=options.smoke
            )
        metrics = read_json(run.file("metrics.json"))
        return TrainResult(run, metrics, notes, needs_future, already_complete=session.complete)


def _remarks(experiment: Experiment, prepared: Prepared) -> list[str]:
    searched = ", ".join(d.name for d in experiment.dimensions)
    remarks = [f"search spaces stand at their defaults: {searched}"] if searched else []
    remarks += prepared.transforms.encoders.unseen(prepared.panel)
    if named := too_short(experiment.spec, prepared.panel, prepared.table.split_bounds):
        remarks.append(f"{named}; none of their windows is trained on")
    return remarks
