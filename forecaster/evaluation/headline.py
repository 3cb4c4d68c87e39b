"""What a score table comes down to: the metric, the baseline and the word that stand for it.

It loads no NumPy, so that the runs of a folder are listed at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Loss = Literal["absolute", "squared"]
LOSSES: tuple[Loss, ...] = ("absolute", "squared")
# A cell of the score table for each outcome.
CELLS = {"better": "better", "worse": "worse", "undecided": "unclear"}


def judged_split(splits: Mapping[str, Any]) -> str | None:
    """Return the split that the verdict is about: test, or validation where there is no test range."""
    return next((name for name in ("test", "val") if name in splits), None)


def headline_metric(model: Mapping[str, float | None]) -> str | None:
    """Return the metric that verdicts are about: MASE, or else the first that can be computed.

    Args:
        model: The model's scores by metric.

    Returns:
        The name of the metric; None where none can be computed.
    """
    return next((name for name in ("mase", *model) if model.get(name) is not None), None)


def best_baseline(scores: Mapping[str, Mapping[str, float | None]]) -> tuple[str, str] | None:
    """Return the name of the best baseline and the metric that says so; None where nothing can be compared.

    Args:
        scores: Of a score table, "model" among the forecasters.
    """
    metric = headline_metric(scores["model"])
    if metric is None:
        return None
    found = {n: abs(v) for n, row in scores.items() if n != "model" and (v := row.get(metric)) is not None}
    return (min(found, key=lambda n: found[n]), metric) if found else None


def cell(verdict: Mapping[str, Any]) -> str:
    """Return a verdict as a cell of the score table: one word, or one for absolute and one for squared errors."""
    if verdict["verdict"] != "mixed":
        return CELLS[verdict["verdict"]]
    return "/".join(CELLS[verdict[loss]["verdict"]] for loss in LOSSES if loss in verdict)
