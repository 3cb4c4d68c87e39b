"""Values far away from the rest of their series, counted, never changed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecaster.data.arrays import Floats, Ints
from forecaster.data.panel import Panel

# Tukey's "far out": so many interquartile ranges beyond the quartiles (Exploratory Data Analysis, 1977).
FAR = 3.0
_CELLS = 1 << 22


def far_out(panel: Panel, column: int) -> tuple[Ints, Ints]:
    """(series,) each: how many values of a column are far out, and the row of the first of them,
    counted from the series' own first; 0 where there is none.

    A series of which half the values are equal has no spread to judge by, and no value far out.
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
            far = _far(cells)
            count[block], first[block] = far.sum(axis=1), far.argmax(axis=1)
    return count, first


def _far(cells: Floats) -> npt.NDArray[np.bool_]:
    """cells: (series, rows), NaN where missing."""
    ordered = np.sort(cells, axis=1)  # NaN last
    known = (~np.isnan(cells)).sum(axis=1)
    low, high = _quartile(ordered, known, 0.25), _quartile(ordered, known, 0.75)
    reach = FAR * (high - low)
    far: npt.NDArray[np.bool_] = (cells < low - reach) | (cells > high + reach)
    return far & (reach > 0)


def _quartile(ordered: Floats, known: Ints, share: float) -> Floats:
    """(series, 1), drawn between neighbours as numpy does by default; NaN where nothing is known."""
    place = np.maximum(known - 1, 0) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(known - 1, 0))
    rows = np.arange(len(ordered))
    value = ordered[rows, below] + (place - below) * (ordered[rows, above] - ordered[rows, below])
    return value[:, None]
