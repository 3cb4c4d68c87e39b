"""CSV files, plain or compressed by gzip: batches of text columns, and the line of every row."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np

from forecaster.data.reading.problems import CellFault, Problems, TableFile
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Diagnostic, Location

if TYPE_CHECKING:
    import pyarrow as pa

# Bytes parsed at a time: large enough for speed, small beside the table.
_BLOCK = 8 << 20
_BROKEN_GZ = (EOFError, gzip.BadGzipFile, zlib.error)
_OTHER_ENCODINGS = "save it as utf-8, or set data.csv.encoding, perhaps to cp1252 or latin-1"


class CsvFile(TableFile):
    """One CSV file.

    A record is the text between two line ends outside of quotes. Records with as many fields as the header
    are the data rows.
    """

    label: ClassVar[str] = "CSV"
    endings: ClassVar[tuple[str, ...]] = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz")
    in_folders: ClassVar[bool] = False

    def __init__(self, path: Path, csv: CsvSpec, text_columns: Sequence[str] = ()) -> None:
        """Open the file and read its header; see `formats.Format`. Columns never come dictionary-encoded."""
        self.path, self.spec, self.name = path, csv, str(path)
        self.n_rows: int | None = None
        self._left_out: list[int] = []
        """Records, counted from 0 after the header, that are not among the data rows; ascending."""
        self._wrong_width: list[tuple[int, int, int]] = []
        """Those of them that are not blank: the record, the fields of the header, and its own."""
        self._header = self._read_header()
        self.columns = with_names(self._header)

    def batches(self, names: list[str]) -> Iterator[list[pa.Array]]:
        """Yield the named columns as text, some rows at a time; an empty field is an empty text."""
        import pyarrow as pa
        import pyarrow.csv as arrow_csv

        written = dict(zip(self.columns, self._header, strict=True))
        names = [written[name] for name in names]
        codec = codecs.lookup(self.spec.encoding).name
        is_utf8 = codec in ("utf-8", "utf-8-sig")
        with self._open() as raw, self._explained():
            watched = _Watched(raw, is_utf8=is_utf8)
            reader = arrow_csv.open_csv(
                pa.PythonFile(watched, mode="r"),
                read_options=arrow_csv.ReadOptions(
                    use_threads=False,  # with threads, rows of a wrong width come without their number
                    block_size=_BLOCK,
                    encoding="utf8" if is_utf8 else codec,
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
        """Return the fault of a header that seems to be written with another separator."""
        mark = _other_separator(self.columns, self.spec.separator)
        if mark is None:
            return None
        return Diagnostic(
            f"the header is one column when split at {self.spec.separator!r}, and holds {mark!r}",
            hint=f"set data.csv.separator: {mark!r}" if mark != "\t" else 'set data.csv.separator: "\\t"',
            location=Location(self.name),
        )

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
        with self._open() as raw:
            mark = raw.read(2)
        codec = codecs.lookup(self.spec.encoding).name
        if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) and not codec.startswith("utf-16"):
            raise self._wrong_encoding(None, "set data.csv.encoding: utf-16")
        try:
            first = next(self._records(), None)
        except UnicodeError:
            raise self._wrong_encoding(1, _OTHER_ENCODINGS) from None
        if first is None:
            raise DataError(
                "the file is empty",
                hint="give it a header and rows, or point data.path elsewhere",
                location=Location(self.name),
            )
        line, names = first
        if any(0xDC80 <= ord(c) <= 0xDCFF for name in names for c in name):
            raise self._wrong_encoding(line, _OTHER_ENCODINGS)
        return names

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the first line and the fields of every record, the header included; blank lines are left out."""
        codec = codecs.lookup(self.spec.encoding).name
        with self._open() as raw, self._explained():
            text = io.TextIOWrapper(
                raw, "utf-8-sig" if codec == "utf-8" else codec, errors="surrogateescape", newline=""
            )
            reader = csv.reader(text, delimiter=self.spec.separator)
            line = 1
            for fields in reader:
                if fields:
                    yield line, fields
                line = reader.line_num + 1

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        try:
            handle = self.path.open("rb")
        except OSError as error:
            raise DataError(
                f"the file cannot be read: {error.strerror}",
                hint="check its permissions",
                location=Location(self.name),
            ) from None
        with handle:
            if self.path.suffix.lower() != ".gz":
                yield handle
            else:
                with gzip.open(handle) as plain, self._explained():
                    yield plain  # type: ignore[misc]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the libraries' failures into errors with the file, the line where known, and a next move."""
        import pyarrow as pa

        try:
            yield
        except _BROKEN_GZ:
            raise DataError(
                "the gz data is broken or cut short",
                hint="make or download the file again",
                location=Location(self.name),
            ) from None
        except csv.Error as error:
            raise DataError(
                f"the file is not a CSV table: {error}",
                hint="check data.csv.separator and the quotes",
                location=Location(self.name),
            ) from None
        except UnicodeError:
            raise self._wrong_encoding(self._undecodable_line(), _OTHER_ENCODINGS) from None
        except pa.ArrowInvalid as error:
            if "invalid UTF8" in str(error):
                raise self._wrong_encoding(self._undecodable_line(), _OTHER_ENCODINGS) from None
            self._check_open_quote()
            raise DataError(
                f"the file is not a CSV table: {error}",
                hint="check data.csv.separator and the quotes",
                location=Location(self.name),
            ) from None

    def _wrong_encoding(self, line: int | None, hint: str) -> DataError:
        return DataError(
            f"the text is not {self.spec.encoding}", hint=hint, location=Location(self.name, line)
        )

    def _undecodable_line(self) -> int | None:
        with self._open() as raw:
            for number, line in enumerate(raw, start=1):
                try:
                    line.decode(self.spec.encoding)
                except UnicodeError:
                    return number
        return None

    def _check_open_quote(self) -> None:
        """Raise DataError where the last record never closes its quote, and so hides the rows after it."""
        with self._open() as raw:
            text = io.TextIOWrapper(raw, self.spec.encoding, errors="replace", newline="")
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


def with_names(header: list[str]) -> list[str]:
    """Return the names of columns, with one for the column that has none, as the index that pandas writes.

    It is called as pandas calls it. Where several columns have no name, none is given one.
    """
    names = list(header)
    if names.count("") == 1:
        place = names.index("")
        if f"Unnamed: {place}" not in names:
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
    fields = "1 field" if found == 1 else f"{found} fields"
    return (
        f"the row has {fields}, the header has {expected}",
        "complete the row, or quote the text that holds a separator",
    )


class _Watched:
    """Reads bytes for the parser and checks them on the way.

    Raises UnicodeDecodeError for bytes that are not utf-8, in whatever column: the parser skips columns that
    are not used, and cannot report a row of the wrong width that holds such bytes.

    Attributes:
        quotes: How many quotes there were; an odd number means that one never closes.
    """

    def __init__(self, raw: IO[bytes], *, is_utf8: bool) -> None:
        self.raw, self.quotes, self.closed = raw, 0, False
        self._decoder = codecs.getincrementaldecoder("utf-8")() if is_utf8 else None

    def read(self, size: int = -1) -> bytes:
        data = self.raw.read(size)
        if self._decoder is not None:
            self._decoder.decode(data, final=not data)
        self.quotes += data.count(b'"')
        return data

    def close(self) -> None:
        self.closed = True
