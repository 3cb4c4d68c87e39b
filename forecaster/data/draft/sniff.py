"""How an unknown table is written: the dialect of a CSV file, and the kind of each column's values."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from csv import Error as CsvError
from csv import reader
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Floats
from forecaster.data.draft.csv_rows import check_repeated, comment_mark, first_rows
from forecaster.data.draft.dialect import groups_thousands, numbers_as_written
from forecaster.data.draft.kinds import MOSTLY, Kind, filled, kind_of, mostly_numbers, number_faults
from forecaster.data.draft.names import is_usual
from forecaster.data.reading.columns import ColumnBatch, plain_text
from forecaster.data.reading.compressed import plain_chunks
from forecaster.data.reading.csv_file import CsvFile
from forecaster.data.reading.files import table_files
from forecaster.data.reading.formats import FORMATS, format_of, labels
from forecaster.data.reading.numbers import read_numbers
from forecaster.data.reading.problems import Problems, TableFile
from forecaster.data.reading.sources import TableSource, fetched, open_files, source_name
from forecaster.data.reading.text_lines import first_lines
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SAMPLE_ROWS = 5_000
SEPARATORS = (",", ";", "\t", "|")
# As MOSTLY, for a column that people usually forecast.
_HALF = 0.5


@dataclass(frozen=True)
class Sample:
    """The first rows of a table.

    Attributes:
        source: The file, the folder, or the table in memory.
        csv: How a CSV file is written; None for formats whose columns have types of their own.
        table: At most SAMPLE_ROWS rows; the columns of a CSV file as text, others in their own types.
        kinds: What the values of each column are.
        sheet: The sheet of an Excel workbook, where it was named.
    """

    source: TableSource
    csv: CsvSpec | None
    table: pd.DataFrame
    kinds: dict[str, Kind] = field(default_factory=dict)
    sheet: str | None = None
    _cells: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def cells(self, name: str) -> list[str]:
        """Return the cells of a column that hold something, as text."""
        if name not in self._cells:
            self._cells[name] = filled(self.table[name])
        return self._cells[name]

    def of_kind(self, *kinds: Kind) -> list[str]:
        """Return the columns of these kinds, in the table's order."""
        return [name for name, kind in self.kinds.items() if kind in kinds]


def sniff(source: TableSource, *, decimal: str | None = None, sheet: str | None = None) -> Sample:
    """Read the first rows of a table: a file of any format that training reads, a folder, or a table in memory.

    Args:
        source: The table.
        decimal: The decimal mark of a CSV file; None where it is to be found.
        sheet: The sheet of an Excel workbook; None for the only one.

    Raises:
        DataError: There is no such table, or it has no rows or fewer than two columns.
    """
    local = fetched(source)
    if isinstance(local, Path) and format_of(table_files(local)[0]) is CsvFile:
        sample = replace(_csv_sample(local, decimal), source=source)
    else:
        sample = _typed_sample(source, sheet)
    here = Location(source_name(source))
    names = list(sample.table.columns)
    if len(names) < 2:
        raise DataError(
            f"found one column only, {names[0]!r}" if names else "found no columns",
            hint="a table needs a time column and a column of numbers, with a header line",
            location=here,
        )
    if sample.table.empty:
        raise DataError("the table has a header and no rows", hint="add rows", location=here)
    csv = sample.csv or CsvSpec()
    kinds = {name: _kind_by_name(sample.table[name], csv) for name in names}
    return replace(sample, kinds=kinds)


def _kind_by_name(column: pd.Series[Any], csv: CsvSpec) -> Kind:
    """Return the kind of a column; of one that people usually forecast, half of the cells may be text."""
    return kind_of(column, csv, mostly=_HALF if is_usual(str(column.name)) else MOSTLY)


def as_numbers(column: pd.Series[Any], sample: Sample) -> Floats:
    """Return the numbers of a column that `read_columns` returned, (rows,), NaN where a cell is empty or no number."""
    import pyarrow as pa

    cells = plain_text(pa.array(column))
    batch = ColumnBatch(str(column.name), cells, 0, np.arange(len(column), dtype=np.int64), Problems())
    return read_numbers(batch, sample.csv or CsvSpec())


def read_columns(sample: Sample, names: list[str]) -> pd.DataFrame:
    """Read some columns of the whole table as training reads them; CSV columns as text.

    Raises:
        DataError: Rows have too few or too many fields, or the files of a folder differ in these columns.
    """
    files = open_files(sample.source, sample.csv or CsvSpec(), sheet=sample.sheet)
    tables = [_joined(file.batches(names), names) for file in _holding(files, names)]
    problems = Problems()
    for i, file in enumerate(files):
        file.report_rows(problems, i)
    problems.raise_any(files)
    return _frame(tables, sample.source)


def _typed_sample(source: TableSource, sheet: str | None) -> Sample:
    """Read the first rows of files whose columns have types of their own."""
    files = open_files(source, CsvSpec(), sheet=sheet)
    names = files[0].columns
    check_repeated(names, str(source_name(source)))
    tables, n_rows = [], 0
    for file in _holding(files, names):
        for columns in file.batches(names):
            tables.append(_joined([columns], names).slice(0, SAMPLE_ROWS - n_rows))
            n_rows += len(tables[-1])
            if n_rows == SAMPLE_ROWS:
                return Sample(source, None, _frame(tables, source), sheet=sheet)
    return Sample(source, None, _frame(tables or [_joined([], names)], source), sheet=sheet)


def _holding(files: list[TableFile], names: list[str]) -> Iterator[TableFile]:
    """Yield the files of a folder. Raises DataError for one that lacks a column of the first."""
    for file in files:
        absent = [name for name in names if name not in file.columns]
        if absent:
            raise DataError(
                f"no column is called {absent[0]!r}, as in {files[0].name}",
                hint="give every file of the folder the same columns",
                location=Location(file.name),
            )
        yield file


def _joined(batches: Iterable[list[pa.Array]], names: list[str]) -> pa.Table:
    import pyarrow as pa

    parts = [pa.table(columns, names=names) for columns in batches]
    return pa.concat_tables(parts) if parts else pa.table({name: pa.nulls(0) for name in names})


def _frame(tables: list[pa.Table], source: TableSource) -> pd.DataFrame:
    """Join the tables of a folder's files, whose columns may differ in type where no value is lost."""
    import pyarrow as pa

    try:
        table = pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(
            f"the files differ in the types of their columns: {str(error).splitlines()[0].rstrip('.')}",
            hint="write a column with one type in every file",
            location=Location(source_name(source)),
        ) from None
    for i, column in enumerate(table.schema):
        if pa.types.is_decimal(column.type):
            # As training reads them; pandas would keep them as objects.
            table = table.set_column(i, column.name, table.column(i).cast(pa.float64(), safe=False))
        elif pa.types.is_time(column.type):
            # No column of times, ids or numbers; pandas refuses those that are no time of a day.
            table = table.set_column(i, column.name, pa.nulls(len(table), pa.string()))
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame


def _csv_sample(path: Path, decimal: str | None) -> Sample:
    first = table_files(path)[0]
    encoding, text = _head(first)
    if not text.strip():
        raise DataError(f"{first}: the file is empty", hint="give a table with a header line")
    separator = _separator(text)
    comment = comment_mark(text, separator)
    table = first_rows(path, separator, comment, lambda file: _head(file)[1], SAMPLE_ROWS)
    csv = numbers_as_written(
        [filled(table[name]) for name in table],
        mostly_numbers,
        separator=separator,
        encoding=encoding,
        decimal=decimal,
    )
    csv = csv.model_copy(update={"comment": comment})
    if decimal is None:
        _check_thousands(table, csv, path)
    return Sample(path, csv, table)


def _check_thousands(table: pd.DataFrame, csv: CsvSpec, path: Path) -> None:
    """Raise DataError where the only decimal marks of the table look like marks between thousands."""
    marked = {name: [cell for cell in filled(table[name]) if csv.decimal in cell] for name in table}
    numeric = {name: cells for name, cells in marked.items() if cells and not number_faults(cells, csv)}
    grouping = {name: groups_thousands(filled(table[name]), csv.decimal) for name in numeric}
    if grouping and all(grouping.values()):
        name = next(iter(grouping))
        whole = next(cell for cell in filled(table[name]) if csv.decimal not in cell)
        cell = numeric[name][0]
        digits = cell.replace(csv.decimal, "")
        raise DataError(
            f"column {name!r} holds {cell} beside {whole}: is {cell} the number {digits}, or has it decimals?",
            hint=f"if it has decimals, use --decimal '{csv.decimal}'; if not, write the numbers without a mark between "
            "thousands, or another mark between the fields",
            location=Location(str(path)),
        )


def _head(path: Path) -> tuple[str, str]:
    """Return the file's encoding and its first lines."""
    with plain_chunks(path) as chunks:
        head = first_lines(chunks, SAMPLE_ROWS + 1, path)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", head.decode("utf-16", errors="ignore")
    if b"\0" in head:
        raise DataError(f"{path}: this is not text", hint=f"give a {labels(FORMATS)} table")
    for encoding in ("utf-8", "cp1252"):
        try:
            # Training skips the byte order mark of utf-8 too.
            return encoding, head.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    # Every byte has a meaning in latin-1, so this one cannot fail.
    return "latin-1", head.decode("latin-1")


def _separator(text: str) -> str:
    """Return the mark that gives every line as many fields as the header, and the most of them."""

    def fields(mark: str) -> int:
        try:
            counts = {len(line) for line in reader(io.StringIO(text, newline=""), delimiter=mark) if line}
        except CsvError:
            return 0
        return counts.pop() if len(counts) == 1 else 0

    best = max(SEPARATORS, key=fields)
    if fields(best) > 1:
        return best
    # No mark fits every line: the one the header uses most, so that the message names the line that differs.
    header = next(line for line in text.splitlines() if line.strip())
    return max(SEPARATORS, key=header.count)
