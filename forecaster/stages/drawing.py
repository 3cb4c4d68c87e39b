"""Pictures of the newest forecasts of some series, one panel below the other."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forecaster.errors import UsageError
from forecaster.reporting.newest import NewestForecasts
from forecaster.reporting.plots import forecast_picture
from forecaster.runs.files import write_whole
from forecaster.text import listed

ENDINGS = (".png", ".svg")
# Panels of a picture whose series nobody named, and the most of any picture: more cannot be told apart on a page.
FEW_PANELS, MAX_PANELS = 3, 24
# Names that a message lists.
NAMED = 5


@dataclass(frozen=True)
class Drawing:
    """A picture that is asked for.

    Attributes:
        path: The file, PNG or SVG by its ending.
        series: The ids of the series; none takes the first few.
        targets: The names of the targets; none takes all, as far as there is room.
        n_past: The most steps before a forecast; None fits the horizon.
    """

    path: Path
    series: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    n_past: int | None = None

    def check(self) -> None:
        """Check the ending of the file. Raises UsageError when it names no known format."""
        if self.path.suffix.lower() not in ENDINGS:
            raise UsageError(
                f"{self.path}: the ending names no known format", hint=f"use one of {', '.join(ENDINGS)}"
            )

    def check_names(self, ids: Sequence[str], targets: Sequence[str]) -> None:
        """Check the names. Raises UsageError when one is unknown, or there are too many series."""
        for name in self.series:
            find_name("series", name, ids)
        for name in self.targets:
            find_name("target", name, targets)
        if len(self.series) > MAX_PANELS:
            raise UsageError(
                f"--series is given {len(self.series)} times, and a picture holds at most {MAX_PANELS} series",
                hint="draw several pictures",
            )


def drawing_of(path: str | Path | None, series: tuple[str, ...]) -> Drawing | None:
    """Return the picture that is asked for; None if there is none. Raises UsageError for series without a file."""
    if path is not None:
        return Drawing(Path(path), series)
    if series:
        raise UsageError(
            f"--series {series[0]}: chooses what is drawn, and nothing is", hint="name a file with --plot"
        )
    return None


@dataclass(frozen=True)
class Drawn:
    """A picture that was written.

    Attributes:
        path: The file.
        series: The ids of the series in it.
        targets: The names of the targets in it.
        notes: Remarks about what the picture leaves out.
    """

    path: Path
    series: tuple[str, ...]
    targets: tuple[str, ...]
    notes: list[str]


def draw_newest(
    newest: NewestForecasts, drawing: Drawing, *, time_label: str, n_series: int | None = None
) -> Drawn:
    """Write a picture with a panel for each of the series and targets.

    Args:
        newest: The forecasts to choose from.
        drawing: The picture.
        time_label: The name of the time column.
        n_series: The number of all series, where newest does not hold all of them.

    Raises:
        UsageError: When a series, a target or the ending of the file is unknown.
    """
    drawing.check()
    ids, names = newest.ids, newest.forecasts.targets
    drawing.check_names(ids, names)
    room = FEW_PANELS if not drawing.series else MAX_PANELS // len(drawing.series)
    targets = [find_name("target", name, names) for name in drawing.targets] or [*range(len(names))][:room]
    some = max(1, FEW_PANELS // len(targets))
    series = [find_name("series", name, ids) for name in drawing.series] or [*range(len(ids))][:some]
    n_past = drawing.n_past or 4 * max(newest.forecasts.horizon, 12)
    picture = forecast_picture(
        [newest.stretch(s, t, n_past=n_past) for s in series for t in targets],
        form=drawing.path.suffix.lower().removeprefix("."),
        time_label=time_label,
    )
    write_whole(drawing.path, picture)
    notes = []
    total = len(ids) if n_series is None else n_series
    if not drawing.series and len(series) < total:
        notes.append(f"{drawing.path} shows {len(series)} of {total:,} series; choose with --series")
    if not drawing.targets and len(targets) < len(names):
        notes.append(f"{drawing.path} shows {len(targets)} of {len(names):,} targets")
    return Drawn(drawing.path, tuple(ids[s] for s in series), tuple(names[t] for t in targets), notes)


def find_name(what: str, name: str, names: Sequence[str]) -> int:
    """Return the index of a name.

    Args:
        what: What is named, which is the option too: "series" or "target".
        name: The name.
        names: The names to choose from.

    Raises:
        UsageError: When the name is unknown.
    """
    if name in names:
        return names.index(name)
    if list(names) == [""]:
        raise UsageError(
            f"--{what} {name}: this run has one series without a name", hint=f"leave out --{what}"
        )
    near = difflib.get_close_matches(name, names, n=1)
    raise UsageError(
        f"--{what} {name}: the forecasts of this run have no such {what}",
        hint=f"did you mean {near[0]}?" if near else f"it has {listed(names, most=NAMED)}",
    )
