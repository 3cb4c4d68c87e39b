"""Static covariates of a table: one value for each series, in whichever of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from forecaster.data.arrays import Floats, Ints, series_blocks
from forecaster.data.reading.problems import CellFault, TableFile
from forecaster.data.reading.rows import Codes, Ordered, Rows
from forecaster.data.spec import DataSpec


def take_static(
    spec: DataSpec, rows: Rows, ordered: Ordered, offsets: Ints, tables: Sequence[TableFile]
) -> Floats:
    """Return the static covariates of each series, (series, statics), from the last columns of the values.

    Raises:
        DataError: A static covariate changes within a series.
    """
    n = len(spec.static_covariates)
    static = np.full((len(rows.ids), n), np.nan)
    first = ordered.values.shape[1] - n
    for k, name in enumerate(spec.static_covariates):
        differing: list[Ints] = [np.zeros(0, dtype=np.int64)]
        for s, end in series_blocks(offsets):
            column = ordered.values[offsets[s] : offsets[end], first + k]
            starts = offsets[s:end] - offsets[s]
            usual = static[s:end, k] = np.fmax.reduceat(column, starts)
            if (np.fmin.reduceat(column, starts) >= usual).sum() < (~np.isnan(usual)).sum():
                series = ordered.series[offsets[s] : offsets[end]] - s
                usual = static[s:end, k] = _first_known(column, series, end - s)
                differing.append(offsets[s] + np.flatnonzero(~np.isnan(column) & (column != usual[series])))
        if len(rows_at_fault := np.concatenate(differing)):
            shown = partial(_shown, rows.categories.get(name))
            column = ordered.values[rows_at_fault, first + k]
            series = ordered.series[rows_at_fault]
            describe = partial(_varies, rows.ids, series, column, static[:, k], shown)
            rows.faults(name, ordered.rows_in_file(rows_at_fault), describe).raise_any(tables)
    return static


def _shown(names: tuple[str, ...] | None, value: float) -> str:
    """Return a cell as the table shows it."""
    return f"{value:g}" if names is None else repr(names[int(value)])


def _varies(
    ids: tuple[str, ...],
    series: Codes,
    values: Floats,
    usual: Floats,
    shown: Callable[[float], str],
    i: int,
) -> CellFault:
    s = int(series[i])
    what = f"{shown(values[i])} is not the {shown(usual[s])} that series {ids[s]!r} has at earlier times"
    return what, "make it constant, or list it under data.past_covariates"


def _first_known(column: Floats, owner: Codes, n_series: int) -> Floats:
    """Return the first value of each series, (series,), NaN where it has none."""
    known = np.flatnonzero(~np.isnan(column))
    series, at = np.unique(owner[known], return_index=True)
    usual = np.full(n_series, np.nan)
    usual[series] = column[known[at]]
    return usual
