"""The id column to codes and names: ids are text, always."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Ints
from forecaster.data.reading.problems import Problems

if TYPE_CHECKING:
    import pyarrow as pa


def read_ids(column: pa.Array, problems: Problems, *, name: str, file: int, rows: Ints) -> pa.Array:
    """Ids as dictionary-encoded text: "NA" and "007" stay what they are."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    texty = types.is_string(kind) or types.is_large_string(kind)
    if not (texty or types.is_integer(kind)):
        hint = "store the ids as text or integers"
        problems.add(file, rows[:1], name, lambda _: (f"the column holds {kind}, not ids", hint))
        column = pa.nulls(len(rows), pa.string())
    elif not types.is_dictionary(column.type):
        column = column.cast(pa.string())
    text = pa.dictionary(pa.int32(), pa.string())
    coded = column.cast(text) if types.is_dictionary(column.type) else column.dictionary_encode()
    if texty or types.is_integer(kind):
        empty = np.flatnonzero(
            pc.equal(coded.cast(pa.string()), "").fill_null(True).to_numpy(zero_copy_only=False)
        )
        if len(empty):
            hint = "name the series, or delete the row"
            problems.add(file, rows[empty], name, lambda _: ("the id is empty", hint))
    return coded


class NameIndex:
    """Texts that come in batches to places among the sorted ones that occur."""

    def __init__(self) -> None:
        self._place: dict[str, int] = {}

    def add(self, texts: pa.Array) -> NDArray[np.int32]:
        """Provisional places of dictionary-encoded texts, -1 where null; see `finish`."""
        codes = texts.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        table = np.full(len(texts.dictionary) + 1, -1, dtype=np.int32)
        # A dictionary may be of the whole file: only the texts that occur here are looked at.
        used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(texts.dictionary)))
        names = texts.dictionary.take(used).to_pylist()
        table[used] = [self._place.setdefault(name, len(self._place)) for name in names]
        out: NDArray[np.int32] = table[codes]
        return out

    def finish(self) -> tuple[NDArray[np.int32], tuple[str, ...]]:
        """The final place of each provisional one, the last for -1; and the sorted texts."""
        names = list(self._place)
        by_name = sorted(range(len(names)), key=names.__getitem__)
        rank = np.full(len(names) + 1, -1, dtype=np.int32)
        rank[by_name] = np.arange(len(by_name))
        return rank, tuple(names[i] for i in by_name)
