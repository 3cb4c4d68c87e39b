"""What `validate` says about a table: gaps, duplicates, missing values and windows, per series and in all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.data.outliers import far_out
from forecaster.data.pace import find_pace
from forecaster.data.panel import Findings, Ints, Panel
from forecaster.data.roles import TimeColumn
from forecaster.data.spec import WindowSpec
from forecaster.data.split import SPLITS, Cuts, SplitName, target_rows
from forecaster.errors import DataError, Diagnostic

# Series and rows that show a table's frequency.
_LOOKED_AT, _ROWS_LOOKED_AT = 20, 10_000


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
    longest stretch of one value, outliers {target: {count, first}}, values far away from
    the series' quartiles, known_ahead {rows, last}, rows after the last target where
    covariates are known, and train, val, test, each {windows, first, last,
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
        "outliers": _outliers(panel),
        "known_ahead": _known_ahead(panel, findings),
    }
    counts: dict[SplitName, Ints] = {}
    for name in SPLITS:
        counts[name], columns[name] = _split(panel, cuts, name, window, consecutive)
    summary = _summary(panel, findings, counts)
    summary["outliers"] = {t: sum(one[t]["count"] for one in columns["outliers"]) for t in panel.targets}
    return TableReport(summary, columns, findings.warnings)


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
        "freq_found": _freq_found(panel),
        "known_ahead": {
            "series": int((findings.future_rows > 0).sum()),
            "rows": {"min": int(findings.future_rows.min()), "max": int(findings.future_rows.max())},
        },
        "windows": {name: int(n.sum()) for name, n in counts.items()},
        "series_without_windows": {name: int((n == 0).sum()) for name, n in counts.items()},
    }


def _freq_found(panel: Panel) -> str | int | None:
    """The frequency that the rows of the first few series have by themselves; None where they are
    irregular, or too few."""
    series = []
    for s in range(min(len(panel.ids), _LOOKED_AT)):
        rows = panel.values[panel.offsets[s] : panel.offsets[s + 1]][:_ROWS_LOOKED_AT]
        there = np.flatnonzero(~np.isnan(rows).all(axis=1))
        series.append(panel.grid.stamps(panel.first[s] + there))
    column = TimeColumn("", integer=panel.grid.is_integer)
    try:
        return find_pace(series, column, zone=panel.grid.timezone, source=Path(panel.source))[0]
    except DataError:
        return None


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


def _outliers(panel: Panel) -> list[dict[str, dict[str, Any]]]:
    """Per series and target, how many values lie far from the others, and when the first one did."""
    out: list[dict[str, dict[str, Any]]] = [{} for _ in panel.ids]
    for c, name in enumerate(panel.targets):
        count, row = far_out(panel, c)
        texts = _texts(panel, row, count > 0)
        for entry, n, first in zip(out, count.tolist(), texts, strict=True):
            entry[name] = {"count": n, "first": first}
    return out


def _known_ahead(panel: Panel, findings: Findings) -> list[dict[str, Any]]:
    rows = findings.future_rows
    texts = _texts(panel, panel.lengths - 1 + rows, rows > 0)
    return [{"rows": n, "last": last} for n, last in zip(rows.tolist(), texts, strict=True)]


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
