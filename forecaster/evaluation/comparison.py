"""Forecasts of the same windows against each other: is the difference more than chance?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from forecaster.data.arrays import AnyFloats, Ints
from forecaster.errors import UsageError
from forecaster.evaluation.significance import (
    MIN_SERIES,
    Comparison,
    WindowLosses,
    diebold_mariano,
    paired_over_series,
    window_losses,
)


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


class Grouped(NamedTuple):
    """The windows of a comparison by cutoff and by series.

    Attributes:
        horizon: Horizon in units of the distance between cutoffs.
        cutoff: (windows,), the number of each window's cutoff, in order of time.
        series: (windows,), the number of each window's series.
        n_cutoffs: The number of cutoffs.
        n_series: The number of series.
    """

    horizon: int
    cutoff: Ints
    series: Ints
    n_cutoffs: int
    n_series: int

    @classmethod
    def of(cls, forecast: ComparedForecast) -> Grouped:
        """Number the cutoffs and the series of a forecast."""
        cutoffs, cutoff = np.unique(forecast.position, return_inverse=True)
        names, series = np.unique(forecast.series, return_inverse=True)
        # Cutoffs further apart than a step overlap less.
        apart = max(1, int(np.diff(cutoffs).min())) if len(cutoffs) > 1 else 1
        horizon = -(-forecast.actual.shape[1] // apart)
        return cls(horizon, cutoff, series, len(cutoffs), len(names))

    def test(self, first: WindowLosses, second: WindowLosses) -> Comparison:
        """Test the losses of two forecasts of these windows.

        The test is over cutoffs, or over series where there are too few cutoffs and enough series.

        Args:
            first: The losses of the first forecast.
            second: The losses of the second forecast.
        """
        over_cutoffs = diebold_mariano(
            *first.beside(second, self.cutoff, self.n_cutoffs), horizon=self.horizon
        )
        if over_cutoffs.p is not None or self.n_series < MIN_SERIES:
            return over_cutoffs
        over_series = paired_over_series(
            *first.beside(second, self.series, self.n_series), n_cutoffs=over_cutoffs.origins
        )
        return over_cutoffs if over_series.p is None else over_series


def compare(first: ComparedForecast, second: ComparedForecast, *, squared: bool = False) -> Comparison:
    """Test two forecasts of the same windows, with errors in units of MASE.

    The test is that of Diebold and Mariano over cutoffs; where there are too few of them, and at least ten series, it
    is a paired t test over series.

    Args:
        first: The first forecast.
        second: The second forecast.
        squared: Whether to compare squared errors instead of absolute ones.
    """
    losses = (window_losses(first.actual, f.forecast, first.scale, squared=squared) for f in (first, second))
    return Grouped.of(first).test(*losses)
