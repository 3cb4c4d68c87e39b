"""A run from its first epoch to its report: what `train` does, and a search with its winner."""

from __future__ import annotations

from forecaster.config.experiment import Experiment
from forecaster.data.reading.sources import TableSource
from forecaster.runs.session import Session
from forecaster.stages.fitting import fit_and_score, member_store
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import Prepared
from forecaster.stages.report import write_report
from forecaster.stages.saving import save
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
    """Train from the checkpoints that are there, score, save, seal and report.

    Args:
        experiment: What the run is made from.
        source: Its table.
        prepared: The table, ready for training.
        session: Holds the run directory, begun.
        listener: Is told about batches and epochs.
        smoke: One epoch, two members at most.

    Returns:
        Notes for the user.
    """
    spec, run = experiment.spec, session.run
    trained = fit_and_score(spec, prepared, member_store(run), listener=listener, smoke=smoke)
    notes = save(spec, prepared, trained, session)
    # After the run is sealed: the page can be made again from it at any time.
    write_report(OpenedRun(run, experiment, source), prepared=prepared)
    return notes
