"""Rows of a table by series and time, as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecaster.data.arrays import Floats, Ints


@dataclass(frozen=True)
class Cells:
    """Rows of a table by series and grid position, as they are: nothing is put in or left out.

    place: of each id among the series. key, (rows,): ascending, made of series and position; see
    `find`. values: (rows, columns); categories: as in Panel.
    """

    place: dict[str, int]
    low: int
    span: int
    key: Ints
    values: Floats
    categories: dict[str, tuple[str, ...]]

    def find(self, ids: Sequence[str], series: Ints, positions: Ints) -> Ints:
        """The row of each (ids[series], position); -1 where there is none."""
        place = np.array([self.place.get(name, -1) for name in ids], dtype=np.int64)[series]
        inside = (place >= 0) & (positions >= self.low) & (positions < self.low + self.span)
        wanted = place * self.span + (positions - self.low)
        row = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
        return np.where(inside & (self.key[row] == wanted), row, -1)
