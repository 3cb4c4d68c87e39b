"""The trials of a search, as the log tells them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Literal

from forecaster.search.log import Entry, TrialLog


@dataclass(frozen=True)
class Proposal:
    """What one trial is to try.

    values: by hyperparameter, active ones only. epochs: where it is to stop for now, None without
    such a limit. previous: the trial that it goes on from.
    """

    trial: str
    values: dict[str, Any]
    epochs: int | None = None
    previous: str | None = None

    @property
    def number(self) -> int:
        """Counted from 1."""
        return int(self.trial) + 1


@dataclass
class Record:
    """One trial: its proposal and what became of it."""

    proposal: Proposal
    state: Literal["running", "completed", "failed"] = "running"
    score: float | None = None
    reason: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    """Of the trial: metrics, epochs, seconds, parameters, and where each is known."""
    ended: str | None = None
    """UTC."""


class Trials:
    """All trials so far. Every change goes to the log first; safe among threads."""

    def __init__(self, log: TrialLog, *, direction: Literal["min", "max"] = "min") -> None:
        self.log = log
        self.direction = direction
        self.lock = threading.RLock()
        self.records: dict[str, Record] = {}
        self.failed_in_a_row = 0
        for entry in log.entries:
            self._take(entry)

    @property
    def first(self) -> Entry | None:
        """The event that says what is searched; None before the search began."""
        return self.log.entries[0] if self.log.entries else None

    def propose(self, proposal: Proposal, point: dict[str, Any]) -> None:
        """point: what the algorithm itself calls these values."""
        with self.lock:
            entry = self.log.append(
                "proposed",
                trial=proposal.trial,
                values=proposal.values,
                epochs=proposal.epochs,
                previous=proposal.previous,
                point=point,
            )
            self._take(entry)

    def complete(self, trial: str, score: float, **details: Any) -> None:
        with self.lock:
            self._take(self.log.append("completed", trial=trial, score=score, **details))

    def fail(self, trial: str, reason: str, **details: Any) -> None:
        with self.lock:
            self._take(self.log.append("failed", trial=trial, reason=reason, **details))

    def completed(self) -> list[Record]:
        """Best first; of equals the earlier."""
        sign = 1.0 if self.direction == "min" else -1.0
        with self.lock:
            done = [r for r in self.records.values() if r.state == "completed"]
        return sorted(done, key=lambda r: (sign * (r.score or 0.0), r.proposal.trial))

    @property
    def best(self) -> Record | None:
        done = self.completed()
        return done[0] if done else None

    def running(self) -> list[Record]:
        with self.lock:
            return [r for r in self.records.values() if r.state == "running"]

    def count(self, state: str) -> int:
        with self.lock:
            return sum(r.state == state for r in self.records.values())

    def _take(self, entry: Entry) -> None:
        trial = entry.get("trial")
        if entry["event"] == "proposed":
            proposal = Proposal(entry["trial"], entry["values"], entry["epochs"], entry["previous"])
            self.records[entry["trial"]] = Record(proposal)
        elif trial is not None:
            record = self.records[trial]
            record.state = "completed" if entry["event"] == "completed" else "failed"
            record.score, record.reason = entry.get("score"), entry.get("reason")
            known = ("n", "time", "event", "trial", "score", "reason")
            record.details = {k: v for k, v in entry.items() if k not in known}
            record.ended = entry["time"]
            self.failed_in_a_row = self.failed_in_a_row + 1 if record.state == "failed" else 0
