"""From windows to a fitted forecaster and its scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from forecaster.config.spec import ExperimentSpec
from forecaster.forecasting.fitted import Fitted, TrainingScales
from forecaster.runs.directory import RunDir
from forecaster.stages.prepared import Prepared
from forecaster.stages.scoring import ScoredForecasts, forecast_splits, score
from forecaster.stages.validation import batch_extras, val_score_of
from forecaster.training.progress import EpochRow, Listener, Silent

if TYPE_CHECKING:
    from forecaster.training.state import CheckpointStore


@dataclass(frozen=True)
class Trained:
    """What training leaves behind, and how good it is."""

    fitted: Fitted
    history: list[EpochRow]
    scored: ScoredForecasts


@dataclass(frozen=True)
class MemberStore:
    """Where the members of an ensemble keep their checkpoints, and who is told that one is done.

    Attributes:
        checkpoints: The store of a member, counted from 0.
        done: Takes the member, its last epoch and, where it is averaged with its anchor, its blend weight.
    """

    checkpoints: Callable[[int], CheckpointStore]
    done: Callable[[int, int, float | None], None]


def member_store(run: RunDir, part: str = "") -> MemberStore:
    """Checkpoints in a run directory, and a line in its events for every member.

    Args:
        run: The directory.
        part: Of the run, such as a fold of a backtest, whose members are no events of the run.
    """

    def done(member: int, epochs: int, blend_weight: float | None) -> None:
        if not part:
            run.event("member_done", member=member, epochs=epochs, network_share=blend_weight)

    return MemberStore(lambda member: run.checkpoints(member, part), done)


def fit_and_score(
    spec: ExperimentSpec,
    prepared: Prepared,
    store: MemberStore,
    *,
    listener: Listener | None = None,
    smoke: bool = False,
) -> Trained:
    """Fit every member, forecast validation and test, score both beside the baselines.

    Args:
        spec: Of the experiment.
        prepared: The table.
        store: Training goes on from the checkpoints that are there.
        listener: Is told about batches and epochs.
        smoke: One epoch, two members at most.

    Raises:
        TrainingError: When the loss becomes NaN or infinite.
    """
    fitted, history = fit_members(spec, prepared, store, listener=listener, smoke=smoke)
    scored = score(spec, prepared, forecast_splits(spec, fitted, prepared))
    scales = TrainingScales(prepared.panel.ids, *prepared.scales)
    return Trained(replace(fitted, training=scales, calibration=scored.calibration), history, scored)


def fit_members(
    spec: ExperimentSpec,
    prepared: Prepared,
    store: MemberStore,
    *,
    listener: Listener | None = None,
    smoke: bool = False,
    until: int | None = None,
) -> tuple[Fitted, list[EpochRow]]:
    """Fit every member, from its checkpoint where there is one.

    Args:
        spec: Of the experiment.
        prepared: The table.
        store: Of the checkpoints.
        listener: Is told about batches and epochs.
        smoke: One epoch, two members at most.
        until: The epoch to pause after; None trains to the end.
    """
    from forecaster.training.backend import has_gpu, start_backend

    start_backend(spec.runtime)
    from forecaster.model.anchor import choose_blend_weight, fit_anchor
    from forecaster.model.build import build
    from forecaster.model.execution import PREDICT_BATCH, choose_execution
    from forecaster.training.fit import MemberTask, fit
    from forecaster.training.state import weights_of

    training, windows = spec.training, prepared.windows
    if smoke:
        training = training.model_copy(
            update={"epochs": 1, "ensemble": min(training.ensemble, 2), "steps_per_epoch": None}
        )
    batch_size = training.batch_size
    side_by_side = min(batch_size, len(prepared.panel.ids)) if spec.model.stateful else batch_size
    n_batches = training.steps_per_epoch or -(-len(windows["train"]) // side_by_side)
    execution = choose_execution(
        spec.model,
        prepared.shape,
        batch_size=side_by_side,
        n_batches=n_batches,
        n_epochs=min(training.epochs, until or training.epochs),
        threads=spec.runtime.threads,
        gpu=has_gpu(),
    )
    history, members, extras = [], [], batch_extras(spec, prepared)
    val = windows["val"] if len(windows["val"]) else None
    val_score = val_score_of(spec, prepared, extras) if val else None
    anchor, anchor_spec = None, spec.model.anchor
    for member in range(training.ensemble):
        seed = spec.seed + member
        network = build(
            spec.model, prepared.shape, seed=seed, unroll=execution.unroll, streams=extras.streams or 1
        )
        network.run_as(execution, min(batch_size, len(windows["train"])))
        if anchor_spec is not None:
            if anchor is None:
                anchor = fit_anchor(
                    anchor_spec, network.normalization, prepared.shape, train=windows["train"], val=val
                )
            network.set_anchor(anchor)
        task = MemberTask(windows["train"], val, val_score, seed, member, extras)
        history += fit(
            network,
            task,
            training,
            execution=execution,
            listener=listener or Silent(),
            checkpoints=store.checkpoints(member),
            until=until,
        )
        blend_weight = None
        if val is not None and anchor_spec is not None and anchor_spec.mode == "average":
            blend_weight = choose_blend_weight(network, val, PREDICT_BATCH)
        members.append(weights_of(network))
        store.done(member, history[-1].epoch, blend_weight)
    scaler, encoders = prepared.transforms
    fitted = Fitted(spec.model, prepared.shape, scaler, members, prepared.panel.time_axis, encoders)
    return fitted, history
