"""Parquet files: batches of typed columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = (".parquet", ".pq")
_ROWS = 1 << 19


class ParquetFile:
    """One Parquet file. Raises DataError where the file itself is at fault."""

    def __init__(self, path: Path, text_columns: list[str]) -> None:
        self.path, self.name = path, str(path)
        self._text_columns = text_columns
        file = self._open()
        self.columns: list[str] = list(file.schema_arrow.names)
        self.n_rows: int = file.metadata.num_rows
        file.close()

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """The named columns, batch by batch; text columns may come dictionary-encoded."""
        import pyarrow as pa

        with self._open() as file:
            try:
                for batch in file.iter_batches(batch_size=_ROWS, columns=names):
                    yield [plain_column(batch.column(name), name in self._text_columns) for name in names]
            except (pa.ArrowInvalid, OSError) as error:
                raise self._broken(error) from None

    def places(self, rows: list[int]) -> list[tuple[Location, str]]:
        """Rows of a Parquet file have no lines: they are named by their number, from 1."""
        return [(Location(self.name), f"row {row + 1:,}: ") for row in rows]

    def _open(self) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as parquet

        try:
            return parquet.ParquetFile(self.path, read_dictionary=self._text_columns)
        except PermissionError as error:
            raise DataError(
                f"the file cannot be read: {error.strerror}",
                hint="check its permissions",
                location=Location(self.name),
            ) from None
        except (pa.ArrowInvalid, OSError) as error:
            raise self._broken(error) from None

    def _broken(self, error: Exception) -> DataError:
        reason = str(error).splitlines()[0].rstrip(".")
        return DataError(
            f"the file is not a whole Parquet file: {reason}",
            hint="make or download it again",
            location=Location(self.name),
        )


def plain_column(column: pa.Array, keep_dictionary: bool = False) -> pa.Array:
    """One type of text in place of Arrow's three, and no dictionaries but those asked for."""
    import pyarrow as pa
    import pyarrow.types as types

    if types.is_dictionary(column.type) and not keep_dictionary:
        column = column.dictionary_decode()
    if types.is_large_string(column.type) or types.is_string_view(column.type):
        column = column.cast(pa.string())
    return column
