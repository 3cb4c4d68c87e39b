"""Columns of categories: read as text, numbered by the names that training rows hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints, beside, row_blocks, series_blocks
from forecaster.data.panel import Panel
from forecaster.data.ranges import ranges
from forecaster.errors import DataError, Location

if TYPE_CHECKING:
    pass

Codes = NDArray[np.int32]
# Every category of one_hot is a channel of every step of a batch.
MOST_ONE_HOT = 1000
_NAMED = 5


@dataclass(frozen=True)
class Encoders:
    """What number each category has: 1 and up, in the order of `names`, for those that training
    rows hold; 0 for every other, and for an empty cell.

    kinds: column -> one_hot or embedding. names: column -> the categories of training rows, sorted.
    """

    kinds: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def size(self, column: str) -> int:
        """Categories that training rows hold."""
        return len(self.names[column])

    def rows(self, panel: Panel) -> Codes:
        """(rows, categorical columns), in the panel's order of columns."""
        columns = _columns(panel)
        out = beside(panel.values).empty((len(panel.values), len(columns)), np.int32)
        for rows in row_blocks(len(out)):
            for k, (c, name) in enumerate(columns):
                out[rows, k] = self.codes(panel, name, panel.values[rows, c])
        return out

    def statics(self, panel: Panel) -> Codes:
        """(series, categorical statics)."""
        found = [self.codes(panel, name, panel.static[:, k]) for k, name in _statics(panel)]
        return np.stack(found, axis=1) if found else np.zeros((len(panel.ids), 0), dtype=np.int32)

    def codes(self, panel: Panel, name: str, cells: Floats) -> Codes:
        """The numbers of cells that hold places among the panel's own names; see `number`."""
        place = {category: i for i, category in enumerate(self.names[name], start=1)}
        # One more at the end, where the place -1 of an empty cell leads.
        table = np.array([*(place.get(c, 0) for c in panel.categories[name]), 0], dtype=np.int32)
        out: Codes = table[np.where(np.isnan(cells), -1, cells).astype(np.int64)]
        return out

    def unseen(self, panel: Panel, known: Ints | None = None) -> list[str]:
        """A remark for each column that holds categories which training rows do not.

        known: (series,), rows of each series at which past covariates are looked at; None: all.
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
            found = np.flatnonzero(counts)
            if len(found):
                some = ", ".join(repr(panel.categories[name][i]) for i in found[:_NAMED])
                more = ", …" if len(found) > _NAMED else ""
                remarks.append(
                    f"{name!r} holds {len(found):,} {'category' if len(found) == 1 else 'categories'} that training "
                    f"never saw, in {int(counts.sum()):,} cells: {some}{more}; counted as an average one"
                )
        return remarks

    def as_json(self) -> dict[str, Any]:
        return {name: {"as": kind, "categories": list(self.names[name])} for name, kind in self.kinds.items()}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Encoders:
        return cls(
            {name: one["as"] for name, one in state.items()},
            {name: tuple(one["categories"]) for name, one in state.items()},
        )


def fit_encoders(kinds: Mapping[str, str], panel: Panel, train_end: Ints) -> Encoders:
    """Learn the names that the first train_end rows of each series hold, and no others; of static
    covariates, the names of the series that have such rows.

    Raises DataError where one_hot would make too many channels, or a column has no name at all.
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
    """The panel with these names added to those of a column, and the place of each of them."""
    own = list(panel.categories[name])
    place = {category: i for i, category in enumerate(own)}
    for category in names:
        if category not in place:
            place[category] = len(own)
            own.append(category)
    panel = replace(panel, categories={**panel.categories, name: tuple(own)})
    return panel, np.array([place[category] for category in names], dtype=np.int64)


def _counts(cells: Floats, n: int) -> Ints:
    """(n,), how often each place occurs among the cells."""
    total = np.zeros(n, dtype=np.int64)
    for rows in row_blocks(len(cells)):
        known = cells[rows]
        total += np.bincount(known[known >= 0].astype(np.int64), minlength=n)
    return total


def _columns(panel: Panel) -> list[tuple[int, str]]:
    return [(c, name) for c, name in enumerate(panel.columns) if name in panel.categories]


def _statics(panel: Panel) -> list[tuple[int, str]]:
    return [(k, name) for k, name in enumerate(panel.statics) if name in panel.categories]
