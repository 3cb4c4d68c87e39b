"""Values that the network cannot tell apart: it computes in single precision, which has seven digits."""

from __future__ import annotations

import numpy as np

from forecaster.data.arrays import Floats, Ints
from forecaster.data.panel import Panel
from forecaster.data.transforms.scalers import ScalingSpec

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
        spread = high - low
        level = np.maximum(np.abs(low), np.abs(high))
        if scaling.method == "log":
            with np.errstate(invalid="ignore", divide="ignore"):
                level = np.log1p(level)
                # log(1 + b) - log(1 + a), without the rounding of the difference.
                spread = np.log1p(spread / (1.0 + low))
        elif scaling.method != "none":
            level = np.maximum(np.abs(low - np.nanmean([low, high])), np.abs(high - np.nanmean([low, high])))
        with np.errstate(invalid="ignore"):
            lost = (spread > 0) & (spread < LEAST_STEPS * _STEP * level)
        found += [(panel.ids[s], name) for s in np.flatnonzero(lost).tolist()]
    return found


def _extremes(values: Floats, offsets: Ints) -> tuple[Floats, Floats]:
    """Return the smallest and the largest value of each series, (series,); NaN where all are missing."""
    starts = offsets[:-1]
    return np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
