"""Refit: train the networks of a complete run once more on every row of a table, and write a new run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from forecaster.config.experiment import Experiment
from forecaster.data.reading.sources import TableSource, fingerprint, place_of, source_name
from forecaster.errors import Notify
from forecaster.runs.claim import check_free
from forecaster.runs.directory import RunDir, new_run_path
from forecaster.runs.session import Session, open_session
from forecaster.stages.checks import check_windows
from forecaster.stages.fitting import member_store
from forecaster.stages.graphs import save_network
from forecaster.stages.learned import check_ids, learned_by, scored_bounds
from forecaster.stages.loaded import fitted_of
from forecaster.stages.metrics import metrics_of
from forecaster.stages.next_horizon import save_next_horizon
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import Prepared, SplitPanel, read_and_split
from forecaster.stages.refitting import EVERYTHING, REFIT, Refitting, prepare_refit
from forecaster.stages.refitting import refit as train_again
from forecaster.stages.renewed import (
    NewRunOptions,
    check_apart,
    epochs_needed,
    inputs_of,
    output_dir,
    read_on_axis,
    remarks,
)
from forecaster.stages.report import write_missing_report, write_report
from forecaster.stages.saving import run_facts, save_context
from forecaster.stages.taken_over import check_whole, take_over
from forecaster.training.progress import Listener


@dataclass(frozen=True)
class RefitResult:
    """A complete run whose networks have learned every row.

    Attributes:
        run: The run directory.
        experiment: The settings of the run.
        source: The table.
        metrics: The content of metrics.json, which is that of the run before.
        notes: Remarks for the user.
        needs_future: Whether a forecast needs future covariates that the table does not hold.
        already_complete: Whether the directory held the complete run, so that nothing was trained.
    """

    run: RunDir
    experiment: Experiment
    source: TableSource
    metrics: dict[str, Any]
    notes: list[str]
    needs_future: bool
    already_complete: bool = False


def refit(
    opened: OpenedRun,
    options: NewRunOptions,
    *,
    data: TableSource | None = None,
    listener: Listener | None = None,
    notify: Notify,
) -> RefitResult:
    """Train every member of a run once more on all rows of a table, and write a new run directory.

    Nothing is chosen again: each member trains for as many epochs as it needed, and the ridge penalty, the weights of
    anchor and blend, and the calibration are those of the run before, as are the scores. That run is not changed.

    Args:
        opened: The run before.
        options: The new run directory, and whether to resume or replace the run in it.
        data: The table; None is the run's own table as it is now.
        listener: Takes batches and epochs.
        notify: Takes warnings and remarks as they arise.

    Returns:
        The new run.

    Raises:
        DataError: When the table cannot be used, a file of the run before is damaged, or there is nothing to resume.
        UsageError: When the new run would be written into the run before.
        RunTakenError: When the new run directory exists, or another process is using it.
        EnvironmentError_: When the disk is full.
        TrainingError: When the loss becomes NaN or infinite.
    """
    before, source = opened.run, opened.present_table() if data is None else data
    experiment, dropped = _experiment(opened, source, given=data is not None)
    path = options.run_dir or new_run_path(output_dir(experiment), experiment.spec.name)
    check_apart(before.path, path, "that is trained again")
    check_free(path, resume=options.resume, overwrite=options.overwrite)
    check_whole(before)
    ready, table = _prepare(opened, experiment, source)
    notify(
        [*table.findings.warnings],
        [*dropped, *remarks(before, experiment, ready.prepared, source_name(source))],
    )
    inputs = inputs_of("refit", opened, experiment, source, path, data=data)
    needs_future = table.needs_future(experiment.spec)
    with open_session(path, inputs, resume=options.resume, overwrite=options.overwrite) as session:
        run, notes = session.run, []
        result = OpenedRun(run, experiment, source)
        if session.complete:
            # The last process may have been killed between the manifest and the report.
            write_missing_report(result, _as_scored(run, ready.prepared))
        else:
            session.begin(lambda run: take_over(before, run, ready.prepared.panel))
            notes = _complete(result, opened, ready, session, listener=listener)
            write_report(result, prepared=_as_scored(run, ready.prepared))
        metrics = metrics_of(run)
        return RefitResult(run, experiment, source, metrics, notes, needs_future, session.complete)


def _experiment(opened: OpenedRun, source: TableSource, *, given: bool) -> tuple[Experiment, list[str]]:
    """Return the settings of the new run, and a remark if they leave out data.end."""
    changes: dict[str, Any] = {"training.refit": "all"}
    if given:
        changes |= place_of(source, opened.spec.data)
    dropped, end = [], opened.spec.data.end
    same = fingerprint(source) == opened.run.manifest()["data"]["sha256"]
    if end is not None and not same:
        changes["data.end"] = None
        dropped.append(f"data.end ({end}) is left out: every row of {source_name(source)} is learned")
    return opened.experiment.with_(changes), dropped


def _prepare(opened: OpenedRun, experiment: Experiment, source: TableSource) -> tuple[Refitting, SplitPanel]:
    """Read the table, check it as `train` does, and make it ready for training on all rows."""
    spec, run = experiment.spec, opened.run
    scored = fitted_of(opened, scored=True)
    whole = spec.model_copy(update={"split": EVERYTHING})
    table = read_and_split(whole, source, reader=partial(read_on_axis, time_axis=scored.time_axis))
    check_ids(run, table.raw.ids, table.raw.source)
    check_windows(whole, table.raw, table.split_bounds)
    return prepare_refit(spec, table, scored, epochs_needed(run, spec), smoke=opened.smoke), table


def _complete(
    result: OpenedRun,
    opened: OpenedRun,
    ready: Refitting,
    session: Session,
    *,
    listener: Listener | None,
) -> list[str]:
    """Train from the latest checkpoints, save and seal. Returns remarks for the user."""
    run, spec, prepared = session.run, result.spec, ready.prepared
    store = member_store(run, REFIT)
    final = train_again(ready, store, listener=listener, smoke=opened.smoke)
    save_network(spec, final, run)
    save_context(spec, prepared, run)
    notes = [*store.notes, *save_next_horizon(spec, prepared, final, run)]
    learned = learned_by(spec, prepared.panel, prepared.table.split_bounds)
    notes += [learned.sentence(), f"scores and intervals are those of {opened.run.path.resolve()}"]
    facts = run_facts(spec, session.inputs.data_sha256, int(prepared.table.findings.rows.sum()))
    manifest = opened.run.manifest()
    first = {"run": str(opened.run.path.resolve()), "data": manifest["data"]}
    # The epochs of a training anew, which history.csv no longer holds after an update.
    updated = {"updated": manifest["updated"]} if "updated" in manifest else {}
    session.seal({**facts, "scored": manifest.get("scored", first), **updated}, notes=notes)
    return notes


def _as_scored(run: RunDir, prepared: Prepared) -> Prepared:
    """Return the data with the ranges that were scored, for the report."""
    bounds = scored_bounds(run, prepared.panel)
    return replace(prepared, table=replace(prepared.table, split_bounds=bounds))
