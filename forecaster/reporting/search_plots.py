"""The pictures of a search: scores over trials and time, the effect of each hyperparameter, and all at once."""

from __future__ import annotations

import io
import json
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecaster.reporting.plots import BLACK, BLUE, DOTS_PER_INCH, GREY, STYLE, VERMILLION, WIDTH_IN
from forecaster.runs.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# More panels or axes than these are too small to read.
MOST_PANELS, MOST_AXES = 24, 14
COLUMNS = 3
# Scores so far beyond the middle of all would flatten the rest.
FAR = 4.0


@dataclass(frozen=True)
class Finding:
    """One completed trial. minutes: since the search began, pauses included."""

    number: int
    score: float
    minutes: float
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Axis:
    """One hyperparameter. log: drawn so. values: of a choice, in their order; None where it is a range."""

    name: str
    log: bool = False
    values: Sequence[Any] | None = None


def plot_progress(found: Sequence[Finding], path: Path, *, metric: str, least: bool) -> None:
    """Every trial's score, and the best so far, by trial and by time."""
    from matplotlib.ticker import MaxNLocator

    with _figure(1, 2, height_in=3.6) as (figure, (by_trial, by_time)):
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
    """The score against the value of each hyperparameter, a panel for each."""
    shown = [a for a in axes_of if any(a.name in f.values for f in found)][:MOST_PANELS]
    n_rows = max(1, math.ceil(len(shown) / COLUMNS))
    with _figure(n_rows, COLUMNS, height_in=2.5 * n_rows) as (figure, panels):
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
    """Parallel coordinates: a line per trial through all its values, the better the darker, the best in colour."""
    shown = [a for a in axes_of if any(a.name in f.values for f in found)][:MOST_AXES]
    scores = np.array([f.score for f in found])
    order = np.argsort(-scores if least else scores, kind="stable")
    with _figure(1, 1, height_in=4.8) as (figure, (panel,)):
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
        panel.set_title("Every trial; the best in colour")
        _save(figure, path)


def _height(axis: Axis, found: Sequence[Finding]) -> tuple[NDArray[np.float64], tuple[str, str]]:
    """Of each trial on one axis, from 0 to 1, NaN where it has no such value; and what its ends are called."""
    known = [f.values.get(axis.name) for f in found]
    there = np.array([axis.name in f.values for f in found])
    places, labels = _places(axis, [v for v, t in zip(known, there, strict=True) if t])
    heights = np.full(len(found), np.nan)
    heights[there] = _share(np.log(places) if axis.log else places)
    ends = (labels[0], labels[-1]) if labels else (f"{places.min():.4g}", f"{places.max():.4g}")
    return heights, ends


def _places(axis: Axis, values: Sequence[Any]) -> tuple[NDArray[np.float64], list[str]]:
    """Where values stand on an axis, and their names where they are names."""
    if axis.values is None:
        return np.array(values, dtype=float), []
    tried = [_name(v) for v in values]
    names = [name for name in map(_name, axis.values) if name in tried]
    return np.array([names.index(name) for name in tried], dtype=float), names


def _name(value: Any) -> str:
    """As in the YAML file: null, not None."""
    return value if isinstance(value, str) else json.dumps(value)


def _share(values: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = values.min(), values.max()
    share: NDArray[np.float64] = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    return share


def _score_axis(axes: Axes, scores: NDArray[np.float64]) -> None:
    """Leave out of sight what lies so far off that the rest would be a line."""
    low, middle, high = scores.min(), np.median(scores), scores.max()
    if middle > low and high - low > FAR * (middle - low):
        axes.set_ylim(low - 0.1 * (middle - low), low + FAR * (middle - low))
    if middle < high and high - low > FAR * (high - middle) and not high - low > FAR * (middle - low) > 0:
        axes.set_ylim(high - FAR * (high - middle), high + 0.1 * (high - middle))


def _save(figure: Figure, path: Path) -> None:
    """As a whole or not at all."""
    picture = io.BytesIO()
    figure.savefig(picture, metadata={"Software": None})
    write_whole(path, picture.getvalue())


@contextmanager
def _figure(n_rows: int, n_columns: int, *, height_in: float) -> Iterator[tuple[Figure, list[Axes]]]:
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.style.context(["default", STYLE]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DOTS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure, list(np.ravel(figure.subplots(n_rows, n_columns, squeeze=False)))
