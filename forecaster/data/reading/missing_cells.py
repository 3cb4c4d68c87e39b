"""Cells that stand for no value, as data.missing_values says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.data.arrays import Floats
from forecaster.data.reading.columns import Bools

if TYPE_CHECKING:
    import pyarrow as pa

_NUMBER = re.compile(r"[+-]?(\d{1,300}(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")


@dataclass(frozen=True)
class MissingCells:
    """What stands for no value in one table.

    Attributes:
        texts: As cells hold them, without blanks around them.
        numbers: Of whatever spelling.
    """

    texts: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()

    @classmethod
    def of(cls, values: Sequence[str | int | float]) -> MissingCells:
        """Take data.missing_values. A text that is a number stands for the number too."""
        texts = tuple(str(value).strip() for value in values)
        return cls(texts, tuple(float(text) for text in texts if _NUMBER.fullmatch(text)))

    def without_texts(self, cells: pa.Array) -> pa.Array:
        """Return text with an empty text in place of those that stand for no value."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self.texts:
            return cells
        found = pc.is_in(pc.utf8_trim_whitespace(cells), value_set=pa.array(self.texts))
        return pc.if_else(found, "", cells)

    def among(self, values: Floats) -> Bools:
        """Return which numbers stand for no value, (rows,)."""
        # A column of half the precision holds the nearest number of its own.
        near = np.array(self.numbers, dtype=np.float64)
        with np.errstate(over="ignore"):
            half = near.astype(np.float32).astype(np.float64)
        out: Bools = np.isin(values, np.concatenate([near, half]))
        return out


NOTHING = MissingCells()
