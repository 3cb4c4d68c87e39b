"""A forecast as a chart of text: the last actual values, the forecast and an interval, readable without colours."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import AnyFloats, Floats
from forecaster.reporting.plots import Stretch
from forecaster.text import one_line

# A narrower chart cannot be read, and a wider one is harder to take in.
LEAST_WIDTH, MOST_WIDTH = 40, 100
HEIGHT = 12
# Distances between larger values may not be finite.
LARGEST = 1e300


class Pen(NamedTuple):
    """The characters of a line: level, upright, and its corners, from ╭ clockwise."""

    level: str
    upright: str
    rise: str
    fall: str
    rest: str
    climb: str


class Signs(NamedTuple):
    """All characters of a chart."""

    past: Pen
    ahead: Pen
    band: str
    cutoff: str
    tick: str
    side: str
    corner: str
    floor: str
    cut: str


BOXES = Signs(Pen(*"─│╭╮╯╰"), Pen(*"━┃┏┓┛┗"), "░", "┊", "┤", "│", "└", "─", "…")
PLAIN = Signs(Pen(*"......"), Pen(*"######"), ":", "|", "+", "|", "+", "-", "...")


def forecast_chart(stretch: Stretch, *, width: int, time_label: str = "time", encoding: str = "utf-8") -> str:
    """Draw a forecast as lines of text.

    The band is the interval of the lowest level. Where there is less room than steps, a column is the mean of several.

    Args:
        stretch: The values, with one forecast and its cutoff.
        width: The number of columns of the terminal.
        time_label: The name of the time axis.
        encoding: The encoding of the terminal; one without lines and shades gets letters and marks.

    Returns:
        The lines; empty for a terminal that is too narrow, and where there is nothing to draw.
    """
    try:
        "".join((*BOXES.past, *BOXES.ahead, *BOXES[2:])).encode(encoding)
        signs = BOXES
    except (UnicodeEncodeError, LookupError):
        signs = PLAIN
    width = min(width, MOST_WIDTH)
    start = stretch.starts[0]
    actual, forecast = stretch.actual[:start], next(iter(stretch.forecasts.values()))[start:]
    band = [(level, low[start:], high[start:]) for level, (low, high) in sorted(stretch.bands.items())[:1]]
    shown = [actual[-width:], forecast, *(end for _, *ends in band for end in ends)]
    values = np.concatenate(shown).astype(np.float64)
    values = values[np.isfinite(values)]
    if width < LEAST_WIDTH or not np.isfinite(forecast).any() or np.abs(values).max() > LARGEST:
        return ""
    ticks, labels = _ticks(values)
    margin = max(len(label) for label in labels)
    n_past, past_columns, ahead_columns = _columns(len(actual), len(forecast), width - margin - 3)
    canvas = _Canvas(past_columns + 1 + ahead_columns, ticks)
    for _, low, high in band:
        canvas.shade(past_columns + 1, _spread(low, ahead_columns), _spread(high, ahead_columns), signs.band)
    for row in canvas.cells:
        row[past_columns] = signs.cutoff
    canvas.draw(0, _spread(actual[len(actual) - n_past :], past_columns), signs.past)
    canvas.draw(past_columns + 1, _spread(forecast, ahead_columns), signs.ahead)

    heads = dict(zip(map(canvas.row_of, ticks), labels, strict=True))
    names = [part for part in (stretch.title, stretch.label) if part]
    lines = [one_line(f"{', '.join(names)}: the next {_steps(len(forecast))}", width, signs.cut)]
    for nth, row in enumerate(canvas.cells):
        side = signs.tick if nth in heads else signs.side
        lines.append(f"{heads.get(nth, ''):>{margin}} {side}{''.join(row)}".rstrip())
    lines.append(f"{'':{margin}} {signs.corner}{signs.floor * canvas.width}")
    times = _times(stretch.time[[start - n_past, max(start - 1, 0), -1]])
    places = [0, past_columns + 1, canvas.width]
    lines.append(f"{'':{margin}}  {_time_line(times, places)}".rstrip())
    legend = [f"{signs.past.level} actual", f"{signs.ahead.level} forecast"]
    legend += [f"{signs.band} {level:g} % interval" for level, *_ in band]
    room = canvas.width - len("  ".join(legend)) - 4
    if room > 4:
        legend.append(f"x: {one_line(time_label, room, signs.cut)}")
    text = "  ".join(legend)
    lines.append(" " * max(0, min(margin + 2, width - len(text))) + text)
    return "\n".join(lines)


class _Canvas:
    """Rows of characters, from the top down, with a scale of values.

    Attributes:
        width: The number of columns.
        cells: (HEIGHT,) rows of characters.
    """

    def __init__(self, width: int, ticks: Floats) -> None:
        self.width = width
        self.cells = [[" "] * width for _ in range(HEIGHT)]
        self._low, self._high = float(ticks[0]), float(ticks[-1])

    def row_of(self, value: float) -> int:
        """Return the row of a value; the nearest one for a value beyond the ends."""
        row = round((self._high - value) / (self._high - self._low) * (HEIGHT - 1))
        return min(max(row, 0), HEIGHT - 1)

    def shade(self, at: int, low: Floats, high: Floats, sign: str) -> None:
        """Fill the rows between two lines from column `at` on, where both are known."""
        for column, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True), at):
            if np.isfinite(a) and np.isfinite(b):
                for row in range(self.row_of(b), self.row_of(a) + 1):
                    self.cells[row][column] = sign

    def draw(self, at: int, values: Floats, pen: Pen) -> None:
        """Draw a line from column `at` on, with a hole where a value is not known."""
        before: int | None = None
        for column, value in enumerate(values.tolist(), at):
            if not np.isfinite(value):
                before = None
                continue
            row = self.row_of(value)
            if before is None or row == before:
                self.cells[row][column] = pen.level
            else:
                up = row < before
                for between in range(min(row, before) + 1, max(row, before)):
                    self.cells[between][column] = pen.upright
                self.cells[before][column] = pen.rest if up else pen.fall
                self.cells[row][column] = pen.rise if up else pen.climb
            before = row


def _columns(known: int, horizon: int, room: int) -> tuple[int, int, int]:
    """Return how many known steps are shown, and the columns of these and of the horizon, without the cutoff's.

    A column is a step where there is room for the horizon and as much before it; few steps are spread.
    """
    n_past = min(known, max(room - 1 - horizon, horizon))
    room -= 1
    if n_past + horizon <= room:
        each = room // (n_past + horizon)
        return n_past, n_past * each, horizon * each
    past = round(room * n_past / (n_past + horizon))
    return n_past, past, room - past


def _spread(values: AnyFloats, columns: int) -> Floats:
    """Return values as this many columns: between two of them where there are fewer, the means of several of more."""
    n = len(values)
    if not columns or not n:
        return np.full(columns, np.nan)
    if n <= columns:
        return np.interp(np.linspace(0, n - 1, columns), np.arange(n), values)
    parts = np.split(values.astype(np.float64), np.arange(1, columns) * n // columns)
    return np.array([p[np.isfinite(p)].mean() if np.isfinite(p).any() else np.nan for p in parts])


def _ticks(values: Floats) -> tuple[Floats, list[str]]:
    """Return three to six round values that hold all of these between the first and the last, and their labels."""
    low, high = float(values.min()), float(values.max())
    span = high - low or abs(high) or 1.0
    power = 10.0 ** np.floor(np.log10(span / 4))
    step = next(power * by for by in (1, 2, 2.5, 5, 10) if span / (power * by) <= 4)
    first, last = np.floor(low / step), max(np.ceil(high / step), np.floor(low / step) + 1)
    ticks = step * np.arange(first, last + 1)
    size = float(np.abs(ticks).max())
    if size >= 1e7 or step < 1e-4:
        digits = int(np.ceil(np.log10(size / step))) + 1
        return ticks, [f"{tick:.{digits}g}" for tick in ticks]
    places = next(n for n in range(8) if abs(step * 10**n - round(step * 10**n)) < 1e-6)
    return ticks, [f"{tick:,.{places}f}" for tick in ticks]


def _times(time: NDArray[Any]) -> list[str]:
    """Return times as text, without the clock where all of them are at midnight."""
    if not np.issubdtype(time.dtype, np.datetime64):
        return [str(t) for t in time.tolist()]
    units: tuple[Literal["D", "m", "s", "ns"], ...] = ("D", "m", "s", "ns")
    unit = next(u for u in units if (time.astype(f"M8[{u}]") == time).all())
    return [str(text).replace("T", " ") for text in np.datetime_as_string(time, unit=unit)]


def _time_line(times: list[str], ends: list[int]) -> str:
    """Return the times below the axis: the first at its left end, the others up to their columns, none on another."""
    line = ""
    for nth in (2, 1, 0):
        begin = 0 if nth == 0 else ends[nth] - len(times[nth])
        free = len(line) - len(line.lstrip()) if line else ends[-1] + 2
        if begin >= 0 and begin + len(times[nth]) + 2 <= free:
            line = f"{times[nth]:>{begin + len(times[nth])}}" + line[begin + len(times[nth]) :]
    return line


def _steps(n: int) -> str:
    return "step" if n == 1 else f"{n:,} steps"
