"""Update: train the networks of a run on with newer rows, and publish them where they are not worse than the run."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from forecaster.config.experiment import Experiment
from forecaster.data.arrays import Ints
from forecaster.data.reading.sources import TableSource, place_of, source_name
from forecaster.data.transforms.fitted import FittedTransforms
from forecaster.data.transforms.split import SPLITS, SplitName
from forecaster.errors import DataError, Notify, UsageError
from forecaster.evaluation.gate import Gate
from forecaster.forecasting.fitted import Fitted
from forecaster.runs.claim import check_free
from forecaster.runs.directory import RunDir, new_run_path
from forecaster.runs.session import Session, open_session
from forecaster.stages.checks import check_baselines, check_windows
from forecaster.stages.fitting import fit_and_score, member_store
from forecaster.stages.learned import check_ids, last_rows, rows_seen, series_of
from forecaster.stages.loaded import fitted_of
from forecaster.stages.metrics import metrics_of
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import Prepared, SplitPanel, read_and_split
from forecaster.stages.refitting import REFIT, Start, prepare_refit
from forecaster.stages.refitting import refit as train_on_all
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
from forecaster.stages.saving import save, save_splits
from forecaster.stages.updating import Updating, against_the_run, prepare_update
from forecaster.system import quoted as as_typed
from forecaster.training.progress import Listener


@dataclass(frozen=True)
class UpdateResult:
    """An update, published or not.

    Attributes:
        run: The new run directory; None where the networks were worse, so that there is none.
        experiment: The settings of the new run.
        source: The table.
        metrics: The content of metrics.json of the new run; empty without one.
        gate: Its comparison with the run before: the entry of the manifest.
        sentence: The comparison in words.
        notes: Remarks for the user.
        needs_future: Whether a forecast needs future covariates that the table does not hold.
        already_complete: Whether the directory held the complete run, so that nothing was trained.
    """

    run: RunDir | None
    experiment: Experiment
    source: TableSource
    metrics: dict[str, Any]
    gate: Mapping[str, Any]
    sentence: str
    notes: list[str]
    needs_future: bool = False
    already_complete: bool = False


@dataclass(frozen=True)
class _Outcome:
    """What a training on has led to."""

    gate: dict[str, Any]
    sentence: str
    notes: list[str]
    published: bool


def update(
    opened: OpenedRun,
    options: NewRunOptions,
    *,
    data: TableSource | None = None,
    listener: Listener | None = None,
    notify: Notify,
) -> UpdateResult:
    """Train the networks of a run on with old and new rows, and publish a new run where it is not worse.

    The table is split as the settings say. From the weights of the networks that were scored, the training rows are
    learned for a part of the epochs at a low learning rate; the validation rows calibrate the intervals. On the test
    windows that neither has learned the result is held against the run. With `training.refit` the networks of
    `predict` are trained on as well, on all rows. The run before is not changed.

    Args:
        opened: The run before.
        options: The new run directory, and whether to resume or replace the run in it.
        data: The table; None is the run's own table as it is now.
        listener: Takes batches and epochs.
        notify: Takes warnings and remarks as they arise.

    Returns:
        The new run, or None in its place, and the comparison.

    Raises:
        DataError: When the table cannot be used or has no new rows, a file of the run before is damaged, or there is
            nothing to resume.
        UsageError: When the new run would be written into the run before, or the run has no test range.
        RunTakenError: When the new run directory exists, or another process is using it.
        EnvironmentError_: When the disk is full.
        TrainingError: When the loss becomes NaN or infinite.
    """
    before, source = opened.run, opened.present_table() if data is None else data
    experiment, changed = _experiment(opened, source, given=data is not None)
    path = options.run_dir or new_run_path(output_dir(experiment), experiment.spec.name)
    check_apart(before.path, path, "that is updated")
    check_free(path, resume=options.resume, overwrite=options.overwrite)
    scored = fitted_of(opened, scored=True)
    ready = _prepare(opened, experiment, source, scored)
    table = ready.prepared.table
    said = [*changed, *ready.notes, *remarks(before, experiment, ready.prepared, source_name(source))]
    notify([*table.findings.warnings], said)
    inputs = inputs_of("update", opened, experiment, source, path, data=data)
    needs_future = table.needs_future(experiment.spec)
    with open_session(path, inputs, resume=options.resume, overwrite=options.overwrite) as session:
        run = session.run
        result = OpenedRun(run, experiment, source)
        if session.complete:
            # The last process may have been killed between the manifest and the report.
            write_missing_report(result, ready.prepared)
            made = run.manifest()["updated"]["gate"]
            found = _Outcome(made, "", [], published=True)
        else:
            session.begin(lambda run: save_splits(experiment.spec, ready.prepared, run))
            found = _complete(result, opened, scored, ready, session, listener=listener)
        if found.published:
            return UpdateResult(
                run,
                experiment,
                source,
                metrics_of(run),
                found.gate,
                found.sentence,
                found.notes,
                needs_future,
                session.complete,
            )
        session.give_up()
    if options.run_dir is None:
        # Nobody else knows its name, so no other process can be about to lock it.
        shutil.rmtree(path, ignore_errors=True)
    return UpdateResult(None, experiment, source, {}, found.gate, found.sentence, found.notes)


def _experiment(opened: OpenedRun, source: TableSource, *, given: bool) -> tuple[Experiment, list[str]]:
    """Return the settings of the new run, and remarks on what they leave out or count anew."""
    changes: dict[str, Any] = {}
    if given:
        changes |= place_of(source, opened.spec.data)
    notes, end, split = [], opened.spec.data.end, opened.spec.split
    if split.test == 0:
        raise UsageError(
            f"{opened.run.path}: has no test range (split.test: 0), so there are no windows to hold the new networks "
            "against the old ones",
            hint=f"train with split.test, or use forecaster refit {as_typed(str(opened.run.path))}",
        )
    if end is not None:
        changes["data.end"] = None
        notes.append(f"data.end ({end}) is left out: newer rows are learned")
    for name in ("val", "test"):
        date = getattr(split, name)
        if isinstance(date, str):
            steps = _steps_of(opened, "val" if name == "val" else "test")
            changes[f"split.{name}"] = steps
            notes.append(
                f"split.{name} begins {steps:,} steps before the end now, as many as it had, and not at {date}"
            )
    return opened.experiment.with_(changes) if changes else opened.experiment, notes


def _steps_of(opened: OpenedRun, split: SplitName) -> int:
    """Return the number of steps of a split in the series where it is longest."""
    axis = fitted_of(opened, scored=True).time_axis
    longest = 0
    for one in series_of(opened.run):
        first, last = one[split]["first"], one[split]["last"]
        if first is not None and last is not None:
            longest = max(longest, axis.ceil_position(last) - axis.ceil_position(first) + 1)
    return longest


def _prepare(opened: OpenedRun, experiment: Experiment, source: TableSource, scored: Fitted) -> Updating:
    """Read the table, check it as `train` does and for new rows, and make it ready for training on."""
    spec, run = experiment.spec, opened.run
    table = read_and_split(spec, source, reader=partial(read_on_axis, time_axis=scored.time_axis))
    check_ids(run, table.raw.ids, table.raw.source)
    _check_newer(run, table, source_name(source))
    check_windows(spec, table.raw, table.split_bounds)
    check_baselines(spec, table.raw, table.split_bounds)
    ready = prepare_update(
        spec,
        table,
        scored,
        epochs_needed(run, spec)[: len(scored.members)],
        rows_seen=rows_seen(run, table.raw, scored=True),
        smoke=opened.smoke,
    )
    if not len(ready.held_out):
        raise DataError(
            f"{source_name(source)}: holds no test window after the rows that {run.path} was trained and chosen on",
            hint="use a table with more new rows, and with the old rows before them",
        )
    return ready


def _check_newer(run: RunDir, table: SplitPanel, name: str) -> None:
    """Raise DataError when no series of the run goes on, and there is no new one."""
    panel = table.raw
    ends: dict[str, int | None] = last_rows(run, panel.time_axis, SPLITS)
    last: Ints = panel.first + panel.lengths - 1
    known = [(end, ends.get(one)) for one, end in zip(panel.ids, last.tolist(), strict=True)]
    if any(before is None or end > before for end, before in known):
        return
    newest = panel.time_axis.text(np.array([max(e for e in ends.values() if e is not None)]))[0]
    raise DataError(
        f"{name}: has no rows after {newest}, up to which {run.path} has them",
        hint="pass a table with newer rows with --data",
    )


def _complete(
    result: OpenedRun,
    opened: OpenedRun,
    scored: Fitted,
    ready: Updating,
    session: Session,
    *,
    listener: Listener | None,
) -> _Outcome:
    """Train on from the latest checkpoints, compare, and save and seal what is not worse."""
    run, spec = session.run, result.spec
    store = member_store(run)
    trained = fit_and_score(
        ready.spec, ready.prepared, store, listener=listener, smoke=opened.smoke, carried=ready.carried
    )
    found = against_the_run(spec, ready, scored, trained, (str(run.path), str(opened.run.path)))
    numbers = _entry(found)
    if found.worse:
        return _Outcome(numbers, found.sentence(), store.notes, published=False)
    again = member_store(run, REFIT)
    final = None
    if spec.training.refit != "none":
        newest = fitted_of(opened)
        start = Start(tuple(newest.members), _scaled_as(ready.prepared, newest, scored))
        final = train_on_all(
            prepare_refit(
                ready.spec,
                ready.prepared.table,
                trained.fitted,
                ready.carried.epochs,
                smoke=opened.smoke,
                start=start,
            ),
            again,
            listener=listener,
            smoke=opened.smoke,
            members_before=len(trained.fitted.members),
        )
    made = {
        "run": str(opened.run.path.resolve()),
        "sha256": opened.run.sha256,
        "updates": 1 + opened.run.manifest().get("updated", {}).get("updates", 0),
        "epochs": list(epochs_needed(opened.run, opened.spec)),
        "gate": numbers,
    }
    notes = save(spec, ready.prepared, trained, session, final=final, updated=made)
    # The report comes after the seal, because it can be written again from a complete run at any time.
    write_report(result, prepared=ready.prepared)
    return _Outcome(numbers, found.sentence(), [*store.notes, *again.notes, *notes], published=True)


def _scaled_as(prepared: Prepared, newest: Fitted, scored: Fitted) -> FittedTransforms:
    """Return the transforms that the networks of `predict` are trained on with.

    Those of the update where it scales anew or knows more series than the run; else those that the networks had.
    """
    used = prepared.transforms
    same = np.array_equal(used.scaler.loc, scored.scaler.loc) and np.array_equal(
        used.scaler.scale, scored.scaler.scale
    )
    return FittedTransforms(newest.scaler, newest.encoders) if same else used


def _entry(found: Gate) -> dict[str, Any]:
    """Return the comparison as the manifest holds it."""

    def plain(value: float | None) -> float | None:
        return None if value is None or math.isnan(value) else value

    test = found.test
    return {
        "challenger": plain(found.errors[0]),
        "champion": plain(found.errors[1]),
        "windows": found.windows,
        "difference": plain(test.difference),
        "statistic": plain(test.statistic),
        "p": test.p,
        "cutoffs": test.origins,
        "series": test.series,
    }
