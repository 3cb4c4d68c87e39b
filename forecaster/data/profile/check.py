"""The facts about a table that `validate` shows: gaps, duplicates, missing values, outliers and windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.data.arrays import Ints, series_blocks
from forecaster.data.panel import Findings, Panel
from forecaster.data.profile.outliers import outliers
from forecaster.data.profile.split_facts import Ranges, all_windows, describe_splits, texts_of
from forecaster.data.spec import WindowSpec
from forecaster.data.time_axis.infer import TimeColumn, infer_frequency
from forecaster.data.transforms.split import SplitBounds, SplitName
from forecaster.errors import DataError, Diagnostic

# Series, and rows of each, from which a frequency is inferred.
_SAMPLED_SERIES, _SAMPLED_ROWS = 20, 10_000
# Series that are described together.
_BLOCK = 10_000


@dataclass(frozen=True)
class TableReport:
    """The facts that `check` found. `series` and `each` describe single series.

    Attributes:
        summary: Facts about the whole table, of the same size for any number of series.
        warnings: What reading corrected.
        panel, findings, window: What was checked.
        splits: The rows and windows of each split.
        runs: Target to the length of the longest run of one value, and its first row, each (series,).
        outliers: Column of numbers to the number of outliers, and the row of the first, each (series,).
    """

    summary: dict[str, Any]
    warnings: tuple[Diagnostic, ...]
    panel: Panel
    findings: Findings
    window: WindowSpec
    splits: dict[SplitName, Ranges]
    runs: dict[str, tuple[Ints, Ints]]
    outliers: dict[str, tuple[Ints, Ints]]

    def series(self, s: int) -> dict[str, Any]:
        """Return the facts about one series; see `check`."""
        [facts] = self.each(s, s + 1)
        return facts

    def each(self, start: int = 0, stop: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the facts about series start to stop, half-open, one after the other; see `check`."""
        n = len(self.panel.ids) if stop is None else stop
        for a in range(start, n, _BLOCK):
            yield from self._some(slice(a, min(a + _BLOCK, n)))

    def gap_at(self, gap: int) -> tuple[str, str]:
        """Return the series of a gap and the time of its first row.

        Args:
            gap: The number of the gap, by series and time.
        """
        findings, panel = self.findings, self.panel
        return panel.ids[findings.gap_series[gap]], panel.time_axis.text(findings.gap_first[[gap]])[0]

    @property
    def longest_gap(self) -> int:
        """The number of the longest gap, the first of equals. There must be a gap."""
        return int(np.argmax(self.findings.gap_length))

    def as_json(self) -> dict[str, Any]:
        """Return all facts as plain data."""
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
            "constant": _by_column(panel, self.runs, "rows", some),
            "outliers": _by_column(panel, self.outliers, "count", some),
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
    """Collect the facts about a table as it was read, before any value is filled.

    The facts about one series:
        id, rows, first, last: Its name, its rows with gaps filled in, its first and last time.
        duplicates: Rows dropped or merged.
        gaps: {count, rows, first, longest}, runs of absent rows.
        missing: {column: empty cells}.
        constant: {target: {rows, first}}, the longest run of one value.
        outliers: {target or covariate: {count, first}}, values beyond the quartiles; see `outliers.REACH`.
        known_ahead: {rows, last}, steps after the last target where future covariates are known.
        train, val, test: {windows, first, last, first_window, last_window}: the first and last target of the
            split; of its first and last window the first step of the lookback, the cutoff, and the first and
            last target.

    Args:
        panel: The table as it was read.
        findings: What reading found and corrected.
        split_bounds: The ranges of the splits.
        window: The window section.
        consecutive: See `target_rows`.
    """
    splits = all_windows(split_bounds, window, consecutive=consecutive)
    summary = _summary(panel, findings, {name: ranges.count for name, ranges in splits.items()})
    # Categories are numbers of names, which have no distance.
    numbers = [(c, name) for c, name in enumerate(panel.columns) if name not in panel.categories]
    beyond = {name: outliers(panel, c) for c, name in numbers}
    summary["outliers"] = {name: int(count.sum()) for name, (count, _) in beyond.items()}
    runs = {name: _longest_runs(panel, c) for c, name in enumerate(panel.targets)}
    return TableReport(summary, findings.warnings, panel, findings, window, splits, runs, beyond)


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
    """Infer the frequency of the first few series; None where their rows are irregular, or too few."""
    series = []
    for s in range(min(len(panel.ids), _SAMPLED_SERIES)):
        rows = panel.values[panel.offsets[s] : panel.offsets[s + 1]][:_SAMPLED_ROWS]
        present = np.flatnonzero(~np.isnan(rows).all(axis=1))
        series.append(panel.time_axis.stamps(panel.first[s] + present))
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


def _by_column(
    panel: Panel, by_column: Mapping[str, tuple[Ints, Ints]], key: str, some: slice
) -> list[dict[str, dict[str, Any]]]:
    """Return for each series {column: {key: number of values, "first": time of the first of them}}."""
    out: list[dict[str, dict[str, Any]]] = [{} for _ in panel.ids[some]]
    for name, (count, row) in by_column.items():
        # The longest run has a first row even where every value is missing.
        texts = texts_of(panel, row, count > (0 if key == "count" else -1), some)
        for entry, n, first in zip(out, count[some].tolist(), texts, strict=True):
            entry[name] = {key: n, "first": first}
    return out


def _known_ahead(panel: Panel, findings: Findings, some: slice) -> list[dict[str, Any]]:
    rows = findings.future_rows
    texts = texts_of(panel, panel.lengths - 1 + rows, rows > 0, some)
    return [{"rows": n, "last": last} for n, last in zip(rows[some].tolist(), texts, strict=True)]


def _longest_runs(panel: Panel, c: int) -> tuple[Ints, Ints]:
    """Return the length of the longest run of one value, the first of equals, and its first row, each (series,).

    Rows are counted from each series' first row. A missing value ends a run.
    """
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
