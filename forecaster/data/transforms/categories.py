"""Categories to numbers, by the names that training rows hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints, beside, row_blocks, series_blocks
from forecaster.data.panel import Panel
from forecaster.data.ranges import ranges
from forecaster.errors import DataError, Location
from forecaster.text import listed, quoted

Codes = NDArray[np.int32]
# Under one_hot every category is a channel of every step of a batch.
MOST_ONE_HOT = 1000
_NAMED = 5


@dataclass(frozen=True)
class Encoders:
    """The number of each category: from 1, in the order of `names`; 0 for a category that no training row holds,
    and for an empty cell.

    Attributes:
        kinds: Column to "one_hot" or "embedding".
        names: Column to the categories of its training rows, sorted.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def size(self, column: str) -> int:
        """Return how many categories the training rows of a column hold."""
        return len(self.names[column])

    def rows(self, panel: Panel) -> Codes:
        """Return the numbers of all rows, (rows, categorical columns), in the panel's order of columns."""
        columns = _columns(panel)
        out = beside(panel.values).empty((len(panel.values), len(columns)), np.int32)
        for rows in row_blocks(len(out)):
            for k, (c, name) in enumerate(columns):
                out[rows, k] = self.codes(panel, name, panel.values[rows, c])
        return out

    def statics(self, panel: Panel) -> Codes:
        """Return the numbers of static covariates, (series, categorical statics)."""
        columns = [self.codes(panel, name, panel.static[:, k]) for k, name in _statics(panel)]
        return np.stack(columns, axis=1) if columns else np.zeros((len(panel.ids), 0), dtype=np.int32)

    def codes(self, panel: Panel, name: str, cells: Floats) -> Codes:
        """Return the numbers of cells, (cells,), that hold places among the panel's own names of a column."""
        place = {category: i for i, category in enumerate(self.names[name], start=1)}
        # The last entry is for an empty cell, whose place is -1.
        table = np.array([*(place.get(c, 0) for c in panel.categories[name]), 0], dtype=np.int32)
        out: Codes = table[np.where(np.isnan(cells), -1, cells).astype(np.int64)]
        return out

    def unseen(self, panel: Panel, known: Ints | None = None) -> list[str]:
        """Return a warning for each column that holds categories which no training row holds.

        Args:
            panel: The rows to look at.
            known: (series,), how many first rows of each series to look at for past covariates; None for all.
        """
        remarks = []
        before = panel if known is None else panel.first_rows(known)
        cells = [
            (name, (before if name in panel.past else panel).values[:, c]) for c, name in _columns(panel)
        ]
        cells += [(name, panel.static[:, k]) for k, name in _statics(panel)]
        for name, column in cells:
            trained = set(self.names[name])
            new = np.array([c not in trained for c in panel.categories[name]], dtype=np.bool_)
            counts = _counts(column, len(new)) * new
            unseen = [panel.categories[name][i] for i in np.flatnonzero(counts)]
            if unseen:
                remarks.append(
                    f"{name!r} holds {len(unseen):,} {'category' if len(unseen) == 1 else 'categories'} that training "
                    f"never saw, in {int(counts.sum()):,} cells: {listed(quoted(unseen), most=_NAMED)}; "
                    "counted as an average one"
                )
        return remarks

    def as_json(self) -> dict[str, Any]:
        """Return plain data from which `from_json` makes the same encoders."""
        return {name: {"as": kind, "categories": list(self.names[name])} for name, kind in self.kinds.items()}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Encoders:
        """Return the encoders that `as_json` stored."""
        return cls(
            {name: column["as"] for name, column in state.items()},
            {name: tuple(column["categories"]) for name, column in state.items()},
        )


def fit_encoders(kinds: Mapping[str, str], panel: Panel, train_end: Ints) -> Encoders:
    """Learn the categories of the training rows, and no others.

    Args:
        kinds: Column to "one_hot" or "embedding".
        panel: The table.
        train_end: (series,), how many first rows of each series are training rows. Static covariates of a
            series without any are not learned from.

    Raises:
        DataError: one_hot would make too many channels, or no training row has a value of a column.
    """
    counts = {name: np.zeros(len(panel.categories[name]), dtype=np.int64) for name in kinds}
    for s, end in series_blocks(panel.offsets):
        rows = ranges(panel.offsets[s:end], panel.offsets[s:end] + train_end[s:end])
        for c, name in _columns(panel):
            counts[name] += _counts(panel.values[rows, c], len(counts[name]))
    for k, name in _statics(panel):
        counts[name] += _counts(panel.static[train_end > 0, k], len(counts[name]))
    names: dict[str, tuple[str, ...]] = {}
    for name in sorted(kinds):
        places = np.flatnonzero(counts[name])
        names[name] = tuple(panel.categories[name][i] for i in places.tolist())
        if not len(places):
            raise DataError(
                f"no training row has a value of {name!r}",
                hint="leave the column out, or give it values",
                location=Location(panel.source),
            )
        if kinds[name] == "one_hot" and len(places) > MOST_ONE_HOT:
            raise DataError(
                f"column {name!r} has {len(places):,} categories, and one_hot makes a channel of each",
                hint="use embedding",
                location=Location(panel.source),
                path=f"data.categorical.{name}",
            )
    return Encoders({name: kinds[name] for name in sorted(kinds)}, names)


def with_names(panel: Panel, name: str, names: tuple[str, ...]) -> tuple[Panel, Ints]:
    """Return the panel with names added to those of a column, and the place of each of the names, (names,)."""
    own = list(panel.categories[name])
    place = {category: i for i, category in enumerate(own)}
    for category in names:
        if category not in place:
            place[category] = len(own)
            own.append(category)
    panel = replace(panel, categories={**panel.categories, name: tuple(own)})
    return panel, np.array([place[category] for category in names], dtype=np.int64)


def _counts(cells: Floats, n: int) -> Ints:
    """Return how often each place from 0 to n - 1 occurs among the cells, (n,)."""
    total = np.zeros(n, dtype=np.int64)
    for rows in row_blocks(len(cells)):
        known = cells[rows]
        total += np.bincount(known[known >= 0].astype(np.int64), minlength=n)
    return total


def _columns(panel: Panel) -> list[tuple[int, str]]:
    return [(c, name) for c, name in enumerate(panel.columns) if name in panel.categories]


def _statics(panel: Panel) -> list[tuple[int, str]]:
    return [(k, name) for k, name in enumerate(panel.statics) if name in panel.categories]
