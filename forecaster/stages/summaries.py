"""What a table of runs says of each: what it was made from, its score, its verdict and its size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from forecaster.errors import DataError, EnvironmentError_
from forecaster.evaluation.headline import best_baseline, cell, headline_metric, judged_split
from forecaster.runs import schemas
from forecaster.runs.directory import RunDir, Seal
from forecaster.runs.folder import FoundRun, RunState, forecasts, reason_of, sealed_size, size_of
from forecaster.runs.reading import damaged, parse_json

RunKind = Literal["train", "tune", "refit", "update", "backtest"]
METRICS = "metrics.json"


@dataclass(frozen=True)
class RunScore:
    """The score that stands for a run.

    Attributes:
        value: The score of the model; None if it cannot be computed.
        metric: Its metric: MASE, or else the first of the table that can be computed; None if there is none.
        split: The split that was scored; "folds" of a backtest, whose score is the mean of its folds.
        baseline: The best baseline; None if none was scored.
        baseline_value: Its score in the same metric.
        verdict: The model against that baseline: better, worse, unclear, or one for absolute and one for squared
            errors, such as "better/unclear"; None if the run has no verdict.
    """

    value: float | None = None
    metric: str | None = None
    split: str | None = None
    baseline: str | None = None
    baseline_value: float | None = None
    verdict: str | None = None


@dataclass(frozen=True)
class RunSummary:
    """A run of a folder, in a few facts.

    Attributes:
        path: The run directory.
        state: "complete"; "running" if a process is working on it; "unfinished" if it was stopped before its end;
            "damaged" if it cannot be read.
        modified: When it was completed or, of any other run, last changed. In UTC.
        size: The bytes of all its files; None if there are too many to count.
        name: The name of the experiment; None if the run is not complete. So are the attributes below.
        kind: The command that made it.
        data: The table: `path`, as in the config, `sha256` and `rows`.
        score: The score that stands for it.
        sha256: The SHA-256 of its manifest, as in `Run.sha256`.
        why: Why a damaged run cannot be read.
    """

    path: Path
    state: RunState
    modified: datetime
    size: int | None
    name: str | None = None
    kind: RunKind | None = None
    data: dict[str, Any] | None = None
    score: RunScore = RunScore()
    sha256: str | None = None
    why: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the attributes as plain values."""
        score = self.score
        return {
            "run": str(self.path),
            "state": self.state,
            "modified": self.modified.isoformat(timespec="seconds"),
            "bytes": self.size,
            "name": self.name,
            "kind": self.kind,
            "data": self.data,
            "score": score.value,
            "metric": score.metric,
            "split": score.split,
            "baseline": score.baseline,
            "baseline_score": score.baseline_value,
            "verdict": score.verdict,
            "sha256": self.sha256,
            "why": self.why,
        }


def summary_of(found: FoundRun) -> RunSummary:
    """Return what a table says of a run. A complete run whose scores cannot be read is damaged."""
    modified = datetime.fromtimestamp(found.modified, UTC)
    seal = found.seal
    if seal is None:
        size = None if found.path.is_symlink() else size_of(found.path)
        return RunSummary(found.path, found.state, modified, size, why=found.why)
    size = sealed_size(found.path, seal)
    try:
        score = score_of(found.run)
    except (DataError, EnvironmentError_) as error:
        why = reason_of(error, found.path)
        return RunSummary(found.path, "damaged", modified, size, sha256=seal.sha256, why=why)
    return RunSummary(
        found.path,
        "complete",
        modified,
        size,
        name=seal.manifest["name"],
        kind=_kind(seal),
        data=seal.manifest["data"],
        score=score,
        sha256=seal.sha256,
    )


def score_of(run: RunDir) -> RunScore:
    """Return the score that stands for a complete run or backtest.

    Raises:
        DataError: When its scores are damaged.
    """
    path, content = run.file(METRICS), run.read(METRICS)
    if b'"folds"' in content:
        return _of_folds(path, parse_json(path, content, schemas.BACKTEST))
    found: Any = parse_json(path, content, schemas.METRICS)
    split = judged_split(found["splits"])
    if split is None:
        return RunScore()
    table = found["splits"][split]
    return _scored(path, split, table["scores"], table.get("verdicts", {}))


def _of_folds(path: Path, found: Any) -> RunScore:
    means = {
        name: {metric: entry and entry["mean"] for metric, entry in row.items()}
        for name, row in found["summary"]["scores"].items()
    }
    return _scored(path, "folds", means, {})


def _scored(path: Path, split: str, scores: Any, verdicts: Any) -> RunScore:
    if "model" not in scores:
        raise damaged(path, "has no scores of the model")
    best, metric = best_baseline(scores), headline_metric(scores["model"])
    value = None if metric is None else scores["model"][metric]
    if best is None:
        return RunScore(value, metric, split)
    name = best[0]
    verdict = cell(verdicts[name]) if name in verdicts else None
    return RunScore(value, metric, split, name, abs(scores[name][metric]), verdict or None)


def _kind(seal: Seal) -> RunKind:
    if not forecasts(seal):
        return "backtest"
    if "updated" in seal.manifest:
        return "update"
    if "scored" in seal.manifest:
        return "refit"
    return "tune" if "tune/trials.jsonl" in seal.manifest["files"] else "train"


def is_smoke(found: FoundRun) -> bool:
    """Return whether a complete run was made with smoke, so that its score says nothing."""
    try:
        return bool((found.run.started() or {}).get("smoke"))
    except (DataError, EnvironmentError_):
        return False
