"""Values that the network cannot tell apart: it computes in single precision, which has seven digits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import Floats, Ints
from forecaster.data.panel import Panel
from forecaster.data.transforms.scalers import ScalingSpec

Bools = NDArray[np.bool_]
# The spread of a series, in single-precision steps at its level, that a network needs to see its shape.
LEAST_STEPS = 1_000.0
_STEP = float(np.finfo(np.float32).eps)


def blurred(scaling: ScalingSpec, panel: Panel) -> list[tuple[str, str]]:
    """Return the series and targets whose values single precision cannot tell apart once they are scaled.

    Where each series is scaled by its own mean and spread there are none; there may be under "log" and "none", and
    where one scale serves series of different levels.

    Args:
        scaling: The scaling section.
        panel: The panel, which may have missing values.

    Returns:
        Pairs of series and target, in the order of the panel.
    """
    own = scaling.per_series and scaling.method not in ("log", "none")
    if own or not len(panel.values):
        return []
    found = []
    for target, name in enumerate(panel.targets):
        low, high = _extremes(panel.values[:, target], panel.offsets)
        lost = lost_in_logarithms(low, high) if scaling.method == "log" else _lost(low, high, scaling.method)
        found += [(panel.ids[s], name) for s in np.flatnonzero(lost).tolist()]
    return found


def lost_in_logarithms(low: Floats, high: Floats) -> Bools:
    """Return which series vary by too little for their level under "log", (series,).

    Args:
        low: The smallest value of each series, (series,); NaN where it has none.
        high: The largest value of each series.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        level = np.log1p(np.maximum(np.abs(low), np.abs(high)))
        # log(1 + b) - log(1 + a), without the rounding of the difference.
        return _too_alike(np.log1p((high - low) / (1.0 + low)), level)


def _lost(low: Floats, high: Floats, method: str) -> Bools:
    """Return which series vary by too little for their level under the other methods, (series,)."""
    level = np.maximum(np.abs(low), np.abs(high))
    if method != "none":
        middle = np.nanmean([low, high])
        level = np.maximum(np.abs(low - middle), np.abs(high - middle))
    return _too_alike(high - low, level)


def _too_alike(spread: Floats, level: Floats) -> Bools:
    with np.errstate(invalid="ignore"):
        lost: Bools = (spread > 0) & (spread < LEAST_STEPS * _STEP * level)
    return lost


def _extremes(values: Floats, offsets: Ints) -> tuple[Floats, Floats]:
    """Return the smallest and the largest value of each series, (series,); NaN where all are missing."""
    starts = offsets[:-1]
    return np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
