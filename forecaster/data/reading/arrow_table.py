"""Tables in memory: whatever speaks Arrow's C stream interface, such as a pandas or polars DataFrame."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from forecaster.data.reading.columns import plain_text
from forecaster.data.reading.periods import period_freqs, period_starts
from forecaster.data.reading.problems import TableFile
from forecaster.data.reading.table_digest import column_blocks, table_digest
from forecaster.errors import DataError, UsageError
from forecaster.remote.address import IN_MEMORY

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

    def __init__(self, table: pa.Table, text_columns: Sequence[str] = (), name: str = IN_MEMORY) -> None:
        """Take a table. text_columns: as in `formats.Format`."""
        self.table = table
        self.name = name
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
            found = _taken(data)
        except (
            pa.ArrowInvalid,
            pa.ArrowTypeError,
            pa.ArrowNotImplementedError,
            TypeError,
            ValueError,
            OverflowError,
        ) as error:
            raise DataError(
                f"{IN_MEMORY}: the table cannot be read: {str(error).splitlines()[0]}",
                hint="convert or drop the columns of mixed types",
            ) from None
        return cls(_without_row_numbers(_without_periods(found)))

    def __str__(self) -> str:
        return self.name

    def keeping(self, text_columns: Sequence[str]) -> ArrowTable:
        """Return the same table, with other `text_columns`."""
        return ArrowTable(self.table, text_columns, self.name)

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns, some rows at a time; text columns may come dictionary-encoded."""
        columns = [column_blocks(self.table.column(name), _ROWS) for name in names]
        for blocks in zip(*columns, strict=True):
            yield [
                plain_text(block, keep_dictionary=name in self._text_columns)
                for name, block in zip(names, blocks, strict=True)
            ]

    @property
    def nbytes(self) -> int:
        """The size of the values, bytes."""
        return int(self.table.nbytes)

    @property
    def sha256(self) -> str:
        """The sha256, in hex, of names, types and values, however the rows lie in memory."""
        if self._sha256 is None:
            self._sha256 = table_digest(self.table)
        return self._sha256


def _without_periods(table: pa.Table) -> pa.Table:
    """Return a table with the times at which periods of pandas begin in place of the periods."""
    import pyarrow as pa

    for name, freq in period_freqs(table.schema).items():
        column = pa.chunked_array(
            [period_starts(chunk, freq, name=name, source=IN_MEMORY) for chunk in table.column(name).chunks],
            pa.timestamp("us"),
        )
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def _without_row_numbers(table: pa.Table) -> pa.Table:
    """Leave out an index of pandas that has no name and holds numbers, such as the row numbers that a filter leaves.

    One that holds times or text is kept, and called as `reset_index` calls it: index, or level_0, level_1 and so on.
    """
    levels = [name for name in table.column_names if _UNNAMED_INDEX.fullmatch(name)]
    kept = []
    for i, (name, kind) in enumerate(zip(table.column_names, table.schema.types, strict=True)):
        if name not in levels:
            kept.append((i, name))
            continue
        plain = "index" if len(levels) == 1 else f"level_{name.strip('_').rpartition('_')[2]}"
        if plain not in table.column_names and _is_kept(kind):
            kept.append((i, plain))
    if [name for _, name in kept] == table.column_names:
        return table
    return table.select([i for i, _ in kept]).rename_columns([name for _, name in kept])


def _is_kept(kind: pa.DataType) -> bool:
    import pyarrow.types as types

    tests = (types.is_timestamp, types.is_date, types.is_string, types.is_large_string, types.is_dictionary)
    return any(is_kind(kind) for is_kind in tests)


def _taken(data: Any) -> pa.Table:
    import pyarrow as pa

    if type(data).__module__.partition(".")[0] == "pandas" and hasattr(data, "to_frame"):
        # A Series, whose own stream has neither its index nor its name.
        data = data.to_frame("value" if data.name is None else str(data.name))

    if type(data).__module__.partition(".")[0] != "polars" or not hasattr(data, "get_columns"):
        return pa.table(data)
    # Asked for all of its columns at once, a DataFrame of polars first copies their chunks into one.
    series = data.get_columns()
    return pa.Table.from_arrays([pa.chunked_array(s) for s in series], names=[s.name for s in series])
