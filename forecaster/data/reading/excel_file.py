"""Excel workbooks: the rows of one sheet, with the values that Excel stored for its formulas."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from forecaster.data.reading.compressed import GROWN_BYTES, MOST_GROWTH
from forecaster.data.reading.csv_file import with_names
from forecaster.data.reading.layout import NumberedLine
from forecaster.data.reading.problems import Problems, TableFile
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Location, UsageError, install_hint
from forecaster.text import listed, quoted

if TYPE_CHECKING:
    import pyarrow as pa

EXTRA = "excel"
_ROWS = 1 << 15
_LISTED = 10
# What a damaged archive, or XML that is none, makes of the reader.
_BROKEN = (
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
    SyntaxError,
)


class ExcelFile(TableFile):
    """One sheet of a workbook. Rows without a value are left out, above the header too."""

    label: ClassVar[str] = "Excel"
    endings: ClassVar[tuple[str, ...]] = (".xlsx", ".xlsm")
    apart: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, path: Path, csv: CsvSpec, text_columns: Sequence[str] = (), sheet: str | None = None
    ) -> None:
        """Open the workbook and read the header of a sheet; see `formats.Format`. `csv` says what rows to leave out."""
        self.path, self.name, self._csv, self._asked = path, str(path), csv, sheet
        self.n_rows: int | None = None
        self._numbers: list[int] = []
        """The number, in the sheet, of each data row that was read."""
        self._check_size()
        header = next(self._rows(), None)
        if header is None:
            if self._csv.skip_rows or self._csv.skip_footer or self._csv.comment:
                raise self._wrong(
                    "data.csv leaves no row of the sheet",
                    "leave out fewer rows by data.csv.skip_rows, skip_footer and comment",
                )
            raise self._wrong(
                "the sheet is empty", "give it a header and rows, or choose another with data.sheet"
            )
        names = ["" if value is None else str(value).strip() for value in header[1]]
        # Cells that were formatted once and hold nothing reach beyond the table.
        while names and not names[-1]:
            names.pop()
        self.columns: list[str] = with_names(names)

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns, some rows at a time, in the type that all of their cells have; else as text."""
        places = [self.columns.index(name) for name in names]
        self._numbers = []
        rows, block = self._rows(), []
        next(rows, None)
        for number, row in rows:
            self._numbers.append(number)
            block.append(row)
            if len(block) == _ROWS:
                yield [_column([row[i] if i < len(row) else None for row in block]) for i in places]
                block = []
        if block:
            yield [_column([row[i] if i < len(row) else None for row in block]) for i in places]

    def places(self, rows: list[int]) -> list[tuple[Location, str]]:
        """Return the number that each data row has in the sheet."""
        return [(Location(self.name), f"row {self._numbers[row]:,}: ") for row in rows]

    def report_rows(self, problems: Problems, file: int) -> None:
        """Add nothing: every row that holds something, and is not left out, is a data row."""
        return

    def ends(self, most_head: int, most_tail: int) -> tuple[list[NumberedLine], list[NumberedLine]]:
        """Return the numbers and the texts of the first and the last rows, the header among them."""
        rows = self._rows()
        head = list(islice(rows, most_head))
        tail = [*head, *deque(rows, most_tail)][-most_tail:]
        filled = [[i for i, cell in enumerate(row) if _is_filled(cell)] for _, row in head]
        width = max((places[-1] + 1 for places in filled), default=0)
        return _texts(head, width), _texts(tail, width)

    def _rows(self) -> Iterator[tuple[int, Sequence[Any]]]:
        """Yield the number and the cells of every row that is not left out."""
        skip, mark, n_last = self._csv.skip_rows, self._csv.comment, self._csv.skip_footer
        last: deque[tuple[int, Sequence[Any]]] = deque()
        for number, row in self._filled():
            if number <= skip if isinstance(skip, int) else number in skip:
                continue
            if mark is not None and str(next(filter(_is_filled, row))).lstrip().startswith(mark):
                continue
            last.append((number, row))
            if len(last) > n_last:
                yield last.popleft()

    def _filled(self) -> Iterator[tuple[int, Sequence[Any]]]:
        """Yield the number and the cells of every row that holds something."""
        with closing(self._workbook()) as values, closing(self._workbook(formulas=True)) as written:
            name = self._sheet(values)
            try:
                # A sheet that is not read to its end keeps the file open.
                with closing(_cells(values[name])) as cells, closing(_cells(written[name])) as texts:
                    for number, (row, formulas) in enumerate(zip(cells, texts, strict=False), start=1):
                        if row != formulas:
                            self._check_stored(number, row, formulas)
                        if any(map(_is_filled, row)):
                            yield number, row
            except _BROKEN as error:
                raise self._broken(error) from None

    def _check_stored(self, number: int, row: Sequence[Any], formulas: Sequence[Any]) -> None:
        """Raise DataError for a formula whose value nobody stored, which would seem to be an empty cell."""
        for value, formula in zip(row, formulas, strict=False):
            if value is None and isinstance(formula, str) and formula.startswith("="):
                raise self._wrong(
                    f"row {number:,}: the value of the formula {formula[:40]!r} is not stored",
                    "open the workbook in Excel or LibreOffice, and save it",
                )

    def _workbook(self, *, formulas: bool = False) -> Any:
        try:
            import openpyxl
            from openpyxl.utils.exceptions import InvalidFileException
        except ImportError:
            raise UsageError(
                f"{self.name}: reading Excel files needs openpyxl, which is not installed",
                hint=install_hint(EXTRA),
            ) from None
        try:
            return openpyxl.load_workbook(self.path, read_only=True, data_only=not formulas, keep_links=False)
        except PermissionError as error:
            raise self._wrong(f"the file cannot be read: {error.strerror}", "check its permissions") from None
        except (*_BROKEN, InvalidFileException) as error:
            raise self._broken(error) from None

    def _sheet(self, workbook: Any) -> str:
        """Return the name of the sheet to read: the one that is asked for, or the only one that is shown."""
        names = [sheet.title for sheet in workbook.worksheets]
        shown = [sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        if self._asked is not None:
            if self._asked in names:
                return self._asked
            raise self._wrong(
                f"no sheet is called {self._asked!r}",
                f"set data.sheet to one of {listed(quoted(names), most=_LISTED)}",
            )
        if len(shown) > 1:
            tables = [name for name in shown if _may_be_table(workbook[name])]
            shown = tables if len(tables) == 1 else shown
        if len(shown) == 1:
            return str(shown[0])
        raise self._wrong(
            f"the workbook has {len(shown):,} sheets: {listed(quoted(shown), most=_LISTED)}"
            if shown
            else "the workbook shows no sheet",
            "choose one with data.sheet",
        )

    def _check_size(self) -> None:
        """Raise DataError for a workbook that unpacks to far more than its bytes."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                unpacked = sum(info.file_size for info in archive.infolist())
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            if isinstance(error, PermissionError):
                raise self._wrong(
                    f"the file cannot be read: {error.strerror}", "check its permissions"
                ) from None
            raise self._broken(error) from None
        if unpacked > GROWN_BYTES and unpacked > MOST_GROWTH * self.path.stat().st_size:
            raise self._wrong(
                f"the workbook unpacks to more than {MOST_GROWTH} times its size",
                "save its sheet as CSV, if it is a table",
            )

    def _broken(self, error: Exception) -> DataError:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        return self._wrong(f"the file is not a whole Excel workbook: {reason}", "make or download it again")

    def _wrong(self, summary: str, hint: str) -> DataError:
        return DataError(summary, hint=hint, location=Location(self.name))


def _cells(sheet: Any) -> Generator[Sequence[Any], None, None]:
    """Yield the values of each row, as many as it has."""
    # What a workbook claims of the size of a sheet may be a million rows of sixteen thousand empty cells.
    sheet.reset_dimensions()
    yield from sheet.iter_rows(values_only=True)


def _may_be_table(sheet: Any) -> bool:
    """Return whether two rows have two values each; a page of notes has not."""
    with closing(_cells(sheet)) as rows:
        wide = (row for row in rows if sum(map(_is_filled, row)) > 1)
        return len(list(islice(wide, 2))) == 2


def _is_filled(value: Any) -> bool:
    return value is not None and value != ""


def _texts(rows: Sequence[tuple[int, Sequence[Any]]], width: int) -> list[NumberedLine]:
    return [
        (number, ["" if cell is None else _text(cell) for cell in (*row, *[None] * width)[:width]])
        for number, row in rows
    ]


def _column(cells: list[Any]) -> pa.Array:
    """Return cells in one type: numbers, times or, where there is anything else, text."""
    import pyarrow as pa

    held = {type(cell) for cell in cells if cell is not None}
    if held <= {int, float}:
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64()).cast(
            pa.int64() if held == {int} else pa.float64(), safe=False
        )
    if held == {bool}:
        return pa.array(cells, pa.bool_())
    if held <= {dt.datetime, dt.date}:
        # Excel stores times as fractions of a day, which are a hair beside the second.
        return pa.array([None if cell is None else _second(cell) for cell in cells], pa.timestamp("us"))
    return pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())


def _second(cell: dt.datetime | dt.date) -> dt.datetime:
    time = cell if isinstance(cell, dt.datetime) else dt.datetime.combine(cell, dt.time())
    near = (time + dt.timedelta(milliseconds=500)).replace(microsecond=0)
    return near if abs(near - time) < dt.timedelta(milliseconds=1) else time


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return str(_second(cell))
    return str(cell)
