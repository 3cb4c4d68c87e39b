"""Train the networks once more on every row, for as long as validation has shown that they need."""

from __future__ import annotations

from dataclasses import dataclass, replace

from forecaster.config.spec import ExperimentSpec
from forecaster.data.spec import SplitSpec
from forecaster.data.transforms.split import split
from forecaster.forecasting.fitted import Fitted
from forecaster.runs.files import Arrays
from forecaster.stages.fitting import Carried, MemberStore, Trained, fit_members
from forecaster.stages.prepared import Prepared, prepare_table
from forecaster.training.progress import EpochRow, Listener

# The part of the checkpoints that belongs to the second training.
REFIT = "refit"


def refit(
    spec: ExperimentSpec,
    prepared: Prepared,
    trained: Trained,
    store: MemberStore,
    *,
    listener: Listener | None = None,
    smoke: bool = False,
) -> Fitted:
    """Train every member on all rows, and return the forecaster that `predict` uses.

    What validation chose is kept: the number of epochs of each member, the ridge penalty, the weights of anchor and
    blend, and the calibration, which is that of the network before. The scaler is fitted again, on all rows.

    Args:
        spec: The settings of the experiment.
        prepared: The data of the training before.
        trained: The forecaster that was scored, and its epochs.
        store: The checkpoints of the second training, which continues from those that exist.
        listener: Takes batches and epochs; members are counted on from those of the first training.
        smoke: Whether to train for one epoch on a few windows.

    Raises:
        TrainingError: When the loss becomes NaN or infinite.
    """
    scored = trained.fitted
    everything = SplitSpec(val=0, test=0)
    table = replace(prepared.table, split_bounds=split(prepared.table.raw, everything))
    epochs = _epochs(trained.history, stopped_early=spec.training.early_stopping is not None)
    anchor = spec.model.anchor
    averaged = anchor is not None and anchor.mode == "average"
    carried = Carried(epochs, tuple(_network_share(m) if averaged else None for m in scored.members))
    spec = _without_choices(spec, scored, everything)
    again = prepare_table(spec, table, smoke=smoke)
    members = len(scored.members)
    fitted, _ = fit_members(
        spec,
        again,
        store,
        listener=None if listener is None else _CountedOn(listener, members),
        smoke=smoke,
        carried=carried,
    )
    return replace(
        fitted,
        training=scored.training,
        calibration=scored.calibration,
        blend=scored.blend,
        anchor_penalty=scored.anchor_penalty,
    )


def _without_choices(spec: ExperimentSpec, scored: Fitted, everything: SplitSpec) -> ExperimentSpec:
    """Return the settings with the choices that need validation rows made as before."""
    model = spec.model
    if model.anchor is not None:
        anchor = model.anchor.model_copy(update={"penalty": scored.anchor_penalty})
        model = model.model_copy(update={"anchor": anchor})
    training = spec.training.model_copy(update={"early_stopping": None, "ensemble": len(scored.members)})
    return spec.model_copy(update={"split": everything, "model": model, "training": training})


def _epochs(history: list[EpochRow], *, stopped_early: bool) -> tuple[int, ...]:
    """Return the epochs until the kept weights of each member: its best with early stopping, else its last."""
    members = sorted({row.member for row in history})
    rows = [[row for row in history if row.member == member] for member in members]
    return tuple(max(row.epoch for row in one if row.best or not stopped_early) for one in rows)


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
        counted = replace(row, member=row.member + self.members, members=2 * self.members)
        self.listener.epoch_done(counted, epochs)
