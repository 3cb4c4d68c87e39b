"""What the page draws: the last known values of each series, its forecast and its intervals."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecaster.data.arrays import AnyFloats
from forecaster.pipeline.predict import Predicted

# Series and targets in one answer, and steps before a forecast.
MOST_LINES, LEAST_PAST, MOST_PAST = 200, 48, 500


def chart_lines(found: Predicted) -> list[dict[str, Any]]:
    """Return a line for each series and target, at most MOST_LINES, as plain values.

    Times are seconds since 1970 on the clock of the zone, or whole numbers. A line has the past, then the forecast.

    Args:
        found: The forecast.
    """
    newest = found.newest
    if newest is None:
        return []
    f, axis = newest.forecasts, newest.time_axis
    n_past = int(np.clip(4 * f.horizon, LEAST_PAST, MOST_PAST))
    pairs = [(s, t) for s in range(len(f.ids)) for t in range(len(f.targets))][:MOST_LINES]
    lines = []
    for series, target in pairs:
        first, past, window = newest.window(series, target, n_past=n_past)
        positions = first + np.arange(-len(past), f.horizon)
        times = axis.stamps(positions) if axis.is_integer else axis.local(positions) / 1e9
        lines.append(
            {
                "series": f.ids[series],
                "target": f.targets[target],
                "times": times.tolist(),
                "labels": axis.text(positions),
                "past": _plain(past),
                "forecast": _plain(f.forecast[window, target]),
                "bands": [
                    {"level": level, "low": _plain(low[window, target]), "high": _plain(high[window, target])}
                    for level, (low, high) in sorted(f.bands.items())
                ],
            }
        )
    return lines


def _plain(values: AnyFloats) -> list[float | None]:
    return [float(v) if np.isfinite(v) else None for v in values.tolist()]
