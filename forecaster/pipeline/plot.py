"""Plot: the newest test windows of some series of a run, or their next horizon."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forecaster.errors import DataError
from forecaster.forecasting.fitted import time_axis_of
from forecaster.reporting.forecasts import StoredForecasts, read_forecasts
from forecaster.reporting.newest import NewestForecasts
from forecaster.stages.drawing import Drawing, Drawn, draw_newest
from forecaster.stages.learned import learned_series, series_of
from forecaster.stages.next_horizon import forecast_next_horizon, read_next_horizon
from forecaster.stages.opened import OpenedRun
from forecaster.stages.report import read_history
from forecaster.system import is_device

# Names of files in the same folder that are not named after a series.
_TAKEN = {"forecast", "loss", "windows", "next"}


@dataclass(frozen=True)
class Plotted:
    """A plot that was written.

    Attributes:
        path: The file.
        series: The id of the first series in it.
        target: The name of the first target in it.
        notes: Remarks for the user.
        all_series: The ids of all series in it.
        all_targets: The names of all targets in it.
    """

    path: Path
    series: str
    target: str
    notes: list[str]
    all_series: tuple[str, ...] = ()
    all_targets: tuple[str, ...] = ()


def plot(
    opened: OpenedRun,
    *,
    series: Sequence[str] = (),
    target: str | None = None,
    output: Path | None = None,
    future: bool = False,
) -> Plotted:
    """Plot the last test window of some series, or their next horizon.

    Args:
        opened: The run.
        series: The ids of the series; none is the first one or, of the next horizon, the first few.
        target: The name of the target; None is the first one or, of the next horizon, all as far as there is room.
        output: The file, PNG or SVG by its ending; None is a file in plots/ of the run directory.
        future: Whether to plot the next horizon, after the last row of each series.

    Raises:
        DataError: When the run has no test windows, or a future covariate of the next horizon is missing.
        UsageError: When a series, the target or the ending of the file is unknown.
    """
    if output is not None:
        Drawing(output).check()
    names, targets = tuple(series), () if target is None else (target,)
    if future:
        drawn, notes = _plot_next(opened, names, targets, output)
    else:
        drawn, notes = _plot_last(opened, names, targets, output)
    found = [*notes, *drawn.notes]
    return Plotted(drawn.path, drawn.series[0], drawn.targets[0], found, drawn.series, drawn.targets)


def _plot_next(
    opened: OpenedRun, series: tuple[str, ...], targets: tuple[str, ...], output: Path | None
) -> tuple[Drawn, list[str]]:
    """Plot the next horizon: as the run holds it, or forecast again for series that it does not hold."""
    run, spec = opened.run, opened.spec
    drawing = Drawing(output or run.file("plots/next.png"), series, targets)
    history, _ = read_history(opened)
    newest = read_next_horizon(opened, history)
    if newest is None or not set(series) <= set(newest.ids):
        newest = forecast_next_horizon(opened, drawing).before(history)
    n_series = len(newest.ids) if series else len(learned_series(series_of(run)))
    return draw_newest(newest, drawing, time_label=spec.data.time, n_series=n_series), []


def _plot_last(
    opened: OpenedRun, series: tuple[str, ...], targets: tuple[str, ...], output: Path | None
) -> tuple[Drawn, list[str]]:
    """Plot the last test window."""
    run, spec = opened.run, opened.spec
    time_axis = time_axis_of(run)
    f = read_forecasts(run, spec.data, time_axis=time_axis, horizon=spec.window.horizon)
    if f is None:
        raise DataError(
            f"{run.path}: has no test windows to plot",
            hint="train with split.test above 0, or plot the next horizon with --future",
        )
    series, targets = series or f.ids[:1], targets or f.targets[:1]
    path = output or run.file(f"plots/{_name_of(f, series, targets[0])}.png")
    drawing = Drawing(path, series, targets, n_past=spec.window.lookback)
    drawing.check_names(f.ids, f.targets)
    history, notes = read_history(opened)
    newest = NewestForecasts(f, history, time_axis)
    return draw_newest(newest, drawing, time_label=spec.data.time), notes


def _name_of(f: StoredForecasts, series: Sequence[str], target: str) -> str:
    return "windows" if len(series) > 1 else _file_name(series[0], target, f.ids, f.targets)


def _file_name(series: str, target: str, ids: Sequence[str], targets: Sequence[str]) -> str:
    """Return a file name without suffix that is valid on every system, and that no other series and target get."""
    whole = _joined(series, target)
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", whole).strip("._")[:80]
    alike = sum(_joined(s, t).casefold() == whole.casefold() for s in ids for t in targets)
    if plain == whole and alike <= 1 and plain.casefold() not in _TAKEN and not is_device(plain):
        return plain
    own = whole if alike <= 1 else f"{series}\0{target}"
    mark = hashlib.sha256(own.encode()).hexdigest()[:8]
    # Windows takes a name for a device by the part before the first dot.
    return f"{mark}-{plain}" if is_device(plain) else f"{plain}-{mark}".lstrip("-")


def _joined(series: str, target: str) -> str:
    return "-".join(part for part in (series, target) if part)
