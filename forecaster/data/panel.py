"""The table as the program works with it: regular series of numbers, one after the other."""

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
    """Series with a row at every step of one time axis, sorted by id, whatever the order of the file.

    Attributes:
        time_axis: The axis; positions on it count its steps.
        ids: One per series; ("",) for a table without an id column.
        targets, past, future, statics: Names of columns.
        offsets: (series + 1,); rows offsets[s]:offsets[s + 1] are those of series s.
        first: (series,), the position of each series' first row; its row i is at first + i.
        values: (rows, columns), in original units; targets, then past, then future covariates; NaN where
            missing. A row that is absent from the table is all NaN.
        static: (series, statics), NaN where missing.
        source: The file, as messages show it.
        categories: The names of each column of categories, sorted; a cell of such a column, in `values` or
            `static`, is the place of its name among them.
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
        """Places of the columns of `values` that hold numbers, not categories."""
        return [c for c, name in enumerate(self.columns) if name not in self.categories]

    @cached_property
    def numbers(self) -> Floats:
        """Values of the numeric columns, (rows, numeric columns); `values` itself where all columns are."""
        return self.values if len(self.numeric) == len(self.columns) else copied(self.values, self.numeric)

    @property
    def static_numbers(self) -> Floats:
        """Values of the numeric static covariates, (series, numeric statics)."""
        return self.static[:, [k for k, name in enumerate(self.statics) if name not in self.categories]]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of `values`."""
        return self.targets + self.past + self.future

    @property
    def lengths(self) -> Ints:
        """Number of rows of each series, (series,)."""
        return np.diff(self.offsets)

    def first_rows(self, count: Ints) -> Panel:
        """Return the first rows of each series. count: (series,), how many."""
        return self.between(np.zeros_like(count), count)

    def between(self, low: Ints, high: Ints) -> Panel:
        """Return rows low to high of each series, half-open, counted from its first row. Each (series,)."""
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
        """Return series start to stop, half-open, whose values are a view."""
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
        """Return some of the series, in the order given. keep: (kept,), places of series."""
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
        """Return the series that each row of `values` belongs to."""
        return np.searchsorted(self.offsets, rows, side="right") - 1

    def positions_of_rows(self, rows: Ints) -> Ints:
        """Return the position on the time axis of each row of `values`."""
        series = self.series_of_rows(rows)
        out: Ints = self.first[series] + rows - self.offsets[series]
        return out


@dataclass(frozen=True)
class Findings:
    """What reading found in a table and corrected, for `validate` and for warnings.

    Arrays of one entry per series are in the panel's order.

    Attributes:
        rows: (series,), rows that were read.
        duplicates: (series,), rows that were dropped or merged because another has the same time.
        leading, trailing: (series,), rows before the first and after the last observed target, dropped.
        future_rows: (series,), steps kept after the last observed target because future covariates are known.
        missing: (series, columns), empty cells of the rows that the table has.
        gap_series, gap_first, gap_length: (gaps,), for each run of absent rows its series, its first position
            on the time axis, and its number of rows.
        dropped: Ids of series without any observed target.
        unsorted: Whether the rows of a series were not in time order.
        warnings: One line for each kind of correction.
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
        """Absent rows that were inserted, (series,)."""
        counts = np.bincount(self.gap_series, weights=self.gap_length, minlength=len(self.rows))
        return counts.astype(np.int64)
