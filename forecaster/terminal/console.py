"""Output of commands: results on stdout, everything else on stderr; the form of tables, numbers and scores."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forecaster.errors import FORMAT_VERSION, Diagnostic, ForecasterError, first_few
from forecaster.text import plain_json, steady, visible

if TYPE_CHECKING:
    from forecaster.reporting.newest import NewestForecasts

Result = tuple[dict[str, Any], str]


class Reporter:
    """The output of one command.

    Args:
        json: Whether the result is one JSON object instead of text.
        verbosity: -1 is quiet, 0 is normal, 1 and more are verbose.
        color: Whether to use colors on a terminal; None uses them unless NO_COLOR is set.

    Attributes:
        json: See above.
        verbosity: See above.
        color: Whether to use colors on a terminal.
        warnings: The warnings so far, which are part of the JSON result.
    """

    def __init__(self, *, json: bool = False, verbosity: int = 0, color: bool | None = None) -> None:
        self.json = json
        self.verbosity = verbosity
        self.color = (not os.environ.get("NO_COLOR")) if color is None else color
        self.warnings: list[Diagnostic] = []

    def result(self, value: Mapping[str, Any], text: str, *, is_table: bool = False) -> None:
        """Print the result of the command.

        Args:
            value: The JSON object.
            text: The same as text, for people.
            is_table: Whether the text is a table for programs, which a pipe or a file gets as it is.
        """
        if self.json:
            self.emit({**value, "diagnostics": [w.as_json() for w in self.warnings]})
        elif text:
            text = text.rstrip("\n")
            print(text if is_table and not sys.stdout.isatty() else steady(text), flush=True)

    def emit(self, value: Mapping[str, Any]) -> None:
        """Print a JSON object on one line, with its format_version."""
        print(plain_json({"format_version": FORMAT_VERSION, **value}), flush=True)

    def emit_raw(self, value: Mapping[str, Any]) -> None:
        """Print a JSON object, indented and with no further keys."""
        print(plain_json(value, indent=2), flush=True)

    def note(self, text: str) -> None:
        """Print a remark on stderr, unless quiet."""
        if self.verbosity >= 0:
            print(steady(text), file=sys.stderr, flush=True)

    def detail(self, text: str) -> None:
        """Print a remark on stderr, if verbose."""
        if self.verbosity > 0:
            print(steady(text), file=sys.stderr, flush=True)

    def warn(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Print warnings on stderr, unless quiet, and keep them for the JSON result."""
        self.warnings += diagnostics
        shown, more = first_few(diagnostics)
        for text in [*map(str, shown), *([more] if more else [])]:
            self._marked("warning", "33", text)

    def remark(self, remark: Diagnostic | str) -> None:
        """Print a warning or a plain sentence that comes up while the command runs."""
        if isinstance(remark, Diagnostic):
            self.warn([remark])
        else:
            self.note(remark)

    def fail(self, error: ForecasterError) -> None:
        """Print the diagnostics of an error on stderr and, with json, on stdout: the first few, and how many more."""
        shown, more = first_few(error.diagnostics)
        if self.json:
            self.emit(
                {
                    "error": type(error).__name__.rstrip("_"),
                    "exit_code": error.exit_code,
                    "more": len(error.diagnostics) - len(shown),
                    "diagnostics": [d.as_json() for d in [*shown, *self.warnings]],
                }
            )
        for text in [*map(str, shown), *([more] if more else [])]:
            self.error(text)

    def error(self, what: Diagnostic | str) -> None:
        """Print an error on stderr, even if quiet."""
        self._marked("error", "31", str(what), always=True)

    @property
    def draws(self) -> bool:
        """Whether forecasts are drawn as text: on a terminal, unless quiet or with json."""
        # A file or a pipe of either stream may hold the forecast itself, or be read by a pager.
        return sys.stdout.isatty() and sys.stderr.isatty() and not self.json and self.verbosity >= 0

    def show_forecast(self, newest: NewestForecasts | None, *, time_label: str) -> None:
        """Draw the forecast of the first series, if this terminal is one that draws.

        Args:
            newest: The forecasts; None if there are none.
            time_label: The name of the time column.
        """
        if newest is None or not self.draws:
            return
        from forecaster.terminal.forecast_chart import forecast_chart

        width = shutil.get_terminal_size().columns
        stretch = newest.stretch(0, 0, n_past=width)
        chart = forecast_chart(stretch, width=width, time_label=time_label, encoding=sys.stderr.encoding)
        if chart:
            self.note(f"\n{chart}")

    def _marked(self, word: str, code: str, text: str, *, always: bool = False) -> None:
        """Print a line on stderr that begins with a word in a color, unless quiet and not always."""
        if self.verbosity >= 0 or always:
            mark = f"\x1b[{code}m{word}\x1b[0m" if self.color and sys.stderr.isatty() else word
            print(f"{mark}: {steady(text)}", file=sys.stderr, flush=True)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as text, with the first column aligned to the left and the others to the right.

    Args:
        header: The heads of the columns.
        rows: The cells of each row.
    """
    # A line feed in a name would look like the end of its row.
    header, rows = [visible(name) for name in header], [[visible(cell) for cell in row] for row in rows]
    widths = [max(len(r[i]) for r in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)


def fitted_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, width: int) -> str:
    """Return a table that fits a width: columns that do not fit continue in a block below, with the names again.

    Numbers are never cut, so a block has at least one column besides the names, even where that is too wide.

    Args:
        header: The heads of the columns.
        rows: The cells of each row, its name first.
        width: The number of characters in a line.
    """
    header, rows = [visible(name) for name in header], [[visible(cell) for cell in row] for row in rows]
    widths = [max(len(r[i]) for r in [header, *rows]) for i in range(len(header))]
    blocks = _blocks(widths, width)
    # The narrowest lines that need no more blocks make blocks of about the same width.
    while width > 1 and len(narrower := _blocks(widths, width - 1)) == len(blocks):
        blocks, width = narrower, width - 1
    return "\n\n".join(
        table([header[i] for i in block], [[row[i] for i in block] for row in rows]) for block in blocks
    )


def _blocks(widths: Sequence[int], width: int) -> list[list[int]]:
    """Return the columns of each block, the names first, as many as fit into a line."""
    blocks: list[list[int]] = [[0]]
    for i in range(1, len(widths)):
        used = sum(widths[j] + 2 for j in blocks[-1])
        if used + widths[i] > width and len(blocks[-1]) > 1:
            blocks.append([0])
        blocks[-1].append(i)
    return blocks


def line_width() -> int:
    """Return the number of characters in a line of stdout: COLUMNS, or that of the terminal, or 80 into a pipe."""
    return _asked_width() or (
        os.get_terminal_size(sys.stdout.fileno()).columns or 80 if sys.stdout.isatty() else 80
    )


def _asked_width() -> int:
    """Return the number in COLUMNS; 0 where there is none."""
    asked = os.environ.get("COLUMNS", "")
    return int(asked) if asked.isdecimal() else 0


def wrapped(sentences: Sequence[str]) -> list[str]:
    """Return sentences as lines, broken between words; into a pipe without COLUMNS each stays on one line."""
    if not sys.stdout.isatty() and not _asked_width():
        return [*sentences]
    return [line for text in sentences for line in textwrap.wrap(text, line_width(), break_long_words=False)]


def number(value: float | None) -> str:
    """Return a number with three significant digits from 1 up and four decimals below 1; "-" for None."""
    if value is None:
        return "-"
    if value and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.3e}"
    digits = max(0, 3 - len(str(int(abs(value)))) + (0 if abs(value) >= 1 else 1)) if abs(value) < 1000 else 0
    return f"{value:.{digits}f}" if abs(value) >= 1 else f"{value:.4f}"


def without_version(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a file without its format_version, because `Reporter.result` adds its own."""
    return {key: value for key, value in facts.items() if key != "format_version"}
