"""Show: the facts about a run or a backtest."""

from __future__ import annotations

from typing import Any

from forecaster.errors import FORMAT_VERSION
from forecaster.evaluation.verdict_sentences import run_verdict
from forecaster.runs.directory import RESOLVED, RunDir
from forecaster.stages.learned import learned_of
from forecaster.stages.metrics import metrics_of


def show(run: RunDir) -> dict[str, Any]:
    """Return the manifest, what was learned, the verdict, the scores and the resolved config as plain values.

    Raises:
        DataError: When the directory is not a complete run, or one of its files is damaged.
    """
    run = run.opened()
    manifest = run.manifest()
    metrics = metrics_of(run)
    scores = _scores({key: value for key, value in metrics.items() if key != "format_version"})
    # A backtest stores no network.
    learned = {} if "backtest" in scores else _learned(run, manifest)
    return {
        "format_version": FORMAT_VERSION,
        "run": str(run.path),
        "sha256": run.sha256,
        "name": manifest["name"],
        "seed": manifest["seed"],
        "data": manifest["data"],
        "versions": manifest["versions"],
        "files": {name: entry["bytes"] for name, entry in manifest["files"].items()},
        **learned,
        **scores,
        "config": run.read(RESOLVED).decode("utf-8", errors="replace"),
    }


def _learned(run: RunDir, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return up to where the networks behind `predict` have learned, and what was scored where that is another run."""
    learned = learned_of(run)
    before = {"scored": manifest["scored"]} if "scored" in manifest else {}
    return {"learned": {**learned.as_json(), "sentence": learned.sentence()}, **before}


def _scores(metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the verdict on a run and its scores by split, or all the metrics of a backtest."""
    if "splits" not in metrics:
        return {"backtest": metrics}
    return {"verdict": run_verdict(metrics["splits"]), "splits": metrics["splits"]}
