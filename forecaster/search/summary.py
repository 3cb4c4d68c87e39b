"""A search as a table and as plots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from forecaster.config.dimensions import Boolean, Choice, Dimension
from forecaster.reporting.search_plots import (
    Axis,
    Finding,
    plot_effects,
    plot_parallel,
    plot_progress,
)
from forecaster.search.trials import Trials


def trial_rows(book: Trials, space: Sequence[Dimension]) -> list[dict[str, Any]]:
    """A row per trial, in the order of their beginning; a column per hyperparameter."""
    return [
        {
            "trial": r.proposal.number,
            "state": r.state,
            "score": r.score,
            "epochs": r.details.get("epochs"),
            "seconds": r.details.get("seconds"),
            "parameters": r.details.get("parameters"),
            "goes_on_from": int(r.proposal.previous) + 1 if r.proposal.previous else None,
            "reason": r.reason,
            **{d.name: _cell(r.proposal.values, d.name) for d in space},
        }
        for r in book.records.values()
    ]


def _cell(values: dict[str, Any], name: str) -> Any:
    """Empty is what the trial has not: a null that it tried is written."""
    return "null" if name in values and values[name] is None else values.get(name)


def plot_search(book: Trials, space: Sequence[Dimension], folder: Path, *, metric: str) -> None:
    """progress.png, effects.png and parallel.png."""
    began = datetime.fromisoformat(book.log.entries[0]["time"])
    found = [
        Finding(
            number=r.proposal.number,
            score=r.score,
            minutes=(datetime.fromisoformat(r.ended) - began).total_seconds() / 60,
            values=r.proposal.values,
        )
        for r in book.records.values()
        if r.score is not None and r.ended is not None
    ]
    axes = [_axis(d) for d in space]
    least = book.direction == "min"
    plot_progress(found, folder / "progress.png", metric=metric, least=least)
    plot_effects(found, axes, folder / "effects.png", metric=metric)
    plot_parallel(found, axes, folder / "parallel.png", metric=metric, least=least)


def _axis(dimension: Dimension) -> Axis:
    r = dimension.range
    if isinstance(r, Choice | Boolean):
        return Axis(dimension.name, values=[r.at(i) for i in range(r.n_values)])
    return Axis(dimension.name, log=r.sampling == "log")
