"""How a command speaks: results to stdout, all else to stderr; tables, numbers and scores in one form."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forecaster.errors import FORMAT_VERSION, Diagnostic, ForecasterError

if TYPE_CHECKING:
    from forecaster.evaluation.significance import Comparison

Result = tuple[dict[str, Any], str]


class Reporter:
    """One command's way of speaking.

    json: one JSON object on stdout instead of tables. verbosity: -1 quiet, 0, 1 and more
    verbose. color: None decides by the terminal and NO_COLOR.
    """

    def __init__(self, *, json: bool = False, verbosity: int = 0, color: bool | None = None) -> None:
        self.json = json
        self.verbosity = verbosity
        self.color = (not os.environ.get("NO_COLOR")) if color is None else color
        self.warnings: list[Diagnostic] = []

    def result(self, value: Mapping[str, Any], text: str) -> None:
        """The command's result: the JSON object, or the text for people."""
        if self.json:
            self.emit({**value, "diagnostics": [w.as_json() for w in self.warnings]})
        elif text:
            print(text.rstrip("\n"), flush=True)

    def emit(self, value: Mapping[str, Any]) -> None:
        print(json.dumps({"format_version": FORMAT_VERSION, **value}, ensure_ascii=False), flush=True)

    def emit_raw(self, value: Mapping[str, Any]) -> None:
        print(json.dumps(value, indent=2, ensure_ascii=False), flush=True)

    def note(self, text: str) -> None:
        """A remark for people, on stderr, unless quiet."""
        if self.verbosity >= 0:
            print(text, file=sys.stderr, flush=True)

    def warn(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.warnings += diagnostics
        for diagnostic in diagnostics:
            self.note(self._mark("warning", "33") + f": {diagnostic}")

    def remark(self, remark: Diagnostic | str) -> None:
        """Show what comes up while a command runs: a warning, or a plain sentence."""
        if isinstance(remark, Diagnostic):
            self.warn([remark])
        else:
            self.note(remark)

    def fail(self, error: ForecasterError) -> None:
        """Every diagnostic of an error: on stderr, and as JSON on stdout where asked."""
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
        """On stderr, however quiet."""
        print(self._mark("error", "31") + f": {what}", file=sys.stderr, flush=True)

    def _mark(self, word: str, code: str) -> str:
        return f"\x1b[{code}m{word}\x1b[0m" if self.color and sys.stderr.isatty() else word


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned: the first to the left, numbers to the right; nothing is cut."""
    widths = [max(len(r[i]) for r in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)


def number(value: float | None) -> str:
    """Three significant digits from 1 up, four decimals below; "-" for what could not be computed."""
    if value is None:
        return "-"
    if value and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.3e}"
    digits = max(0, 3 - len(str(int(abs(value)))) + (0 if abs(value) >= 1 else 1)) if abs(value) < 1000 else 0
    return f"{value:.{digits}f}" if abs(value) >= 1 else f"{value:.4f}"


def score_text(split: str, scores: Mapping[str, Any]) -> str:
    """The score table of a split, the model first."""
    from forecaster.evaluation.scores import label

    rows = scores["scores"]
    metrics = list(rows["model"])
    body = [[name, *(number(row[m]) for m in metrics)] for name, row in rows.items()]
    text = f"{split}: {scores['windows']:,} windows\n{table(['', *(label(m) for m in metrics)], body)}"
    return f"{text}\n\n{_interval_text(scores['intervals'])}" if scores.get("intervals") else text


def _interval_text(intervals: Mapping[str, Mapping[str, float | None]]) -> str:
    """Coverage and width of each level, and what all quantiles together are worth."""
    from forecaster.evaluation.scores import label

    first = next(iter(intervals.values()))
    shown = [m for m in first if m.startswith(("coverage_", "width_", "winkler_")) or m == "wql"]
    body = [[name, *(number(row[m]) for m in shown)] for name, row in intervals.items()]
    return table(["intervals", *(label(m) for m in shown)], body)


def comparison_text(first: str, second: str, test: Comparison) -> str:
    """One sentence, which calls a difference one only where it is."""
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
    """The scores of every fold, their spread, and what the tests say. metrics: metrics.json of a backtest."""
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
    """What a file of ours holds beside its format_version: Screen.result adds its own."""
    return {key: value for key, value in facts.items() if key != "format_version"}
