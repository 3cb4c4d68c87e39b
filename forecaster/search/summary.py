"""The summary of a search: a table of its trials, and plots."""

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
    """Return the rows of trials.csv, one per trial in the order of their beginning.

    Args:
        book: The trials.
        space: The dimensions of the search space; each is a column.
    """
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
    """Return a value of a trial: None, an empty cell, if the trial has no such value, and "null" if it tried null."""
    return "null" if name in values and values[name] is None else values.get(name)


def plot_search(book: Trials, space: Sequence[Dimension], folder: Path, *, metric: str) -> None:
    """Write progress.png, effects.png and parallel.png.

    Args:
        book: The trials.
        space: The dimensions of the search space.
        folder: The folder for the plots.
        metric: The name of the metric that scores trials.
    """
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
    """Return the axis of a dimension in the plots."""
    r = dimension.range
    if isinstance(r, Choice | Boolean):
        return Axis(dimension.name, values=[r.at(i) for i in range(r.n_values)])
    return Axis(dimension.name, log=r.sampling == "log")
