"""Lines of a CSV file that are no rows: comments, titles above the header, units below it, and totals at the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from forecaster.data.reading.stand_ins import stands_for_none

# A line of a file, counted from 1, and its fields.
NumberedLine = tuple[int, list[str]]

# How lines begin that are no rows. A semicolon is none where it separates fields.
COMMENTS = ("#", "//", "--", "%", "!", ";")
# Records that show what the columns hold, and those at the end among which a footer is looked for.
_BODY, MOST_FOOTER = 200, 30
_MOSTLY = 0.6
_MONTH = r"(?:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]*\.?"
# No number and no time is longer; to match one takes time with the square of its length.
_LONGEST_VALUE = 100
_NUMBER = re.compile(r"[-+(]?[$€£]?\s?[\d.,'\s  ]*\d[\d.,'\s  ]*(?:[eE][-+]?\d+)?\s?%?\)?")
_TIME = re.compile(
    rf"(?i)\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}(?:\D.*)?|\d{{4}}[-/]\d{{1,2}}|"
    rf"\d{{1,2}}[-/]\d{{4}}|\d{{1,2}}:\d\d.*|.*\b{_MONTH}[ ,/-]*'?\d.*|"
    rf"\d+[ -]?{_MONTH}.*|"
    r"\d{4}[ ./-]?[qwm]\d.*|[qw]\d+[ ./-]?\d{4}|\d[q][ ./-]?\d{4}"
)
_UNIT = re.compile(
    r"(?i)[\[(].*[\])]|[^\w\s]*|[a-z]{0,8}[°%µ²³^/].*|(?:deg|degrees)[ _]?[cfk]?|"
    r"y{2,4}\W?m.*|d{1,2}\W?m.*|m{1,2}\W?d.*|"
    r"[cfk]|k?wh?|mwh?|gwh?|kva[rh]*|mvar|v|mv|kv|volts?|amps?|ma|ka|hz|khz|mm|cm|m|km|in|ft|mi|inch(es)?|feet|miles|"
    r"hpa|kpa|pa|mbar|bar|psi|mmhg|s|sec|seconds?|min|minutes?|hrs?|hours?|days?|kmh|mph|kn|knots|kts|degc|degf|celsius|"
    r"fahrenheit|kelvin|percent|pct|ppm|ppb|dbz?|l|ml|gal|liters?|litres?|g|kg|t|tons?|tonnes|lbs?|mj|gj|j|cal|kcal|"
    r"eur|usd|gbp|jpy|chf|dollars?|euros?|units?|count|pcs|each|number|text|string|float|double|int|integer|real|datetime|"
    r"timestamp|date|varchar|numeric|ts|rn|smp|avg|max|tot|std|med|utc|gmt|lst|local|code|n|none|index|lux|w m-2|m s-1|"
    # Types of columns: of pandas, NumPy, Arrow and SQL, and the widths of USGS, such as 20d.
    r"(?:u?int|float|datetime|timedelta|timestamp|date|time|decimal)\d{0,3}(?:[\[(].*[\])])?|time|decimal|"
    r"(?:tiny|small|medium|big)int|long|short|real|double(?:[ _]precision)?|str|string\[.*\]|object|category|"
    r"categorical|bool(?:ean)?|n?(?:var)?char2?(?:\(.*\))?|(?:numeric|number)\(.*\)|timestamptz|"
    r"timestamp with(?:out)? time zone|character varying|\d{1,4}[sdn]"
)


_TOTAL = re.compile(
    r"(?i)\b(sub-?)?(total\w*|sum|summe|gesamt\w*|mean|avg|average|mittel\w*|durchschnitt|median|min|minimum|max|maximum|"
    r"count|std|stdev|source|quelle|fuente|notes?|end|eof|rows?|records?|generated|exported|printed|copyright|suma|media|"
    r"moyenne|somme|totaal|gemiddelde|promedio|mínimo|máximo|итого|всего)\b|合計|总计|平均|©|^\*"
)


@dataclass(frozen=True)
class Layout:
    """The lines of a file that are no rows.

    Attributes:
        header: The line of the header, counted from 1; None where none was found.
        titles: The lines above the header that hold something.
        units: Those between the header and the first row.
        footer: How many lines, blank ones aside, stand behind the last row.
        first_row: The line of the first row; None where none was found.
    """

    header: int | None = None
    titles: tuple[int, ...] = ()
    units: tuple[int, ...] = ()
    footer: int = 0
    first_row: int | None = None

    @property
    def skip_rows(self) -> int | list[int]:
        """The lines as `data.csv.skip_rows` writes them; 0 for none."""
        if self.units:
            return sorted([*self.titles, *self.units])
        return max(self.titles, default=0)


def find_layout(head: Sequence[NumberedLine], tail: Sequence[NumberedLine]) -> Layout:
    """Find the lines that are no rows.

    Args:
        head: The first records, blank lines aside.
        tail: The last records; the same ones in a short file.
    """
    width = usual_width([fields for _, fields in head])
    body = [fields for _, fields in head[len(head) // 3 :][:_BODY] if len(fields) == width]
    valued = [c for c in range(width) if _is_valued([fields[c] for fields in body])]
    if width < 2 or not valued:
        return Layout()
    # The time, where the values show which column it is: a row without it is no row.
    times = [c for c in valued if _share(_TIME, [fields[c] for fields in body]) > _MOSTLY] or valued[:1]
    at_end = {line for line, _ in tail}
    before = [fields for line, fields in head if line not in at_end and len(fields) == width]
    seen = {c: {fields[c].strip() for fields in before} for c in range(width)}
    first = next((i for i, (_, fields) in enumerate(head) if _is_row(fields, width, valued)), 0)
    timed = next((i for i in range(first, len(head)) if _has_time(head[i][1], times)), first)
    if timed > first and _only_names(head[timed - 1][1], width):
        # A line above the names with two dates, as of a period, is no row.
        first = timed
    while first and len(head[first - 1][1]) == width and _has_time(head[first - 1][1], times):
        first -= 1
    footer = _footer(tail, width, times, seen) if len(tail) > 1 else 0
    header = _header(head[:first], body, width)
    if header is None:
        return Layout(footer=footer if first == 0 else 0, first_row=head[first][0])
    lines = [line for line, _ in head[:first]]
    units = [line for line, fields in head[header + 1 : first] if len(fields) == width and _are_units(fields)]
    return Layout(lines[header], tuple(lines[:header]), tuple(units), footer, head[first][0])


def usual_width(records: Sequence[Sequence[str]]) -> int:
    """Return how many fields most records have; the first of equals."""
    counts = Counter(len(fields) for fields in records)
    return counts.most_common(1)[0][0] if counts else 0


def comment_mark(lines: Sequence[str], separator: str) -> str | None:
    """Return what lines begin with that are no rows; None where the table has none.

    A header may begin with the mark of comments: it has as many fields as the last line, and no mark is returned where
    leaving out its line would leave out the header.
    """
    filled = [line for line in lines if line.strip()]
    for mark in COMMENTS:
        marked = [line.lstrip().startswith(mark) for line in filled]
        if mark == separator or not any(marked) or all(marked):
            continue
        n_leading = marked.index(False)
        fields = Counter(line.count(separator) for line in filled).most_common(1)[0][0]
        if marked[0] and filled[n_leading - 1].count(separator) == fields and fields:
            after = filled[n_leading].split(separator)
            if sum(is_value(cell) for cell in after) * 2 >= len(after):
                # The header is the last of them.
                return None
        # In the middle of a table such lines are rows, unless they have another number of fields.
        apart = [line for line, is_marked in zip(filled, marked, strict=True) if is_marked]
        if marked[0] or all(line.count(separator) != fields for line in apart):
            return mark
    return None


def is_value(cell: str) -> bool:
    """Return whether a cell is a number or a time."""
    cell = cell.strip()
    return len(cell) <= _LONGEST_VALUE and bool(_NUMBER.fullmatch(cell) or _TIME.fullmatch(cell))


def _is_valued(cells: Sequence[str]) -> bool:
    """Return whether the cells of a column are numbers or times, but for some."""
    filled = [cell for cell in cells if cell.strip() and not stands_for_none(cell)]
    return bool(filled) and sum(map(is_value, filled)) >= _MOSTLY * len(filled)


def _share(pattern: re.Pattern[str], cells: Sequence[str]) -> float:
    filled = [cell.strip() for cell in cells if cell.strip()]
    return sum(pattern.fullmatch(cell) is not None for cell in filled) / len(filled) if filled else 0.0


def _is_row(fields: Sequence[str], width: int, valued: Sequence[int]) -> bool:
    if len(fields) != width:
        return False
    cells = [fields[c] for c in valued if fields[c].strip() and not stands_for_none(fields[c])]
    return sum(map(is_value, cells)) * 2 > len(cells)


def _has_time(fields: Sequence[str], times: Sequence[int]) -> bool:
    return all(c < len(fields) and is_value(fields[c]) for c in times)


def _only_names(fields: Sequence[str], width: int) -> bool:
    return len(fields) == width and all(cell.strip() and not is_value(cell) for cell in fields)


def _header(above: Sequence[NumberedLine], body: Sequence[Sequence[str]], width: int) -> int | None:
    """Return the place of the header among the records above the first row; None where there is none."""
    used = [c for c in range(width) if any(fields[c].strip() for fields in body)]

    def names_columns(fields: Sequence[str]) -> bool:
        names = [fields[c].strip() for c in used] if len(fields) == width else []
        filled = [name for name in names if name]
        # The index that pandas writes has no name.
        return len(filled) >= max(len(used) - 1, 1) and len(set(filled)) == len(filled)

    named = [i for i, (_, fields) in enumerate(above) if names_columns(fields)]
    if not named:
        return None
    for i in reversed(named):
        if not _are_units(above[i][1]):
            return i
    return named[0]


def _are_units(fields: Sequence[str]) -> bool:
    return all(_UNIT.fullmatch(cell.strip()) for cell in fields)


def _footer(tail: Sequence[NumberedLine], width: int, times: Sequence[int], seen: dict[int, set[str]]) -> int:
    """Return how many records at the end are no rows: no column of times holds one, and they are totals or notes."""
    n = 0
    for _, fields in reversed(tail[1:]):
        if any(c < len(fields) and is_value(fields[c]) for c in times):
            break
        # Spreadsheets write rows of separators behind the last.
        if len(fields) == width and any(map(str.strip, fields)) and not _sums_up(fields, seen):
            break
        n += 1
    return n if n < min(len(tail) - 1, MOST_FOOTER) else 0


def _sums_up(fields: Sequence[str], seen: dict[int, set[str]]) -> bool:
    """Return whether a record of the usual width is a total or a note: it says so, or holds little but a text."""
    filled = [(c, cell.strip()) for c, cell in enumerate(fields) if cell.strip()]
    new = [t for c, t in filled if not is_value(t) and t not in seen[c] and not stands_for_none(t)]
    return bool(new) and (len(filled) * 2 <= len(fields) or any(_TOTAL.search(text) for text in new))
