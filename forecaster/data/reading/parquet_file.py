"""Parquet files: batches of typed columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from forecaster.data.reading.columns import plain_text
from forecaster.data.reading.problems import TableFile
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    import pyarrow as pa

# Rows that are worked on together.
_ROWS = 1 << 19


class ParquetFile(TableFile):
    """One Parquet file."""

    label: ClassVar[str] = "Parquet"
    endings: ClassVar[tuple[str, ...]] = (".parquet", ".pq")
    in_folders: ClassVar[bool] = True

    def __init__(self, path: Path, csv: CsvSpec, text_columns: Sequence[str] = ()) -> None:
        """Open the file and read its schema; see `formats.Format`. `csv` has no meaning here."""
        import pyarrow as pa

        self.path, self.name = path, str(path)
        self._text_columns = list(text_columns)
        with self._open() as file:
            try:
                self.columns: list[str] = list(file.schema_arrow.names)
            except (pa.ArrowException, UnicodeDecodeError) as error:
                raise self._broken(error) from None
            self.n_rows: int | None = file.metadata.num_rows

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns, some rows at a time; text columns may come dictionary-encoded."""
        import pyarrow as pa

        with self._open() as file:
            try:
                for batch in file.iter_batches(batch_size=_ROWS, columns=names):
                    yield [
                        plain_text(batch.column(name), keep_dictionary=name in self._text_columns)
                        for name in names
                    ]
            except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
                raise self._broken(error) from None

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
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise self._broken(error) from None

    def _broken(self, error: Exception) -> DataError:
        reason = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
        return DataError(
            f"the file is not a whole Parquet file: {reason}",
            hint="make or download it again",
            location=Location(self.name),
        )
