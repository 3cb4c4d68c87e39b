"""The code of a worker: train and score one trial, or make the run of the best config."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.files import table_files
from forecaster.data.reading.sources import TableSource
from forecaster.data.spec import DataSpec, WindowSpec
from forecaster.data.transforms.split import SplitName
from forecaster.data.transforms.windows import Windows, cut_windows
from forecaster.errors import TrainingError
from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.scored import Scored
from forecaster.forecasting.engine import KerasEngine
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.forecast import Forecast
from forecaster.runs.directory import CHECKPOINTS, RunDir
from forecaster.runs.files import write_text
from forecaster.runs.session import Inputs, Session
from forecaster.stages.complete import complete_run
from forecaster.stages.fitting import blended, fit_members, member_store
from forecaster.stages.prepared import SMOKE_WINDOWS, Prepared, prepare, read, spread_evenly
from forecaster.stages.saving import save_splits
from forecaster.stages.validation import batch_extras, val_score_of
from forecaster.system import MIB, peak_memory
from forecaster.training.backend import forget_networks, start_backend
from forecaster.training.progress import EpochRow
from forecaster.training.spec import RuntimeSpec

CONFIG = "config.yaml"
# Takes the progress of a task: the keys epoch, epochs and val_loss.
Report = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class TrialTask:
    """The task of one trial, as plain values.

    Attributes:
        folder: The folder of the trial.
        config: The config of the trial, as YAML.
        reference: Lookback, stride and short of the windows whose targets every trial is scored on.
        previous: The folder of the trial whose checkpoints this one continues from; None begins at random weights.
        until: The epoch to pause after; None trains to the end.
        executions: The number of trainings from different seeds.
        folds: The number of rolling cutoffs.
        smoke: Whether to use a few windows only.
    """

    folder: str
    config: str
    reference: dict[str, Any]
    previous: str | None = None
    until: int | None = None
    executions: int = 1
    folds: int = 1
    smoke: bool = False


def start(setup: dict[str, Any]) -> None:
    """Load the backend before the first task.

    Args:
        setup: The key runtime holds the runtime section of the config.
    """
    start_backend(RuntimeSpec.model_validate(setup["runtime"]))


def run(task: dict[str, Any], report: Report) -> dict[str, Any]:
    """Run a task.

    Args:
        task: The key kind is "trial" or "finish"; the others are those of `TrialTask` or of `finish_run`.
        report: Takes each epoch.

    Returns:
        The result of `run_trial` or of `finish_run`.
    """
    kind = task.pop("kind")
    return finish_run(task, report) if kind == "finish" else run_trial(TrialTask(**task), report)


def run_trial(task: TrialTask, report: Report) -> dict[str, Any]:
    """Train and score a trial, from its checkpoints if it was interrupted. The checkpoints stay in its folder.

    Args:
        task: The trial.
        report: Takes each epoch.

    Returns:
        The keys score, the mean over folds and executions, details, for the log, and notes, remarks for the user.

    Raises:
        TrainingError: When the loss or the score becomes NaN or infinite.
        DataError: When the table does not fit the config.
    """
    forget_networks()
    folder = Path(task.folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / CONFIG
    if task.previous and not config.is_file() and Path(task.previous).is_dir():
        for old in sorted(Path(task.previous).iterdir()):
            if old.is_dir():
                shutil.copytree(old / CHECKPOINTS, folder / old.name / CHECKPOINTS, dirs_exist_ok=True)
    # The config comes after the checkpoints, so that a folder with a config has all of them.
    write_text(config, task.config)
    experiment = Experiment.from_yaml(config)
    notes: list[str] = []
    scores, epochs, n_parameters = [], [], 0
    for fold in range(task.folds):
        prepared = prepare(
            experiment.spec, experiment.data_path, smoke=task.smoke, fold=fold, reader=_last_read
        )
        for execution in range(task.executions):
            spec = _reseeded(experiment.spec, execution)
            part = RunDir(folder / f"fold{fold}-seed{execution}")
            part.path.mkdir(exist_ok=True)
            store = member_store(part)
            reporter = _EpochReporter(report)
            fitted, history = fit_members(spec, prepared, store, listener=reporter, until=task.until)
            notes += store.notes
            shared = common_windows(spec, prepared, task.reference, smoke=task.smoke)
            scores.append(
                scored_in_training(spec, prepared, history, shared) or _score(spec, prepared, fitted, shared)
            )
            epochs.append(history[-1].epoch)
            n_parameters = sum(a.size for a in fitted.members[0].values())
    metric = experiment.spec.tune.objective.metric.removeprefix("val_")
    value = float(np.mean([s[metric] for s in scores]))
    if not math.isfinite(value):
        raise TrainingError(f"val_{metric} is {value} on the validation windows that all trials share")
    return {
        "score": value,
        "notes": notes,
        "details": {
            "metrics": {f"val_{k}": _finite(np.mean([s[k] for s in scores])) for k in scores[0]},
            "scores": [s[metric] for s in scores] if len(scores) > 1 else None,
            "epochs": max(epochs),
            "parameters": int(n_parameters),
            "peak_mib": peak_memory() // MIB,
        },
    }


def finish_run(task: dict[str, Any], report: Report) -> dict[str, Any]:
    """Train the best config to the end, from the checkpoints in the run directory, and complete the run.

    Args:
        task: The keys config, run, given, fingerprint and smoke.
        report: Takes each epoch.

    Returns:
        The key notes: remarks for the user.
    """
    experiment, run = Experiment.from_yaml(task["config"]), RunDir(Path(task["run"]))
    spec, source, smoke = experiment.spec, experiment.data_path, task["smoke"]
    prepared = prepare(spec, source, smoke=smoke, reader=_last_read)
    resolved = experiment.resolved_yaml(relative_to=run.path)
    # config.yaml of the run is the file with the search spaces; best.yaml holds the best values.
    inputs = Inputs("tune", resolved, task["given"], task["fingerprint"], smoke)
    # The process of the search has claimed the directory, so this one does not.
    session = Session(run, inputs, run.started())
    session.write_inputs(lambda run: save_splits(spec, prepared, run))
    notes = complete_run(experiment, source, prepared, session, listener=_EpochReporter(report))
    return {"notes": notes}


class _LastRead:
    """A reader that keeps the last table, because most trials of a search read the same one."""

    def __init__(self) -> None:
        self.of: tuple[Any, ...] = ()
        self.found: tuple[Panel, Findings] | None = None

    def __call__(self, data: DataSpec, source: TableSource) -> tuple[Panel, Findings]:
        if not isinstance(source, Path):
            return read(data, source)
        settings = data.model_dump_json(exclude={"path", "calendar", "missing"})
        files = [(p.resolve(), p.stat()) for p in table_files(source)]
        of = (settings, *((path, stat.st_mtime_ns, stat.st_size) for path, stat in files))
        if self.found is None or self.of != of:
            # The old table is released first, so that two tables are never in memory at once.
            self.found = None
            self.of, self.found = of, read(data, source)
        return self.found


_last_read = _LastRead()


def scored_in_training(
    spec: ExperimentSpec, prepared: Prepared, history: list[EpochRow], windows: Windows
) -> dict[str, float] | None:
    """Return the scores of the final weights if training has computed them for exactly these windows, else None.

    Training scores one network. The forecast of an ensemble, or of a mean with an anchor or a blend, must be scored
    separately.

    Args:
        spec: The settings of the trial.
        prepared: The data.
        history: The epochs of the training.
        windows: The windows to score.
    """
    training, anchor, own = (
        spec.training,
        spec.model.anchor,
        prepared.windows["val"],
    )
    alone = training.ensemble == 1 and not spec.model.blend and (anchor is None or anchor.mode != "average")
    same = len(own) == len(windows) and all(
        np.array_equal(getattr(own, part), getattr(windows, part)) for part in ("series", "start")
    )
    if not (alone and same):
        return None
    kept = [row for row in history if row.best] if training.early_stopping else history
    return {name.removeprefix("val_"): value for name, value in kept[-1].val.items()}


def common_windows(
    spec: ExperimentSpec, prepared: Prepared, reference: dict[str, Any], *, smoke: bool = False
) -> Windows:
    """Return windows with the lookback of this trial at the validation targets that all trials share.

    Args:
        spec: The settings of the trial.
        prepared: The data.
        reference: Lookback, stride and short of the shared windows.
        smoke: Whether to use a few windows only.
    """
    window, source = spec.window, prepared.windows["val"].source
    if spec.model.stateful:
        return prepared.windows["val"]
    shared = WindowSpec.model_validate({**window.model_dump(), **reference})
    found = cut_windows(source, prepared.table.split_bounds, "val", shared)
    if smoke:
        found = spread_evenly(found, SMOKE_WINDOWS["val"])
    start = found.target_row - window.lookback
    padded = window.short == "pad"
    return Windows(source, window.lookback, window.horizon, found.series, start, padded=padded)


def _reseeded(spec: ExperimentSpec, execution: int) -> ExperimentSpec:
    """Return the settings with the seed of an execution, counted from 0."""
    if execution == 0:
        return spec
    # The distance keeps the seeds apart from those of the members of an ensemble, which are consecutive.
    return spec.model_copy(update={"seed": (spec.seed + 1_000 * execution) % 2**31})


def _score(spec: ExperimentSpec, prepared: Prepared, fitted: Fitted, windows: Windows) -> dict[str, float]:
    """Return the metrics of the mean forecast in original units, and the mean loss of the members in scaled units."""
    score = val_score_of(spec, prepared, batch_extras(spec, prepared), windows)
    engine = KerasEngine(fitted.spec, fitted.shape, fitted.members)
    members = [score(engine.outputs(member, windows)) for member in range(len(fitted.members))]
    if len(members) == 1 and not spec.model.blend:
        return members[0]
    chosen_on = prepared.windows["val"]
    network: dict[SplitName, Forecast] = {}
    if len(chosen_on):
        network["val"] = fitted.forecast(chosen_on, chosen_on.series.astype(np.int64))
    fitted, _ = blended(spec, fitted, prepared, network)
    forecast = fitted.forecast(windows, windows.series.astype(np.int64)).point
    scored = Scored(prepared.actual(windows), forecast, windows.series, *prepared.scales)
    metrics = {name: METRICS[name](scored) for name in members[0] if name in METRICS}
    return {"loss": float(np.mean([m["loss"] for m in members])), **metrics}


class _EpochReporter:
    """A listener that reports every epoch to the search."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        """Ignore the batch."""

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        """Report the epoch."""
        self.report(
            {"epoch": row.epoch, "epochs": epochs, "val_loss": _finite(row.val.get("val_loss", math.nan))}
        )


def _finite(value: Any) -> float | None:
    """Return a number, or None for NaN and infinity, which JSON does not have."""
    return float(value) if math.isfinite(value) else None
