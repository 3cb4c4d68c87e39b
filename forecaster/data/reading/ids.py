"""The id column to codes and names: ids are text, always."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecaster.data.reading.columns import ColumnBatch, to_flags

if TYPE_CHECKING:
    import pyarrow as pa


def read_ids(column: ColumnBatch) -> pa.Array:
    """Return ids as dictionary-encoded text: "NA" and "007" stay what they are.

    Empty ids are added to the problems of the column, and so is a type that holds no ids.

    Args:
        column: Text, plain or dictionary-encoded, or integers.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    cells = column.cells
    kind = cells.type.value_type if types.is_dictionary(cells.type) else cells.type
    text = pa.dictionary(pa.int32(), pa.string())
    if not (types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind)):
        column.report_type((f"the column holds {kind}, not ids", "store the ids as text or integers"))
        return pa.nulls(len(cells), pa.string()).dictionary_encode()
    coded = (
        cells.cast(text) if types.is_dictionary(cells.type) else cells.cast(pa.string()).dictionary_encode()
    )
    empty = to_flags(pc.equal(coded.cast(pa.string()), "").fill_null(True))
    column.report(empty, lambda _: ("the id is empty", "name the series, or delete the row"))
    return coded


class NameIndex:
    """Texts that come in batches, numbered by their place among the sorted texts that occur."""

    def __init__(self) -> None:
        """Begin without any text."""
        self._place: dict[str, int] = {}

    def add(self, texts: pa.Array) -> NDArray[np.int32]:
        """Return provisional places of dictionary-encoded texts, (rows,), -1 where null; see `finish`."""
        codes = texts.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        table = np.full(len(texts.dictionary) + 1, -1, dtype=np.int32)
        # A dictionary may be that of the whole file: only the texts that occur here are looked at.
        used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(texts.dictionary)))
        names = texts.dictionary.take(used).to_pylist()
        table[used] = [self._place.setdefault(name, len(self._place)) for name in names]
        out: NDArray[np.int32] = table[codes]
        return out

    def finish(self) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """Return the final place of each provisional one, with -1 last, for -1; and the sorted texts."""
        names = list(self._place)
        by_name = sorted(range(len(names)), key=names.__getitem__)
        rank = np.full(len(names) + 1, -1, dtype=np.int32)
        rank[by_name] = np.arange(len(by_name))
        return rank, tuple(names[i] for i in by_name)
