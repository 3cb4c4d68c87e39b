"""The pictures of a run directory: the loss by epoch, and forecasts against actual values.

The same input gives the same bytes. Names from data are drawn as text, never as
mathematics: "$x$" stays as it is.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from forecaster.data.arrays import AnyFloats, Floats
from forecaster.reporting.figures import BLACK, BLUE, GREEN, GREY, PURPLE, VERMILLION, new_figure
from forecaster.runs.files import write_whole
from forecaster.text import one_line

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_HEIGHT_IN = 2.6
LOSS_HEIGHT_IN = 3.4
LEGEND_HEIGHT_IN = 0.4

# A forecast of at most this many points has a marker on each.
MARKED_POINTS = 12

# A loss that spans more than this factor is drawn on a logarithmic axis.
LOG_BEYOND = 50.0

FORECAST_LOOKS = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (PURPLE, ":"))

# Opacity of the widest band; narrower ones are darker.
BAND_ALPHA = 0.18

# Labels of ticks that are years, months, days, hours, minutes and seconds apart, of the ticks that begin a longer
# unit, and what stands once below the axis. A day always has its month: "29" alone says little.
DATES: dict[str, Any] = {
    "formats": ["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S.%f"],
    "zero_formats": ["", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"],
    "offset_formats": ["", "%Y", "%Y", "%d %b %Y", "%d %b %Y", "%d %b %Y %H:%M"],
}

LOSSES = (("loss", "training", BLUE, "-"), ("val_loss", "validation", VERMILLION, "--"))
CUTOFF, BEST = "cutoff", "best epoch"


@dataclass(frozen=True)
class Stretch:
    """One panel: part of one series and target, with forecasts of some of its steps.

    Attributes:
        title: The name of the series.
        label: The label of the value axis, such as the name of the target.
        time: (steps,), datetime64 or integers, increasing.
        actual: (steps,), NaN where not known.
        forecasts: By name, "model" first; each (steps,), NaN where there is no forecast.
        starts: The index of the first target of each window.
        bands: By level in percent, the lower and the upper ends of the first forecast's
            intervals, each (steps,).
    """

    title: str
    label: str
    time: NDArray[Any]
    actual: AnyFloats
    forecasts: Mapping[str, AnyFloats]
    starts: Sequence[int]
    bands: Mapping[float, tuple[AnyFloats, AnyFloats]] = field(default_factory=dict)

    @classmethod
    def of_window(
        cls,
        title: str,
        label: str,
        *,
        time: NDArray[Any],
        past: AnyFloats,
        actual: AnyFloats,
        forecasts: Mapping[str, AnyFloats],
        bands: Mapping[float, tuple[AnyFloats, AnyFloats]] | None = None,
    ) -> Stretch:
        """Make the panel of one window.

        Of a long past only the last four horizons are shown, and at least 48 steps, so that
        the forecast stays readable.

        Args:
            title: The name of the series.
            label: The label of the value axis.
            time: (lookback + horizon,), datetime64 or integers.
            past: (lookback,), the actual values before the window.
            actual: (horizon,), NaN where not known.
            forecasts: By name, "model" first; each (horizon,).
            bands: By level in percent, the ends of the intervals, each (horizon,).
        """
        shown = min(len(past), max(48, 4 * len(actual)))
        silent = np.full(shown, np.nan)
        return cls(
            title=title,
            label=label,
            time=time[len(past) - shown :],
            actual=np.concatenate([past[len(past) - shown :], actual]),
            forecasts={name: np.concatenate([silent, values]) for name, values in forecasts.items()},
            starts=(shown,),
            bands={
                level: (np.concatenate([silent, low]), np.concatenate([silent, high]))
                for level, (low, high) in (bands or {}).items()
            },
        )


def plot_loss(history: Sequence[Mapping[str, Any]], path: Path, *, loss: str = "loss") -> None:
    """Write the training and validation loss by epoch as PNG.

    A ring marks the best epoch of each member of an ensemble.

    Args:
        history: The rows of history.csv, with "epoch", "loss", and where they apply
            "val_loss", "member" and "best".
        path: The file to write.
        loss: The label of the value axis, with its unit.

    Raises:
        ValueError: There is no epoch to draw.
    """
    from matplotlib.ticker import MaxNLocator

    if not history:
        raise ValueError("plot_loss needs at least one epoch")
    members = sorted({row.get("member", 0) for row in history})
    with new_figure(1, height_in=LOSS_HEIGHT_IN + LEGEND_HEIGHT_IN) as (figure, (axes,)):
        for member in members:
            rows = [row for row in history if row.get("member", 0) == member]
            _draw_member(axes, rows, line_width=1.7 if len(members) == 1 else 1.0)
        _loss_axis(axes, loss, _finite([row.get(key, np.nan) for row in history for key, *_ in LOSSES]))
        axes.set_title("Loss by epoch")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(12, integer=True, min_n_ticks=1))
        axes.set_xlim(0.5, max(int(row["epoch"]) for row in history) + 0.5)
        out = io.BytesIO()
        _finish(figure, [axes], out)
    write_whole(path, out.getvalue())


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
    """Write forecasts against actual values as PNG, one panel above the other.

    Args:
        stretches: The panels.
        path: The file to write.
        time_label: The label of the time axis, with its zone where there is one.

    Raises:
        ValueError: There is no panel to draw.
    """
    write_whole(path, forecast_picture(stretches, form="png", time_label=time_label))


def forecast_picture(stretches: Sequence[Stretch], *, form: str, time_label: str = "time") -> bytes:
    """Draw forecasts against actual values, one panel above the other.

    Args:
        stretches: The panels.
        form: "png" or "svg".
        time_label: The label of the time axis, with its zone where there is one.

    Returns:
        The content of the file.

    Raises:
        ValueError: There is no panel to draw.
    """
    if not stretches:
        raise ValueError("plot_forecasts needs at least one stretch")
    height_in = len(stretches) * PANEL_HEIGHT_IN + LEGEND_HEIGHT_IN
    with new_figure(len(stretches), height_in=height_in) as (figure, panels):
        for axes, stretch in zip(panels, stretches, strict=True):
            _draw(axes, stretch)
        panels[-1].set_xlabel(one_line(time_label, 80))
        out = io.BytesIO()
        _finish(figure, panels, out, form=form)
        return out.getvalue()


def _draw(axes: Axes, stretch: Stretch) -> None:
    # The widest band first, so that the narrower ones lie on top of it.
    for nth, (level, (low, high)) in enumerate(sorted(stretch.bands.items(), reverse=True)):
        shade: dict[str, Any] = {"color": BLUE, "alpha": min(0.9, BAND_ALPHA * (nth + 1)), "linewidth": 0}
        axes.fill_between(stretch.time, _finite(low), _finite(high), label=f"{level:g} % interval", **shade)
    axes.plot(stretch.time, _finite(stretch.actual), color=BLACK, linewidth=1.2, label="actual")
    for (name, values), (colour, dash) in zip(stretch.forecasts.items(), cycle(FORECAST_LOOKS), strict=False):
        n_points = int(np.isfinite(values).sum())
        # A line through a few points alone is easily overlooked.
        marker = "o" if n_points <= MARKED_POINTS else None
        axes.plot(
            stretch.time,
            _finite(values),
            dash,
            color=colour,
            marker=marker,
            markersize=4,
            label=one_line(name, 40),
        )
    for start in stretch.starts:
        axes.axvline(
            stretch.time[max(start - 1, 0)],
            color=GREY,
            linewidth=1.0,
            linestyle=(0, (1, 2)),
            label=CUTOFF,
        )
    _value_axis(axes, stretch.label)
    _time_axis(axes, stretch.time)
    axes.set_title(one_line(stretch.title, 80))


def _time_axis(axes: Axes, time: NDArray[Any]) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.margins(x=0.01)
    if np.issubdtype(time.dtype, np.datetime64):
        locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, **DATES))  # type: ignore[no-untyped-call]
    else:
        # Fewer ticks where the numbers are long: about 70 digits fit side by side.
        most = min(9, max(2, 70 // (len(f"{time[-1]}") + 3)))
        axes.xaxis.set_major_locator(MaxNLocator(most, integer=True, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))


def _value_axis(axes: Axes, label: str) -> None:
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.set_ylabel(one_line(label, 24))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    # Full numbers: a power of ten would stand in the corner, over the title.
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.12g}"))


def _loss_axis(axes: Axes, label: str, values: AnyFloats) -> None:
    """Format the axis of a loss, logarithmic where the first epochs would flatten all others."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    _value_axis(axes, label)
    values = values[np.isfinite(values)]
    if len(values) and 0 < values.min() < values.max() / LOG_BEYOND:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.12g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())


def _finish(figure: Figure, panels: Sequence[Axes], out: io.BytesIO, *, form: str = "png") -> None:
    # One legend for all panels: each name once, lines before marks.
    entries: dict[str, Artist] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    for mark in (CUTOFF, BEST):
        if mark in entries:
            entries[mark] = entries.pop(mark)
    figure.legend(list(entries.values()), list(entries), loc="outside upper left", ncols=min(len(entries), 6))
    # Without the version of matplotlib in its metadata, the same picture is the same file.
    figure.savefig(out, format=form, metadata={"Date": None} if form == "svg" else {"Software": None})


def _finite(values: ArrayLike) -> Floats:
    """Convert to float64, with NaN, which is not drawn, for infinite values."""
    numbers = np.asarray(values, np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)
