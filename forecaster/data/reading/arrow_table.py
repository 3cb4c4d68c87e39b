"""Tables in memory: whatever speaks Arrow's C stream interface, such as a pandas or polars DataFrame."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from forecaster.data.reading.columns import plain_text
from forecaster.data.reading.problems import TableFile
from forecaster.data.spec import IN_MEMORY
from forecaster.errors import DataError, Location, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1 << 19
_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")


class ArrowTable(TableFile):
    """A table in memory, read as a file is.

    Attributes:
        name: What errors call it.
        columns: Names, in order.
        n_rows: Of the whole table.
        table: The values. Numbers are not copied where the DataFrame keeps them as Arrow does.
    """

    def __init__(self, table: pa.Table, text_columns: Sequence[str] = ()) -> None:
        """Take a table. text_columns: as in `formats.Format`."""
        self.table = table
        self.name = IN_MEMORY
        self.columns: list[str] = list(table.column_names)
        self.n_rows: int | None = table.num_rows
        self._text_columns = text_columns
        self._sha256: str | None = None

    @classmethod
    def of(cls, data: Any) -> ArrowTable:
        """Take in a DataFrame of pandas, polars, DuckDB or pyarrow, or any object with `__arrow_c_stream__`.

        Raises:
            UsageError: When the object is no table.
            DataError: When a column holds values that Arrow has no type for.
        """
        import pyarrow as pa

        if isinstance(data, ArrowTable):
            return data
        if not isinstance(data, pa.Table) and not hasattr(data, "__arrow_c_stream__"):
            raise UsageError(
                f"data is a {type(data).__name__}, needs a path or a table",
                hint="give a DataFrame of pandas or polars, a pyarrow table or a DuckDB relation",
            )
        try:
            found = pa.table(data)
        except (
            pa.ArrowInvalid,
            pa.ArrowTypeError,
            pa.ArrowNotImplementedError,
            TypeError,
            ValueError,
        ) as error:
            raise DataError(
                f"{IN_MEMORY}: the table cannot be read: {str(error).splitlines()[0]}",
                hint="convert or drop the columns of mixed types",
            ) from None
        # What pandas calls an index without a name, such as the row numbers that a filter leaves.
        named = [name for name in found.column_names if not _UNNAMED_INDEX.fullmatch(name)]
        return cls(found if len(named) == found.num_columns else found.select(named))

    def __str__(self) -> str:
        return self.name

    def keeping(self, text_columns: Sequence[str]) -> ArrowTable:
        """Return the same table, with other `text_columns`."""
        return ArrowTable(self.table, text_columns)

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns, some rows at a time; text columns may come dictionary-encoded."""
        for start in range(0, self.table.num_rows, _ROWS):
            part = self.table.select(names).slice(start, _ROWS).combine_chunks()
            yield [
                plain_text(part.column(name).chunk(0), keep_dictionary=name in self._text_columns)
                for name in names
            ]

    def places(self, rows: list[int]) -> list[tuple[Location, str]]:
        """Name rows by their number, from 1: the table has no lines."""
        return [(Location(self.name), f"row {row + 1:,}: ") for row in rows]

    @property
    def nbytes(self) -> int:
        """The size of the values, bytes."""
        return int(self.table.nbytes)

    @property
    def sha256(self) -> str:
        """The sha256, in hex, of names, types and values, however the rows lie in memory."""
        if self._sha256 is None:
            self._sha256 = _digest(self.table)
        return self._sha256


class _Hash:
    """A file that is only measured."""

    closed = False

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, block: Any) -> int:
        view = memoryview(block)
        self.digest.update(view)
        return view.nbytes

    def flush(self) -> None:
        pass

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


def _digest(table: pa.Table) -> str:
    import pyarrow as pa

    # What pandas notes about its index says nothing about the values.
    table = table.replace_schema_metadata(None)
    sink = _Hash()
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), table.schema) as writer:
        for start in range(0, table.num_rows, _ROWS):
            # In blocks of one length: how a DataFrame is chunked must not change the digest.
            writer.write_table(table.slice(start, _ROWS).combine_chunks())
    return sink.digest.hexdigest()
