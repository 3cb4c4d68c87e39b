"""What `validate` says about a table: gaps, duplicates, missing values and windows, per series and in all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.data.arrays import Ints, series_blocks
from forecaster.data.panel import Findings, Panel
from forecaster.data.profile.outliers import far_out
from forecaster.data.profile.split_facts import Ranges, all_windows, describe_splits, texts_of
from forecaster.data.spec import WindowSpec
from forecaster.data.time_axis.infer import TimeColumn, infer_frequency
from forecaster.data.transforms.split import SplitBounds, SplitName
from forecaster.errors import DataError, Diagnostic

# Series and rows that show a table's frequency.
_LOOKED_AT, _ROWS_LOOKED_AT = 20, 10_000
# Series put in words at a time.
_TOLD_TOGETHER = 10_000


@dataclass(frozen=True)
class TableReport:
    """What `check` found. summary: a few numbers about the whole table, of the same size for any
    number of series. warnings: what reading mended.

    Per series, in the panel's order, only numbers are kept; `series` puts them in words.
    """

    summary: dict[str, Any]
    warnings: tuple[Diagnostic, ...]
    panel: Panel
    findings: Findings
    window: WindowSpec
    splits: dict[SplitName, Ranges]
    runs: dict[str, tuple[Ints, Ints]]
    """Of each target: rows of the longest run of one value, and its first row."""
    far: dict[str, tuple[Ints, Ints]]
    """Of each target: values that are far out, and the row of the first."""

    def series(self, s: int) -> dict[str, Any]:
        """The facts about one series."""
        [one] = self.each(s, s + 1)
        return one

    def each(self, start: int = 0, stop: int | None = None) -> Iterator[dict[str, Any]]:
        """The facts about series, one after the other."""
        n = len(self.panel.ids) if stop is None else stop
        for a in range(start, n, _TOLD_TOGETHER):
            yield from self._some(slice(a, min(a + _TOLD_TOGETHER, n)))

    @property
    def with_longest_gap(self) -> int:
        """The first series with the longest gap of all; there is one."""
        return int(self.findings.gap_series[np.argmax(self.findings.gap_length)])

    def as_json(self) -> dict[str, Any]:
        return {
            "summary": self.summary,
            "series": list(self.each()),
            "warnings": [w.as_json() for w in self.warnings],
        }

    def _some(self, some: slice) -> Iterator[dict[str, Any]]:
        panel, findings = self.panel, self.findings
        first, lengths = panel.first[some], panel.lengths[some]
        columns: dict[str, Any] = {
            "id": panel.ids[some],
            "rows": lengths.tolist(),
            "first": panel.time_axis.text(first),
            "last": panel.time_axis.text(first + lengths - 1),
            "duplicates": findings.duplicates[some].tolist(),
            "gaps": _gaps(panel, findings, some),
            "missing": [dict(zip(panel.columns, n, strict=True)) for n in findings.missing[some].tolist()],
            "constant": _by_target(panel, self.runs, "rows", some),
            "outliers": _by_target(panel, self.far, "count", some),
            "known_ahead": _known_ahead(panel, findings, some),
        }
        splits = describe_splits(panel, self.splits, self.window, some)
        for row, of_splits in zip(zip(*columns.values(), strict=True), splits, strict=True):
            yield {**dict(zip(columns, row, strict=True)), **of_splits}


def check(
    panel: Panel,
    findings: Findings,
    split_bounds: SplitBounds,
    window: WindowSpec,
    *,
    consecutive: bool = False,
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
    splits = all_windows(split_bounds, window, consecutive=consecutive)
    summary = _summary(panel, findings, {name: found.count for name, found in splits.items()})
    far = {name: far_out(panel, c) for c, name in enumerate(panel.targets)}
    summary["outliers"] = {name: int(count.sum()) for name, (count, _) in far.items()}
    runs = {name: _longest_runs(panel, c) for c, name in enumerate(panel.targets)}
    return TableReport(summary, findings.warnings, panel, findings, window, splits, runs, far)


def _summary(panel: Panel, findings: Findings, counts: dict[SplitName, Ints]) -> dict[str, Any]:
    lengths = panel.lengths
    last = panel.first + lengths - 1
    first_text, last_text = panel.time_axis.text(np.array([panel.first.min(), last.max()]))
    return {
        "freq": panel.time_axis.freq,
        "timezone": panel.time_axis.timezone,
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
        series.append(panel.time_axis.stamps(panel.first[s] + there))
    column = TimeColumn("", integer=panel.time_axis.is_integer)
    try:
        return infer_frequency(series, column, zone=panel.time_axis.timezone, source=Path(panel.source))[0]
    except DataError:
        return None


def _gaps(panel: Panel, findings: Findings, some: slice) -> list[dict[str, Any]]:
    low, high = np.searchsorted(findings.gap_series, [some.start, some.stop])
    series, length = findings.gap_series[low:high] - some.start, findings.gap_length[low:high]
    n = some.stop - some.start
    count = np.bincount(series, minlength=n)
    rows = np.bincount(series, weights=length, minlength=n).astype(np.int64)
    longest = np.zeros(n, dtype=np.int64)
    np.maximum.at(longest, series, length)
    owners, at = np.unique(series, return_index=True)
    first: list[str | None] = [None] * n
    for s, text in zip(owners.tolist(), panel.time_axis.text(findings.gap_first[low + at]), strict=True):
        first[s] = text
    return [
        {"count": c, "rows": r, "first": f, "longest": w}
        for c, r, f, w in zip(count.tolist(), rows.tolist(), first, longest.tolist(), strict=True)
    ]


def _by_target(
    panel: Panel, found: Mapping[str, tuple[Ints, Ints]], what: str, some: slice
) -> list[dict[str, dict[str, Any]]]:
    """Per series and target, a number of values, and the time of the first of them."""
    out: list[dict[str, dict[str, Any]]] = [{} for _ in panel.ids[some]]
    for name, (count, row) in found.items():
        # The longest run is told of also where it holds nothing.
        texts = texts_of(panel, row, count > (0 if what == "count" else -1), some)
        for entry, n, first in zip(out, count[some].tolist(), texts, strict=True):
            entry[name] = {what: n, "first": first}
    return out


def _known_ahead(panel: Panel, findings: Findings, some: slice) -> list[dict[str, Any]]:
    rows = findings.future_rows
    texts = texts_of(panel, panel.lengths - 1 + rows, rows > 0, some)
    return [{"rows": n, "last": last} for n, last in zip(rows[some].tolist(), texts, strict=True)]


def _longest_runs(panel: Panel, c: int) -> tuple[Ints, Ints]:
    """(series,) each: rows of the longest run of one value, the oldest of equals, and its first row,
    counted from the series' own. Missing values end a run."""
    longest, first = np.zeros(len(panel.ids), dtype=np.int64), np.zeros(len(panel.ids), dtype=np.int64)
    for s, end in series_blocks(panel.offsets):
        offsets = panel.offsets[s:end] - panel.offsets[s]
        column = panel.values[panel.offsets[s] : panel.offsets[end], c]
        begins = np.ones(len(column), dtype=bool)
        begins[1:] = column[1:] != column[:-1]
        begins[offsets] = True
        starts = np.flatnonzero(begins)
        lengths = np.diff(np.append(starts, len(column)))
        lengths[np.isnan(column[starts])] = 0
        # One number that grows with the length and, among equals, falls with the row.
        rank = lengths * len(column) + (len(column) - 1 - starts)
        best = np.maximum.reduceat(rank, np.searchsorted(starts, offsets))
        longest[s:end], first[s:end] = (
            best // len(column),
            len(column) - 1 - best % len(column) - offsets,
        )
    return longest, first
