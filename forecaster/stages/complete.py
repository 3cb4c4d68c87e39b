"""A run from its first epoch to its report, for `train` and for the best config of a search."""

from __future__ import annotations

from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.data.reading.sources import TableSource
from forecaster.runs.session import Session
from forecaster.stages.fitting import Trained, fit_and_score, member_store
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import Prepared
from forecaster.stages.refitting import REFIT, Refitting, Start, epochs_of, prepare_refit, refit
from forecaster.stages.report import write_report
from forecaster.stages.saving import save
from forecaster.stages.training_on import few_epochs, gentle
from forecaster.training.progress import Listener


def complete_run(
    experiment: Experiment,
    source: TableSource,
    prepared: Prepared,
    session: Session,
    *,
    listener: Listener | None = None,
    smoke: bool = False,
) -> list[str]:
    """Train from the latest checkpoints, score, train once more if asked for, save, seal and report.

    Args:
        experiment: The experiment.
        source: The table.
        prepared: The data, ready for training.
        session: The session of the run directory, already begun.
        listener: Takes batches and epochs.
        smoke: Whether to train at most two members for one epoch.

    Returns:
        Remarks for the user.
    """
    spec, run = experiment.spec, session.run
    store, again = member_store(run), member_store(run, REFIT)
    trained = fit_and_score(spec, prepared, store, listener=listener, smoke=smoke)
    final = None
    if spec.training.refit != "none":
        final = refit(
            _second_training(spec, prepared, trained, smoke=smoke),
            again,
            listener=listener,
            smoke=smoke,
            members_before=len(trained.fitted.members),
        )
    notes = save(spec, prepared, trained, session, final=final)
    # The report comes after the seal, because it can be written again from a complete run at any time.
    write_report(OpenedRun(run, experiment, source), prepared=prepared)
    return [*store.notes, *again.notes, *notes]


def _second_training(spec: ExperimentSpec, prepared: Prepared, trained: Trained, *, smoke: bool) -> Refitting:
    """Return the training on all rows: anew for as long as it took, or on from the weights for a few epochs."""
    fitted, early = trained.fitted, spec.training.early_stopping is not None
    epochs = epochs_of(((e.member, e.epoch, e.best) for e in trained.history), stopped_early=early)
    if spec.training.refit == "all":
        return prepare_refit(spec, prepared.table, fitted, epochs, smoke=smoke)
    few = few_epochs(epochs)
    start = Start(tuple(fitted.members), prepared.transforms)
    return prepare_refit(gentle(spec, len(few)), prepared.table, fitted, few, smoke=smoke, start=start)
