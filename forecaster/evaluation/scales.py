"""The scales that scaled metrics divide by, computed from training rows alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from forecaster.data.arrays import Floats, Ints

# Elements held at a time beside the data itself.
ELEMENTS_PER_BLOCK = 2**18

# Differences below this share of a series' mean absolute value are rounding of float64.
ROUNDING = 8 * float(np.finfo(np.float64).eps)


class Scales(NamedTuple):
    """The scales of every series and target, NaN where the training rows cannot tell.

    Attributes:
        train_std: (series, targets), population standard deviation.
        naive_error: (series, targets), mean absolute error of the seasonal naive forecast.
        naive_sq_error: (series, targets), mean squared error of the same forecast.
    """

    train_std: Floats
    naive_error: Floats
    naive_sq_error: Floats


class _Sums(NamedTuple):
    """Sums over the counted training rows, each (series, targets)."""

    n: Floats
    plain: Floats
    absolute: Floats
    squared: Floats


def in_sample_scales(values: Floats, offsets: Ints, train_end: Ints, *, seasonality: int) -> Scales:
    """Compute the scales of every series and target from its observed training rows.

    A scale that is no larger than rounding error is 0, so that a constant 0.1 has no spread.
    The rows are read three times, in blocks.

    Args:
        values: (rows, targets), original units, NaN where not observed, all series end to end.
        offsets: (series + 1,); series s has rows offsets[s]:offsets[s + 1].
        train_end: (series,), the number of training rows of each series, from its first.
        seasonality: Steps that the seasonal naive forecast looks back. A pair of rows counts
            where both are observed and belong to the same series.
    """

    def season_before(start: int, stop: int, series: Ints) -> Floats:
        change = np.full((stop - start, values.shape[1]), np.nan)
        first = min(max(start, seasonality), stop)
        np.subtract(
            values[first:stop], values[first - seasonality : stop - seasonality], out=change[first - start :]
        )
        change[np.arange(start, stop) - seasonality < offsets[series]] = np.nan
        return change

    ends = offsets[:-1] + np.minimum(train_end, np.diff(offsets))
    level = _sums(lambda start, stop, _: values[start:stop], values.shape[1], offsets=offsets, ends=ends)
    # A series without counted rows divides 0 by 0.
    with np.errstate(invalid="ignore"):
        mean, rounding = level.plain / level.n, ROUNDING * level.absolute / level.n
        spread = _sums(
            lambda start, stop, series: values[start:stop] - mean[series],
            values.shape[1],
            offsets=offsets,
            ends=ends,
        )
        # The second term corrects for rounding of the mean (Chan, Golub & LeVeque, 1983).
        variance = (spread.squared - spread.plain**2 / spread.n) / spread.n
        change = _sums(season_before, values.shape[1], offsets=offsets, ends=ends)
        return Scales(
            _beyond(np.sqrt(np.maximum(variance, 0.0)), rounding),
            _beyond(change.absolute / change.n, rounding),
            _beyond(change.squared / change.n, rounding**2),
        )


def _beyond(scale: Floats, rounding: Floats) -> Floats:
    return np.where(scale <= rounding, 0.0, scale)


def _sums(rows: Callable[[int, int, Ints], Floats], n_targets: int, *, offsets: Ints, ends: Ints) -> _Sums:
    """Sum per series what `rows(start, stop, series of each row)` returns; NaN is not counted."""
    out = _Sums(*(np.zeros((len(ends), n_targets)) for _ in _Sums._fields))
    step = max(1, ELEMENTS_PER_BLOCK // n_targets)
    for start in range(0, int(offsets[-1]), step):
        stop = min(start + step, int(offsets[-1]))
        first = int(np.searchsorted(offsets, start, side="right")) - 1
        last = int(np.searchsorted(offsets, stop, side="left"))
        here = np.arange(first, last)
        lengths = np.minimum(offsets[here + 1], stop) - np.maximum(offsets[here], start)
        series = np.repeat(here, lengths)
        # reduceat misreads an empty series, so only those with rows here take part.
        here, lengths = here[lengths > 0], lengths[lengths > 0]
        begins = np.cumsum(lengths) - lengths

        block = rows(start, stop, series)
        counted = ~np.isnan(block) & (np.arange(start, stop) < ends[series])[:, None]
        kept = np.where(counted, block, 0.0)
        for total, part in zip(
            out, (counted.astype(np.float64), kept, np.abs(kept), np.square(kept)), strict=True
        ):
            total[here] += np.add.reduceat(part, begins, axis=0)
    return out
