"""Plot: the forecast of one series of a run, with the actual values before and after the cutoff."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.errors import DataError, UsageError
from forecaster.forecasting.fitted import STATE
from forecaster.reporting.forecasts import StoredForecasts, read_forecasts
from forecaster.reporting.history import History
from forecaster.reporting.plots import Stretch, forecast_picture
from forecaster.runs.files import read_json, write_whole
from forecaster.stages.opened import OpenedRun
from forecaster.stages.report import read_history
from forecaster.system import is_device

NAMED = 5
ENDINGS = (".png", ".svg")
# Names of the files that training writes into the same folder.
_TAKEN = {"forecast", "loss"}


@dataclass(frozen=True)
class Plotted:
    """A plot that was written.

    Attributes:
        path: The file.
        series: The id of the series.
        target: The name of the target.
        notes: Remarks for the user.
    """

    path: Path
    series: str
    target: str
    notes: list[str]


def plot(
    opened: OpenedRun, *, series: str | None = None, target: str | None = None, output: Path | None = None
) -> Plotted:
    """Plot the last test window of one series and target.

    Args:
        opened: The run.
        series: The id of the series; None is the first series.
        target: The name of the target; None is the first target.
        output: The file, PNG or SVG by its ending; None is plots/NAME.png in the run directory.

    Raises:
        DataError: When the run has no test windows.
        UsageError: When the series, the target or the ending of the file is unknown.
    """
    if output is not None and output.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"{output}: the ending names no known format", hint=f"use one of {', '.join(ENDINGS)}"
        )
    run, spec = opened.run, opened.spec
    run.check(STATE)
    time_axis = TimeAxis.from_json(read_json(run.file(STATE))["grid"])
    f = read_forecasts(run, spec.data, time_axis=time_axis, horizon=spec.window.horizon)
    if f is None:
        raise DataError(f"{run.path}: has no test windows to plot", hint="train with split.test above 0")
    s = _find("series", series, f.ids)
    t = _find("target", target, f.targets)
    history, notes = read_history(opened)
    path = output or run.file(f"plots/{_file_name(f.ids[s], f.targets[t], f.ids, f.targets)}.png")
    picture = forecast_picture(
        [_stretch(f, history, time_axis, (s, t), lookback=spec.window.lookback)],
        form=path.suffix.lower().removeprefix("."),
        time_label=spec.data.time,
    )
    write_whole(path, picture)
    return Plotted(path, f.ids[s], f.targets[t], notes)


def _find(what: str, name: str | None, names: Sequence[str]) -> int:
    """Return the index of a name; 0 for None. Raises UsageError when it is unknown."""
    if name is None:
        return 0
    if name in names:
        return names.index(name)
    if list(names) == [""]:
        raise UsageError(
            f"--{what} {name}: this run has one series without a name", hint=f"leave out --{what}"
        )
    near = difflib.get_close_matches(name, names, n=1)
    some = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
    raise UsageError(
        f"--{what} {name}: the forecasts of this run have no such {what}",
        hint=f"did you mean {near[0]}?" if near else f"it has {some}",
    )


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


def _stretch(
    f: StoredForecasts, history: History | None, time_axis: TimeAxis, pair: tuple[int, int], *, lookback: int
) -> Stretch:
    """Return the last window of a series; without the table, its past is put together from older windows."""
    s, t = pair
    windows = np.flatnonzero(f.series == s)
    newest = int(windows[-1])
    first, horizon = int(f.first[newest]), f.horizon
    past = np.full(lookback, np.nan)
    place = None if history is None else history.place_of.get(f.ids[s])
    if history is not None and place is not None:
        end = first - int(history.first[place])
        known = history.values(place, t)[max(0, end - lookback) : end]
        past[lookback - len(known) :] = known
    else:
        for w in windows.tolist():
            at = int(f.first[w]) - (first - lookback) + np.arange(horizon)
            there = (at >= 0) & (at < lookback)
            past[at[there]] = f.actual[w, t][there]
    begin = int(np.argmax(np.isfinite(past))) if np.isfinite(past).any() else lookback
    time = time_axis.local(first + np.arange(begin - lookback, horizon))
    return Stretch.of_window(
        f.ids[s],
        f.targets[t],
        time=time if time_axis.is_integer else time.view("M8[ns]"),
        past=past[begin:],
        actual=f.actual[newest, t],
        forecasts={"model": f.forecast[newest, t]},
        bands={level: (low[newest, t], high[newest, t]) for level, (low, high) in f.bands.items()},
    )
