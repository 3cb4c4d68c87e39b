"""The trials of a search, as recorded in its log."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Literal

from forecaster.runs.reading import check_plain, damaged
from forecaster.search.log import Entry, TrialLog


@dataclass(frozen=True)
class Proposal:
    """The values that one trial tries.

    Attributes:
        trial: The name of the trial: its number from 0, with leading zeros.
        values: The values of the active hyperparameters, by name.
        epochs: The epoch to pause after; None trains to the end.
        previous: The trial whose checkpoints this one continues from; None begins at random weights.
    """

    trial: str
    values: dict[str, Any]
    epochs: int | None = None
    previous: str | None = None

    @property
    def number(self) -> int:
        """The number of the trial, from 1, as it is shown."""
        return int(self.trial) + 1


@dataclass
class Record:
    """One trial and its result.

    Attributes:
        proposal: The values that it tries.
        state: Whether it is running, completed or failed.
        score: The score of a completed trial.
        reason: The reason why a trial failed.
        details: Metrics, epochs, seconds and number of parameters, as far as they are known.
        ended: The time of its end, in UTC, as ISO 8601.
    """

    proposal: Proposal
    state: Literal["running", "completed", "failed"] = "running"
    score: float | None = None
    reason: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    ended: str | None = None


def check_entries(log: TrialLog) -> None:
    """Check that the events of a log have the keys and the order that a search gives them, whoever wrote them.

    Raises:
        DataError: When they do not.
    """
    from forecaster.runs.schemas import LOGGED

    proposed: set[str] = set()
    for i, entry in enumerate(log.entries):
        place = log.path.with_name(f"{log.path.name}:{i + 1}")
        schema = LOGGED.get(str(entry.get("event")))
        if schema is not None:
            check_plain(place, entry, schema)
        elif "trial" in entry or not isinstance(entry.get("event"), str):
            raise damaged(place, "is no event of a search")
        if entry["event"] == "proposed":
            proposed.add(entry["trial"])
        elif "trial" in entry and entry["trial"] not in proposed:
            raise damaged(place, "is about a trial that no line before it proposes")


class Trials:
    """All trials so far. Every change goes to the log first. Threads may share an object.

    Args:
        log: The log, whose trials are taken over.
        direction: Whether the smallest or the largest score is the best.

    Attributes:
        log: The log.
        direction: See above.
        lock: Guards the trials.
        records: The trials by name, in the order of their beginning.
        failed_in_a_row: The number of trials that have failed since the last completed one.
    """

    def __init__(self, log: TrialLog, *, direction: Literal["min", "max"] = "min") -> None:
        self.log = log
        self.direction = direction
        self.lock = threading.RLock()
        self.records: dict[str, Record] = {}
        self.failed_in_a_row = 0
        check_entries(log)
        for entry in log.entries:
            self._take(entry)

    @property
    def first(self) -> Entry | None:
        """The first event, which holds the inputs of the search; None before the search has begun."""
        return self.log.entries[0] if self.log.entries else None

    def propose(self, proposal: Proposal, point: dict[str, Any]) -> None:
        """Record a new trial.

        Args:
            proposal: The values that it tries.
            point: The same in the form of the algorithm, for the replay.
        """
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
        """Record the score of a trial, and its details as plain data."""
        with self.lock:
            self._take(self.log.append("completed", trial=trial, score=score, **details))

    def fail(self, trial: str, reason: str, **details: Any) -> None:
        """Record why a trial failed, and its details as plain data."""
        with self.lock:
            self._take(self.log.append("failed", trial=trial, reason=reason, **details))

    def completed(self) -> list[Record]:
        """Return the completed trials, the best first. Of equal scores, the earlier trial comes first."""
        sign = 1.0 if self.direction == "min" else -1.0
        with self.lock:
            done = [r for r in self.records.values() if r.state == "completed"]
        return sorted(done, key=lambda r: (sign * (r.score or 0.0), r.proposal.trial))

    @property
    def best(self) -> Record | None:
        """The best completed trial; None before the first."""
        done = self.completed()
        return done[0] if done else None

    def running(self) -> list[Record]:
        """Return the trials that have not ended."""
        with self.lock:
            return [r for r in self.records.values() if r.state == "running"]

    def count(self, state: str) -> int:
        """Return the number of trials in a state."""
        with self.lock:
            return sum(r.state == state for r in self.records.values())

    def _take(self, entry: Entry) -> None:
        """Bring the trials up to date with an event of the log."""
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
