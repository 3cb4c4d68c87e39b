"""How an unknown table is written: the dialect of a CSV file, and the kind of each column's values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.arrays import Floats
from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.csv_rows import check_repeated
from forecaster.data.draft.csv_table import csv_table, lines_left_out
from forecaster.data.draft.kinds import MOSTLY, Kind, filled, kind_of
from forecaster.data.draft.missing import NOTHING, FoundMissing, find_missing_values, without_values
from forecaster.data.draft.names import is_usual
from forecaster.data.draft.not_csv import sheet_layout
from forecaster.data.reading.columns import ColumnBatch, plain_text
from forecaster.data.reading.csv_file import CsvFile
from forecaster.data.reading.excel_file import ExcelFile
from forecaster.data.reading.files import table_files
from forecaster.data.reading.formats import format_of
from forecaster.data.reading.layout import MOST_FOOTER
from forecaster.data.reading.numbers import read_numbers
from forecaster.data.reading.problems import Problems, TableFile
from forecaster.data.reading.sources import TableSource, fetched, open_files, source_name
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SAMPLE_ROWS = 5_000
# The rows of a sheet that show where its header is.
_SHEET_ROWS = 200
# As MOSTLY, for a column that people usually forecast.
_HALF = 0.5


_ALL_ROWS = CsvSpec()


@dataclass(frozen=True)
class Sample:
    """The first rows of a table.

    Attributes:
        source: The file, the folder, or the table in memory.
        csv: How a CSV file is written; None for formats whose columns have types of their own.
        table: At most SAMPLE_ROWS rows; the columns of a CSV file as text, others in their own types.
        kinds: What the values of each column are.
        sheet: The sheet of an Excel workbook, where it was named.
        sheet_rows: Which rows of a sheet are left out.
        first_line: The line of the first row of a CSV file.
        missing: What stands for no value.
        choices: Lines that are left out.
    """

    source: TableSource
    csv: CsvSpec | None
    table: pd.DataFrame
    kinds: dict[str, Kind] = field(default_factory=dict)
    sheet: str | None = None
    sheet_rows: CsvSpec = _ALL_ROWS
    first_line: int = 2
    missing: FoundMissing = NOTHING
    choices: tuple[Ambiguity, ...] = ()
    _cells: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def reading(self) -> CsvSpec:
        """How the files are read: the marks of a CSV file, and the lines or rows that are left out."""
        return self.csv or self.sheet_rows

    @property
    def is_whole(self) -> bool:
        """Whether the table has no other rows."""
        return len(self.table) < SAMPLE_ROWS - 1

    def cells(self, name: str) -> list[str]:
        """Return the cells of a column that hold something, as text."""
        if name not in self._cells:
            self._cells[name] = filled(self.table[name])
        return self._cells[name]

    def where(self, row: int) -> Location:
        """Return the place of a row; its line where the table is a CSV file."""
        return Location(str(self.source), None if self.csv is None else row + self.first_line)

    def place(self, row: int) -> tuple[Location, str]:
        """Return the place of a row, and its number where the place has no line."""
        if self.csv is not None:
            return self.where(row), ""
        for file in open_files(self.source, self.reading, sheet=self.sheet):
            n_rows = 0
            for columns in file.batches(file.columns[:1]):
                n_rows += len(columns[0])
                if row < n_rows:
                    return file.places([row])[0]
            row -= n_rows
        return self.where(row), ""

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
        read = csv_table(local, SAMPLE_ROWS, decimal)
        sample = Sample(source, read.csv, read.table, first_line=read.first_line, choices=read.choices)
    else:
        if decimal is not None:
            raise DataError(
                f"--decimal {decimal!r} is that of a CSV file, and other tables hold numbers as numbers",
                hint="leave it out; where the table holds text such as 1,5, store numbers, or save it as CSV",
                location=Location(source_name(source)),
            )
        sample = _typed_sample(source, sheet)
    here = Location(source_name(source))
    names = list(sample.table.columns)
    if len(names) < 2:
        raise DataError(
            f"found one column only, {names[0]!r}" if names else "found no columns",
            hint="a table needs a time column and a column of numbers, with a header line, and in text a comma, a "
            "semicolon, a tab or | between them",
            location=here,
        )
    if sample.table.empty:
        raise DataError("the table has a header and no rows", hint="add rows", location=here)
    csv = sample.reading
    found = find_missing_values(sample.table, csv, whole=sample.is_whole)
    table = without_values(sample.table, found)
    kinds = {name: _kind_by_name(table[name], csv) for name in names}
    return replace(sample, table=table, kinds=kinds, missing=found)


def _kind_by_name(column: pd.Series[Any], csv: CsvSpec) -> Kind:
    """Return the kind of a column; of one that people usually forecast, half of the cells may be text."""
    return kind_of(column, csv, mostly=_HALF if is_usual(str(column.name)) else MOSTLY)


def as_numbers(column: pd.Series[Any], sample: Sample) -> Floats:
    """Return the numbers of a column that `read_columns` returned, (rows,), NaN where a cell is empty or no number."""
    import pyarrow as pa

    cells = plain_text(pa.array(column))
    batch = ColumnBatch(str(column.name), cells, 0, np.arange(len(column), dtype=np.int64), Problems())
    return read_numbers(batch, sample.reading)


def read_columns(sample: Sample, names: list[str]) -> pd.DataFrame:
    """Read some columns of the whole table as training reads them; CSV columns as text.

    Raises:
        DataError: Rows have too few or too many fields, or the files of a folder differ in these columns.
    """
    return without_values(_read(sample, names), sample.missing)


def read_targets(
    sample: Sample, targets: Sequence[str], others: Sequence[str] = ()
) -> tuple[Sample, pd.DataFrame]:
    """Read the columns to forecast and some others of the whole table, as `read_columns` does.

    Returns:
        The sample, which now knows what stands for no value in any row of the targets; and the columns.

    Raises:
        DataError: As for `read_columns`.
    """
    table = _read(sample, list(dict.fromkeys([*others, *targets])))
    missing = sample.missing.with_whole(table[list(targets)], sample.reading)
    return replace(sample, missing=missing), without_values(table, missing)


def _read(sample: Sample, names: list[str]) -> pd.DataFrame:
    files = open_files(sample.source, sample.reading, sheet=sample.sheet)
    tables = [_joined(file.batches(names), names) for file in _holding(files, names)]
    problems = Problems()
    for i, file in enumerate(files):
        file.report_rows(problems, i)
    problems.raise_any(files)
    return _frame(tables, sample.source)


def _typed_sample(source: TableSource, sheet: str | None) -> Sample:
    """Read the first rows of files whose columns have types of their own."""
    try:
        files = open_files(source, CsvSpec(), sheet=sheet)
    except DataError as error:
        for diagnostic in error.diagnostics:
            hint = (diagnostic.hint or "").replace("data.sheet", "--sheet")
            raise DataError(diagnostic.summary, hint=hint or None, location=diagnostic.location) from None
        raise
    rows: CsvSpec = _ALL_ROWS
    choices: tuple[Ambiguity, ...] = ()
    if isinstance(first := files[0], ExcelFile):
        head, tail = first.ends(_SHEET_ROWS, MOST_FOOTER + 1)
        layout = sheet_layout(head, tail, Location(first.name))
        rows = CsvSpec(skip_rows=layout.skip_rows, skip_footer=layout.footer)
        choices = lines_left_out(rows, layout, "row")
        files = open_files(source, rows, sheet=sheet) if choices else files
    names = files[0].columns
    check_repeated(names, str(source_name(source)))
    table = _frame(_first_tables(files, names), source)
    return Sample(source, None, table, sheet=sheet, sheet_rows=rows, choices=choices)


def _first_tables(files: list[TableFile], names: list[str]) -> list[pa.Table]:
    """Return the first rows of some files, SAMPLE_ROWS at most, in tables; one without rows where there are none."""
    tables, n_rows = [], 0
    for file in _holding(files, names):
        for columns in file.batches(names):
            tables.append(_joined([columns], names).slice(0, SAMPLE_ROWS - n_rows))
            n_rows += len(tables[-1])
            if n_rows == SAMPLE_ROWS:
                return tables
    return tables or [_joined([], names)]


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
            # Clocks beside dates are read as text; pandas refuses those that are no time of a day.
            table = table.set_column(i, column.name, table.column(i).cast(pa.string()))
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame
