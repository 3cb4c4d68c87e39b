"""The fit of one network: early stopping, schedules, checkpoints and divergence checks around Keras' fit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from forecaster.data.transforms.windows import Windows
from forecaster.errors import TrainingError
from forecaster.model.execution import Execution, predict_batch
from forecaster.model.loops.dataset import as_dataset
from forecaster.model.predict import predict_windows
from forecaster.runs.checkpoints import Fits
from forecaster.training.batches import BatchExtras, StreamTrainBatches, TrainBatches
from forecaster.training.compiling import compile_network
from forecaster.training.progress import EpochRow, Listener, progress_fault
from forecaster.training.schedules import rate_factor
from forecaster.training.spec import PlateauSchedule, TrainingSpec
from forecaster.training.state import (
    Arrays,
    CheckpointStore,
    Progress,
    array_of,
    arrays_fault,
    restore,
    set_weights,
    snapshot,
    weights_of,
)

Float32 = npt.NDArray[np.float32]
Score = Callable[[Float32], dict[str, float]]


@dataclass(frozen=True)
class MemberTask:
    """What one member of an ensemble is trained on."""

    train: Windows
    val: Windows | None
    score: Score | None
    """From the output for the validation windows, (windows, horizon, parameters x targets) in scaled units,
    to metrics by name, without the prefix val_; None without validation."""
    seed: int
    """Of the order of the windows."""
    member: int = 0
    """Counts from 0."""
    extras: BatchExtras | None = None


def fit(
    model: keras.Model,
    task: MemberTask,
    spec: TrainingSpec,
    *,
    execution: Execution,
    listener: Listener,
    checkpoints: CheckpointStore | None = None,
    until: int | None = None,
) -> list[EpochRow]:
    """Train a network, and leave in it the weights of its best epoch, or the last without early stopping.

    Args:
        model: A network from `build` or `network_to_train`.
        task: What it is trained on.
        spec: The `training` section of the experiment.
        execution: How the network runs.
        listener: Is told of every batch and epoch.
        checkpoints: Where training resumes from and saves to. An interrupted training that resumes ends in
            the same bytes as an uninterrupted one.
        until: The epoch to pause after, for a later call to resume from; None trains to the end.

    Returns:
        One row per epoch.

    Raises:
        TrainingError: The loss became NaN or infinite, or the monitored metric cannot be computed.
    """
    kind = StreamTrainBatches if task.extras and task.extras.streams else TrainBatches
    batches = kind(
        task.train,
        batch_size=spec.batch_size,
        seed=task.seed,
        steps=spec.steps_per_epoch,
        extras=task.extras,
    )
    compile_network(
        model,
        spec,
        execution=execution,
        steps_per_execution=min(execution.steps_per_execution, len(batches)),
    )
    session = _FitCallback(task, spec, batches, listener, checkpoints)
    saved = checkpoints.load(session.fault(model)) if checkpoints else None
    if saved is not None:
        session.resume(model, *saved)
    progress = session.progress
    if progress.step and not progress.stopped:
        # The rest of the interrupted epoch; the epochs after it are whole.
        batches.start_epoch(progress.epoch, progress.step)
        _run_epochs(model, batches, session, until=progress.epoch + 1)
        # At the end of every fit Keras replaces the weights by their moving average.
        set_weights(model, session.raw_weights)
    last = min(spec.epochs, until or spec.epochs)
    if progress.epoch < last and not progress.stopped:
        _run_epochs(model, batches, session, until=last)
    set_weights(model, session.best_weights or session.scored_weights())
    return [EpochRow(**row) for row in progress.history]


def _run_epochs(model: keras.Model, batches: TrainBatches, session: _FitCallback, *, until: int) -> None:
    # shuffle=False: Keras would shuffle the batches by Python's global generator.
    model.fit(
        as_dataset(batches),
        epochs=until,
        initial_epoch=session.progress.epoch,
        shuffle=False,
        verbose=0,
        callbacks=[session],
    )


class _FitCallback(keras.callbacks.Callback):
    """The state of one training, and what happens after batches and around epochs."""

    def __init__(
        self,
        task: MemberTask,
        spec: TrainingSpec,
        batches: TrainBatches,
        listener: Listener,
        checkpoints: CheckpointStore | None,
    ) -> None:
        super().__init__()
        self.task, self.spec, self.batches = task, spec, batches
        self.listener, self.checkpoints = listener, checkpoints
        self.progress = Progress()
        self.best_weights: Arrays | None = None
        self.raw_weights: Arrays = {}
        """Weights at the end of the last epoch, before any averaging."""
        self._metrics_to_restore: Arrays | None = None
        self._interval = _seconds(spec.checkpoint_every) if spec.checkpoint_every else None
        self._last_save = self._epoch_start = time.monotonic()

    # -- resuming ------------------------------------------------------------------

    def fault(self, model: keras.Model) -> Fits:
        """Return a function that tells why a checkpoint does not fit this training."""

        def found(arrays: Arrays, progress: dict[str, Any]) -> str | None:
            return arrays_fault(model, arrays) or progress_fault(
                progress,
                member=self.task.member,
                epochs=self.spec.epochs,
                steps=self.batches.steps_per_epoch,
            )

        return found

    def resume(self, model: keras.Model, arrays: Arrays, progress: dict[str, Any]) -> None:
        self.set_model(model)
        self.progress = Progress(**progress)
        self.best_weights = {
            k.removeprefix("best/"): v for k, v in arrays.items() if k.startswith("best/")
        } or None
        restore(model, arrays)
        # The result, where the checkpoint is of a member that has finished its last epoch.
        self.raw_weights = weights_of(model)
        # Keras clears the running loss at the start of an epoch, so it is restored after that.
        self._metrics_to_restore = arrays if self.progress.step else None

    def _save(self) -> None:
        if self.checkpoints is None:
            return
        best = {f"best/{k}": v for k, v in (self.best_weights or {}).items()}
        self.checkpoints.save(snapshot(self.model) | best, asdict(self.progress))
        self._last_save = time.monotonic()

    # -- batches and epochs ----------------------------------------------------------

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self._metrics_to_restore is not None:
            restore(self.model, self._metrics_to_restore)
            self._metrics_to_restore = None
        else:
            self.batches.start_epoch(epoch)
            self.progress.step = 0
            self.progress.seconds = 0.0
        factor = rate_factor(self.spec.schedule, epoch, self.spec.epochs) * self.progress.plateau_share
        self.model.optimizer.learning_rate = self.spec.optimizer.learning_rate * factor
        self._epoch_start = time.monotonic() - self.progress.seconds

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        loss = float((logs or {})["loss"])
        done = min(batch + 1 + self.batches.first_step, self.batches.steps_per_epoch)
        epoch = self.progress.epoch + 1
        if not math.isfinite(loss):
            raise _diverged(self.task.member, epoch, loss, self.spec)
        self.listener.batch_done(self.task.member, epoch, done, self.batches.steps_per_epoch, loss)
        # After its last batch an epoch is saved as a whole, once it is validated.
        whole = done == self.batches.steps_per_epoch
        if self._interval and not whole and time.monotonic() - self._last_save >= self._interval:
            self.progress.step = done
            self.progress.seconds = time.monotonic() - self._epoch_start
            self._save()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        loss = float((logs or {})["loss"])
        progress = self.progress
        self.raw_weights = weights_of(self.model)
        val, scored = self._validate()
        if not all(math.isfinite(v) for k, v in val.items() if k == "val_loss"):
            raise _diverged(self.task.member, epoch + 1, val["val_loss"], self.spec)
        better = self._compare({"loss": loss} | val)
        if better:
            progress.best_epoch = epoch + 1
            self.best_weights = scored if self.spec.early_stopping else None
        row = EpochRow(
            member=self.task.member,
            epoch=epoch + 1,
            loss=loss,
            learning_rate=float(array_of(self.model.optimizer.learning_rate)),
            seconds=round(time.monotonic() - self._epoch_start, 3),
            best=better,
            val=val,
            members=self.spec.ensemble,
        )
        progress.history.append(row.stored())
        progress.epoch, progress.step, progress.seconds = epoch + 1, 0, 0.0
        if progress.stopped or epoch + 1 == self.spec.epochs:
            progress.stopped = True
            self.model.stop_training = True
        self.batches.first_step = 0
        self._save()
        self.listener.epoch_done(row, self.spec.epochs)

    # -- validation ----------------------------------------------------------------

    def scored_weights(self) -> Arrays:
        """Return the weights that are scored and kept: their moving average under ema, else as they are."""
        # In half precision another optimizer, which scales the loss, wraps this one.
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        weights = dict(self.raw_weights)
        if self.spec.optimizer.ema is not None:
            averages = optimizer._model_variables_moving_average
            for variable, average in zip(self.model.trainable_variables, averages, strict=True):
                weights[variable.path] = array_of(average)
        return weights

    def _validate(self) -> tuple[dict[str, float], Arrays]:
        scored = self.scored_weights()
        if self.task.val is None or self.task.score is None:
            return {}, scored
        set_weights(self.model, scored)
        batch_size = predict_batch(self.model.spec, self.model.shape)
        forecast = predict_windows(self.model, self.task.val, batch_size=batch_size)
        set_weights(self.model, self.raw_weights)
        return {f"val_{name}": value for name, value in self.task.score(forecast).items()}, scored

    def _compare(self, values: dict[str, float]) -> bool:
        """Record whether to stop or to lower the rate; return whether this epoch is the best so far."""
        progress, stopping = self.progress, self.spec.early_stopping
        monitor = stopping.monitor if stopping else "val_loss"
        value = values.get(monitor, values["loss"])
        if not math.isfinite(value):
            raise TrainingError(
                f"{monitor} cannot be computed on these validation windows, and early stopping watches it",
                hint="watch val_loss or val_mae, or see why in the score table of the validation split",
                path="training.early_stopping.monitor",
            )
        least = stopping.min_delta if stopping else 0.0
        better = math.isfinite(value) and (progress.best is None or value < progress.best - least)
        if better:
            progress.best, progress.waited, progress.plateau_waited = value, 0, 0
            return True
        progress.waited += 1
        progress.plateau_waited += 1
        schedule = self.spec.schedule
        if isinstance(schedule, PlateauSchedule) and progress.plateau_waited >= schedule.patience:
            progress.plateau_share = max(schedule.floor, progress.plateau_share * schedule.factor)
            progress.plateau_waited = 0
        progress.stopped = bool(stopping and progress.waited >= stopping.patience)
        return False


def _seconds(text: str) -> float:
    return int(text[:-1]) * {"s": 1.0, "m": 60.0, "h": 3600.0}[text[-1]]


def _diverged(member: int, epoch: int, loss: float, spec: TrainingSpec) -> TrainingError:
    rate = spec.optimizer.learning_rate
    who = f"member {member + 1}, " if spec.ensemble > 1 else ""
    clipped = any((spec.optimizer.clipnorm, spec.optimizer.clipvalue, spec.optimizer.global_clipnorm))
    advice = f"try training.optimizer.learning_rate={rate / 10:g}"
    if not clipped:
        advice += " or training.optimizer.clipnorm=1.0"
    return TrainingError(
        f"{who}epoch {epoch}: the loss became {loss}",
        hint=f"{advice}; relu layers in a recurrent stack often need both",
        path="training.optimizer",
    )
