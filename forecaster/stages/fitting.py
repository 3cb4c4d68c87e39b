"""Fit the members of an ensemble, and score their forecasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import AnyFloats
from forecaster.data.transforms.split import SplitName
from forecaster.forecasting.blend import NETWORK, Blend, choose_weights, classical_forecast, prior
from forecaster.forecasting.engine import fill_weights
from forecaster.forecasting.fitted import Fitted, TrainingScales
from forecaster.forecasting.forecast import Forecast
from forecaster.model.linear import spread_out
from forecaster.runs.arrays import Arrays
from forecaster.runs.directory import RunDir
from forecaster.stages.prepared import Prepared
from forecaster.stages.scoring import ScoredForecasts, forecast_splits, score
from forecaster.stages.validation import batch_extras, val_score_of
from forecaster.training.backend import has_gpu, start_backend
from forecaster.training.progress import EpochRow, Listener, Silent

if TYPE_CHECKING:
    from forecaster.training.state import CheckpointStore


@dataclass(frozen=True)
class Trained:
    """A fitted forecaster and its scores.

    Attributes:
        fitted: The weights, the scaler and everything else that a forecast needs.
        history: The epochs of every member, in order.
        scored: The forecasts of the validation and test windows, and their scores.
    """

    fitted: Fitted
    history: list[EpochRow]
    scored: ScoredForecasts


@dataclass(frozen=True)
class MemberStore:
    """The checkpoints of an ensemble, and the function that records a finished member.

    Attributes:
        checkpoints: Returns the checkpoint store of a member, counted from 0.
        done: Takes a member, its last epoch and, if it is averaged with its anchor, its blend weight.
        notes: Remarks on checkpoints that could not be used.
    """

    checkpoints: Callable[[int], CheckpointStore]
    done: Callable[[int, int, float | None], None]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Carried:
    """What a training takes over from the one before it.

    Attributes:
        epochs: The epochs of each member.
        shares: The network's weight in the mean with its anchor, of each member; None where it is not taken over.
        weights: The weights that each member starts from; None starts from random ones.
    """

    epochs: tuple[int, ...]
    shares: tuple[float | None, ...]
    weights: tuple[Arrays, ...] | None = None


def member_store(run: RunDir, part: str = "") -> MemberStore:
    """Return a store that keeps checkpoints in a run directory and adds an event for every finished member.

    Args:
        run: The run directory.
        part: A part of the run, such as a fold of a backtest. The members of a part add no events.
    """

    def done(member: int, epochs: int, blend_weight: float | None) -> None:
        if not part:
            run.event("member_done", member=member, epochs=epochs, network_share=blend_weight)

    notes: list[str] = []
    return MemberStore(lambda member: run.checkpoints(member, part, notes), done, notes)


def fit_and_score(
    spec: ExperimentSpec,
    prepared: Prepared,
    store: MemberStore,
    *,
    listener: Listener | None = None,
    smoke: bool = False,
    carried: Carried | None = None,
) -> Trained:
    """Fit every member, forecast the validation and test windows, and score both beside the baselines.

    Args:
        spec: The settings of the experiment.
        prepared: The data.
        store: The checkpoints. Training continues from those that exist.
        listener: Takes batches and epochs.
        smoke: Whether to train at most two members for one epoch.
        carried: What to take over from a training before; None starts anew.

    Raises:
        TrainingError: When the loss becomes NaN or infinite.
    """
    fitted, history = fit_members(spec, prepared, store, listener=listener, smoke=smoke, carried=carried)
    fitted, forecasts = blended(spec, fitted, prepared, forecast_splits(spec, fitted, prepared))
    scored = score(spec, prepared, forecasts)
    scales = TrainingScales(prepared.panel.ids, *prepared.scales)
    fitted = replace(
        fitted,
        training=scales,
        calibration=scored.learned.later,
        validation_calibration=scored.learned.of_validation,
    )
    return Trained(fitted, history, scored)


def fit_members(
    spec: ExperimentSpec,
    prepared: Prepared,
    store: MemberStore,
    *,
    listener: Listener | None = None,
    smoke: bool = False,
    until: int | None = None,
    carried: Carried | None = None,
) -> tuple[Fitted, list[EpochRow]]:
    """Fit every member, from its checkpoint if it has one.

    Args:
        spec: The settings of the experiment.
        prepared: The data.
        store: The checkpoints.
        listener: Takes batches and epochs.
        smoke: Whether to train at most two members for one epoch.
        until: The epoch to pause after; None trains to the end.
        carried: What to take over from a training before; None chooses on the validation windows.

    Returns:
        The fitted ensemble and the epochs of all members, in order.

    Raises:
        TrainingError: When the loss becomes NaN or infinite.
    """
    start_backend(spec.runtime)
    # Keras reads the settings of the backend when it is first imported.
    from forecaster.model.anchor import choose_blend_weight, fit_anchor
    from forecaster.model.execution import choose_execution, predict_batch
    from forecaster.model.kept_networks import network_to_train
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
        # One compiled network mostly serves all members and the training on all rows.
        times=training.ensemble * (2 if training.refit == "all" else 1),
        threads=spec.runtime.threads,
        gpu=has_gpu(),
    )
    history, members, extras = [], [], batch_extras(spec, prepared)
    val = windows["val"] if len(windows["val"]) else None
    judged = val and val.take(spread_out(len(val), training.validation_windows or len(val)))
    val_score = val_score_of(spec, prepared, extras, judged) if judged else None
    anchor, penalty, anchor_spec = None, None, spec.model.anchor
    for member in range(training.ensemble):
        seed = spec.seed + member
        network = network_to_train(
            spec.model,
            prepared.shape,
            seed=seed,
            execution=execution,
            batch_size=min(batch_size, len(windows["train"])),
            streams=extras.streams or 1,
        )
        if carried is not None and carried.weights is not None:
            fill_weights(network, carried.weights[member])
        if anchor_spec is not None:
            if anchor is None:
                anchor, penalty = fit_anchor(
                    anchor_spec, network.normalization, prepared.shape, train=windows["train"], val=val
                )
            network.set_anchor(anchor)
        task = MemberTask(windows["train"], judged, val_score, seed, member, extras)
        history += fit(
            network,
            task,
            training if carried is None else training.model_copy(update={"epochs": carried.epochs[member]}),
            execution=execution,
            listener=listener or Silent(),
            checkpoints=store.checkpoints(member),
            until=until,
        )
        blend_weight = None
        if val is not None and anchor_spec is not None and anchor_spec.mode == "average":
            blend_weight = choose_blend_weight(network, val, predict_batch(spec.model, prepared.shape))
        if carried is not None and (share := carried.shares[member]) is not None:
            network.blend_weight.assign([share, 1.0 - share])
        members.append(weights_of(network))
        store.done(member, history[-1].epoch, blend_weight)
    scaler, encoders = prepared.transforms
    fitted = Fitted(
        spec.model,
        prepared.shape,
        scaler,
        members,
        prepared.panel.time_axis,
        encoders,
        anchor_penalty=penalty,
    )
    return fitted, history


def blended(
    spec: ExperimentSpec, fitted: Fitted, prepared: Prepared, forecasts: dict[SplitName, Forecast]
) -> tuple[Fitted, dict[SplitName, Forecast]]:
    """Return the forecaster with the weights of its blend, chosen on the validation windows, and its forecasts.

    Args:
        spec: The settings of the experiment.
        fitted: The fitted network.
        prepared: The data.
        forecasts: The forecasts of the network by split; without those of validation, weights without evidence are
            taken.
    """
    names = spec.model.blend
    if not names:
        return fitted, forecasts
    season, scaler = spec.model.season or 1, fitted.scaler
    group_of = scaler.rows_for(prepared.panel.ids)

    def classical(split: SplitName, name: str) -> AnyFloats:
        windows = prepared.windows[split]
        return classical_forecast(name, windows, scaler, group_of[windows.series], season=season)

    weights, known = prior(names), {}
    if "val" in forecasts:
        windows = prepared.windows["val"]
        known = {name: classical("val", name) for name in names}
        weights = choose_weights(
            {NETWORK: forecasts["val"].point, **known},
            prepared.actual(windows),
            prepared.scales.train_std[windows.series],
            n_series=len(np.unique(windows.series)),
        )
    blend = Blend(season, weights)

    def moved(split: SplitName, forecast: Forecast) -> Forecast:
        parts = known.__getitem__ if split == "val" else partial(classical, split)
        mean = blend.mean(forecast.point, parts)
        return forecast.moved(mean, scaler, group_of[prepared.windows[split].series])

    if blend.classical:
        forecasts = {split: moved(split, forecast) for split, forecast in forecasts.items()}
    return replace(fitted, blend=blend), forecasts
