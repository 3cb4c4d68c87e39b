"""One trial of a search, and the last training of its winner, inside a worker process."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import TableSource, table_files
from forecaster.data.spec import DataSpec, WindowSpec
from forecaster.data.transforms.windows import Windows, cut_windows
from forecaster.errors import TrainingError
from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.scored import Scored
from forecaster.forecasting.fitted import Fitted, fill_weights
from forecaster.model.execution import PREDICT_BATCH
from forecaster.runs.directory import CHECKPOINTS, RunDir
from forecaster.runs.files import write_text
from forecaster.runs.session import Inputs, Session
from forecaster.stages.complete import complete_run
from forecaster.stages.fitting import fit_members, member_store
from forecaster.stages.prepared import SMOKE_WINDOWS, Prepared, prepare, read, spread_evenly
from forecaster.stages.saving import save_splits
from forecaster.stages.validation import batch_extras, val_score_of
from forecaster.system import MIB, peak_memory
from forecaster.training.backend import forget_networks, start_backend
from forecaster.training.progress import EpochRow
from forecaster.training.spec import RuntimeSpec

CONFIG = "config.yaml"
Say = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class TrialTask:
    """What a worker is sent, as plain values.

    folder: of the trial. config: YAML text of the filled experiment. previous: folder of the trial whose
    checkpoints it goes on from. until: the epoch to pause after. reference: lookback, stride and short of the
    windows whose targets every trial is scored on. executions: trainings from different seeds. folds:
    rolling origins.
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
    """Load the backend before the first task."""
    start_backend(RuntimeSpec.model_validate(setup["runtime"]))


def run(task: dict[str, Any], say: Say) -> dict[str, Any]:
    """One task, by its kind."""
    kind = task.pop("kind")
    return finish_run(task, say) if kind == "finish" else run_trial(TrialTask(**task), say)


def run_trial(task: TrialTask, say: Say) -> dict[str, Any]:
    """Train and score. Returns score, details for the log; checkpoints stay in the trial's folder.

    A folder that a kill left is gone on from.
    """
    forget_networks()
    folder = Path(task.folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / CONFIG
    if task.previous and not config.is_file() and Path(task.previous).is_dir():
        for old in sorted(Path(task.previous).iterdir()):
            if old.is_dir():
                shutil.copytree(old / CHECKPOINTS, folder / old.name / CHECKPOINTS, dirs_exist_ok=True)
    # After the checkpoints: a folder with a config has all of them.
    write_text(config, task.config)
    experiment = Experiment.from_yaml(config)
    scores, epochs, n_parameters = [], [], 0
    for fold in range(task.folds):
        prepared = prepare(
            experiment.spec, experiment.data_path, smoke=task.smoke, fold=fold, reader=_last_read
        )
        for execution in range(task.executions):
            spec = _reseeded(experiment.spec, execution)
            part = RunDir(folder / f"fold{fold}-seed{execution}")
            part.path.mkdir(exist_ok=True)
            fitted, history = fit_members(
                spec, prepared, member_store(part), listener=_EpochReporter(say), until=task.until
            )
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
        "details": {
            "metrics": {f"val_{k}": _finite(np.mean([s[k] for s in scores])) for k in scores[0]},
            "scores": [s[metric] for s in scores] if len(scores) > 1 else None,
            "epochs": max(epochs),
            "parameters": int(n_parameters),
            "peak_mib": peak_memory() // MIB,
        },
    }


def finish_run(task: dict[str, Any], say: Say) -> dict[str, Any]:
    """Train the best config to its end, from the checkpoints in the run directory, and write the run."""
    experiment, run = Experiment.from_yaml(task["config"]), RunDir(Path(task["run"]))
    spec, source, smoke = experiment.spec, experiment.data_path, task["smoke"]
    prepared = prepare(spec, source, smoke=smoke, reader=_last_read)
    resolved = experiment.resolved_yaml(relative_to=run.path)
    # The file as given is the one with the search spaces; best.yaml has what came of them.
    inputs = Inputs("tune", resolved, task["given"], task["fingerprint"], smoke)
    # The search holds the directory for this process, too.
    session = Session(run, inputs, run.started())
    session.write_inputs(lambda run: save_splits(spec, prepared, run))
    notes = complete_run(experiment, source, prepared, session, listener=_EpochReporter(say))
    return {"notes": notes}


class _LastRead:
    """The table that this process read last: the trials of a search mostly want the same one."""

    def __init__(self) -> None:
        self.of: tuple[Any, ...] = ()
        self.found: tuple[Panel, Findings] | None = None

    def __call__(self, data: DataSpec, source: TableSource) -> tuple[Panel, Findings]:
        if isinstance(source, ArrowTable):
            return read(data, source)
        settings = data.model_dump_json(exclude={"path", "calendar", "missing"})
        files = [(p.resolve(), p.stat()) for p in table_files(source)]
        of = (settings, *((path, stat.st_mtime_ns, stat.st_size) for path, stat in files))
        if self.found is None or self.of != of:
            # Given up first, so that two tables are never held at once.
            self.found = None
            self.of, self.found = of, read(data, source)
        return self.found


_last_read = _LastRead()


def scored_in_training(
    spec: ExperimentSpec, prepared: Prepared, history: list[EpochRow], windows: Windows
) -> dict[str, float] | None:
    """The scores at these windows of the weights that training kept, where training itself computed them.

    None where the windows are others than those it validated on, and where the forecast is more than that
    of one network.
    """
    training, anchor, own = (
        spec.training,
        spec.model.anchor,
        prepared.windows["val"],
    )
    alone = training.ensemble == 1 and (anchor is None or anchor.mode != "average")
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
    """Windows of this experiment's own lookback at the validation targets that all trials share.

    Those are the ones that the longest lookback of the space reaches.
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
    if execution == 0:
        return spec
    # Far from the seeds of an ensemble's members, which follow one another.
    return spec.model_copy(update={"seed": (spec.seed + 1_000 * execution) % 2**31})


def _score(spec: ExperimentSpec, prepared: Prepared, fitted: Fitted, windows: Windows) -> dict[str, float]:
    """Metrics of the ensemble's mean in original units; the loss, in scaled ones, is the mean of its members'."""
    from forecaster.model.predict import predict_windows

    at_these = replace(prepared, windows={**prepared.windows, "val": windows})
    score = val_score_of(spec, at_these, batch_extras(spec, prepared))
    network = fitted.network(streams=min(PREDICT_BATCH, len(np.unique(windows.series))))
    members = []
    for weights in fitted.members:
        fill_weights(network, weights)
        members.append(score(predict_windows(network, windows, batch_size=min(PREDICT_BATCH, len(windows)))))
    if len(members) == 1:
        return members[0]
    forecast = fitted.forecast(windows, windows.series.astype(np.int64)).point
    scored = Scored(prepared.actual(windows), forecast, windows.series, *prepared.scales)
    metrics = {name: METRICS[name](scored) for name in members[0] if name in METRICS}
    return {"loss": float(np.mean([m["loss"] for m in members])), **metrics}


class _EpochReporter:
    """Tells the search about every epoch."""

    def __init__(self, say: Say) -> None:
        self.say = say

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        pass

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        self.say(
            {"epoch": row.epoch, "epochs": epochs, "val_loss": _finite(row.val.get("val_loss", math.nan))}
        )


def _finite(value: Any) -> float | None:
    """JSON has no NaN."""
    return float(value) if math.isfinite(value) else None
