"""The pictures of a search: scores over trials and time, the effect of each hyperparameter, and all trials at once."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Floats
from forecaster.reporting.figures import BLACK, BLUE, GREY, VERMILLION, new_figure
from forecaster.runs.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# More panels or axes than these would be too small to read.
MOST_PANELS, MOST_AXES = 24, 14
COLUMNS = 3
# An axis of scores shows at most this many times the distance between the median and the nearer extreme.
FAR = 4.0


@dataclass(frozen=True)
class Finding:
    """One completed trial.

    Attributes:
        number: The number of the trial.
        score: The value of the objective.
        minutes: When it completed, since the search began, pauses included.
        values: The hyperparameters by name.
    """

    number: int
    score: float
    minutes: float
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Axis:
    """One hyperparameter.

    Attributes:
        name: The name, as in the values of a `Finding`.
        log: Whether it is drawn on a logarithmic axis.
        values: The values of a choice in their order; None for a range of numbers.
    """

    name: str
    log: bool = False
    values: Sequence[Any] | None = None


def plot_progress(found: Sequence[Finding], path: Path, *, metric: str, least: bool) -> None:
    """Write the score of every trial and the best so far, by trial and by time, as PNG.

    Args:
        found: The completed trials.
        path: The file to write.
        metric: The label of the scores.
        least: Whether the least score is the best.
    """
    from matplotlib.ticker import MaxNLocator

    with new_figure(1, 2, height_in=3.6) as (figure, (by_trial, by_time)):
        for axes, label, x in (
            (by_trial, "trial", [f.number for f in found]),
            (by_time, "minutes since the search began", [f.minutes for f in found]),
        ):
            order = np.argsort(x, kind="stable")
            at, scores = np.array(x, dtype=float)[order], np.array([f.score for f in found])[order]
            axes.plot(at, scores, "o", color=GREY, markersize=4, label="trial")
            best = np.minimum.accumulate(scores) if least else np.maximum.accumulate(scores)
            axes.step(at, best, where="post", color=BLUE, label="best so far")
            axes.set_xlabel(label)
            _score_axis(axes, scores)
        by_trial.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
        by_trial.set_ylabel(metric)
        by_trial.set_title("Score over the search")
        by_trial.legend()
        _save(figure, path)


def plot_effects(found: Sequence[Finding], axes_of: Sequence[Axis], path: Path, *, metric: str) -> None:
    """Write the score against the value of each hyperparameter, a panel for each, as PNG.

    Args:
        found: The completed trials.
        axes_of: The hyperparameters; those without a trial are left out, and so are those
            beyond the first MOST_PANELS.
        path: The file to write.
        metric: The label of the scores.
    """
    shown = [a for a in axes_of if any(a.name in f.values for f in found)][:MOST_PANELS]
    n_rows = max(1, math.ceil(len(shown) / COLUMNS))
    with new_figure(n_rows, COLUMNS, height_in=2.5 * n_rows) as (figure, panels):
        for panel, axis in zip(panels, shown, strict=False):
            with_it = [f for f in found if axis.name in f.values]
            places, labels = _places(axis, [f.values[axis.name] for f in with_it])
            scores = np.array([f.score for f in with_it])
            panel.plot(places, scores, "o", color=BLUE, markersize=4, alpha=0.7)
            for place in np.unique(places) if labels else ():
                middle = float(np.median(scores[places == place]))
                panel.plot([place - 0.3, place + 0.3], [middle, middle], color=VERMILLION)
            if labels:
                panel.set_xticks(range(len(labels)), labels)
                panel.set_xlim(-0.6, len(labels) - 0.4)
            elif axis.log:
                panel.set_xscale("log")
            panel.set_title(axis.name, fontsize=8)
            _score_axis(panel, scores)
        for panel in panels[len(shown) :]:
            panel.set_visible(False)
        figure.supylabel(metric)
        _save(figure, path)


def plot_parallel(
    found: Sequence[Finding], axes_of: Sequence[Axis], path: Path, *, metric: str, least: bool
) -> None:
    """Write parallel coordinates as PNG: a line per trial through all its values, better ones darker.

    Args:
        found: The completed trials.
        axes_of: The hyperparameters; those without a trial are left out, and so are those
            beyond the first MOST_AXES.
        path: The file to write.
        metric: The label of the scores.
        least: Whether the least score is the best.
    """
    shown = [a for a in axes_of if any(a.name in f.values for f in found)][:MOST_AXES]
    scores = np.array([f.score for f in found])
    order = np.argsort(-scores if least else scores, kind="stable")
    with new_figure(1, 1, height_in=4.8) as (figure, (panel,)):
        columns = [_height(a, found) for a in shown]
        heights = np.stack([c for c, _ in columns] + [_share(scores)])
        for rank, i in enumerate(order):
            best = rank == len(order) - 1
            look: dict[str, Any] = {"color": GREY, "alpha": 0.15 + 0.5 * rank / len(order), "linewidth": 1}
            if best:
                look = {"color": VERMILLION, "linewidth": 2.5}
            panel.plot(range(len(heights)), heights[:, i], **look)
        for x, (_, ends) in enumerate(
            [*columns, (heights[-1], (f"{scores.min():.4g}", f"{scores.max():.4g}"))]
        ):
            panel.axvline(x, color=BLACK, linewidth=0.8)
            panel.annotate(ends[0], (x, -0.04), ha="center", va="top", fontsize=7, annotation_clip=False)
            panel.annotate(ends[1], (x, 1.04), ha="center", va="bottom", fontsize=7, annotation_clip=False)
        names = [*(a.name for a in shown), metric]
        panel.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=7)
        panel.set_yticks([])
        panel.set_ylim(-0.14, 1.14)
        panel.grid(visible=False)
        panel.set_title("Every trial, the best in colour")
        _save(figure, path)


def _height(axis: Axis, found: Sequence[Finding]) -> tuple[Floats, tuple[str, str]]:
    """Return each trial's height on one axis, from 0 to 1, NaN without a value, and the labels of its ends."""
    known = [f.values.get(axis.name) for f in found]
    there = np.array([axis.name in f.values for f in found])
    places, labels = _places(axis, [v for v, t in zip(known, there, strict=True) if t])
    heights = np.full(len(found), np.nan)
    heights[there] = _share(np.log(places) if axis.log else places)
    ends = (labels[0], labels[-1]) if labels else (f"{places.min():.4g}", f"{places.max():.4g}")
    return heights, ends


def _places(axis: Axis, values: Sequence[Any]) -> tuple[Floats, list[str]]:
    """Return the places of values on an axis, and the names of the places where the values are a choice."""
    if axis.values is None:
        return np.array(values, dtype=float), []
    tried = [_name(v) for v in values]
    names = [name for name in map(_name, axis.values) if name in tried]
    return np.array([names.index(name) for name in tried], dtype=float), names


def _name(value: Any) -> str:
    """Write a value as in the YAML file: null, not None."""
    return value if isinstance(value, str) else json.dumps(value)


def _share(values: Floats) -> Floats:
    low, high = values.min(), values.max()
    share: Floats = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    return share


def _score_axis(axes: Axes, scores: Floats) -> None:
    """Cut off scores that lie so far away that the rest would be a flat line."""
    low, middle, high = scores.min(), np.median(scores), scores.max()
    if middle > low and high - low > FAR * (middle - low):
        axes.set_ylim(low - 0.1 * (middle - low), low + FAR * (middle - low))
    if middle < high and high - low > FAR * (high - middle) and not high - low > FAR * (middle - low) > 0:
        axes.set_ylim(high - FAR * (high - middle), high + 0.1 * (high - middle))


def _save(figure: Figure, path: Path) -> None:
    """Write the picture as a whole or not at all."""
    picture = io.BytesIO()
    figure.savefig(picture, metadata={"Software": None})
    write_whole(path, picture.getvalue())
