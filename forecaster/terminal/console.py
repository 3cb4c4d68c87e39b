"""Output of commands: results on stdout, everything else on stderr; the form of tables, numbers and scores."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forecaster.errors import FORMAT_VERSION, Diagnostic, ForecasterError

if TYPE_CHECKING:
    from forecaster.evaluation.significance import Comparison
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

    def result(self, value: Mapping[str, Any], text: str) -> None:
        """Print the result of the command.

        Args:
            value: The JSON object.
            text: The same as text, for people.
        """
        if self.json:
            self.emit({**value, "diagnostics": [w.as_json() for w in self.warnings]})
        elif text:
            print(text.rstrip("\n"), flush=True)

    def emit(self, value: Mapping[str, Any]) -> None:
        """Print a JSON object on one line, with its format_version."""
        print(json.dumps({"format_version": FORMAT_VERSION, **value}, ensure_ascii=False), flush=True)

    def emit_raw(self, value: Mapping[str, Any]) -> None:
        """Print a JSON object, indented and with no further keys."""
        print(json.dumps(value, indent=2, ensure_ascii=False), flush=True)

    def note(self, text: str) -> None:
        """Print a remark on stderr, unless quiet."""
        if self.verbosity >= 0:
            print(text, file=sys.stderr, flush=True)

    def warn(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Print warnings on stderr, unless quiet, and keep them for the JSON result."""
        self.warnings += diagnostics
        for diagnostic in diagnostics:
            self.note(self._mark("warning", "33") + f": {diagnostic}")

    def remark(self, remark: Diagnostic | str) -> None:
        """Print a warning or a plain sentence that comes up while the command runs."""
        if isinstance(remark, Diagnostic):
            self.warn([remark])
        else:
            self.note(remark)

    def fail(self, error: ForecasterError) -> None:
        """Print every diagnostic of an error on stderr and, with json, on stdout."""
        if self.json:
            self.emit(
                {
                    "error": type(error).__name__.rstrip("_"),
                    "exit_code": error.exit_code,
                    "diagnostics": [d.as_json() for d in [*error.diagnostics, *self.warnings]],
                }
            )
        for diagnostic in error.diagnostics:
            self.error(diagnostic)

    def error(self, what: Diagnostic | str) -> None:
        """Print an error on stderr, even if quiet."""
        print(self._mark("error", "31") + f": {what}", file=sys.stderr, flush=True)

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

    def _mark(self, word: str, code: str) -> str:
        return f"\x1b[{code}m{word}\x1b[0m" if self.color and sys.stderr.isatty() else word


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as text, with the first column aligned to the left and the others to the right.

    Args:
        header: The heads of the columns.
        rows: The cells of each row.
    """
    widths = [max(len(r[i]) for r in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)


def number(value: float | None) -> str:
    """Return a number with three significant digits from 1 up and four decimals below 1; "-" for None."""
    if value is None:
        return "-"
    if value and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.3e}"
    digits = max(0, 3 - len(str(int(abs(value)))) + (0 if abs(value) >= 1 else 1)) if abs(value) < 1000 else 0
    return f"{value:.{digits}f}" if abs(value) >= 1 else f"{value:.4f}"


def score_text(split: str, scores: Mapping[str, Any]) -> str:
    """Return the score table of a split as text, the model first.

    Args:
        split: The name of the split.
        scores: The score table, as in metrics.json.
    """
    from forecaster.evaluation.scores import label

    rows = scores["scores"]
    metrics = list(rows["model"])
    body = [[name, *(number(row[m]) for m in metrics)] for name, row in rows.items()]
    text = f"{split}: {scores['windows']:,} windows\n{table(['', *(label(m) for m in metrics)], body)}"
    return f"{text}\n\n{_interval_text(scores['intervals'])}" if scores.get("intervals") else text


def _interval_text(intervals: Mapping[str, Mapping[str, float | None]]) -> str:
    """Return coverage, width and Winkler score of each level, and the quantile loss, as text."""
    from forecaster.evaluation.scores import label

    first = next(iter(intervals.values()))
    shown = [m for m in first if m.startswith(("coverage_", "width_", "winkler_")) or m == "wql"]
    body = [[name, *(number(row[m]) for m in shown)] for name, row in intervals.items()]
    return table(["intervals", *(label(m) for m in shown)], body)


def comparison_text(first: str, second: str, test: Comparison) -> str:
    """Return the result of a significance test as one sentence.

    Args:
        first: The name of the first forecaster.
        second: The name of the second forecaster.
        test: The test of the first against the second.
    """
    if test.p is None or test.difference != test.difference:
        return f"{first} and {second}: {test.origins:,} cutoffs are too few for a test."
    better, worse = (first, second) if test.difference < 0 else (second, first)
    said = (
        f"p {test.p:.2g}, {test.origins:,} cutoffs"
        if test.p >= 1e-4
        else f"p < 0.0001, {test.origins:,} cutoffs"
    )
    if not test.real:
        return f"{first} and {second} do not differ significantly ({said})."
    return f"{better} is better than {worse} by {number(abs(test.difference))} of MASE ({said})."


def folds_text(metrics: Mapping[str, Any]) -> list[str]:
    """Return the scores of every fold, their spread and the tests as lines of text.

    Args:
        metrics: The content of metrics.json of a backtest.
    """
    from forecaster.evaluation.scores import label
    from forecaster.evaluation.significance import Comparison
    from forecaster.stages.scoring import DECISIVE_METRICS

    folds, scores = metrics["folds"], metrics["summary"]["scores"]
    chosen = next((m for m in DECISIVE_METRICS if m in scores["model"]), next(iter(scores["model"])))
    names = list(scores)
    rows = [
        [
            str(f["fold"]),
            f["first_cutoff"],
            f"{f['windows']:,}",
            *(number(f["scores"][n][chosen]) for n in names),
        ]
        for f in folds
    ]
    lines = [
        f"{label(chosen)} by fold",
        table(["fold", "first cutoff", "windows", *names], rows),
        "",
        "mean and standard deviation over the folds",
        _spread_table(scores, list(scores["model"])),
    ]
    intervals = metrics["summary"]["intervals"]
    if intervals:
        shown = [
            m for m in next(iter(intervals.values())) if m.startswith(("coverage_", "winkler_")) or m == "wql"
        ]
        lines += ["", _spread_table(intervals, shown)]
    lines.append("")
    for name, test in metrics["comparisons"].items():
        lines.append(comparison_text("model", name, Comparison(**test)))
    return lines


def _spread_table(rows: Mapping[str, Mapping[str, Any]], metrics: Sequence[str]) -> str:
    from forecaster.evaluation.scores import label

    def cell(found: Mapping[str, float | None] | None) -> str:
        if found is None:
            return "-"
        return number(found["mean"]) + (f" ± {number(found['std'])}" if found["std"] is not None else "")

    body = [[name, *(cell(row[m]) for m in metrics)] for name, row in rows.items()]
    return table(["", *(label(m) for m in metrics)], body)


def without_version(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a file without its format_version, because `Reporter.result` adds its own."""
    return {key: value for key, value in facts.items() if key != "format_version"}
