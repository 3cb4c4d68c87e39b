"""What is told to a tracker, and what a tracker does with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from forecaster.runs.directory import TRACKING

RunStatus = Literal["finished", "failed", "stopped"]


@dataclass(frozen=True)
class TrackedRun:
    """What is known when a run begins.

    Attributes:
        path: The run directory.
        name: Its name, which trackers show.
        experiment: The name of the experiment.
        params: The settings by dotted key, with every default.
        tags: Further facts, such as the command and the SHA-256 of the table.
        began: When this process began it, in milliseconds since 1970.
    """

    path: Path
    name: str
    experiment: str
    params: Mapping[str, Any]
    tags: Mapping[str, str]
    began: int

    @property
    def folder(self) -> Path:
        """The folder of the run directory that trackers write to, which no other command reads."""
        return self.path / TRACKING


@dataclass(frozen=True)
class Point:
    """The values of some metrics at one step.

    Attributes:
        step: The epoch, the trial or the fold, from 1.
        time: When it ended, in milliseconds since 1970.
        values: Each metric by name; finite.
    """

    step: int
    time: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class TrackedTrial:
    """A trial of a search, as far as it is known.

    Attributes:
        number: From 1.
        values: Its hyperparameters.
        state: "running", "completed" or "failed".
        metrics: Its score and other numbers; finite.
        reason: Why it failed.
    """

    number: int
    values: Mapping[str, Any]
    state: str = "running"
    metrics: Mapping[str, float] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True)
class RunEnd:
    """The end of a run.

    Attributes:
        status: Whether it finished, failed or was stopped.
        time: When it ended, in milliseconds since 1970.
        scores: The scores of a finished run by name, such as test/mase; finite.
        files: The files that are worth a copy, relative to the run directory.
        has_model: Whether the run can forecast.
        params: Settings that only the end knows, such as the best values of a search.
    """

    status: RunStatus
    time: int
    scores: Mapping[str, float] = field(default_factory=dict)
    files: Sequence[str] = ()
    has_model: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)


class Tracker(Protocol):
    """Follows a run. Whatever it is told twice, it keeps once. It may raise anything, which costs the run nothing."""

    label: str

    def begin(self, run: TrackedRun, points: Sequence[Point]) -> None:
        """Follow a run, which may be a resumed one.

        Args:
            run: The run.
            points: The points of the run so far; empty for a new one.
        """

    def point(self, point: Point) -> None:
        """Take a new point."""

    def trial(self, trial: TrackedTrial) -> None:
        """Take a trial that begins or has ended."""

    def end(self, end_of_run: RunEnd) -> None:
        """Take the end of the run, and leave nothing under way."""

    def fault(self) -> str | None:
        """Return why something could not be tracked so far; None if all was."""
