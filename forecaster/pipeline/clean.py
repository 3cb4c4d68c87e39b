"""Clean: remove runs of a folder that are old or not among the best."""

from __future__ import annotations

import itertools
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forecaster.errors import EnvironmentError_, ForecasterError, RunTakenError, UsageError
from forecaster.runs.claim import is_held
from forecaster.runs.directory import RUN_FILES
from forecaster.runs.folder import FoundRun, runs_in
from forecaster.runs.removal import end_removals, holds_another, remove_run
from forecaster.stages.summaries import RunSummary, is_smoke, summary_of

_AGE = re.compile(r"([1-9][0-9]{0,5})([mhdw])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True)
class CleanOptions:
    """Which runs are removed: those that are old enough and not among the best, and of these never the newest one.

    Attributes:
        older_than: The least age, such as "30d" or "12h"; None is any.
        keep_best: How many runs of each experiment are kept, those with the best scores; None keeps none for that.
        unfinished: Whether runs that were stopped before their end are removed too.
        latest: Whether the newest run may be removed too.
    """

    older_than: str | None = None
    keep_best: int | None = None
    unfinished: bool = False
    latest: bool = False

    def least_age_s(self) -> float:
        """Return the least age in seconds. Raises UsageError when it is no time, or nothing chooses the runs."""
        if self.older_than is None and self.keep_best is None:
            raise UsageError(
                "nothing says which runs to remove",
                hint="give --older-than, such as 30d, or --keep-best, or both",
            )
        if self.older_than is None:
            return float("-inf")
        found = _AGE.fullmatch(self.older_than)
        if found is None:
            raise UsageError(
                f"--older-than {self.older_than}: is no age", hint="write one such as 90m, 12h, 30d or 8w"
            )
        return int(found[1]) * float(_SECONDS[found[2]])


@dataclass(frozen=True)
class KeptRun:
    """A run that stays.

    Attributes:
        path: The run directory.
        why: The reason, as a part of a sentence.
    """

    path: Path
    why: str


@dataclass(frozen=True)
class Cleaning:
    """What was removed from a folder, or would be.

    Attributes:
        folder: The folder.
        removed: The runs that were removed or, with dry_run, would be; the oldest first.
        bytes: Their size on the disk.
        kept: The runs that stay.
        dry_run: Whether nothing was removed.
        failed: Those of `removed` that could not be removed, each with what the system says.
    """

    folder: Path
    removed: list[RunSummary]
    bytes: int
    kept: list[KeptRun]
    dry_run: bool = True
    failed: list[EnvironmentError_] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        return {
            "folder": str(self.folder),
            "dry_run": self.dry_run,
            "removed": [run.as_json() for run in self.removed],
            "bytes": self.bytes,
            "kept": [{"run": str(kept.path), "why": kept.why} for kept in self.kept],
            "failed": [str(error) for error in self.failed],
        }


def clean(
    folder: Path,
    options: CleanOptions,
    *,
    confirm: Callable[[Cleaning], bool] | None = None,
    dry_run: bool = False,
) -> Cleaning:
    """Remove runs of a folder.

    A run that a process is working on, a damaged one, one that holds another run and whatever is no run stay.

    Args:
        folder: The folder.
        options: Which runs are removed.
        confirm: Takes what would be removed, and returns whether to do it; None does it. It is not asked about nothing.
        dry_run: Whether to remove nothing.

    Returns:
        What was removed.

    Raises:
        DataError: When there is no such folder.
        UsageError: When nothing says which runs to remove, an age is no time, or the folder is a run itself.
        EnvironmentError_: When the folder cannot be read.
    """
    least_age_s = options.least_age_s()
    if any((folder / name).is_file() for name in RUN_FILES):
        raise UsageError(f"{folder}: is a run", hint="name the folder that it lies in")
    found = {run.path: run for run in runs_in(folder)}
    summaries = [summary_of(run) for run in found.values()]
    why = _reasons(summaries, found, options, now=time.time(), least_age_s=least_age_s)
    chosen = sorted((s for s in summaries if s.path not in why), key=lambda s: (s.modified, s.path.name))
    plan = Cleaning(folder, chosen, _bytes(chosen), [KeptRun(path, text) for path, text in why.items()])
    if dry_run or (chosen and confirm is not None and not confirm(plan)):
        return plan
    end_removals(folder)
    return _carried_out(plan, found)


def _bytes(runs: Iterable[RunSummary]) -> int:
    return sum(run.size or 0 for run in runs)


def _carried_out(plan: Cleaning, found: dict[Path, FoundRun]) -> Cleaning:
    removed, kept, failed = [], list(plan.kept), []
    for run in plan.removed:
        try:
            remove_run(found[run.path])
        except RunTakenError as error:
            kept.append(KeptRun(run.path, error.diagnostics[0].summary.removeprefix(f"{run.path}: ")))
        except EnvironmentError_ as error:
            failed.append(error)
        else:
            removed.append(run)
    return Cleaning(plan.folder, removed, _bytes(removed), kept, dry_run=False, failed=failed)


def _reasons(
    summaries: list[RunSummary],
    found: dict[Path, FoundRun],
    options: CleanOptions,
    *,
    now: float,
    least_age_s: float,
) -> dict[Path, str]:
    """Return why runs stay, by path: of each the first reason that holds."""
    latest = None if options.latest else _latest(summaries)
    best = _best(summaries, found, options.keep_best)
    why: dict[Path, str] = {}
    for run in summaries:
        if text := _reason(run, options, age_s=now - run.modified.timestamp(), least_age_s=least_age_s):
            why[run.path] = text
        elif run.path == latest:
            why[run.path] = "is the newest run"
        elif run.path in best:
            why[run.path] = f"is among the best {options.keep_best:,} of {run.name}"
        elif is_held(run.path):
            why[run.path] = "a process is working on it"
        elif holds_another(run.path):
            why[run.path] = "holds another run"
    return why


def _reason(run: RunSummary, options: CleanOptions, *, age_s: float, least_age_s: float) -> str | None:
    if run.state == "running":
        return "a process is working on it"
    if run.state == "damaged":
        return f"is damaged ({run.why}), so it is left for you to look at"
    if run.state == "unfinished" and not options.unfinished:
        return "is unfinished, and can be continued"
    return f"is younger than {options.older_than}" if age_s < least_age_s else None


def _latest(summaries: Iterable[RunSummary]) -> Path | None:
    """Return the newest run that can forecast, which `latest` means unless a newer one is damaged."""
    able = [
        (run.modified, run.path) for run in summaries if run.state == "complete" and run.kind != "backtest"
    ]
    return max(able)[1] if able else None


def _best(summaries: Iterable[RunSummary], found: dict[Path, FoundRun], n: int | None) -> set[Path]:
    """Return the n best runs of each experiment by score; a quick check with smoke is none of them."""
    groups: dict[tuple[str | None, str | None, bool], list[RunSummary]] = defaultdict(list)
    for run in summaries if n else ():
        if run.score.value is not None:
            groups[run.name, run.score.metric, run.kind == "backtest"].append(run)
    best: set[Path] = set()
    for group in groups.values():
        # Whether a run was a quick check stands in a file of its own, which is read of as few as possible.
        ranked = sorted(group, key=lambda run: (abs(run.score.value or 0.0), run.path.name))
        able = (run.path for run in ranked if not is_smoke(found[run.path]))
        best.update(itertools.islice(able, n))
    return best


def failure_of(cleaning: Cleaning) -> ForecasterError | None:
    """Return one error for all runs that could not be removed; None if there are none."""
    if not cleaning.failed:
        return None
    faults = [diagnostic for error in cleaning.failed for diagnostic in error.diagnostics]
    return EnvironmentError_(f"{len(faults)} runs could not be removed", diagnostics=faults)
