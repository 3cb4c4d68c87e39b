"""How results look to people: tables, progress, messages. Results go to stdout, all else to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.errors import FORMAT_VERSION, Diagnostic, ForecasterError

if TYPE_CHECKING:
    from forecaster.commands.init import InitResult
    from forecaster.commands.train import TrainResult
    from forecaster.commands.tune import TuneResult
    from forecaster.commands.validate import Validated
    from forecaster.data.check import TableReport
    from forecaster.pipeline.ahead import Ahead
    from forecaster.pipeline.importance import Explained
    from forecaster.pipeline.plot import Plotted
    from forecaster.pipeline.predict import Predicted
    from forecaster.pipeline.report import Reported

Result = tuple[dict[str, Any], str]


class Screen:
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

    def report(self, warnings: Sequence[Diagnostic], notes: Sequence[str]) -> None:
        """What a command has to say while it runs."""
        self.warn(warnings)
        for text in notes:
            self.note(text)

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
            print(self._mark("error", "31") + f": {diagnostic}", file=sys.stderr, flush=True)

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


def init_result(result: InitResult) -> Result:
    facts = {
        "config": str(result.output),
        "time": result.time,
        "freq": result.freq,
        "id": result.id,
        "target": result.target,
        "series": result.n_series,
        "rows": result.rows,
    }
    series = f"{result.n_series:,} series by {result.id}" if result.id else "one series"
    text = (
        f"{result.output}: forecasts {result.target} of {series}, {result.rows:,} rows, every {result.freq}, "
        f"time in {result.time}\nnext: forecaster validate {result.output}"
    )
    return facts, text


def train_result(result: TrainResult) -> Result:
    from forecaster.evaluation.scores import remarks, verdicts

    path, splits = result.run.path, result.metrics["splits"]
    lines = []
    for split, scores in splits.items():
        lines += [score_text(split, scores), ""]
    for split, scores in list(splits.items())[-1:]:
        lines += [*verdicts(scores["scores"], split=split), *remarks(scores["left_out"])]
    lines += result.notes
    if result.already_complete:
        lines.append("The run was complete already; nothing was trained.")
    lines += [f"run:    {path}", f"report: {path / 'report.html'}", f"next:   {result.next_step}"]
    return {"run": str(path), "notes": result.notes, **_without_version(result.metrics)}, "\n".join(lines)


def tune_result(result: TuneResult) -> Result:
    from forecaster.commands.tune import facts

    found = facts(result)
    best, counts, path = found["best"], found["trials"], result.run.path
    title = f"{counts['completed']} trials completed, {counts['failed']} failed; ended by: {found['ended']}"
    rows = [[name, str(value)] for name, value in best["values"].items()]
    lines = [title, "", f"best: trial {best['trial']}, {best['metric']} {number(best['score'])}"]
    lines += [table(["hyperparameter", "value"], rows), ""]
    for split, scores in found["splits"].items():
        lines += [score_text(split, scores), ""]
    lines += [
        *found["notes"],
        f"config: {found['config']}",
        f"run:    {path}",
        f"plots:  {path / 'tune'}",
        f"next:   forecaster predict {path}",
    ]
    return found, "\n".join(lines)


def predict_result(predicted: Predicted, screen: Screen, output: Path | None) -> Result:
    from forecaster.artifacts.tables import csv_bytes

    screen.warn(predicted.warnings)
    for note in predicted.notes:
        screen.note(f"note: {note}")
    facts: dict[str, Any] = {"notes": predicted.notes, "series": predicted.n_series}
    if output is not None:
        return facts | {"output": str(output)}, f"{output}: {predicted.table.num_rows:,} rows"
    if screen.json:
        return facts | {"forecasts": predicted.table.to_pylist()}, ""
    return facts, csv_bytes(predicted.table).decode()


def future_result(ahead: Ahead, screen: Screen, run: Path, output: Path | None) -> Result:
    from forecaster.artifacts.tables import csv_bytes

    screen.warn(ahead.warnings)
    for note in ahead.notes:
        screen.note(f"note: {note}")
    facts: dict[str, Any] = {"notes": ahead.notes, "series": ahead.n_series, "empty": ahead.empty}
    where = str(output or "FILE")
    following = f"forecaster predict {run} --future {where}"
    if ahead.empty:
        screen.note(f"note: {ahead.empty:,} empty cells to fill in; then {following}")
    else:
        screen.note(f"note: every cell is known; go on with {following}")
    if output is not None:
        return facts | {"output": where, "next": following}, f"{output}: {ahead.table.num_rows:,} rows"
    if screen.json:
        return facts | {"rows": ahead.table.to_pylist()}, ""
    return facts, csv_bytes(ahead.table).decode()


def report_result(reported: Reported, screen: Screen) -> Result:
    for note in reported.notes:
        screen.note(f"note: {note}")
    facts = {"report": str(reported.path), "bytes": reported.n_bytes, "notes": reported.notes}
    return facts, f"{reported.path}: {reported.n_bytes / 1024:,.0f} KiB"


def explain_result(explained: Explained) -> Result:
    found = explained.importance
    header = ["growth of the error, %", "mean", "spread"]
    lines = []
    for title, rows in (("inputs", found["inputs"]), ("steps before the origin", found["lags"])):
        body = [[row["name"], f"{row['mean']:.1f}", f"{row['std']:.1f}"] for row in rows]
        lines += [table([f"{title}: {header[0]}", *header[1:]], body), ""]
    lines.append(
        f"{found['windows']:,} validation windows, {found['repeats']} shuffles, seed {found['seed']}; "
        f"scaled MAE as it is: {number(found['scaled_mae'])}"
    )
    lines.append(f"report: {explained.reported.path}")
    return {**_without_version(found), "report": str(explained.reported.path)}, "\n".join(lines)


def plot_result(plotted: Plotted, screen: Screen) -> Result:
    for note in plotted.notes:
        screen.note(f"note: {note}")
    facts = {"plot": str(plotted.path), "series": plotted.series, "target": plotted.target}
    return facts | {"notes": plotted.notes}, str(plotted.path)


def show_result(facts: dict[str, Any], screen: Screen) -> Result:
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    lines = [
        f"{facts['run']}: {facts['name']}, seed {facts['seed']}",
        f"data: {facts['data']['path']}, {facts['data']['rows']:,} rows, sha256 {facts['data']['sha256'][:12]}",
        f"made with: {versions}",
        "",
    ]
    for split, scores in facts["splits"].items():
        lines += [score_text(split, scores), ""]
    lines += [table(["file", "bytes"], [[name, f"{size:,}"] for name, size in facts["files"].items()])]
    if screen.verbosity > 0:
        lines += ["", facts["config"]]
    return _without_version(facts), "\n".join(lines)


def _without_version(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if key != "format_version"}


# Series shown in the table of `validate`; the rest are summed up, and --json has them all.
SHOWN_SERIES = 20


def validate_result(validated: Validated, screen: Screen) -> Result:
    report, experiment, cost = validated.report, validated.loaded.experiment, validated.cost
    n = len(report.columns["id"])
    shown = n if screen.verbosity > 0 else min(n, SHOWN_SERIES)
    facts, windows = [], []
    for s in range(shown):
        one = report.series(s)
        name = one["id"] or "(one series)"
        far = sum(target["count"] for target in one["outliers"].values())
        still = max(target["rows"] for target in one["constant"].values())
        counts = [
            one["rows"],
            one["gaps"]["rows"],
            one["duplicates"],
            sum(one["missing"].values()),
            still,
            far,
        ]
        facts.append([name, one["first"], one["last"], *(f"{value:,}" for value in counts)])
        windows.append([name, *(f"{one[split]['windows']:,}" for split in ("train", "val", "test"))])
    lines = [
        table(["series", "first", "last", "rows", "gaps", "twice", "missing", "same", "far"], facts),
        "",
        table(["windows", "train", "val", "test"], windows),
    ]
    lines += ["", _edges(report.series(0), report.columns["id"][0])]
    if shown < n:
        lines.append(f"and {n - shown:,} more series; -v shows all, --json has all")
    total, window = report.summary["windows"], experiment.window
    lines += [
        "",
        f"{n:,} series, {report.summary['rows']:,} rows, every {report.summary['freq']}",
        *_gaps_text(report),
        f"windows of {window.lookback:,} + {window.horizon:,} steps: {total['train']:,} train, "
        f"{total['val']:,} val, {total['test']:,} test",
        f"training: about {_duration(cost.seconds)} on two cores, early stopping aside, "
        f"{cost.memory_bytes / 1e9:.1f} GB of memory, {_rounded(cost.weights)} weights",
        f"{validated.loaded.path} is valid",
    ]
    if validated.loaded.dimensions:
        names = ", ".join(d.name for d in validated.loaded.dimensions)
        lines.append(f"search space: {names}")
    series = [report.series(s) for s in range(n)] if screen.json else []
    facts_json = {
        "valid": True,
        "config": str(validated.loaded.path),
        "summary": report.summary,
        "estimate": cost.as_json(),
        "series": series,
    }
    return facts_json, "\n".join(lines)


def _edges(one: Mapping[str, Any], name: str) -> str:
    """When the first and the last window of each split begin and end, of one series."""
    rows = []
    for split in ("train", "val", "test"):
        first, last = one[split]["first_window"], one[split]["last_window"]
        if first is not None:
            rows.append([split, first["lookback_first"], first["target_first"], last["target_last"]])
    of = f" of {name}" if name else ""
    return table([f"windows{of}", "first lookback from", "first target", "last target"], rows)


def _gaps_text(report: TableReport) -> list[str]:
    """Where the holes are and how far the covariates are known ahead, where there are any."""
    gaps, ahead = report.summary["gaps"], report.summary["known_ahead"]
    lines = []
    if gaps["count"]:
        longest = max(report.columns["gaps"], key=lambda gap: gap["longest"])
        lines.append(
            f"{gaps['count']:,} gaps of {gaps['rows']:,} rows in {gaps['series']:,} series; the longest has "
            f"{gaps['longest']:,}, in a series whose first gap is at {longest['first']}"
        )
    if ahead["series"]:
        rows = ahead["rows"]
        lines.append(f"known ahead: {rows['min']:,} to {rows['max']:,} rows behind the last target")
    return lines


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{_rounded(seconds)} s"
    minutes = seconds / 60
    return f"{_rounded(minutes)} min" if minutes < 120 else f"{_rounded(minutes / 60)} h"


def _rounded(value: float) -> str:
    """Two digits: an estimate says no more."""
    if value < 10:
        return f"{value:.1g}"
    digits = len(str(int(value))) - 2
    return f"{round(value / 10**digits) * 10**digits:,.0f}"
