"""Tables cut into blocks of whole series."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from forecaster.data.reading.block_table import BlockTable
from forecaster.data.reading.series_blocks import cut_blocks, index_series, spread
from forecaster.data.reading.sources import open_table
from forecaster.data.spec import DataSpec
from forecaster.errors import DataError

SPEC = DataSpec.model_validate({"path": "t.parquet", "time": "t", "freq": 1, "id": "s", "targets": ["y"]})


@pytest.mark.parametrize(
    ("rows", "bounds"),
    [
        ([], []),
        ([3], [0, 1]),
        ([2, 2, 2], [0, 2, 3]),
        # A series with more rows than a block is a block of its own.
        ([1, 9, 1], [0, 1, 2, 3]),
        # No more than three series.
        ([1, 1, 1, 1], [0, 3, 4]),
    ],
    ids=str,
)
def test_a_block_has_at_most_so_many_rows_and_series(rows: list[int], bounds: list[int]) -> None:
    assert cut_blocks(np.array(rows, dtype=np.int64), most_rows=4, most_series=3) == bounds


def in_two_files(folder: Path, ids: list[object]) -> Path:
    """Write rows 0, 1, 2, … to two files."""
    table = pa.table({"s": ids, "t": range(len(ids)), "y": [float(i) for i in range(len(ids))], "z": ids})
    half = len(ids) // 2
    (folder / "t").mkdir()
    parquet.write_table(table.slice(0, half), folder / "t/a.parquet")
    parquet.write_table(table.slice(half), folder / "t/b.parquet")
    return folder / "t"


def test_rows_go_to_the_block_of_their_series_and_know_their_place(tmp_path: Path) -> None:
    table = in_two_files(tmp_path, [10, 9, 7, 9, 10, 7])
    files = open_table(SPEC, table)
    series = index_series(SPEC, files)
    # Ids are text, and so is their order.
    assert series.names == ("10", "7", "9")
    assert series.rows.tolist() == [2, 2, 2]
    for block in (0, 1):
        (tmp_path / str(block)).mkdir()
    spread(SPEC, files, series, [0, 2], lambda block: tmp_path / str(block), columns=["t", "s", "y"])
    names = [file.name for file in files]
    first, second = (BlockTable.read(tmp_path / str(block), "s", names, "t") for block in (0, 1))
    assert first.table.select(["s", "t"]).to_pydict() == {"s": ["10", "7", "10", "7"], "t": [0, 2, 4, 5]}
    assert second.ids() == ["9"]
    assert second.columns == ["t", "s", "y"]
    # The fifth row of the table is the second of the second file.
    assert [(str(place), words) for place, words in first.only(["10"]).places([1])] == [(names[1], "row 2: ")]


def test_a_row_without_an_id_belongs_to_no_block(tmp_path: Path) -> None:
    table = in_two_files(tmp_path, ["a", "a", None, "a"])
    with pytest.raises(DataError) as caught:
        index_series(SPEC, open_table(SPEC, table))
    assert (
        str(caught.value)
        == f"{table}/b.parquet: s: row 1: the id is empty; name the series, or delete the row"
    )
