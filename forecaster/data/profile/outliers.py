"""Outliers: counted for `validate`, never changed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecaster.data.arrays import Floats, Ints
from forecaster.data.panel import Panel

# Interquartile ranges beyond the quartiles: the "far out" values of Tukey, Exploratory Data Analysis (1977).
REACH = 3.0
# Cells that are worked on together.
_CELLS = 1 << 22


def outliers(panel: Panel, column: int) -> tuple[Ints, Ints]:
    """Count the outliers of one column of `values`.

    A series has no outliers where half of its values are equal: its interquartile range is 0 then.

    Returns:
        The number of outliers, (series,), and the row of the first of them, (series,), counted from the series'
        first row; 0 where there is none.
    """
    count, first = np.zeros(len(panel.ids), dtype=np.int64), np.zeros(len(panel.ids), dtype=np.int64)
    lengths = panel.lengths
    # Series of one length are rows of one matrix: a loop over 100,000 series would take minutes.
    order = np.argsort(lengths, kind="stable")
    sizes, starts = np.unique(lengths[order], return_index=True)
    for length, group in zip(sizes.tolist(), np.split(order, starts[1:]), strict=True):
        step = max(1, _CELLS // length)
        for begin in range(0, len(group), step):
            block = group[begin : begin + step]
            cells = panel.values[panel.offsets[block][:, None] + np.arange(length), column]
            beyond = _is_outlier(cells)
            count[block], first[block] = beyond.sum(axis=1), beyond.argmax(axis=1)
    return count, first


def _is_outlier(cells: Floats) -> npt.NDArray[np.bool_]:
    """Return which cells, (series, rows), are outliers. NaN is missing."""
    ordered = np.sort(cells, axis=1)  # NaN last
    known = (~np.isnan(cells)).sum(axis=1)
    low, high = _quartile(ordered, known, 0.25), _quartile(ordered, known, 0.75)
    reach = REACH * (high - low)
    beyond: npt.NDArray[np.bool_] = (cells < low - reach) | (cells > high + reach)
    return beyond & (reach > 0)


def _quartile(ordered: Floats, known: Ints, share: float) -> Floats:
    """Return a quantile of each series, (series, 1), interpolated as numpy does; NaN where nothing is known."""
    place = np.maximum(known - 1, 0) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(known - 1, 0))
    rows = np.arange(len(ordered))
    value = ordered[rows, below] + (place - below) * (ordered[rows, above] - ordered[rows, below])
    return value[:, None]
