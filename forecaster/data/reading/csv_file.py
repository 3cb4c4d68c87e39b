"""CSV files, plain or compressed: batches of text columns, and the line of every row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np

from forecaster.data.reading.compressed import ENDINGS, compressed_as
from forecaster.data.reading.left_out import LinesApart, no_rows
from forecaster.data.reading.problems import CellFault, Problems, TableFile
from forecaster.data.reading.text_lines import LONGEST_LINE, open_text
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Diagnostic, Location

if TYPE_CHECKING:
    import pyarrow as pa

# Bytes parsed at a time: large enough for speed, small beside the table.
_BLOCK = 8 << 20
_LEAST_BLOCK = 1 << 16


class CsvFile(TableFile):
    """One CSV file.

    A record is the text between two line ends outside of quotes. Records with as many fields as the header
    are the data rows.
    """

    label: ClassVar[str] = "CSV"
    endings: ClassVar[tuple[str, ...]] = (
        *(kind + how for kind in (".csv", ".tsv", ".txt") for how in ("", *ENDINGS)),
        ".zip",
    )
    apart: ClassVar[tuple[str, ...]] = (*(".txt" + how for how in ("", *ENDINGS)), ".zip")

    def __init__(
        self, path: Path, csv: CsvSpec, text_columns: Sequence[str] = (), sheet: str | None = None
    ) -> None:
        """Open the file and read its header; see `formats.Format`. Columns never come dictionary-encoded."""
        self.path, self.spec, self.name = path, csv, str(path)
        self.n_rows: int | None = None
        self._left_out: list[int] = []
        """Records, counted from 0 after the header, that are not among the data rows; ascending."""
        self._wrong_width: list[tuple[int, int, int]] = []
        """Those of them that are not blank: the record, the fields of the header, and its own."""
        self._settings: tuple[LinesApart | None] | None = None
        self._header = self._read_header()
        self.columns = with_names(self._header, stripped=csv.separator == "|")

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns as text, some rows at a time; an empty field is an empty text."""
        import pyarrow as pa
        import pyarrow.csv as arrow_csv

        written = dict(zip(self.columns, self._header, strict=True))
        # Several columns without a name are told apart only by the names that they are given.
        unnamed = self._header.count("") > 1
        given = {"column_names": self.columns, "skip_rows_after_names": 1} if unnamed else {}
        names = names if unnamed else [written[name] for name in names]
        with open_text(self.path, self.spec) as raw, self._explained():
            watched, block = _Watched(raw), self._block()
            # Arrow reads in a thread of its own, which need not wait for Python's lock where the text is there already.
            small = block < _BLOCK
            reader = arrow_csv.open_csv(
                pa.BufferReader(watched.read()) if small else pa.PythonFile(watched, mode="r"),
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,  # with threads, rows of a wrong width come without their number
                    block_size=block,
                    **given,
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=self.spec.separator,
                    newlines_in_values=True,
                    invalid_row_handler=self._invalid_row,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=names,
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                ),
            )
            for batch in reader:
                yield batch.columns
            if watched.quotes % 2:
                self._check_open_quote()

    def _block(self) -> int:
        """Return how many bytes to parse at a time: taking memory for a large block costs more than a small table."""
        if compressed_as(self.path):
            return _BLOCK
        # No encoding takes a quarter of the bytes that utf-8 does.
        return min(_BLOCK, max(_LEAST_BLOCK, 4 * self.path.stat().st_size))

    def places(self, rows: list[int]) -> list[tuple[Location, str]]:
        """Return the line of each record, as an editor counts lines: the header is on line 1.

        rows: records, counted from 0 after the header, which `report_rows` has put in place of data rows.
        """
        lines: dict[int, int] = {}
        wanted, last = set(rows), max(rows)
        for number, (line, _) in enumerate(self._records()):
            if number - 1 in wanted:
                lines[number - 1] = line
            if number > last:
                break
        return [(Location(self.name, lines.get(record)), "") for record in rows]

    def header_fault(self) -> Diagnostic | None:
        """Return the fault of a header that is a title, a comment, or seems to be written with another separator."""
        settings = no_rows(self._records(), self.spec)
        if settings is not None and settings.above:
            return Diagnostic(
                f"the line has {_fields(len(self.columns))}, and is no header of the lines below",
                hint=f"set {settings.text}",
                location=Location(self.name, next(self._records())[0]),
            )
        mark = _other_separator(self.columns, self.spec.separator)
        if mark is None:
            return None
        return Diagnostic(
            f"the header is one column when split at {self.spec.separator!r}, and holds {mark!r}",
            hint=f"set data.csv.separator: {mark!r}" if mark != "\t" else 'set data.csv.separator: "\\t"',
            location=Location(self.name),
        )

    def hint_at(self, line: int | None) -> str | None:
        """Return the setting that leaves out a line, such as a total at the end; None where the line is a row."""
        if self._settings is None:
            self._settings = (no_rows(self._records(), self.spec),)
        [settings] = self._settings
        return f"set {settings.text}" if settings is not None and line in settings.lines else None

    def report_rows(self, problems: Problems, file: int) -> None:
        """Add the records whose number of fields is not the header's, and count problems by records."""
        problems.renumber(file, self._record_of_row)
        records = np.array([record for record, _, _ in self._wrong_width], dtype=np.int64)
        problems.add(file, records, "", lambda i: _width_fault(*self._wrong_width[i][1:]))

    def _record_of_row(self, row: int) -> int:
        """Return the record that holds a data row, both counted from 0."""
        for record in self._left_out:
            if record > row:
                break
            row += 1
        return row

    def _read_header(self) -> list[str]:
        first = next(self._records(), None)
        if first is None:
            raise DataError(
                "the file is empty",
                hint="give it a header and rows, or point data.path elsewhere",
                location=Location(self.name),
            )
        line, names = first
        if any("\0" in name for name in names):
            raise DataError(
                "the header holds NUL bytes, which are no text",
                hint="save the file as text"
                + (", or set data.csv.encoding: utf-16-le" if _is_spread("".join(names)) else ""),
                location=Location(self.name, line),
            )
        return names

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the first line and the fields of every record, the header included; blank lines are left out."""
        with open_text(self.path, self.spec) as raw, _long_fields(), self._explained():
            text = io.TextIOWrapper(raw, "utf-8-sig", errors="replace", newline="")
            reader = csv.reader(text, delimiter=self.spec.separator)
            line = 1
            for fields in reader:
                if fields:
                    yield line, fields
                line = reader.line_num + 1

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the parsers' failures into errors with the file and a next move."""
        import pyarrow as pa

        try:
            yield
        except csv.Error as error:
            raise self._no_table(str(error)) from None
        except pa.ArrowInvalid as error:
            self._check_open_quote()
            if "straddling" in str(error):
                raise self._no_table("a row is longer than 8 MiB") from None
            raise self._no_table(str(error).splitlines()[0]) from None

    def _no_table(self, reason: str) -> DataError:
        return DataError(
            f"the file is not a CSV table: {reason}",
            hint="check data.csv.separator and the quotes",
            location=Location(self.name),
        )

    def _check_open_quote(self) -> None:
        """Raise DataError where the last record never closes its quote, and so hides the rows after it."""
        with open_text(self.path, self.spec) as raw, _long_fields():
            text = io.TextIOWrapper(raw, "utf-8-sig", errors="replace", newline="")
            reader = csv.reader(text, delimiter=self.spec.separator, strict=True)
            line = 1
            while True:
                try:
                    if next(reader, None) is None:
                        return
                except csv.Error as error:
                    if "unexpected end of data" not in str(error):
                        return
                    raise DataError(
                        "a quote opens here and never closes",
                        hint="close it, or double it inside quoted text",
                        location=Location(self.name, line),
                    ) from None
                line = reader.line_num + 1

    def _invalid_row(self, row: Any) -> str:
        record = row.number - 2  # Arrow counts from 1, the header included
        self._left_out.append(record)
        if row.text.strip():
            self._wrong_width.append((record, row.expected_columns, row.actual_columns))
        return "skip"


def _is_spread(text: str) -> bool:
    """Return whether every other character is NUL, as of UTF-16 without a byte order mark that is read as UTF-8."""
    return text.count("\0") * 3 > len(text) and text.strip("\0 ") != ""


def with_names(header: list[str], *, stripped: bool = False) -> list[str]:
    """Return the names of columns, with one for each column that has none, such as the index that pandas writes.

    They are called as pandas calls them.

    Args:
        header: The names.
        stripped: Whether blanks around a name are no part of it, as where psql aligns columns.
    """
    names = [name.strip() for name in header] if stripped else list(header)
    for place, name in enumerate(names):
        if name == "" and f"Unnamed: {place}" not in names:
            names[place] = f"Unnamed: {place}"
    return names


def _other_separator(columns: list[str], separator: str) -> str | None:
    """Return the separator that a header of one column seems to be written with."""
    if len(columns) != 1:
        return None
    counts = {mark: columns[0].count(mark) for mark in ",;\t|" if mark != separator}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else None


def _width_fault(expected: int, found: int) -> CellFault:
    return (
        f"the row has {_fields(found)}, the header has {expected}",
        "complete the row, or quote the text that holds a separator",
    )


def _fields(n: int) -> str:
    return "1 field" if n == 1 else f"{n} fields"


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let Python's reader pass fields as long as a line may be, as the parser of the rows does."""
    before = csv.field_size_limit(LONGEST_LINE)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _Watched:
    """Reads bytes for the parser and counts the quotes on the way.

    Attributes:
        quotes: How many quotes there were; an odd number means that one never closes.
    """

    def __init__(self, raw: IO[bytes]) -> None:
        self.raw, self.quotes, self.closed = raw, 0, False

    def read(self, size: int = -1) -> bytes:
        data = self.raw.read(size)
        self.quotes += data.count(b'"')
        return data

    def close(self) -> None:
        self.closed = True
