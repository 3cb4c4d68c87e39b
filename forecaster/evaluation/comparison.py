"""Forecasts of the same windows against each other: is the difference more than chance?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecaster.data.arrays import AnyFloats, Ints
from forecaster.errors import UsageError
from forecaster.evaluation.significance import Comparison, diebold_mariano, losses_by_cutoff


@dataclass(frozen=True)
class ComparedForecast:
    """One forecaster's windows.

    Attributes:
        name: Of the forecaster.
        freq: Of the time axis.
        series: (windows,), ids.
        position: (windows,), of the first target on the time axis.
        actual, forecast: (windows, horizon, targets), original units.
        scale: (windows, targets), what errors are divided by.
    """

    name: str
    freq: str | int
    series: np.ndarray
    position: Ints
    actual: AnyFloats
    forecast: AnyFloats
    scale: AnyFloats

    def key(self) -> list[tuple[str, int]]:
        return list(zip(self.series.tolist(), self.position.tolist(), strict=True))

    def take(self, rows: Ints) -> ComparedForecast:
        return ComparedForecast(
            self.name,
            self.freq,
            self.series[rows],
            self.position[rows],
            self.actual[rows],
            self.forecast[rows],
            self.scale[rows],
        )

    def after(self, other: ComparedForecast) -> ComparedForecast:
        """The windows of both, the other's first: the folds of a backtest."""
        pairs = [
            (getattr(other, k), getattr(self, k))
            for k in ("series", "position", "actual", "forecast", "scale")
        ]
        return ComparedForecast(self.name, self.freq, *(np.concatenate(pair) for pair in pairs))


def common(found: Sequence[ComparedForecast]) -> list[ComparedForecast]:
    """Keep only the windows that all have, in the same order.

    Raises:
        UsageError: When there is none, or the windows are of different shape.
    """
    shapes = {(w.freq, *w.actual.shape[1:]) for w in found}
    if len(shapes) > 1:
        words = ", ".join(
            f"{w.name}: {w.actual.shape[1]} steps of {w.freq} of {w.actual.shape[2]}" for w in found
        )
        raise UsageError(
            f"forecasts of different horizons, steps or targets cannot be compared ({words})",
            hint="train both with the same window.horizon, data.freq and data.targets",
        )
    places = [{key: i for i, key in enumerate(w.key())} for w in found]
    shared = sorted(set.intersection(*(set(p) for p in places)))
    if not shared:
        raise UsageError(
            "the runs have no test window in common", hint="give both the same --data, or the same split"
        )
    return [w.take(np.array([p[key] for key in shared])) for w, p in zip(found, places, strict=True)]


def compare(first: ComparedForecast, second: ComparedForecast, *, squared: bool = False) -> Comparison:
    """The Diebold-Mariano test of the same windows; errors in units of MASE."""
    places = (first.scale, first.position)
    cutoffs, loss = losses_by_cutoff(first.actual, first.forecast, *places, squared=squared)
    _, other = losses_by_cutoff(first.actual, second.forecast, *places, squared=squared)
    # Cutoffs further apart than a step overlap less.
    apart = max(1, int(np.diff(cutoffs).min())) if len(cutoffs) > 1 else 1
    return diebold_mariano(loss, other, horizon=-(-first.actual.shape[1] // apart))
