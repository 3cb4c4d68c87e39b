"""The table as the program sees it: regular series of numbers, end to end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from forecaster.data.arrays import Floats, Ints, copied, picked
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.errors import Diagnostic


@dataclass(frozen=True)
class Panel:
    """Series of regular steps, sorted by id, so that the order of rows and series changes nothing.

    ids: one per series; ("",) for a table without an id column.
    targets, past, future, statics: names of columns.
    offsets: (series + 1,); rows offsets[s]:offsets[s + 1] are those of series s.
    first: (series,), grid position of each series' first row; row i is at first + i.
    values: (rows, columns), original units; targets, then past, then future
    covariates; NaN where missing (absent rows are there, all NaN).
    static: (series, statics), NaN where missing.
    source: the file, as shown in messages.
    categories: the names of each column of categories, sorted; such a column holds, in values
    or static, the place of each cell's name among them.
    """

    time_axis: TimeAxis
    ids: tuple[str, ...]
    targets: tuple[str, ...]
    past: tuple[str, ...]
    future: tuple[str, ...]
    statics: tuple[str, ...]
    offsets: Ints
    first: Ints
    values: Floats
    static: Floats
    source: str = ""
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def numeric(self) -> list[int]:
        """Columns of `values` that hold numbers."""
        return [c for c, name in enumerate(self.columns) if name not in self.categories]

    @cached_property
    def numbers(self) -> Floats:
        """(rows, numeric columns), the values themselves where every column is one."""
        return self.values if len(self.numeric) == len(self.columns) else copied(self.values, self.numeric)

    @property
    def static_numbers(self) -> Floats:
        """(series, numeric statics)."""
        return self.static[:, [k for k, name in enumerate(self.statics) if name not in self.categories]]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of `values`."""
        return self.targets + self.past + self.future

    @property
    def lengths(self) -> Ints:
        """(series,), rows of each series."""
        return np.diff(self.offsets)

    def first_rows(self, count: Ints) -> Panel:
        """Only the first rows of each series. count: (series,)."""
        return self.between(np.zeros_like(count), count)

    def between(self, low: Ints, high: Ints) -> Panel:
        """Only rows low to high of each series, half-open, counted from its first. Each (series,)."""
        if not low.any() and (high == self.lengths).all():
            return self
        begin = self.offsets[:-1]
        return replace(
            self,
            offsets=np.append(0, np.cumsum(high - low)),
            first=self.first + low,
            values=picked(self.values, begin + low, begin + high),
        )

    def series(self, start: int, stop: int) -> Panel:
        """Some neighbouring series; their values are a view."""
        first = self.offsets[start]
        return replace(
            self,
            ids=self.ids[start:stop],
            offsets=self.offsets[start : stop + 1] - first,
            first=self.first[start:stop],
            values=self.values[first : self.offsets[stop]],
            static=self.static[start:stop],
        )

    def pick(self, keep: Ints) -> Panel:
        """Only some of the series, in the order given."""
        low, high = self.offsets[:-1][keep], self.offsets[1:][keep]
        return replace(
            self,
            ids=tuple(self.ids[s] for s in keep.tolist()),
            first=self.first[keep],
            offsets=np.append(0, np.cumsum(high - low)),
            values=picked(self.values, low, high),
            static=self.static[keep],
        )

    def series_of_rows(self, rows: Ints) -> Ints:
        """The series that each flat row belongs to."""
        return np.searchsorted(self.offsets, rows, side="right") - 1

    def positions_of_rows(self, rows: Ints) -> Ints:
        """The grid position of each flat row."""
        series = self.series_of_rows(rows)
        out: Ints = self.first[series] + rows - self.offsets[series]
        return out


@dataclass(frozen=True)
class Findings:
    """What reading met and mended, for `validate` and for warnings.

    Per series, (series,), in the panel's order: rows read, duplicates dropped or
    merged, rows before the first and after the last observed target (dropped),
    rows kept after it because only future covariates are known. missing:
    (series, columns), empty cells of the rows that were there.
    gap_*: one entry per run of absent rows: its series, first grid position and
    number of rows. dropped: ids without any observed target.
    """

    rows: Ints
    duplicates: Ints
    leading: Ints
    trailing: Ints
    future_rows: Ints
    missing: Ints
    gap_series: Ints
    gap_first: Ints
    gap_length: Ints
    dropped: tuple[str, ...] = ()
    unsorted: bool = False
    warnings: tuple[Diagnostic, ...] = field(default=())

    @property
    def gap_rows(self) -> Ints:
        """(series,), absent rows that were put in."""
        counts = np.bincount(self.gap_series, weights=self.gap_length, minlength=len(self.rows))
        return counts.astype(np.int64)
