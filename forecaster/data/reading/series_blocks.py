"""A large table cut into blocks of whole series, each of which fits into memory many times over.

The table is read twice, some rows at a time: once for its ids, of which a block is a range in sorted order, and once
to write the rows of each block to files of its own. The rows may lie in any order, in one file or in many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Ints
from forecaster.data.reading.block_table import PLACE, ROW_BITS
from forecaster.data.reading.columns import ColumnBatch
from forecaster.data.reading.ids import NameIndex, read_ids
from forecaster.data.reading.problems import Problems, TableFile
from forecaster.data.spec import DataSpec

if TYPE_CHECKING:
    import pyarrow as pa

# The rows that are held in memory before they are written to the files of their blocks.
SPREAD_ROWS = 1 << 21


@dataclass(frozen=True)
class SeriesIndex:
    """The series of a table.

    Attributes:
        names: The ids, sorted.
        rows: (series,), the number of rows of each.
        index: The ids by their provisional places.
        rank: (series + 1,), the place in `names` of each provisional place.
    """

    names: tuple[str, ...]
    rows: Ints
    index: NameIndex
    rank: Ints


def index_series(spec: DataSpec, files: Sequence[TableFile]) -> SeriesIndex:
    """Read the ids of a table.

    Raises:
        DataError: A row has no id, or a file is damaged.
    """
    assert spec.id is not None
    index, problems = NameIndex(), Problems()
    counts = np.zeros(0, dtype=np.int64)
    for f, file in enumerate(files):
        start = 0
        for [cells] in file.batches([spec.id]):
            rows = np.arange(start, start + len(cells), dtype=np.int64)
            start += len(rows)
            codes = index.add(read_ids(ColumnBatch(spec.id, cells, f, rows, problems)))
            found = np.bincount(codes[codes >= 0], minlength=len(counts))
            found[: len(counts)] += counts
            counts = found
        file.report_rows(problems, f)
    problems.raise_any(list(files))
    rank, names = index.finish()
    rows_of = np.zeros(len(names), dtype=np.int64)
    rows_of[rank[: len(counts)]] = counts
    return SeriesIndex(names, rows_of, index, rank.astype(np.int64))


def cut_blocks(rows: Ints, *, most_rows: int, most_series: int) -> list[int]:
    """Return the first series of each block, then the number of series.

    Args:
        rows: (series,), the number of rows of each, in sorted order.
        most_rows: The most rows of a block; one series may have more.
        most_series: The most series of a block.
    """
    bounds, held, first = [0], 0, 0
    for s, n in enumerate(rows.tolist()):
        if s > first and (held + n > most_rows or s - first >= most_series):
            bounds.append(s)
            held, first = 0, s
        held += n
    return [*bounds, len(rows)] if len(rows) else []


def spread(
    spec: DataSpec,
    files: Sequence[TableFile],
    series: SeriesIndex,
    bounds: Sequence[int],
    folder_of: Callable[[int], Path],
    *,
    columns: Sequence[str],
) -> None:
    """Write the rows of every block to files in a folder of its own, in the order of the table.

    Args:
        spec: The data section.
        files: The files of the table.
        series: Its series.
        bounds: The blocks; see `cut_blocks`.
        folder_of: Returns the folder of a block, which exists.
        columns: The columns to keep.

    Raises:
        OSError: A file cannot be written.
    """
    block_of_place = (np.searchsorted(bounds, series.rank, side="right") - 1).astype(np.int32)
    held: list[tuple[pa.Table, Any]] = []
    n_held = n_written = 0
    for f, file in enumerate(files):
        start = 0
        for cells in file.batches(list(columns)):
            n_rows = len(cells[0])
            rows = np.arange(start, start + n_rows, dtype=np.int64)
            start += n_rows
            table, codes = _taken(spec, series, columns, cells, f, rows)
            held.append((table, block_of_place[codes]))
            n_held += n_rows
            if n_held >= SPREAD_ROWS:
                _write(held, folder_of, n_written)
                held, n_held, n_written = [], 0, n_written + 1
    if held:
        _write(held, folder_of, n_written)


def _taken(
    spec: DataSpec, series: SeriesIndex, columns: Sequence[str], cells: list[pa.Array], file: int, rows: Ints
) -> tuple[pa.Table, Any]:
    """Return rows as plain columns with their places in the table, and the provisional place of each row's series."""
    import pyarrow as pa

    plain, codes = [], np.zeros(len(rows), dtype=np.int32)
    for name, column in zip(columns, cells, strict=True):
        if name == spec.id:
            column = read_ids(ColumnBatch(name, column, file, rows, Problems()))
            codes = series.index.add(column)
        plain.append(column.dictionary_decode() if pa.types.is_dictionary(column.type) else column)
    place = pa.array((np.int64(file) << ROW_BITS) | rows)
    return pa.table([*plain, place], names=[*columns, PLACE]), codes


def _write(held: list[tuple[pa.Table, Any]], folder_of: Callable[[int], Path], number: int) -> None:
    """Write rows to the folders of their blocks, as files whose names sort as they were written."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.concat_tables([part for part, _ in held], promote_options="permissive")
    blocks = np.concatenate([part for _, part in held])
    if (np.diff(blocks) < 0).any():
        order = np.argsort(blocks, kind="stable")
        table, blocks = table.take(order), blocks[order]
    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    present, first = np.unique(blocks, return_index=True)
    for block, low, high in zip(
        present.tolist(), first.tolist(), [*first[1:].tolist(), len(blocks)], strict=True
    ):
        path = folder_of(block) / f"{number:05d}.parquet"
        parquet.write_table(
            table.slice(low, high - low),
            path,
            compression="lz4",
            # Whether numbers repeat takes longer to find out than to write them.
            use_dictionary=texts,
            write_statistics=False,
        )
