"""What init settles for the rows that a table lacks and for those that it has twice, and where that is a choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Floats, Ints
from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.kinds import filled
from forecaster.data.draft.sniff import Sample
from forecaster.data.reading.numbers import MISSING
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.data.transforms.fill import SIZEABLE

if TYPE_CHECKING:
    import pandas as pd


def filled_choice(positions: Ints, order: tuple[Ints, Ints], targets: Sequence[Floats]) -> Ambiguity | None:
    """Return the choice to fill in a sizeable share of the values to forecast; None where it is small.

    Args:
        positions: (rows,), the steps of the rows on the time axis.
        order: The rows by series, then time; and the place there at which each series but the first begins.
        targets: (rows,) each, the values of the targets, NaN where there is none.
    """
    rows, borders = order
    series = np.searchsorted(borders, np.arange(len(rows)), side="right")
    total = known = 0
    for values in targets:
        there = np.isfinite(values)[rows]
        at, of = positions[rows][there], series[there]
        if not len(at):
            continue
        # From the first value of each series to its last; nothing is filled in before and after.
        begins = np.flatnonzero(np.append(True, np.diff(of) != 0))
        total += int((at[np.append(begins[1:] - 1, len(at) - 1)] - at[begins] + 1).sum())
        known += 1 + int(((np.diff(at) != 0) | (np.diff(of) != 0)).sum())
    if total - known <= SIZEABLE * total:
        return None
    return Ambiguity(
        "data.missing",
        f"{total - known:,} of {total:,} values to forecast ({(total - known) / total:.0%}) are absent: the network "
        "sees the value before each, and learns and is scored without them, by data.missing: mask",
        (
            "a table with a value for every step",
            "data.missing: zero where no row means that nothing happened",
        ),
    )


def repeats_choice(
    times: Ints,
    table: pd.DataFrame,
    order: tuple[Ints, Ints],
    targets: Mapping[str, Floats],
    sample: Sample,
    time_axis: TimeAxis,
) -> Ambiguity | None:
    """Return the choice between rows of one series and time whose values differ; None where there are none.

    Args:
        times: (rows,), the times.
        table: The cells of the whole table.
        order: The rows by series, then time; and the place there at which each series but the first begins.
        targets: (rows,) each, the values of the columns to forecast, NaN where there is none.
        sample: The table.
        time_axis: Its time axis, for messages.
    """
    rows, borders = order
    again = times[rows[1:]] == times[rows[:-1]]
    again[borders - 1] = False
    if not again.any():
        return None
    before, after = rows[:-1][again], rows[1:][again]
    for name, values in targets.items():
        differ = ~np.isclose(values[before], values[after], rtol=0, atol=0, equal_nan=True)
        if not differ.any():
            continue
        a, b = int(before[differ][0]), int(after[differ][0])
        cells = [(filled(table[name].iloc[[row]]) or ["empty"])[0] for row in (a, b)]
        [when] = time_axis.text(time_axis.positions(times[[a]]))
        n = int(differ.sum())
        more = f" ({n:,} rows repeat a time with another value)" if n > 1 else ""
        return Ambiguity(
            "data.duplicates",
            f"{name!r} is {cells[0]} in {_place(a, sample)} and {cells[1]} in {_place(b, sample)}, both at {when}, and "
            f"the last counts{more}, by data.duplicates: last",
            ("a table with one row for each time", "data.duplicates: mean"),
        )
    return None


def empty_cells(column: pd.Series[Any]) -> int:
    """Return how many cells of a column hold nothing."""
    if column.dtype.kind in "iufb":
        return int(column.isna().sum())
    return int(column.isna().sum() + column.str.strip().isin(MISSING).sum())


def _place(row: int, sample: Sample) -> str:
    return f"line {row + sample.first_line:,}" if sample.csv else f"row {row + 1:,}"
