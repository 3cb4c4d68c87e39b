"""How an unknown CSV file is written, and its first rows."""

from __future__ import annotations

import io
from collections import deque
from csv import Error as CsvError
from csv import reader
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.csv_rows import first_rows
from forecaster.data.draft.dialect import groups_thousands, numbers_as_written
from forecaster.data.draft.kinds import filled, mostly_numbers, number_faults
from forecaster.data.draft.not_csv import check_is_csv, two_heads
from forecaster.data.reading.compressed import compression_in, plain_chunks
from forecaster.data.reading.files import table_files
from forecaster.data.reading.formats import FORMATS, labels
from forecaster.data.reading.layout import (
    MOST_FOOTER,
    Layout,
    NumberedLine,
    comment_mark,
    find_layout,
    usual_width,
)
from forecaster.data.reading.text_lines import blanked, first_lines
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, Location
from forecaster.text import joined

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", ";", "\t", "|")
# The share of the lines that have as many fields as the table has columns.
_LEAST_LINES = 0.5
# Lines above a table that may be in another encoding than its rows, and the bytes in which a footer is looked for.
_MOST_TITLES, _TAIL = 20, 1 << 16


@dataclass(frozen=True)
class CsvTable:
    """The first rows of a CSV file, or of those of a folder.

    Attributes:
        csv: How it is written.
        table: The cells as text.
        first_line: The line of the first row.
        choices: The lines that are left out.
    """

    csv: CsvSpec
    table: pd.DataFrame
    first_line: int
    choices: tuple[Ambiguity, ...]


@dataclass(frozen=True)
class _Head:
    """The first lines of a file: its encoding, its text, and whether it is the whole file."""

    encoding: str
    text: str
    whole: bool


def csv_table(path: Path, most_rows: int, decimal: str | None) -> CsvTable:
    """Read the first rows of a CSV file, or of the files of a folder or a pattern.

    Args:
        path: The file, the folder or the pattern.
        most_rows: How many rows to return.
        decimal: The decimal mark; None where it is to be found.

    Raises:
        DataError: The file is empty or is no text, or its rows differ in their number of fields.
    """
    first = table_files(path)[0]
    head = _head(first, most_rows)
    if not head.text.strip():
        raise DataError(f"{first}: the file is empty", hint="give a table with a header line")
    check_is_csv(head.text, first)
    separator = _separator(head.text)
    if decimal == separator:
        raise DataError(
            f"--decimal {decimal!r} is the mark between the columns",
            hint="write the numbers with a point, or a semicolon between the columns",
            location=Location(str(first)),
        )
    comment = comment_mark(head.text.splitlines(), separator)
    csv = CsvSpec(separator=separator, comment=comment)
    records = _records(blanked_text(head.text, csv), separator)
    tail = records if head.whole else _records(_tail(first, head.encoding), separator)
    layout = find_layout(records, tail[-MOST_FOOTER - 1 :])
    if layout.header is None:
        _check_heads(layout, records, first)
    csv = csv.model_copy(update={"skip_rows": layout.skip_rows, "skip_footer": layout.footer})

    def text_of(file: Path) -> str:
        found = head if file == first else _head(file, most_rows)
        return blanked_text(found.text, csv if found.whole else csv.model_copy(update={"skip_footer": 0}))

    table = first_rows(path, separator, text_of, most_rows)
    written = numbers_as_written(
        [filled(table[name]) for name in table],
        mostly_numbers,
        separator=separator,
        encoding=head.encoding,
        decimal=decimal,
    )
    left_out = {"comment": comment, "skip_rows": csv.skip_rows, "skip_footer": csv.skip_footer}
    csv = written.model_copy(update=left_out)
    if decimal is None:
        _check_thousands(table, csv, path)
    above = [1] if comment is None else [line for line, _ in records[:1]]
    header = layout.header or above[0]
    return CsvTable(csv, table, header + len(layout.units) + 1, lines_left_out(csv, layout))


def _check_heads(layout: Layout, records: list[NumberedLine], path: Path) -> None:
    """Raise DataError where two rows name the columns together."""
    above = [record for record in records if record[0] < (layout.first_row or 0)]
    heads = two_heads(above, usual_width([fields for _, fields in records]))
    if heads is not None:
        raise DataError(
            f"lines {heads[0]} and {heads[1]} name the columns together, as from merged cells",
            hint="write one line of names in their place, with a name of its own for each column",
            location=Location(str(path), heads[0]),
        )


def blanked_text(text: str, csv: CsvSpec) -> str:
    """Return a text whose lines that are no rows are blank."""
    return b"".join(blanked([text.encode("utf-8", errors="surrogatepass")], csv)).decode(
        "utf-8", errors="replace"
    )


def lines_left_out(csv: CsvSpec, layout: Layout, word: str = "line") -> tuple[Ambiguity, ...]:
    """Return the choice to leave out lines, one for each setting that does.

    Args:
        csv: The settings.
        layout: The lines that are no rows of the table.
        word: What a line is called.
    """
    none = "no row of the table" if word == "line" else "none of the table"
    found = []
    if csv.comment is not None:
        said = f"{word}s that begin with {csv.comment!r} are left out as comments"
        found.append((said, f"comment: {csv.comment!r}", "comment: null"))
    if layout.skip_rows:
        titles, units = list(layout.titles), list(layout.units)
        above = f"{_named(titles, word)} above the header in {word} {layout.header}" if titles else ""
        below = f"{_named(units, word)} below the header" if units else ""
        verb = "is" if len(titles) + len(units) == 1 else "are"
        said = f"{joined([part for part in (above, below) if part], word='and')} {verb} left out as {none}"
        found.append((said, f"skip_rows: {csv.skip_rows}", "skip_rows: 0"))
    if layout.footer:
        last = f"the last {word} is" if layout.footer == 1 else f"the last {layout.footer} {word}s are"
        said = f"{last} left out as {none}"
        found.append((said, f"skip_footer: {layout.footer}", "skip_footer: 0"))
    return tuple(
        Ambiguity(
            "data.csv",
            f"{said}, by data.csv.{setting}",
            (f"a table without such {word}s", f"data.csv.{otherwise}"),
        )
        for said, setting, otherwise in found
    )


def _named(lines: list[int], word: str) -> str:
    """Return line numbers in words: line 1, lines 1 to 3, or lines 1, 2 and 4."""
    if len(lines) == 1:
        return f"{word} {lines[0]}"
    if len(lines) > 2 and lines == list(range(lines[0], lines[-1] + 1)):
        return f"{word}s {lines[0]} to {lines[-1]}"
    return f"{word}s {joined([str(line) for line in lines], word='and')}"


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


def _head(path: Path, most_rows: int) -> _Head:
    """Return the first lines of a file."""
    with plain_chunks(path) as chunks:
        head = first_lines(chunks, most_rows + 1, path)
    whole = head.count(b"\n") < most_rows + 1
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _Head("utf-16", head.decode("utf-16", errors="ignore"), whole)
    compression = compression_in(head)
    if compression is not None:
        how, ending = compression
        raise DataError(
            f"the file is compressed by {how}, and its name does not say so",
            hint=f"name it {path.name}{ending}",
            location=Location(str(path)),
        )
    if b"\0" in head:
        raise DataError(f"{path}: this is not text", hint=f"give a {labels(FORMATS)} table")
    if _is_utf8_below_titles(head):
        return _Head("utf-8", head.decode("utf-8", errors="replace").removeprefix("\ufeff"), whole)
    for encoding in ("utf-8", "cp1252"):
        try:
            # Training skips the byte order mark of utf-8 too.
            return _Head(encoding, head.decode(encoding).removeprefix("\ufeff"), whole)
        except UnicodeDecodeError:
            continue
    # Every byte has a meaning in latin-1, so this one cannot fail.
    return _Head("latin-1", head.decode("latin-1"), whole)


def _is_utf8_below_titles(head: bytes) -> bool:
    """Return whether only the first few lines are not utf-8, and the lines below them need it."""
    lines = head.splitlines(keepends=True)
    bad = [i for i, line in enumerate(lines[:_MOST_TITLES]) if not _is_utf8(line)]
    if not bad:
        return False
    below = b"".join(lines[bad[-1] + 1 :])
    return not below.isascii() and _is_utf8(below)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _tail(path: Path, encoding: str) -> str:
    """Return the last lines of a file."""
    last: deque[bytes] = deque()
    size = 0
    with plain_chunks(path) as chunks:
        for chunk in chunks:
            last.append(chunk)
            size += len(chunk)
            while size - len(last[0]) > _TAIL:
                size -= len(last.popleft())
    data = b"".join(last)[-_TAIL:]
    # An encoding of two bytes may be cut inside a character.
    text = data.decode(encoding, errors="ignore")
    return text.partition("\n")[2] if size > _TAIL else text


def _records(text: str, separator: str) -> list[NumberedLine]:
    """Return the first line and the fields of every record, blank ones aside; none where the text is no CSV."""
    found, line = [], 1
    rows = reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for fields in rows:
            if fields:
                found.append((line, fields))
            line = rows.line_num + 1
    except CsvError:
        return []
    return found


def _separator(text: str) -> str:
    """Return the mark that gives every line as many fields as the header, and the most of them.

    Where none does, for titles and totals, the one that does so for most lines.
    """
    widths = {mark: [len(fields) for _, fields in _records(text, mark)] for mark in SEPARATORS}
    whole = {mark: w[0] for mark, w in widths.items() if len(set(w)) == 1 and w[0] > 1}
    if whole:
        return max(whole, key=lambda mark: whole[mark])

    # Names of rows have no name in the header.
    with_row_names = [
        mark for mark, w in widths.items() if len(w) > 2 and w[0] > 1 and set(w[1:]) == {w[0] + 1}
    ]
    if with_row_names:
        return max(with_row_names, key=lambda mark: widths[mark][0])

    def share(mark: str) -> float:
        usual = usual_width([[""] * n for n in widths[mark]])
        return widths[mark].count(usual) / len(widths[mark]) if usual > 1 else 0.0

    best = max(SEPARATORS, key=share)
    if share(best) > _LEAST_LINES:
        return best
    # The one the header uses most, so that the message names the line that differs.
    header = next(line for line in text.splitlines() if line.strip())
    return max(SEPARATORS, key=header.count)
