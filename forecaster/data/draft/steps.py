"""The series of a table, and which of them has which step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.choices import Ambiguity
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.time_axis.infer import TimeColumn, infer_frequency
from forecaster.errors import DataError, Location
from forecaster.text import joined, listed, quoted

if TYPE_CHECKING:
    import pandas as pd

# Rows that show the step of a series, and the share of their distances that are this step.
_LEAST_ROWS, _REGULAR = 4, 0.9
_NAMED = 3


def by_series(
    times: Ints, ids: pd.Series[Any] | None, order: tuple[Ints, Ints]
) -> tuple[list[Ints], list[str]]:
    """Return the distinct times of each series, ascending, and the ids."""
    rows, borders = order
    firsts = rows[np.append(0, borders)]
    names = [""] if ids is None else [str(one) for one in ids.iloc[firsts]]
    return [np.unique(part) for part in np.split(times[rows], borders)], names


def order_of(times: Ints, ids: pd.Series[Any] | None) -> tuple[Ints, Ints]:
    """Return the rows by series, then time, and the place there at which each series but the first begins."""
    if ids is None:
        return np.argsort(times, kind="stable"), np.zeros(0, dtype=np.int64)
    codes, _ = ids.factorize()
    rows = np.lexsort((times, codes))
    return rows, np.flatnonzero(np.diff(codes[rows])) + 1


def other_steps(
    series: Sequence[Ints], names: Sequence[str], time_axis: TimeAxis, time: TimeColumn, wished: bool
) -> Ambiguity | None:
    """Return which series have rows at a larger step than that of the time axis; None where none has.

    Args:
        series: The distinct stamps of each series, ascending.
        names: The ids.
        time_axis: The time axis of the table.
        time: The column of times.
        wished: Whether the frequency was given.
    """
    if len(series) < 2 or wished:
        return None
    larger = [s for s, stamps in enumerate(series) if _usual_step(time_axis.positions(stamps)) > 1]
    if not larger:
        return None
    by_step = _by_step([series[s] for s in larger], [names[s] for s in larger], time)
    absent = sum(_absent(time_axis.positions(series[s])) for s in larger)
    total = sum(len(series[s]) for s in larger) + absent
    rest = sorted(set(range(len(series))) - set(larger))
    others = f"the table is read with {time_axis.freq}"
    if rest:
        others = f"{listed(quoted(names[s] for s in rest), most=_NAMED)} every {time_axis.freq}"
    return Ambiguity(
        "data.freq",
        f"series differ in their step: {_shown(by_step)}, and {others}; {absent:,} of {total:,} rows of those with a "
        "larger step would be filled in",
        (f"--freq {time_axis.freq} for all of them", "a table of its own for each step"),
    )


def explained(
    series: Sequence[Ints], names: Sequence[str], time: TimeColumn, source: object, error: DataError
) -> DataError:
    """Return an error that says which series has which step where they differ; if they do not, the error itself.

    Args:
        series: The distinct stamps of each series, ascending.
        names: The ids.
        time: The column of times.
        source: The table, for messages.
        error: Why the table has no frequency.
    """
    by_step = _by_step(series, names, time) if len(series) > 1 else {}
    # Weeks from Monday and weeks from Tuesday have one step.
    if len({step.split("-")[0] for step in by_step}) < 2:
        return error
    return DataError(
        f"the series of column {time.name!r} differ in their step: {_shown(by_step)}",
        hint="give each step a table of its own",
        location=Location(str(source)),
    )


def _shown(by_step: dict[str, list[str]]) -> str:
    return joined(
        [f"{listed(quoted(names), most=_NAMED)} every {step}" for step, names in by_step.items()], word="and"
    )


def _by_step(series: Sequence[Ints], names: Sequence[str], time: TimeColumn) -> dict[str, list[str]]:
    """Return the names of the series with each step, the most common step first; without irregular ones."""
    found: dict[str, list[str]] = {}
    for stamps, name in zip(series, names, strict=True):
        if len(stamps) < _LEAST_ROWS:
            continue
        try:
            freq, _ = infer_frequency([stamps], time, zone=None, source="")
        except DataError:
            continue
        found.setdefault(str(freq), []).append(name)
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


def _usual_step(positions: Ints) -> int:
    """Return the step that nearly all rows of a series are apart, in steps of the axis; 1 where there is none."""
    if len(positions) < _LEAST_ROWS:
        return 1
    steps = np.diff(positions)
    usual = int(np.median(steps))
    # Months and quarters are not equally many days.
    like = np.abs(steps - usual) <= usual * 0.12
    return usual if like.mean() >= _REGULAR else 1


def _absent(positions: Ints) -> int:
    return int(positions[-1] - positions[0] + 1) - len(positions)
