"""Scores as text: tables that fit the line, the verdicts in them, and what the columns mean."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forecaster.terminal.console import fitted_table, line_width, number

# Under the intervals of validation.
OWN_INTERVALS = "These intervals are the network's own; calibration learns from them."
# Intervals are scored by more metrics than a table on the terminal shows; metrics.json has all.
SHOWN_OF_INTERVALS = ("coverage_", "width_", "winkler_")
VERDICT_LEGEND = {"verdict": "the model against it, tested at 5 %", "unclear": "cannot be told apart"}
SPLIT_CELL_LEGEND = {"a/b": "a on absolute, b on squared errors"}


def scores_text(splits: Mapping[str, Mapping[str, Any]], *, judged: str | None) -> list[str]:
    """Return the score tables of all splits, and below them what the columns mean, as blocks of text.

    Args:
        splits: The score tables by split, as in metrics.json.
        judged: The split whose table shows the verdicts; None shows none.
    """
    width = line_width()
    blocks = [
        score_text(split, table, judged=split == judged, width=width) for split, table in splits.items()
    ]
    return [*blocks, legend_text(splits, judged=judged)] if blocks else []


def score_text(split: str, scores: Mapping[str, Any], *, judged: bool, width: int) -> str:
    """Return the score table of a split as text, the model first.

    Args:
        split: The name of the split.
        scores: The score table, as in metrics.json.
        judged: Whether a column has the verdict on the model against each baseline.
        width: The number of characters in a line.
    """
    from forecaster.evaluation.headline import cell
    from forecaster.evaluation.scores import label

    rows = scores["scores"]
    metrics, verdicts = list(rows["model"]), scores.get("verdicts") if judged else None
    header = ["", *(label(m) for m in metrics)]
    body = [[name, *(number(row[m]) for m in metrics)] for name, row in rows.items()]
    if verdicts:
        header.insert(1, "verdict")
        for row in body:
            row.insert(1, cell(verdicts[row[0]]) if row[0] in verdicts else "")
    text = f"{split}: {scores['windows']:,} windows\n{fitted_table(header, body, width=width)}"
    intervals = scores.get("intervals")
    if not intervals:
        return text
    own = textwrap.wrap(OWN_INTERVALS, width) if split == "val" else []
    return "\n".join([text, "", _interval_text(intervals, width=width), *own])


def legend_text(splits: Mapping[str, Mapping[str, Any]], *, judged: str | None) -> str:
    """Return a line for each metric that the tables show, and for the verdicts.

    Args:
        splits: The score tables by split.
        judged: The split whose table shows the verdicts; None where none does.
    """
    from forecaster.evaluation.headline import cell
    from forecaster.evaluation.scores import legend

    entries: dict[str, str] = {}
    verdicts = splits[judged].get("verdicts") if judged in splits and judged else None
    if verdicts:
        cells = [cell(verdict) for verdict in verdicts.values()]
        entries |= {
            k: v for k, v in VERDICT_LEGEND.items() if k == "verdict" or any("unclear" in c for c in cells)
        }
        entries |= SPLIT_CELL_LEGEND if any("/" in c for c in cells) else {}
    names = [name for table in splits.values() for name in _shown(table)]
    return _legend_lines(entries | legend(dict.fromkeys(names)))


def _legend_lines(entries: Mapping[str, str]) -> str:
    wide = max(map(len, entries), default=0)
    odd = [name for name in ("bias", "coverage", "width") if name in entries]
    best = "Lower is better" + (f", except for {', '.join(odd)}" if odd else "") + "."
    return "\n".join([*(f"{name:<{wide}}  {meaning}" for name, meaning in entries.items()), best])


def _shown(table: Mapping[str, Any]) -> Iterable[str]:
    """Return the metrics of a score table that are shown, point metrics first."""
    intervals = table.get("intervals") or {}
    return [*table["scores"]["model"], *shown_of_intervals(next(iter(intervals.values()), {}))]


def shown_of_intervals(names: Iterable[str]) -> list[str]:
    """Return the interval metrics that tables show: coverage, width and Winkler score of each level, and WQL."""
    return [m for m in names if m.startswith(SHOWN_OF_INTERVALS) or m == "wql"]


def _interval_text(intervals: Mapping[str, Mapping[str, float | None]], *, width: int) -> str:
    from forecaster.evaluation.scores import label

    shown = shown_of_intervals(next(iter(intervals.values())))
    body = [[name, *(number(row[m]) for m in shown)] for name, row in intervals.items()]
    return fitted_table(["intervals", *(label(m) for m in shown)], body, width=width)


def folds_text(metrics: Mapping[str, Any]) -> list[str]:
    """Return the tests, the scores of every fold and their spread as lines of text.

    Args:
        metrics: The content of metrics.json of a backtest.
    """
    from forecaster.evaluation.scores import label
    from forecaster.evaluation.significance import Comparison
    from forecaster.evaluation.verdict_sentences import comparison_sentence
    from forecaster.stages.scoring import DECISIVE_METRICS

    width = line_width()
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
        comparison_sentence("model", name, Comparison(**test))
        for name, test in metrics["comparisons"].items()
    ]
    lines += [
        *([""] if lines else []),
        f"{label(chosen)} by fold",
        fitted_table(["fold", "first cutoff", "windows", *names], rows, width=width),
        "",
        "mean and standard deviation over the folds",
        _spread_table(scores, list(scores["model"]), width=width),
    ]
    intervals = metrics["summary"]["intervals"]
    shown = [m for m in shown_of_intervals(next(iter(intervals.values()), {})) if not m.startswith("width_")]
    if intervals:
        lines += ["", _spread_table(intervals, shown, width=width)]
    return [*lines, "", legend_of([*scores["model"], *shown])]


def legend_of(metrics: Sequence[str]) -> str:
    """Return a line for each of these metrics: what it means."""
    from forecaster.evaluation.scores import legend

    return _legend_lines(legend(metrics))


def _spread_table(rows: Mapping[str, Mapping[str, Any]], metrics: Sequence[str], *, width: int) -> str:
    from forecaster.evaluation.scores import label

    def cell(found: Mapping[str, float | None] | None) -> str:
        if found is None:
            return "-"
        return number(found["mean"]) + (f" ± {number(found['std'])}" if found["std"] is not None else "")

    body = [[name, *(cell(row[m]) for m in metrics)] for name, row in rows.items()]
    return fitted_table(["", *(label(m) for m in metrics)], body, width=width)
