"""Arrow IPC files, which Feather (version 2) files are too: batches of typed columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from forecaster.data.reading.columns import plain_text
from forecaster.data.reading.damaged import explained
from forecaster.data.reading.periods import period_freqs, period_starts
from forecaster.data.reading.problems import TableFile
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    import pyarrow as pa

# Rows that are worked on together: a whole file may be one batch.
_ROWS = 1 << 19
# Files begin with these bytes and end with a footer; without them the file is a stream of batches.
_FILE_MAGIC = b"ARROW1"
_FEATHER_1_MAGIC = b"FEA1"


class ArrowFile(TableFile):
    """One Arrow IPC file: with a footer, as Feather is, or a stream of batches."""

    label: ClassVar[str] = "Arrow"
    endings: ClassVar[tuple[str, ...]] = (".arrow", ".feather")
    apart: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, path: Path, csv: CsvSpec, text_columns: Sequence[str] = (), sheet: str | None = None
    ) -> None:
        """Open the file and read its schema; see `formats.Format`. `csv` has no meaning here."""
        self.path, self.name = path, str(path)
        self._text_columns = text_columns
        with self._open() as reader:
            self.columns: list[str] = list(reader.schema.names)
            self._periods = period_freqs(reader.schema)
        self.n_rows: int | None = None

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns, some rows at a time; text columns may come dictionary-encoded."""
        with self._open([self.columns.index(name) for name in names]) as reader:
            for batch in _record_batches(reader):
                # A file that is damaged inside a batch would lead outside of its memory.
                batch.validate(full=True)
                for start in range(0, batch.num_rows, _ROWS):
                    rows = batch.slice(start, _ROWS)
                    yield [self._plain(rows.column(name), name) for name in names]

    def _plain(self, column: pa.Array, name: str) -> pa.Array:
        """Return a column with times in place of periods, and one type of text."""
        freq = self._periods.get(name)
        if freq is not None:
            return period_starts(column, freq, name=name, source=self.name)
        return plain_text(column, keep_dictionary=name in self._text_columns)

    @contextmanager
    def _open(self, columns: list[int] | None = None) -> Iterator[Any]:
        """Yield a reader of the file's batches. columns: read only these, by their place in the schema."""
        import pyarrow as pa
        import pyarrow.ipc as ipc

        options = ipc.IpcReadOptions(included_fields=columns)
        with explained(self.name, self.label), pa.OSFile(str(self.path)) as file:
            start = file.read(len(_FILE_MAGIC))
            file.seek(0)
            if start.startswith(_FEATHER_1_MAGIC):
                raise DataError(
                    "the file is Feather of version 1",
                    hint="write it again, as version 2",
                    location=Location(self.name),
                )
            opened = ipc.open_file if start == _FILE_MAGIC else ipc.open_stream
            with opened(file, options=options) as reader:
                yield reader


def _record_batches(reader: Any) -> Iterator[Any]:
    import pyarrow.ipc as ipc

    if isinstance(reader, ipc.RecordBatchFileReader):
        return (reader.get_batch(i) for i in range(reader.num_record_batches))
    return iter(reader)
