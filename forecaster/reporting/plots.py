"""The pictures of a run directory: the loss by epoch, and forecasts against what happened.

Drawn without a screen and without pyplot's global state; the same input gives the
same bytes. Names from data are text, never mathematics: "$x$" stays as it is.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.floating[Any]]

DOTS_PER_INCH = 150
WIDTH_IN = 9.0
PANEL_HEIGHT_IN = 2.6
LEGEND_HEIGHT_IN = 0.4

# A forecast of no more points is drawn with a marker on each.
MARKED_POINTS = 12

# A loss that spans more than this factor is drawn on a logarithmic axis.
LOG_BEYOND = 50.0

# Okabe & Ito's palette, told apart by readers with any form of colour blindness.
BLACK, GREY, MIST = "#222222", "#6b6b6b", "#e6e6e6"
BLUE, VERMILLION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
FORECAST_LOOKS = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (PURPLE, ":"))

# Of the widest band; narrower ones are darker.
BAND_ALPHA = 0.18

LOSSES = (("loss", "training", BLUE, "-"), ("val_loss", "validation", VERMILLION, "--"))
CUTOFF, BEST = "forecast origin", "best epoch"

STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    # A series called "$x$" is text.
    "text.parse_math": False,
    # The same names of parts in every SVG of the same picture.
    "svg.hashsalt": "forecaster",
    "axes.unicode_minus": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": MIST,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": BLACK,
    "ytick.labelcolor": BLACK,
    "lines.linewidth": 1.7,
    "legend.frameon": False,
}


@dataclass(frozen=True)
class Stretch:
    """One panel: a stretch of one series and target, with forecasts over some of it.

    title: names the series. label: of the value axis, such as the target's name.
    time: (steps,), datetime64 or integers, in order. actual: (steps,), NaN where not
    known. forecasts: by name, "model" first; each (steps,), NaN where it is silent.
    first_targets: the index of each window's first target step.
    """

    title: str
    label: str
    time: NDArray[Any]
    actual: Floats
    forecasts: Mapping[str, Floats]
    first_targets: Sequence[int]
    bands: Mapping[float, tuple[Floats, Floats]] = field(default_factory=dict)
    """By level in percent: the lower and the upper end, each (steps,), of the first forecast's intervals."""

    @classmethod
    def of_window(
        cls,
        title: str,
        label: str,
        *,
        time: NDArray[Any],
        past: Floats,
        actual: Floats,
        forecasts: Mapping[str, Floats],
        bands: Mapping[float, tuple[Floats, Floats]] | None = None,
    ) -> Stretch:
        """The stretch of one window.

        time: (lookback + horizon,); past: (lookback,); actual, each forecast and each
        end of a band: (horizon,). Of a long past, the last four horizons are shown (at least 48 steps),
        so that the forecast stays readable.
        """
        shown = min(len(past), max(48, 4 * len(actual)))
        silent = np.full(shown, np.nan)
        return cls(
            title=title,
            label=label,
            time=time[len(past) - shown :],
            actual=np.concatenate([past[len(past) - shown :], actual]),
            forecasts={name: np.concatenate([silent, values]) for name, values in forecasts.items()},
            first_targets=(shown,),
            bands={
                level: (np.concatenate([silent, low]), np.concatenate([silent, high]))
                for level, (low, high) in (bands or {}).items()
            },
        )


def plot_loss(history: Sequence[Mapping[str, Any]], path: Path, *, loss: str = "loss") -> None:
    """Write the training and validation loss by epoch as PNG.

    history: the rows of history.csv, with "epoch", "loss", and where they apply
    "val_loss", "member" and "best". loss: names the value axis, with its unit. The last
    epoch of each member that was better than all before is ringed.
    Raises ValueError when there is no epoch to draw.
    """
    from matplotlib.ticker import MaxNLocator

    if not history:
        raise ValueError("plot_loss needs at least one epoch")
    members = sorted({row.get("member", 0) for row in history})
    with _figure(1, panel_height_in=3.4) as (figure, (axes,)):
        for member in members:
            rows = [row for row in history if row.get("member", 0) == member]
            _draw_member(axes, rows, line_width=1.7 if len(members) == 1 else 1.0)
        _loss_axis(axes, loss, _finite([row.get(key, np.nan) for row in history for key, *_ in LOSSES]))
        axes.set_title("Loss by epoch")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(12, integer=True, min_n_ticks=1))
        axes.set_xlim(0.5, max(int(row["epoch"]) for row in history) + 0.5)
        _finish(figure, [axes], path)


def _draw_member(axes: Axes, rows: Sequence[Mapping[str, Any]], *, line_width: float) -> None:
    epochs = [int(row["epoch"]) for row in rows]
    for key, name, colour, dash in LOSSES:
        values = _finite([row.get(key, np.nan) for row in rows])
        if np.isfinite(values).any():
            look: dict[str, Any] = {"color": colour, "linewidth": line_width, "marker": "o", "markersize": 3}
            axes.plot(epochs, values, dash, label=name, **look)
    best = [row for row in rows if row.get("best")][-1:]
    for row in best:
        height = row.get("val_loss", row["loss"])
        axes.plot(row["epoch"], height, "o", color=BLACK, fillstyle="none", markersize=10, label=BEST)


def plot_forecasts(stretches: Sequence[Stretch], path: Path, *, time_label: str = "time") -> None:
    """Write forecasts against actual values as PNG, a panel for each stretch, one above the other.

    time_label: names the time axis, with its zone where there is one.
    Raises ValueError when there is no stretch to draw.
    """
    path.write_bytes(forecast_picture(stretches, form="png", time_label=time_label))


def forecast_picture(stretches: Sequence[Stretch], *, form: str, time_label: str = "time") -> bytes:
    """The same as bytes. form: png or svg."""
    if not stretches:
        raise ValueError("plot_forecasts needs at least one stretch")
    with _figure(len(stretches), panel_height_in=PANEL_HEIGHT_IN) as (figure, panels):
        for axes, stretch in zip(panels, stretches, strict=True):
            _draw(axes, stretch)
        panels[-1].set_xlabel(_line(time_label, 80))
        out = io.BytesIO()
        _finish(figure, panels, out, form=form)
        return out.getvalue()


def _draw(axes: Axes, stretch: Stretch) -> None:
    # The widest first, so that the narrower ones lie on it.
    for nth, (level, (low, high)) in enumerate(sorted(stretch.bands.items(), reverse=True)):
        shade: dict[str, Any] = {"color": BLUE, "alpha": min(0.9, BAND_ALPHA * (nth + 1)), "linewidth": 0}
        axes.fill_between(stretch.time, _finite(low), _finite(high), label=f"{level:g} % interval", **shade)
    axes.plot(stretch.time, _finite(stretch.actual), color=BLACK, linewidth=1.2, label="actual")
    for (name, values), (colour, dash) in zip(stretch.forecasts.items(), cycle(FORECAST_LOOKS), strict=False):
        said = int(np.isfinite(values).sum())
        # A few points alone would be lost as a line.
        marker = "o" if said <= MARKED_POINTS else None
        axes.plot(
            stretch.time,
            _finite(values),
            dash,
            color=colour,
            marker=marker,
            markersize=4,
            label=_line(name, 40),
        )
    for first in stretch.first_targets:
        axes.axvline(
            stretch.time[max(first - 1, 0)],
            color=GREY,
            linewidth=1.0,
            linestyle=(0, (1, 2)),
            label=CUTOFF,
        )
    _value_axis(axes, stretch.label)
    _time_axis(axes, stretch.time)
    axes.set_title(_line(stretch.title, 80))


def _time_axis(axes: Axes, time: NDArray[Any]) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.margins(x=0.01)
    if np.issubdtype(time.dtype, np.datetime64):
        locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    else:
        # Fewer ticks where the numbers are long: about 70 digits fit side by side.
        most = min(9, max(2, 70 // (len(f"{time[-1]}") + 3)))
        axes.xaxis.set_major_locator(MaxNLocator(most, integer=True, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))


def _value_axis(axes: Axes, label: str) -> None:
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.set_ylabel(_line(label, 30))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    # Whole numbers, not a power of ten in the corner where the title stands.
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.12g}"))


def _loss_axis(axes: Axes, label: str, values: Floats) -> None:
    """As any value axis, or logarithmic where the first epochs would flatten all others."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    _value_axis(axes, label)
    values = values[np.isfinite(values)]
    if len(values) and 0 < values.min() < values.max() / LOG_BEYOND:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.12g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())


@contextmanager
def _figure(n_panels: int, *, panel_height_in: float) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure of our own look whatever the user's matplotlib settings, drawn without a screen."""
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # matplotlibrc and its backend are left as they were.
    with matplotlib.style.context(["default", STYLE]), warnings.catch_warnings():
        # A name in a script that the font lacks shows as boxes; a warning per letter helps nobody.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        height_in = n_panels * panel_height_in + LEGEND_HEIGHT_IN
        figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DOTS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure, list(figure.subplots(n_panels, squeeze=False)[:, 0])


def _finish(figure: Figure, panels: Sequence[Axes], out: Path | io.BytesIO, *, form: str = "png") -> None:
    # One legend for all panels: each name once, lines of values before marks.
    entries: dict[str, Artist] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    for mark in (CUTOFF, BEST):
        if mark in entries:
            entries[mark] = entries.pop(mark)
    figure.legend(list(entries.values()), list(entries), loc="outside upper left", ncols=min(len(entries), 6))
    # Without the version of matplotlib in it, the same picture is the same file.
    figure.savefig(out, format=form, metadata={"Date": None} if form == "svg" else {"Software": None})


def _finite(values: ArrayLike) -> NDArray[np.float64]:
    """As float64, with NaN (not drawn) for what no axis can show."""
    numbers = np.asarray(values, np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _line(text: str, most: int) -> str:
    """One line of at most so many characters, cut in the middle: both ends tell names apart."""
    flat = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    head = most // 2
    return flat if len(flat) <= most else f"{flat[:head]}…{flat[len(flat) - (most - head - 1) :]}"
