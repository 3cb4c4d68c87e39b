"""What training reports while it runs: the row of an epoch, and the listener that is told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class EpochRow:
    """One row of history.csv. Losses are in scaled units."""

    member: int
    """Counts from 0."""
    epoch: int
    """Counts from 1."""
    loss: float
    """Mean of the training loss over the epoch."""
    learning_rate: float
    seconds: float
    """Time of the epoch, validation included."""
    best: bool
    """Whether the monitored value is the best so far."""
    val: dict[str, float] = field(default_factory=dict)
    """val_loss and the validation metrics, by name."""
    members: int = 1
    """Members of the ensemble; for listeners, not a column of history.csv."""
    refit: bool = False
    """Whether it is of the training on all rows; for listeners too."""
    members_before: int = 0
    """Members of the training before that one, from which its own are counted on; for listeners too."""

    def stored(self) -> dict[str, Any]:
        """Return what a checkpoint holds of it."""
        row = asdict(self)
        del row["refit"], row["members_before"]
        return row

    def flat(self) -> dict[str, Any]:
        """Return the columns of history.csv, the validation metrics last."""
        row = self.stored()
        del row["members"]
        row.update(row.pop("val"))
        return row


class Listener(Protocol):
    """Is told how training goes on. An exception that it raises ends the training."""

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        """Hear of batches.

        Args:
            member: Counts from 0.
            epoch: Counts from 1.
            step: Batches done of this epoch, from 1.
            n_steps: Batches of an epoch.
            loss: Mean of the epoch so far.
        """

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        """Hear of an epoch, after its checkpoint. epochs: most that there can be."""


class Silent:
    """A listener that ignores everything."""

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        pass

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        pass


def progress_fault(progress: dict[str, Any], *, member: int, epochs: int, steps: int) -> str | None:
    """Return why the progress of a checkpoint cannot be that of a training; None if it can.

    Args:
        progress: The progress.
        member: The member that is trained.
        epochs: The most epochs.
        steps: The batches of an epoch.
    """
    from pydantic import ValidationError

    from forecaster.runs.schemas import PROGRESS

    try:
        checked = PROGRESS.validate_python(progress)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"progress: {'.'.join(map(str, first['loc']))}: {first['msg']}"[:120]
    done = checked["epoch"]
    rows = [(row["member"], row["epoch"]) for row in checked["history"]]
    if done > epochs or checked["step"] >= steps or checked["best_epoch"] > done:
        return "its progress is beyond the end of the training"
    if rows != [(member, epoch + 1) for epoch in range(done)]:
        return "its epochs do not follow one another"
    return None
