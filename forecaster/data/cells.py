"""Rows of a table by series and time, as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecaster.data.arrays import Floats, Ints


@dataclass(frozen=True)
class Cells:
    """Rows of a table by series and position on the time axis; nothing is inserted or left out.

    Attributes:
        place: The place of each id among the series.
        low: The first position of any row.
        span: How many positions there are from the first to the last.
        key: (rows,), place * span + position - low, ascending.
        values: (rows, columns), as in Panel.
        categories: As in Panel.
    """

    place: dict[str, int]
    low: int
    span: int
    key: Ints
    values: Floats
    categories: dict[str, tuple[str, ...]]

    def find(self, ids: Sequence[str], series: Ints, positions: Ints) -> Ints:
        """Return the row of each (ids[series], position); -1 where there is none.

        Args:
            ids: Names of series.
            series: (cells,), places among `ids`.
            positions: (cells,), on the time axis.
        """
        place = np.array([self.place.get(name, -1) for name in ids], dtype=np.int64)[series]
        inside = (place >= 0) & (positions >= self.low) & (positions < self.low + self.span)
        wanted = place * self.span + (positions - self.low)
        row = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
        return np.where(inside & (self.key[row] == wanted), row, -1)
