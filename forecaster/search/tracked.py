"""A search whose trials are tracked: a point for each score, and a run of its own where a server has such."""

from __future__ import annotations

from typing import Any

from forecaster.search.trial_runner import SearchListener
from forecaster.search.trials import Proposal, Record, Trials
from forecaster.tracking.tracker import TrackedTrial
from forecaster.tracking.tracking import Tracking, finite


class TrackedSearch:
    """A listener of a search that passes everything on to another, and trials to the tracking too.

    Attributes:
        listener: The other listener.
        tracking: The tracking.
        metric: The metric that scores trials.
    """

    def __init__(self, listener: SearchListener, tracking: Tracking, *, metric: str) -> None:
        self.listener, self.tracking, self.metric = listener, tracking, metric

    def began(self, proposal: Proposal) -> None:
        """Pass a trial that begins on, then track it."""
        self.listener.began(proposal)
        self.tracking.trial(TrackedTrial(proposal.number, proposal.values))

    def reported(self, proposal: Proposal | None, progress: dict[str, Any]) -> None:
        """Pass an epoch on, and track it if it is one of the best config."""
        self.listener.reported(proposal, progress)
        if proposal is None and "epoch" in progress:
            self.tracking.point(progress["epoch"], {"val_loss": progress["val_loss"]})

    def ended(self, record: Record, *, work: float, left: float | None) -> None:
        """Pass a finished trial on, then track it."""
        self.listener.ended(record, work=work, left=left)
        self.take(record)

    def polled(self) -> None:
        """Let the other refresh its display, and pass remarks on in the main thread."""
        self.listener.polled()
        self.tracking.deliver()

    def take(self, record: Record) -> None:
        """Track a trial that has ended."""
        details = {key: record.details.get(key) for key in ("epochs", "seconds", "parameters", "peak_mib")}
        metrics = {"score": record.score, **(record.details.get("metrics") or {}), **details}
        trial = TrackedTrial(
            record.proposal.number, record.proposal.values, record.state, finite(metrics), record.reason
        )
        self.tracking.trial(trial)
        self.tracking.point(record.proposal.number, {f"trial/{self.metric}": record.score})

    def take_all(self, book: Trials) -> None:
        """Track every trial that has ended, as those that a killed process could not tell of."""
        for record in list(book.records.values()):
            if record.state != "running":
                self.take(record)
