"""Listing: the runs of a folder, sorted and filtered, each in a few facts."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from forecaster.errors import UsageError
from forecaster.runs.folder import RunState, runs_in
from forecaster.stages.summaries import RunSummary, summary_of

_LAST = float("inf")


def _by_score(run: RunSummary) -> Any:
    """Return the key of the best score first: scores of one metric together, runs without a score last."""
    score = run.score
    return (score.value is None, score.metric or "", abs(score.value or 0.0), run.path.name)


SORTS: dict[str, Callable[[RunSummary], Any]] = {
    "age": lambda run: (-run.modified.timestamp(), run.path.name),
    "name": lambda run: run.path.name,
    "score": _by_score,
    "size": lambda run: (-_LAST if run.size is None else -run.size, run.path.name),
}
STATES: tuple[RunState, ...] = get_args(RunState)


@dataclass(frozen=True)
class RunFilter:
    """Which runs of a folder are wanted; everything that is None or empty takes all.

    Attributes:
        name: A pattern such as "sales*" for the name of the directory or of the experiment.
        states: The states.
        data: A part of the path of the table, or the beginning of its SHA-256.
        sort: "age" (newest first), "name", "score" (best first) or "size" (largest first).
        limit: The most runs.
    """

    name: str | None = None
    states: Sequence[str] = ()
    data: str | None = None
    sort: str = "age"
    limit: int | None = None

    def check(self) -> None:
        """Raise UsageError when a state or an order is unknown."""
        for state in self.states:
            if state not in STATES:
                raise UsageError(f"--state {state}: there is no such state", hint=f"use {', '.join(STATES)}")
        if self.sort not in SORTS:
            raise UsageError(f"--sort {self.sort}: there is no such order", hint=f"use {', '.join(SORTS)}")

    def takes(self, run: RunSummary) -> bool:
        """Return whether a run is wanted."""
        if self.states and run.state not in self.states:
            return False
        if self.name is not None and not any(
            fnmatch.fnmatchcase(name, self.name) for name in (run.path.name, run.name or "")
        ):
            return False
        return self.data is None or (run.data is not None and _is_about(run.data, self.data))


def list_runs(folder: Path, wanted: RunFilter) -> list[RunSummary]:
    """Return the runs of a folder.

    Args:
        folder: The folder.
        wanted: Which runs, and in which order.

    Raises:
        DataError: When there is no such folder.
        UsageError: When a state or an order is unknown.
    """
    wanted.check()
    found = [summary for run in runs_in(folder) if wanted.takes(summary := summary_of(run))]
    return sorted(found, key=SORTS[wanted.sort])[: wanted.limit]


def _is_about(data: dict[str, Any], text: str) -> bool:
    return text in data["path"] or (len(text) >= 4 and data["sha256"].startswith(text.lower()))
