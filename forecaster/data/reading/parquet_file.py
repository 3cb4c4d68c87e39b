"""Parquet files: batches of typed columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from forecaster.data.reading.columns import plain_text
from forecaster.data.reading.compressed import GROWN_BYTES, MOST_GROWTH
from forecaster.data.reading.damaged import explained
from forecaster.data.reading.periods import period_freqs, period_starts
from forecaster.data.reading.problems import TableFile
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    import pyarrow as pa

# Rows that are worked on together.
_ROWS = 1 << 19
# A file with more rows than this, in fewer bytes, holds nothing that is worth a forecast.
_MANY_ROWS, _MOST_ROWS_PER_BYTE = 20_000_000, 20


class ParquetFile(TableFile):
    """One Parquet file."""

    label: ClassVar[str] = "Parquet"
    endings: ClassVar[tuple[str, ...]] = (".parquet", ".pq")
    apart: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, path: Path, csv: CsvSpec, text_columns: Sequence[str] = (), sheet: str | None = None
    ) -> None:
        """Open the file and read its schema; see `formats.Format`. `csv` has no meaning here."""
        self.path, self.name = path, str(path)
        self._text_columns: list[str] = []
        with self._open() as file:
            self.columns: list[str] = list(file.schema_arrow.names)
            self.n_rows: int | None = file.metadata.num_rows
            self._periods = period_freqs(file.schema_arrow)
            # Nothing else can come dictionary-encoded.
            texts = {field.name for field in file.schema_arrow if _is_text(field.type)}
            self._text_columns = [name for name in text_columns if name in texts]
        self._check_rows(path.stat().st_size)

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns, some rows at a time; text columns may come dictionary-encoded."""
        with self._open() as file:
            self._check_size(file.metadata)
            for batch in file.iter_batches(batch_size=_ROWS, columns=names):
                self._check_names(names, batch.schema.names)
                columns = [
                    plain_text(batch.column(name), keep_dictionary=name in self._text_columns)
                    for name in names
                ]
                for column in columns:
                    if _is_text(column.type):
                        # Nothing has checked yet that it is utf-8.
                        column.validate(full=True)
                yield [self._plain(column, name) for name, column in zip(names, columns, strict=True)]

    def _check_names(self, names: Sequence[str], present: Sequence[str]) -> None:
        """Raise DataError where the rows lack a column that the schema of Arrow in the file names."""
        absent = [name for name in names if name not in present]
        if absent:
            raise DataError(
                f"the file is not a whole {self.label} file: its rows have no column {absent[0]!r}",
                hint="make or download it again",
                location=Location(self.name),
            )

    def _plain(self, column: pa.Array, name: str) -> pa.Array:
        """Return a column with times in place of periods."""
        freq = self._periods.get(name)
        return column if freq is None else period_starts(column, freq, name=name, source=self.name)

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """Give the file, opened; a file that pyarrow opens itself stays open where it is not whole."""
        import pyarrow as pa
        import pyarrow.parquet as parquet

        with explained(self.name, self.label), pa.OSFile(str(self.path)) as file:
            yield parquet.ParquetFile(file, read_dictionary=self._text_columns)

    def _check_rows(self, size: int) -> None:
        """Raise DataError for a file that claims more rows than its bytes can well hold."""
        n_rows = self.n_rows or 0
        if n_rows < 0 or (n_rows > _MANY_ROWS and n_rows > _MOST_ROWS_PER_BYTE * size):
            raise DataError(
                f"the file claims {n_rows:,} rows in {size:,} bytes",
                hint="make or download it again",
                location=Location(self.name),
            )

    def _check_size(self, metadata: Any) -> None:
        """Raise DataError for a file that unpacks to far more than its bytes."""
        if unpacks_to_much(metadata, self.path.stat().st_size):
            raise DataError(
                f"the file unpacks to more than {MOST_GROWTH} times its size",
                hint="write it without compression, if it is a table",
                location=Location(self.name),
            )


def unpacks_to_much(metadata: Any, size: int) -> bool:
    """Return whether a Parquet file as a whole unpacks to far more than its bytes.

    Asked of the groups of rows, which every file can answer: to ask for one column whose metadata is damaged ends
    the process inside of pyarrow, with no exception.

    Args:
        metadata: The FileMetaData.
        size: The bytes of the file.
    """
    unpacked = sum(metadata.row_group(g).total_byte_size for g in range(metadata.num_row_groups))
    return bool(unpacked > GROWN_BYTES and unpacked > MOST_GROWTH * size)


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    held = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(held) or types.is_large_string(held))
