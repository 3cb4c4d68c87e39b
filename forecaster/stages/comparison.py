"""Forecasts of the same windows against each other: is the difference one?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecaster.data.arrays import AnyFloats
from forecaster.errors import UsageError
from forecaster.evaluation.significance import Comparison, diebold_mariano, losses_by_cutoff
from forecaster.stages.prepared import Ints, Prepared


@dataclass(frozen=True)
class ComparedForecasts:
    """A forecaster's windows.

    freq: of the time axis. series: (windows,), ids. position: (windows,), of the first
    target on that axis. actual, forecast: (windows, horizon, targets). scale: (windows, targets),
    what errors are divided by.
    """

    name: str
    freq: str | int
    series: np.ndarray
    position: Ints
    actual: AnyFloats
    forecast: AnyFloats
    scale: AnyFloats

    @classmethod
    def of(cls, name: str, prepared: Prepared, split: str, forecast: AnyFloats) -> ComparedForecasts:
        windows = prepared.windows[split]  # type: ignore[index]
        scale = prepared.scales.naive_error
        if not (np.isfinite(scale) & (scale > 0)).any():
            # Nothing to scale by: errors are compared as they are.
            scale = np.ones_like(scale)
        return cls(
            name,
            prepared.panel.time_axis.freq,
            np.array(prepared.panel.ids, dtype=object)[windows.series],
            prepared.position(windows),
            prepared.actual(windows),
            forecast,
            scale[windows.series],
        )

    def key(self) -> list[tuple[str, int]]:
        return list(zip(self.series.tolist(), self.position.tolist(), strict=True))

    def take(self, rows: Ints) -> ComparedForecasts:
        return ComparedForecasts(
            self.name,
            self.freq,
            self.series[rows],
            self.position[rows],
            self.actual[rows],
            self.forecast[rows],
            self.scale[rows],
        )

    def after(self, other: ComparedForecasts) -> ComparedForecasts:
        """Both, one behind the other: the folds of a backtest."""
        pairs = [
            (getattr(other, k), getattr(self, k))
            for k in ("series", "position", "actual", "forecast", "scale")
        ]
        return ComparedForecasts(self.name, self.freq, *(np.concatenate(pair) for pair in pairs))


def common(found: Sequence[ComparedForecasts]) -> list[ComparedForecasts]:
    """Only the windows that all have, in the same order.

    Raises UsageError where there is none, or the windows are of different shape.
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


def compare(first: ComparedForecasts, second: ComparedForecasts, *, squared: bool = False) -> Comparison:
    """The Diebold-Mariano test of the same windows; errors in units of MASE."""
    places = (first.scale, first.position)
    cutoffs, loss = losses_by_cutoff(first.actual, first.forecast, *places, squared=squared)
    _, other = losses_by_cutoff(first.actual, second.forecast, *places, squared=squared)
    # Origins further apart than a step overlap less.
    apart = max(1, int(np.diff(cutoffs).min())) if len(cutoffs) > 1 else 1
    return diebold_mariano(loss, other, horizon=-(-first.actual.shape[1] // apart))
