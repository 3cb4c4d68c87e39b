"""Text that is a table to the eye and no CSV: frames, blanks between columns, names of rows, heads of two rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from forecaster.data.reading.layout import Layout, NumberedLine, find_layout, is_value, usual_width
from forecaster.errors import DataError, Location

_FRAME = re.compile(r"[+|┌├╔╠][-=+─┬┼═╦╬]{2,}.*[-+|┐┤╗╣]|[|│║].*[|│║]")
_EDGE = re.compile(r"[-+┌├╔╠][-=+─┬┼═╦╬]{2,}.*")
_LOOKED_AT = 50
# Every line of a table has as many words, quoted ones whole; a time may be two of them.
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|\S+")


def check_is_csv(text: str, path: Path) -> None:
    """Raise DataError for a table that is drawn in a frame, or whose columns stand apart by blanks.

    Args:
        text: The first lines.
        path: The file.
    """
    lines = [line for line in text.splitlines() if line.strip()][:_LOOKED_AT]
    if len(lines) > 2 and _EDGE.fullmatch(lines[0].strip()) and _FRAME.fullmatch(lines[1].strip()):
        raise DataError(
            "the table is drawn in a frame, as clients of databases and SAP show it",
            hint="write it as CSV; the client of MySQL writes tabs between columns where its output goes to a file",
            location=Location(str(path), 1),
        )
    if any(mark in line for line in lines for mark in ",;\t|"):
        return
    n_head, counts = len(_WORD.findall(lines[0])), {len(_WORD.findall(line)) for line in lines[1:]}
    if len(counts) == 1 and n_head > 1 and max(counts) >= n_head:
        raise DataError(
            "the columns stand apart by blanks",
            hint="write a comma, a semicolon, a tab or | between them"
            + (", and no names of rows, which the header has no name for" if max(counts) > n_head else ""),
            location=Location(str(path), 1),
        )


def check_row_names(header: Sequence[str], body: Sequence[NumberedLine], path: Path) -> None:
    """Raise DataError where every line has one field more than the header, as R and others write the names of rows."""
    if (
        len(header) > 1
        and len(body) > 1
        and {len(fields) for _, fields in body} == {len(header) + 1}
        and body[0][1][-1].strip()
    ):
        line, fields = body[0]
        raise DataError(
            f"every line has {len(fields)} fields and the header {len(header)}, as where the first are names of rows",
            hint="put a name for the first column into the header, or write the table without names of rows, as "
            "write.csv of R does with row.names = FALSE",
            location=Location(str(path), line),
        )


def check_named(header: Sequence[str], line: int, path: Path) -> None:
    """Raise DataError for a first line of values, which would be lost as the names of columns."""
    if header and all(cell.strip() and is_value(cell) for cell in header):
        raise DataError(
            f"the first line holds values, such as {header[0]!r}, and no names of columns",
            hint="add a line of names above it",
            location=Location(str(path), line),
        )


def sheet_layout(records: Sequence[NumberedLine], tail: Sequence[NumberedLine], here: Location) -> Layout:
    """Return which rows of a sheet are none of its table.

    Args:
        records: The first rows.
        tail: The last rows.
        here: The workbook.

    Raises:
        DataError: Two rows name the columns together.
    """
    layout = find_layout(records, tail)
    if layout.header is None:
        above = [record for record in records if record[0] < (layout.first_row or 0)]
        heads = two_heads(above, usual_width([fields for _, fields in records]))
        if heads is not None:
            raise DataError(
                f"rows {heads[0]} and {heads[1]} name the columns together, as from merged cells",
                hint="write one row of names in their place, with a name of its own for each column",
                location=here,
            )
    return layout


def two_heads(above: Sequence[NumberedLine], width: int) -> tuple[int, int] | None:
    """Return the lines of two rows that name the columns together, as from merged cells; None where there are none.

    Args:
        above: The records above the first row, none of which names the columns on its own.
        width: The fields of a row.
    """
    full = [(line, [cell.strip() for cell in fields]) for line, fields in above if len(fields) == width]
    if len(full) < 2:
        return None
    (first, groups), (second, names) = full[-2:]
    named = [a or b for a, b in zip(groups, names, strict=True)]
    if width < 3 or not all(named) or "" not in groups or sum(map(bool, names)) <= sum(map(bool, groups)):
        return None
    return first, second
