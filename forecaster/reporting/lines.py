"""The series charts of the report: the data of as many as fit into the page.

A line is one target of one series. Its values are stored as integers q that stand for
offset + q × unit, with a unit of a thousandth of the line's range or finer. That takes a
third of the characters and makes no visible difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.data.arrays import AnyFloats, Floats, Ints
from forecaster.data.time_axis.frequency import default_seasonality
from forecaster.reporting.forecasts import StoredForecasts
from forecaster.reporting.history import History
from forecaster.reporting.newest import NewestForecasts

# Numbers of all lines together, at about six characters each, which keep the page below 3 MiB.
MAX_NUMBERS = 400_000
MAX_LINES = 1_000
# Steps of forecasts in one line.
MAX_STEPS = 3_000
# Numbers of the history of one line.
MAX_POINTS = 1_600
LEAST_POINTS = 48
# Numbers of the lines of the next horizon together, and the most steps before it.
NEXT_NUMBERS, NEXT_PAST = 40_000, 240


@dataclass(frozen=True)
class Lines:
    """The lines of a page.

    Attributes:
        lines: The data of each line, as the page's script reads it.
        total: Number of lines before any was left out.
        shown: The best, the median and the worst line: what each is, and its index in lines.
        whole_history: Whether the history of every line is complete.
        windows: The most windows of one line.
    """

    lines: list[dict[str, Any]]
    total: int
    shown: list[tuple[str, int]]
    whole_history: bool
    windows: int


def make_lines(f: StoredForecasts, history: History | None, score: Floats) -> Lines:
    """Choose the lines that fit into the page and write their data.

    Args:
        f: The forecasts of the run.
        history: The table that the run was trained on, or None where it is gone.
        score: (series, targets), less is better, NaN where there is none.
    """
    pairs = np.argwhere(np.isfinite(score))
    if not len(pairs):
        pairs = np.argwhere(np.ones_like(score, dtype=bool))
    rank = np.argsort(score[pairs[:, 0], pairs[:, 1]], kind="stable")
    per_step = 2 + 2 * len(f.bands)
    past = min(48, 2 * f.horizon)
    least = per_step * f.horizon + past + (LEAST_POINTS if history else 0)
    most = max(3, min(MAX_LINES, MAX_NUMBERS // least))
    # Chosen by rank, so that the best, the median and the worst are always among them.
    places = np.unique(np.linspace(0, len(rank) - 1, min(most, len(rank))).round().astype(np.int64))
    middle = (len(rank) - 1) // 2
    places = np.unique(np.append(places, middle)) if len(places) < len(rank) else places
    kept = np.sort(rank[places])
    share = MAX_NUMBERS // len(kept)
    left = min(share // 4, share - per_step * f.horizon - past)
    n_points = int(np.clip(left, LEAST_POINTS, MAX_POINTS)) if history else 0
    n_windows = int(max(1, min((share - n_points - past) // (per_step * f.horizon), MAX_STEPS // f.horizon)))
    starts = np.searchsorted(f.series, np.arange(len(f.ids) + 1))
    lines, whole = [], True
    for s, t in pairs[kept].tolist():
        line, all_of_it = _line(
            f,
            history,
            (s, t),
            windows=np.arange(starts[s], starts[s + 1]),
            limits=(n_windows, past, n_points),
        )
        line["score"] = float(score[s, t]) if np.isfinite(score[s, t]) else None
        lines.append(line)
        whole &= all_of_it
    where = {int(k): i for i, k in enumerate(kept)}
    shown: dict[str, int] = {}
    for name, place in (("best", 0), ("median", middle), ("worst", len(rank) - 1)):
        shown.setdefault(name, where[int(rank[place])])
    distinct = [(name, i) for n, (name, i) in enumerate(shown.items()) if i not in list(shown.values())[:n]]
    return Lines(lines, len(pairs), distinct, whole, n_windows)


def next_lines(newest: NewestForecasts) -> list[dict[str, Any]]:
    """Return the next horizon of as many lines as fit, evenly spaced, after the last steps of their history.

    Args:
        newest: The forecasts of the next horizon.
    """
    f = newest.forecasts
    n_past = min(NEXT_PAST, max(48, 4 * f.horizon))
    n_lines = len(f.ids) * len(f.targets)
    most = max(1, NEXT_NUMBERS // (n_past + 2 * f.horizon * (1 + len(f.bands))))
    kept = np.unique(np.linspace(0, n_lines - 1, min(most, n_lines)).round().astype(np.int64))
    pairs = [divmod(k, len(f.targets)) for k in kept.tolist()]
    return [_next_line(newest, series, target, n_past) for series, target in pairs]


def _next_line(newest: NewestForecasts, series: int, target: int, n_past: int) -> dict[str, Any]:
    first, past, window = newest.window(series, target, n_past=n_past)
    f = newest.forecasts
    ends = [end[window, target] for band in f.bands.values() for end in band]
    columns = [np.concatenate([past, f.actual[window, target]]), f.forecast[window, target], *ends]
    offset, unit = _quantum(np.concatenate(columns))
    y, m, *b = (_coded(column, offset, unit) for column in columns)
    return {
        "name": f.ids[series],
        "target": target,
        "offset": offset,
        "unit": unit,
        "score": None,
        "f": {"from": first, "past": len(past), "y": y, "m": m, "b": b, "o": [0]},
    }


def _line(
    f: StoredForecasts,
    history: History | None,
    pair: tuple[int, int],
    *,
    windows: Ints,
    limits: tuple[int, int, int],
) -> tuple[dict[str, Any], bool]:
    """Return one line as plain data, and whether its history is complete."""
    (s, t), (n_windows, past, n_points) = pair, limits
    tiles = _tiles(f.first[windows], f.horizon, n_windows)
    chosen = windows[tiles]
    start = int(f.first[chosen[0]])
    steps = f.first[chosen][:, None] - start + np.arange(f.horizon)
    length = int(steps.max()) + 1

    def flat(values: AnyFloats) -> Floats:
        out = np.full(length, np.nan)
        out[steps] = values[chosen, t]
        return out

    columns = [flat(f.actual), flat(f.forecast)]
    for low, high in f.bands.values():
        columns += [flat(low), flat(high)]
    of_history = None if history is None else history.place_of.get(f.ids[s])
    before = np.full(past, np.nan)
    line: dict[str, Any] = {"name": f.ids[s], "target": t}
    whole, raw = True, None
    if history is not None and of_history is not None:
        raw = history.values(of_history, t)
        begin = start - int(history.first[of_history])
        known = raw[max(0, begin - past) : max(0, begin)]
        before[past - len(known) :] = known
        # Actual values are known between windows that do not touch, too.
        rest = raw[max(0, begin) : max(0, begin) + length]
        columns[0][: len(rest)] = rest
    else:
        before = before[:0]
    columns[0] = np.concatenate([before, columns[0]])
    offset, unit = _quantum(np.concatenate([*columns, [] if raw is None else raw]))
    line |= {"offset": offset, "unit": unit}
    q = [_coded(column, offset, unit) for column in columns]
    line["f"] = {
        "from": start,
        "past": len(before),
        "y": q[0],
        "m": q[1],
        "b": q[2:],
        "o": [int(v) - start for v in f.first[chosen].tolist()],
    }
    if history is not None and of_history is not None and raw is not None:
        every = _run(len(raw), n_points, default_seasonality(history.time_axis.freq))
        whole = every == 1
        line["d"] = {
            "from": int(history.first[of_history]),
            "n": len(raw),
            "every": every,
            # Where validation and test begin and, where later rows were learned after the scores, where test ends.
            "cuts": [
                int(history.split_bounds.train_end[of_history]),
                int(history.split_bounds.val_end[of_history]),
                int(history.split_bounds.length[of_history]),
            ],
            "v": [_coded(v, offset, unit) for v in ([raw] if whole else _outline(raw, every))],
        }
    return line, whole


def _tiles(first: Ints, horizon: int, most: int) -> Ints:
    """Return the indices of the newest windows without overlap or a hole longer than a horizon, oldest first."""
    chosen = [len(first) - 1]
    while len(chosen) < most:
        last = int(first[chosen[-1]])
        place = int(np.searchsorted(first, last - horizon, side="right")) - 1
        if place < 0 or last - int(first[place]) > 2 * horizon:
            break
        chosen.append(place)
    return np.array(chosen[::-1])


def _run(n: int, most: int, season: int) -> int:
    """Return how many steps three numbers stand for, so that n steps become at most `most` numbers.

    The result is a multiple of the season where it is longer than half of one: runs of 17
    hours would interfere with the day.
    """
    if n <= most:
        return 1
    every = -(-3 * n // most)
    return -(-every // season) * season if every > season / 2 else every


def _outline(values: Floats, every: int) -> list[Floats]:
    """Return the minimum, the mean and the maximum of each run of `every` steps, NaN where none was observed."""
    padded = np.append(values, np.full(-len(values) % every, np.nan)).reshape(-1, every)
    seen = np.isfinite(padded)
    count = seen.sum(axis=1)
    low = np.where(seen, padded, np.inf).min(axis=1)
    high = np.where(seen, padded, -np.inf).max(axis=1)
    mean = np.where(seen, padded, 0.0).sum(axis=1) / np.maximum(count, 1)
    return [np.where(count > 0, part, np.nan) for part in (low, mean, high)]


def _quantum(values: Floats) -> tuple[float, float]:
    """Return the offset and the unit, a power of ten, that values are stored in."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    span = high - low or abs(high) or 1.0
    power = int(np.floor(np.log10(span / 1000)))
    unit = float(f"1e{power}")
    return float(f"{np.floor(low / unit) * unit:.12g}"), unit


def _coded(values: Floats, offset: float, unit: float) -> list[int | None]:
    q = np.round((values - offset) / unit)
    return [int(v) if np.isfinite(v) else None for v in q.tolist()]
