"""The scores of a complete run or backtest, read back and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecaster.evaluation.metrics import METRICS as POINT_METRICS
from forecaster.evaluation.scores import metric_named
from forecaster.runs import schemas
from forecaster.runs.directory import RunDir
from forecaster.runs.reading import damaged, parse_json

METRICS = "metrics.json"


def metrics_of(run: RunDir) -> dict[str, Any]:
    """Return the content of metrics.json.

    Args:
        run: A complete run or backtest.

    Raises:
        DataError: When the file is damaged, or holds metrics that this version does not know.
    """
    path, content = run.file(METRICS), run.read(METRICS)
    found: Any
    if "splits" in parse_json(path, content, schemas.VERSIONED):
        found = parse_json(path, content, schemas.METRICS)
        tables = list(found["splits"].values())
    else:
        found = parse_json(path, content, schemas.BACKTEST)
        tables = found["folds"]
        fault = _faults_of_a_summary(found)
        if fault is not None:
            raise damaged(path, fault)
    for table in tables:
        fault = _fault(table)
        if fault is not None:
            raise damaged(path, fault)
        # Version 0.1 had no intervals at first.
        table.setdefault("intervals", {})
    return dict(found)


def splits_of(run: RunDir) -> dict[str, Any]:
    """Return the scores of a complete run by split. Raises DataError as `metrics_of`, and for a backtest."""
    metrics = metrics_of(run)
    if "splits" not in metrics:
        raise damaged(run.file(METRICS), "is that of a backtest")
    return dict(metrics["splits"])


def _fault(table: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a score table; None if nothing is."""
    scores = table["scores"]
    if "model" not in scores:
        return "has no scores of the model"
    if any(row.keys() != scores["model"].keys() for row in scores.values()):
        return "has other metrics for some forecasters than for the model"
    if "verdicts" in table and table["verdicts"].keys() != scores.keys() - {"model"}:
        return "has verdicts on other forecasters than it has scores of"
    names = [*scores["model"], *(name for row in table.get("intervals", {}).values() for name in row)]
    return _unknown(names, table["left_out"])


def _faults_of_a_summary(found: Mapping[str, Any]) -> str | None:
    if not found["folds"]:
        return "has no folds"
    summary = found["summary"]
    if "model" not in summary["scores"]:
        return "has no scores of the model"
    rows = [row for part in summary.values() for row in part.values()]
    return _unknown([name for row in rows for name in row], {})


def _unknown(metrics: list[str], left_out: Mapping[str, Any]) -> str | None:
    for name in dict.fromkeys(metrics):
        try:
            metric_named(name)
        except (KeyError, ValueError):
            return f"has an unknown metric, {name[:40]!a}"
    unknown = [name for name in left_out if name != "unobserved" and name not in POINT_METRICS]
    return f"leaves out something unknown, {unknown[0][:40]!a}" if unknown else None
