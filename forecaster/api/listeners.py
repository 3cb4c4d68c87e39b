"""Listeners that pass the progress of a training or of a search to a plain function."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecaster.search.trials import Proposal, Record
    from forecaster.training.progress import EpochRow

# Takes the row of an epoch that has ended.
OnEpoch = Callable[["EpochRow"], None]
# Takes a trial that has ended: its number, state, score, values and, if it failed, the reason.
OnTrial = Callable[[dict[str, Any]], None]


class EpochAdapter:
    """A listener of a training that passes each finished epoch to a function.

    Attributes:
        on_epoch: The function.
    """

    def __init__(self, on_epoch: OnEpoch) -> None:
        self.on_epoch = on_epoch

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        """Ignore the batch."""

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        """Pass the row of the epoch on."""
        self.on_epoch(row)


class TrialAdapter:
    """A listener of a search that passes each finished trial to a function.

    Attributes:
        on_trial: The function; None ignores the trials.
    """

    def __init__(self, on_trial: OnTrial | None) -> None:
        self.on_trial = on_trial

    def began(self, proposal: Proposal) -> None:
        """Ignore the beginning of a trial."""

    def reported(self, proposal: Proposal | None, progress: dict[str, Any]) -> None:
        """Ignore the epoch."""

    def ended(self, record: Record, *, work: float, left: float | None) -> None:
        """Pass the number, state, score, values and reason of the trial on."""
        if self.on_trial is not None:
            self.on_trial(
                {
                    "trial": record.proposal.number,
                    "state": record.state,
                    "score": record.score,
                    "values": record.proposal.values,
                    "reason": record.reason,
                }
            )

    def polled(self) -> None:
        """Do nothing between trials."""
