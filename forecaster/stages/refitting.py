"""Train the networks once more on every row: anew for as long as validation has shown that they need, or on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.spec import SplitSpec
from forecaster.data.transforms.fitted import FittedTransforms
from forecaster.data.transforms.split import split
from forecaster.forecasting.fitted import Fitted
from forecaster.runs.arrays import Arrays
from forecaster.stages.fitting import Carried, MemberStore, fit_members
from forecaster.stages.prepared import Prepared, SplitPanel, prepare_table
from forecaster.training.progress import EpochRow, Listener

# The part of the checkpoints that belongs to the second training.
REFIT = "refit"
EVERYTHING = SplitSpec(val=0, test=0)


class Start(NamedTuple):
    """What networks that are trained on start from.

    Attributes:
        weights: The weights of each member.
        transforms: The scaler and the encoders that they were trained with.
    """

    weights: tuple[Arrays, ...]
    transforms: FittedTransforms


@dataclass(frozen=True)
class Refitting:
    """A training on all rows that is ready to begin.

    Attributes:
        spec: The settings, with the choices that need validation rows made.
        prepared: The data, in which every row is a training row.
        scored: The forecaster that was scored.
        carried: What is taken over from its training.
    """

    spec: ExperimentSpec
    prepared: Prepared
    scored: Fitted
    carried: Carried


def prepare_refit(
    spec: ExperimentSpec,
    table: SplitPanel,
    scored: Fitted,
    epochs: tuple[int, ...],
    *,
    smoke: bool = False,
    start: Start | None = None,
) -> Refitting:
    """Fit scaler and categories on all rows of a table, and cut its windows. Imports no Keras.

    What validation chose is kept: the number of epochs of each member, the ridge penalty, the weights of anchor and
    blend, and the calibration, which is that of the network before.

    Args:
        spec: The settings of the experiment.
        table: The table, with any split.
        scored: The forecaster that was scored.
        epochs: The number of epochs of each member.
        smoke: Whether to use a few windows only.
        start: What the networks start from, with its scaler and categories; None starts anew.

    Raises:
        DataError: When the values do not fit the scaling, the encoders or the distribution of the output.
    """
    anchor = spec.model.anchor
    averaged = anchor is not None and anchor.mode == "average"
    shares = tuple(_network_share(m) if averaged else None for m in scored.members)
    carried = Carried(epochs, shares, start and start.weights)
    chosen = _without_choices(spec, scored)
    whole = replace(table, split_bounds=split(table.raw, EVERYTHING))
    transforms = start and start.transforms
    return Refitting(
        chosen, prepare_table(chosen, whole, smoke=smoke, transforms=transforms), scored, carried
    )


def refit(
    refitting: Refitting,
    store: MemberStore,
    *,
    listener: Listener | None = None,
    smoke: bool = False,
    members_before: int = 0,
) -> Fitted:
    """Train every member on all rows, and return the forecaster that `predict` uses.

    Args:
        refitting: The settings and the data.
        store: The checkpoints of this training, which continues from those that exist.
        listener: Takes batches and epochs.
        smoke: Whether to train on a few windows.
        members_before: The number of members that the listener has seen, from which these are counted on.

    Raises:
        TrainingError: When the loss becomes NaN or infinite.
    """
    fitted, _ = fit_members(
        refitting.spec,
        refitting.prepared,
        store,
        listener=None if listener is None else _CountedOn(listener, members_before),
        smoke=smoke,
        carried=refitting.carried,
    )
    scored = refitting.scored
    return replace(
        fitted,
        training=scored.training,
        calibration=scored.calibration,
        validation_calibration=scored.validation_calibration,
        blend=scored.blend,
        anchor_penalty=scored.anchor_penalty,
    )


def epochs_of(epochs: Iterable[tuple[int, int, bool]], *, stopped_early: bool) -> tuple[int, ...]:
    """Return the epochs until the kept weights of each member: its best with early stopping, else its last.

    Args:
        epochs: Member, epoch and whether it is the best so far, as in history.csv.
        stopped_early: Whether the training had early stopping.
    """
    kept: dict[int, int] = {}
    for member, epoch, best in epochs:
        if best or not stopped_early:
            kept[member] = max(epoch, kept.get(member, 0))
    return tuple(kept[member] for member in sorted(kept))


def _without_choices(spec: ExperimentSpec, scored: Fitted) -> ExperimentSpec:
    """Return the settings with the choices that need validation rows made as before."""
    model = spec.model
    if model.anchor is not None:
        anchor = model.anchor.model_copy(update={"penalty": scored.anchor_penalty})
        if anchor.lookback == "auto":
            anchor = anchor.model_copy(update={"lookback": _anchor_lookback(scored.members[0])})
        model = model.model_copy(update={"anchor": anchor})
    training = spec.training.model_copy(update={"early_stopping": None, "ensemble": len(scored.members)})
    return spec.model_copy(update={"split": EVERYTHING, "model": model, "training": training})


def _anchor_lookback(weights: Arrays) -> int:
    """Return the steps that the anchor sees: those from the first that has weights on, or 1 where none has."""
    anchor = next(array for path, array in weights.items() if path.rpartition("/")[2] == "anchor")
    seen = np.flatnonzero(anchor.any(axis=1))
    return len(anchor) - int(seen[0]) if len(seen) else 1


def _network_share(weights: Arrays) -> float:
    """Return the network's weight in the mean with its anchor."""
    return next(float(array[0]) for path, array in weights.items() if path.rpartition("/")[2] == "share")


@dataclass(frozen=True)
class _CountedOn:
    """A listener whose members are counted on from those of the first training."""

    listener: Listener
    members: int

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        """Pass the batch on."""
        self.listener.batch_done(member + self.members, epoch, step, n_steps, loss)

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        """Pass the epoch on."""
        counted = replace(
            row,
            member=row.member + self.members,
            members=row.members + self.members,
            refit=True,
            members_before=self.members,
        )
        self.listener.epoch_done(counted, epochs)
