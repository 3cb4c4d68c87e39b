"""The settings that leave out the lines of a CSV file that are no rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from forecaster.data.reading.layout import MOST_FOOTER, NumberedLine, comment_mark, find_layout
from forecaster.data.spec import CsvSpec

# Records that show what a file holds.
_HEAD = 500


@dataclass(frozen=True)
class LinesApart:
    """Settings of data.csv, and the lines that they leave out.

    Attributes:
        text: The settings, as a message names them.
        lines: The lines, counted from 1.
        above: Whether some of them stand above the header.
    """

    text: str
    lines: frozenset[int]
    above: bool


def no_rows(records: Iterable[NumberedLine], csv: CsvSpec) -> LinesApart | None:
    """Return the settings that leave out lines which are no rows; None where there are no such lines.

    Args:
        records: The records of the file that the settings so far leave, blank ones aside.
        csv: The settings so far.
    """
    rest = iter(records)
    head = list(islice(rest, _HEAD))
    tail = [*head[-MOST_FOOTER - 1 :], *deque(rest, MOST_FOOTER + 1)][-MOST_FOOTER - 1 :]
    mark = None
    if csv.comment is None:
        mark = comment_mark([csv.separator.join(fields) for _, fields in head], csv.separator)
    plain_head, plain_tail = ([r for r in part if not _is_marked(r, mark)] for part in (head, tail))
    layout = find_layout(plain_head, plain_tail)
    footer = [line for line, _ in plain_tail[len(plain_tail) - layout.footer :]]
    marked = [line for record in (*head, *tail) if _is_marked(record, mark) for line in record[:1]]
    settings = [f"data.csv.comment: {mark!r}"] if mark is not None else []
    if layout.skip_rows:
        settings.append(f"data.csv.skip_rows: {skip_rows(csv.skip_rows, layout.skip_rows)}")
    if layout.footer:
        settings.append(f"data.csv.skip_footer: {csv.skip_footer + layout.footer}")
    if not settings:
        return None
    lines = frozenset({*marked, *layout.titles, *layout.units, *footer})
    return LinesApart(" and ".join(settings), lines, above=head[0][0] in lines)


def _is_marked(record: NumberedLine, mark: str | None) -> bool:
    return mark is not None and record[1][0].lstrip().startswith(mark)


def skip_rows(before: int | list[int], found: int | list[int]) -> int | list[int]:
    """Return the lines of both settings: a number of lines at the beginning, or a list of lines."""
    if not before or not found:
        return found or before
    if isinstance(before, int) and isinstance(found, int):
        return max(before, found)
    lines: set[int] = set()
    for lines_of in (before, found):
        lines.update(range(1, lines_of + 1) if isinstance(lines_of, int) else lines_of)
    return sorted(lines)
