"""The series charts of the report: what fits into the page, and what was left out to make it fit.

A line is one target of one series. Values are whole numbers q that stand for
offset + q × unit, a thousandth of the line's range or finer: a third of the
characters, and no difference to the eye.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.time_axis.frequency import default_seasonality
from forecaster.reporting.forecasts import StoredForecasts
from forecaster.reporting.history import History

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

# Of all lines together: about six characters each, which leaves the page below 3 MiB.
MAX_NUMBERS = 400_000
MAX_LINES = 1_000
MAX_STEPS = 3_000
MAX_POINTS = 1_600
LEAST_POINTS = 48


@dataclass(frozen=True)
class Lines:
    """lines: as the page's script reads them. total: before any was left out.
    best, median, worst: places in `lines`. whole_history: no stretch of data was thinned."""

    lines: list[dict[str, Any]]
    total: int
    shown: list[tuple[str, int]]
    whole_history: bool
    windows: int
    """Windows of each line at most."""


def make_lines(f: StoredForecasts, history: History | None, score: Array) -> Lines:
    """score: (series, targets), smaller is better, NaN where there is none."""
    pairs = np.argwhere(np.isfinite(score))
    if not len(pairs):
        pairs = np.argwhere(np.ones_like(score, dtype=bool))
    rank = np.argsort(score[pairs[:, 0], pairs[:, 1]], kind="stable")
    per_step = 2 + 2 * len(f.bands)
    past = min(48, 2 * f.horizon)
    least = per_step * f.horizon + past + (LEAST_POINTS if history else 0)
    most = max(3, min(MAX_LINES, MAX_NUMBERS // least))
    # By rank, so that the best, the median and the worst are among them whatever the number.
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


def _line(
    f: StoredForecasts,
    history: History | None,
    pair: tuple[int, int],
    *,
    windows: Ints,
    limits: tuple[int, int, int],
) -> tuple[dict[str, Any], bool]:
    """One line as plain data, and whether its history is whole."""
    (s, t), (n_windows, past, n_points) = pair, limits
    tiles = _tiles(f.first[windows], f.horizon, n_windows)
    chosen = windows[tiles]
    start = int(f.first[chosen[0]])
    steps = f.first[chosen][:, None] - start + np.arange(f.horizon)
    length = int(steps.max()) + 1

    def flat(values: NDArray[np.floating[Any]]) -> Array:
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
        first_target = start - int(history.first[of_history])
        known = raw[max(0, first_target - past) : max(0, first_target)]
        before[past - len(known) :] = known
        # Between windows that do not touch, too, it is known what happened.
        rest = raw[max(0, first_target) : max(0, first_target) + length]
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
            "cuts": [
                int(history.split_bounds.train_end[of_history]),
                int(history.split_bounds.val_end[of_history]),
            ],
            "v": [_coded(v, offset, unit) for v in ([raw] if whole else _outline(raw, every))],
        }
    return line, whole


def _tiles(first: Ints, horizon: int, most: int) -> Ints:
    """Places of the newest windows that do not overlap and leave no hole longer than a horizon; oldest first."""
    chosen = [len(first) - 1]
    while len(chosen) < most:
        last = int(first[chosen[-1]])
        place = int(np.searchsorted(first, last - horizon, side="right")) - 1
        if place < 0 or last - int(first[place]) > 2 * horizon:
            break
        chosen.append(place)
    return np.array(chosen[::-1])


def _run(n: int, most: int, season: int) -> int:
    """Steps that three numbers stand for, so that n steps become at most so many numbers.

    Whole seasons where they are about as long: a run of 17 hours would beat against the day.
    """
    if n <= most:
        return 1
    every = -(-3 * n // most)
    return -(-every // season) * season if every > season / 2 else every


def _outline(values: Array, every: int) -> list[Array]:
    """The least, the mean and the greatest value of each run of so many steps; NaN where none was observed."""
    padded = np.append(values, np.full(-len(values) % every, np.nan)).reshape(-1, every)
    seen = np.isfinite(padded)
    count = seen.sum(axis=1)
    low = np.where(seen, padded, np.inf).min(axis=1)
    high = np.where(seen, padded, -np.inf).max(axis=1)
    mean = np.where(seen, padded, 0.0).sum(axis=1) / np.maximum(count, 1)
    return [np.where(count > 0, part, np.nan) for part in (low, mean, high)]


def _quantum(values: Array) -> tuple[float, float]:
    """The offset and the power of ten that the values are counted in."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    span = high - low or abs(high) or 1.0
    power = int(np.floor(np.log10(span / 1000)))
    unit = float(f"1e{power}")
    return float(f"{np.floor(low / unit) * unit:.12g}"), unit


def _coded(values: Array, offset: float, unit: float) -> list[int | None]:
    q = np.round((values - offset) / unit)
    return [int(v) if np.isfinite(v) else None for v in q.tolist()]
