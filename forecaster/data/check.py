"""What `validate` says about a table: gaps, duplicates, missing values and windows, per series and in all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecaster.data.panel import Findings, Ints, Panel
from forecaster.data.spec import WindowSpec
from forecaster.data.split import SPLITS, Cuts, SplitName, target_rows
from forecaster.errors import Diagnostic


@dataclass(frozen=True)
class TableReport:
    """summary: a few numbers about the whole table, of the same size for any number of series.

    columns: one list per fact, with an entry for each series in the panel's order;
    see `check`. warnings: what reading mended.
    """

    summary: dict[str, Any]
    columns: dict[str, list[Any]]
    warnings: tuple[Diagnostic, ...]

    def series(self, s: int) -> dict[str, Any]:
        """The facts about one series."""
        return {name: column[s] for name, column in self.columns.items()}

    def as_json(self) -> dict[str, Any]:
        names = list(self.columns)
        rows = zip(*self.columns.values(), strict=True)
        return {
            "summary": self.summary,
            "series": [dict(zip(names, row, strict=True)) for row in rows],
            "warnings": [w.as_json() for w in self.warnings],
        }


def check(
    panel: Panel, findings: Findings, cuts: Cuts, window: WindowSpec, *, consecutive: bool = False
) -> TableReport:
    """Look at a table as it was read, before any value is filled.

    Per series: id, rows (on the grid), first, last, duplicates, gaps {count, rows,
    first, longest}, missing {column: cells}, constant {target: {rows, first}}, the
    longest stretch of one value, and train, val, test, each {windows, first, last,
    first_window, last_window}: the first and last target of the range, and of its
    first and last window the first step of the lookback, the forecast origin and
    the first and last target.
    """
    columns: dict[str, list[Any]] = {
        "id": list(panel.ids),
        "rows": panel.lengths.tolist(),
        "first": panel.grid.text(panel.first),
        "last": panel.grid.text(panel.first + panel.lengths - 1),
        "duplicates": findings.duplicates.tolist(),
        "gaps": _gaps(panel, findings),
        "missing": [dict(zip(panel.columns, row, strict=True)) for row in findings.missing.tolist()],
        "constant": _constants(panel),
    }
    counts: dict[SplitName, Ints] = {}
    for name in SPLITS:
        counts[name], columns[name] = _split(panel, cuts, name, window, consecutive)
    return TableReport(_summary(panel, findings, counts), columns, findings.warnings)


def _summary(panel: Panel, findings: Findings, counts: dict[SplitName, Ints]) -> dict[str, Any]:
    lengths = panel.lengths
    last = panel.first + lengths - 1
    first_text, last_text = panel.grid.text(np.array([panel.first.min(), last.max()]))
    return {
        "freq": panel.grid.freq,
        "timezone": panel.grid.timezone,
        "series": len(panel.ids),
        "rows": int(lengths.sum()),
        "rows_per_series": {
            "min": int(lengths.min()),
            "median": int(np.median(lengths)),
            "max": int(lengths.max()),
        },
        "first": first_text,
        "last": last_text,
        "duplicates": int(findings.duplicates.sum()),
        "gaps": {
            "series": len(np.unique(findings.gap_series)),
            "count": len(findings.gap_length),
            "rows": int(findings.gap_length.sum()),
            "longest": int(findings.gap_length.max(initial=0)),
        },
        "missing": dict(zip(panel.columns, findings.missing.sum(axis=0).tolist(), strict=True)),
        "left_out": {
            "series": len(findings.dropped),
            "leading_rows": int(findings.leading.sum()),
            "trailing_rows": int(findings.trailing.sum()),
        },
        "windows": {name: int(n.sum()) for name, n in counts.items()},
        "series_without_windows": {name: int((n == 0).sum()) for name, n in counts.items()},
    }


def _gaps(panel: Panel, findings: Findings) -> list[dict[str, Any]]:
    n = len(panel.ids)
    count = np.bincount(findings.gap_series, minlength=n)
    longest = np.zeros(n, dtype=np.int64)
    np.maximum.at(longest, findings.gap_series, findings.gap_length)
    owners, at = np.unique(findings.gap_series, return_index=True)
    first: list[str | None] = [None] * n
    for s, text in zip(owners.tolist(), panel.grid.text(findings.gap_first[at]), strict=True):
        first[s] = text
    return [
        {"count": c, "rows": r, "first": f, "longest": w}
        for c, r, f, w in zip(
            count.tolist(), findings.gap_rows.tolist(), first, longest.tolist(), strict=True
        )
    ]


def _constants(panel: Panel) -> list[dict[str, dict[str, Any]]]:
    """Per series and target, the longest run of one value. Missing values end a run."""
    out: list[dict[str, dict[str, Any]]] = [{} for _ in panel.ids]
    for c, name in enumerate(panel.targets):
        length, row = _longest_runs(panel, c)
        texts = panel.grid.text(panel.positions_of_rows(row))
        for entry, rows, first in zip(out, length.tolist(), texts, strict=True):
            entry[name] = {"rows": rows, "first": first}
    return out


def _longest_runs(panel: Panel, c: int) -> tuple[Ints, Ints]:
    """(series,) each: rows of the longest run, the oldest of equals, and its first flat row."""
    column = panel.values[:, c]
    begins = np.ones(len(column), dtype=bool)
    begins[1:] = column[1:] != column[:-1]
    begins[panel.offsets[:-1]] = True
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(column)))
    lengths[np.isnan(column[starts])] = 0
    # One number that grows with the length and, among equals, falls with the row.
    rank = lengths * len(column) + (len(column) - 1 - starts)
    best = np.maximum.reduceat(rank, np.searchsorted(starts, panel.offsets[:-1]))
    return best // len(column), len(column) - 1 - best % len(column)


def _split(
    panel: Panel, cuts: Cuts, name: SplitName, window: WindowSpec, consecutive: bool
) -> tuple[Ints, list[dict[str, Any]]]:
    """Windows of each series, (series,), and the report on each."""
    low, high = cuts.range(name)
    first_target, count, stride = target_rows(cuts, name, window, consecutive=consecutive)
    last_target = first_target + (count - 1) * stride
    has_rows, has_windows = high > low, count > 0
    columns = [
        count.tolist(),
        _texts(panel, low, has_rows),
        _texts(panel, high - 1, has_rows),
        _window(panel, first_target, window, has_windows),
        _window(panel, last_target, window, has_windows),
    ]
    names = ("windows", "first", "last", "first_window", "last_window")
    return count, [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _window(panel: Panel, target: Ints, window: WindowSpec, has: Any) -> list[dict[str, str | None] | None]:
    edges = {
        # A padded lookback begins before the series does.
        "lookback_first": np.maximum(target - window.lookback, 0),
        "cutoff": target - 1,
        "target_first": target,
        "target_last": target + window.horizon - 1,
    }
    texts = [_texts(panel, rows, has) for rows in edges.values()]
    rows = zip(has.tolist(), *texts, strict=True)
    return [dict(zip(edges, row, strict=True)) if here else None for here, *row in rows]


def _texts(panel: Panel, rows: Ints, present: Any) -> list[str | None]:
    """Timestamps of one row of each series, counted from its first; None where not present."""
    words = panel.grid.text(panel.first + np.where(present, rows, 0))
    return [word if here else None for word, here in zip(words, present.tolist(), strict=True)]
