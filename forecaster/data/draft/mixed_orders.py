"""Dates whose day and month a program has swapped wherever both readings exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.draft.codes import REGULAR, share_of_steps
from forecaster.data.draft.sniff import Sample
from forecaster.data.time_axis.infer import TimeColumn
from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    import pandas as pd

_MOST_MONTHS = 12


def check_one_order(times: Ints, table: pd.DataFrame, time: TimeColumn, sample: Sample) -> None:
    """Check that the times do not mix two orders of day and month, as where a program guesses the order cell by cell.

    Args:
        times: (rows,), nanoseconds since 1970.
        table: The cells of the columns of the times.
        time: The column of times.
        sample: The table.

    Raises:
        DataError: The times have no step, and have one once day and month are swapped where both are 12 or less; the
            first such row is named.
    """
    if share_of_steps(times) > REGULAR:
        return
    swapped, day = _swapped(times)
    changed = np.flatnonzero(swapped != times)
    # Dates that all may be swapped are in one order, whichever it is.
    if not len(changed) or day.max() <= _MOST_MONTHS or share_of_steps(swapped) <= REGULAR:
        return
    first = int(changed[0])
    meant = str(swapped[first].astype("M8[ns]").astype("M8[D]"))
    raise DataError(
        f"column {time.name!r} mixes two orders of day and month: the rows follow one another at a step only if days "
        f"up to 12 are swapped with their months, so that {table[time.name].iloc[first]} is {meant}, and others are "
        "not",
        hint="write the dates as YYYY-MM-DD where the table comes from; a program that guesses their order has swapped "
        "them",
        location=Location(str(sample.source), first + sample.first_line if sample.csv is not None else None),
    )


def _swapped(times: Ints) -> tuple[Ints, Ints]:
    """Return the times with day and month swapped where the day may be a month, and their days of the month."""
    stamps = times.astype("M8[ns]")
    days, months, years = (stamps.astype(f"M8[{unit}]") for unit in "DMY")
    day = (days - months.astype("M8[D]")).astype(np.int64) + 1
    month = (months - years.astype("M8[M]")).astype(np.int64) + 1
    other = (years.astype("M8[M]") + (day - 1)).astype("M8[D]") + (month - 1)
    result: Ints = np.where(day <= _MOST_MONTHS, other + (stamps - days), stamps).astype(np.int64)
    return result, day
