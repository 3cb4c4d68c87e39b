"""A few series of a large table, in memory, whose rows still know their place in the table's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.errors import Location

if TYPE_CHECKING:
    import pyarrow as pa

# The column of places, which the files of a block have besides those of the table: file and row in one number.
PLACE = "__place__"
ROW_BITS = 40


class BlockTable(ArrowTable):
    """Whole series of a table, read as a file is.

    Args:
        table: The rows, with the column of places.
        id_column: The column of ids, which are text.
        files: The names of the files of the whole table, in order.
        name: What messages call the whole table.
        text_columns: As in `formats.Format`.
    """

    def __init__(
        self,
        table: pa.Table,
        id_column: str,
        files: Sequence[str],
        name: str,
        text_columns: Sequence[str] = (),
    ) -> None:
        super().__init__(table, text_columns, name)
        self.columns = [column for column in self.columns if column != PLACE]
        self.id_column, self.files = id_column, files

    @classmethod
    def read(cls, folder: Path, id_column: str, files: Sequence[str], name: str) -> BlockTable:
        """Read the files that `series_blocks.spread` wrote for a block."""
        import pyarrow as pa
        from pyarrow import parquet

        pieces = [parquet.ParquetFile(piece).read() for piece in sorted(folder.glob("*.parquet"))]
        return cls(pa.concat_tables(pieces, promote_options="permissive"), id_column, files, name)

    def ids(self) -> list[str]:
        """Return the ids, sorted."""
        from pyarrow import compute

        return sorted(compute.unique(self.table.column(self.id_column)).to_pylist())

    def only(self, ids: Sequence[str]) -> BlockTable:
        """Return the rows of these series."""
        import pyarrow as pa
        from pyarrow import compute

        column = self.table.column(self.id_column)
        kept = self.table.filter(compute.is_in(column, pa.array(ids, column.type)))
        return BlockTable(kept, self.id_column, self.files, self.name, self._text_columns)

    def keeping(self, text_columns: Sequence[str]) -> BlockTable:
        """Return the same table, with other `text_columns`."""
        return BlockTable(self.table, self.id_column, self.files, self.name, text_columns)

    def places(self, rows: list[int]) -> list[tuple[Location, str]]:
        """Return the place of each row in the files of the whole table."""
        places = self.table.column(PLACE).take(rows).to_pylist()
        found = [(self.files[place >> ROW_BITS], place & ((1 << ROW_BITS) - 1)) for place in places]
        return [(Location(file), f"row {row + 1:,}: ") for file, row in found]
