"""How evaluations, comparisons and backtests look to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forecaster.console import Result, number, score_text, table

if TYPE_CHECKING:
    from forecaster.commands.backtest import BacktestResult
    from forecaster.commands.evaluate import EvaluateResult
    from forecaster.evaluation.significance import Comparison


def evaluate_result(result: EvaluateResult) -> Result:
    from forecaster.evaluation.scores import remarks, verdicts

    lines: list[str] = []
    if len(result.runs) == 1:
        found = result.runs[0][1]
        lines += [score_text(found.split, found.table), ""]
        lines += [*verdicts(found.table["scores"], split=found.split), *remarks(found.table["left_out"])]
    else:
        lines += [_side_by_side(result), ""]
    lines += [comparison_text(*pair) for pair in result.comparisons]
    lines += dict.fromkeys(note for _, found in result.runs for note in found.notes)
    if result.output is not None:
        lines.append(f"{result.output}: {result.rows or 0:,} rows")
    facts = {
        "runs": [
            {"run": name, "split": found.split, "notes": found.notes, **found.table}
            for name, found in result.runs
        ],
        "comparisons": [
            {"first": first, "second": second, **test._asdict()} for first, second, test in result.comparisons
        ],
        "worse": result.worse,
    }
    return facts, "\n".join(lines)


def _side_by_side(result: EvaluateResult) -> str:
    """A row per run, then the baselines of the first."""
    from forecaster.evaluation.scores import label

    first = result.runs[0][1].table["scores"]
    metrics = [m for m in first["model"] if all(m in e.table["scores"]["model"] for _, e in result.runs)]
    rows = [(name, e.table["scores"]["model"], e.table["windows"]) for name, e in result.runs]
    windows = result.runs[0][1].table["windows"]
    rows += [(name, row, windows) for name, row in first.items() if name != "model"]
    body = [[name, f"{n:,}", *(number(row[m]) for m in metrics)] for name, row, n in rows]
    return table(["", "windows", *(label(m) for m in metrics)], body)


def comparison_text(first: str, second: str, test: Comparison) -> str:
    """One sentence, which calls a difference one only where it is."""
    if test.p is None or test.difference != test.difference:
        return f"{first} and {second}: {test.origins:,} forecast origins are too few to tell them apart."
    better, worse = (first, second) if test.difference < 0 else (second, first)
    said = (
        f"p {test.p:.2g}, {test.origins:,} origins"
        if test.p >= 1e-4
        else f"p < 0.0001, {test.origins:,} origins"
    )
    if not test.real:
        return f"{first} and {second} cannot be told apart ({said})."
    return f"{better} is better than {worse} by {number(abs(test.difference))} of MASE ({said})."


def backtest_result(result: BacktestResult) -> Result:
    from forecaster.evaluation.scores import label
    from forecaster.evaluation.significance import Comparison

    metrics = result.metrics
    folds, scores = metrics["folds"], metrics["summary"]["scores"]
    chosen = next((m for m in ("mase", "mae") if m in scores["model"]), next(iter(scores["model"])))
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
    lines += [*result.notes, f"run: {result.run.path}"]
    return {"run": str(result.run.path), "notes": result.notes, **metrics}, "\n".join(lines)


def _spread_table(rows: Mapping[str, Mapping[str, Any]], metrics: Sequence[str]) -> str:
    from forecaster.evaluation.scores import label

    def cell(found: Mapping[str, float | None] | None) -> str:
        if found is None:
            return "-"
        return number(found["mean"]) + (f" ± {number(found['std'])}" if found["std"] is not None else "")

    body = [[name, *(cell(row[m]) for m in metrics)] for name, row in rows.items()]
    return table(["", *(label(m) for m in metrics)], body)
