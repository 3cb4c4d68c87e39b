"""What training tells whoever watches. Rooms never print."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class EpochRow:
    """One row of history.csv. epoch counts from 1; losses are in scaled units."""

    member: int
    epoch: int
    loss: float
    learning_rate: float
    seconds: float
    best: bool
    val: dict[str, float] = field(default_factory=dict)
    """val_loss and the validation metrics, by name."""
    members: int = 1
    """Of the ensemble; told to whoever watches, and no column of history.csv."""

    def flat(self) -> dict[str, Any]:
        row = asdict(self)
        del row["members"]
        row.update(row.pop("val"))
        return row


class Listener(Protocol):
    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        """step counts from 1 within the epoch; loss is the epoch's mean so far."""

    def epoch_done(self, row: EpochRow, epochs: int) -> None: ...


class Silent:
    """Listens to nothing."""

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        pass

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        pass
