"""The mean of the network and classical forecasts of the same window, with weights from validation errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecaster.data.arrays import Ints
from forecaster.data.transforms.scalers import Scaler
from forecaster.data.transforms.windows import Windows
from forecaster.model.classical import classical_forecasts, is_classical
from forecaster.model.linear import spread_out

Floats = npt.NDArray[np.floating[Any]]
NETWORK = "network"
# Weights by the error of each forecast alone count like this many horizons of validation.
CARE = 4.0
# The power of one over the error that these weights are in proportion to.
POWER = 4.0
# Errors that the weights are chosen on; more are thinned out evenly.
MAX_ERRORS = 100_000
# Windows that classical methods forecast at once.
_TOGETHER = 8192


@dataclass(frozen=True)
class Blend:
    """The weights of a mean of forecasts.

    Attributes:
        season: Steps in one season, for the classical forecasts; 1 for none.
        weights: The weight of each forecast by name, `NETWORK` among them. They sum to 1.
    """

    season: int
    weights: Mapping[str, float]

    @property
    def classical(self) -> tuple[str, ...]:
        """The names of the classical forecasts that take part."""
        return tuple(name for name, weight in self.weights.items() if name != NETWORK and weight > 0)

    def mean(self, network: Floats, classical: Callable[[str], Floats]) -> Floats:
        """Return the weighted mean, (windows, horizon, targets), original units.

        Args:
            network: The forecast of the network, of the same shape and unit.
            classical: Returns the classical forecast of a name, of the same shape and unit.
        """
        total: Floats = self.weights[NETWORK] * network
        for name in self.classical:
            total += self.weights[name] * classical(name)
        return total

    def as_json(self) -> dict[str, Any]:
        """Return the blend as plain data."""
        return {"season": self.season, "weights": dict(self.weights)}

    def check(self) -> None:
        """Check the names and the sum of the weights. Raises ValueError when they are not those of a blend."""
        if NETWORK not in self.weights or not all(n == NETWORK or is_classical(n) for n in self.weights):
            raise ValueError("the blend has unknown forecasts")
        if abs(sum(self.weights.values()) - 1.0) > 1e-6:
            raise ValueError("the weights of the blend do not sum to 1")

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Blend:
        """Return the blend that `as_json` stored."""
        return cls(int(state["season"]), {name: float(w) for name, w in state["weights"].items()})


def classical_forecast(name: str, windows: Windows, scaler: Scaler, groups: Ints, *, season: int) -> Floats:
    """Forecast windows with one classical method, (windows, horizon, targets), original units.

    Args:
        name: A name that `model.blend` takes.
        windows: The windows.
        scaler: The scaler of the windows.
        groups: (windows,), the scaler's group of the series of each window.
        season: Steps in one season; 1 for none.
    """
    n_targets = windows.source.n_targets
    out = np.empty((len(windows), windows.horizon, n_targets))
    for first in range(0, len(windows), _TOGETHER):
        rows = np.arange(first, min(first + _TOGETHER, len(windows)))
        inputs = windows.inputs(rows)
        out[rows] = classical_forecasts(
            name, inputs["past"][:, :, :n_targets], inputs.get("mask"), season=season, horizon=windows.horizon
        )
    return scaler.invert(out, groups)


def prior(names: Sequence[str]) -> dict[str, float]:
    """Return the weights without evidence: one half for the network, the other half shared by the others."""
    share = 0.5 / max(1, len(names))
    return {NETWORK: 1.0 - share * len(names), **dict.fromkeys(names, share)}


def choose_weights(
    forecasts: Mapping[str, Floats], actual: Floats, scale: Floats, *, n_series: int
) -> dict[str, float]:
    """Choose the weights by the mean absolute error, with more care the fewer cutoffs there are.

    Two sets of weights are averaged. Those of the least error of the mean count n times, with n the horizons that the
    windows of a series cover: w windows and a horizon of h steps cover (w - 1) / h + 1. Those in proportion to a power
    of one over each forecast's own error count `CARE` times, the network's taken as often as there are others; series
    do not count, because their errors of one time have much in common.

    Args:
        forecasts: The forecasts of the same windows by name, each (windows, horizon, targets), original units.
        actual: The actual values, of the same shape, NaN where not observed.
        scale: (windows, targets), what errors are divided by; a window and target without one does not count.
        n_series: The number of series that the windows are of.

    Returns:
        The weights, none below 0, which sum to 1.
    """
    weight = np.where(np.isfinite(scale) & (scale > 0), 1.0, np.nan) / np.where(scale > 0, scale, 1.0)
    chosen = spread_out(len(actual), max(1, MAX_ERRORS // actual[0].size)) if len(actual) else np.arange(0)
    y = (actual[chosen] * weight[chosen][:, None, :]).ravel()
    rows = np.stack([(f[chosen] * weight[chosen][:, None, :]).ravel() for f in forecasts.values()], axis=1)
    known = np.isfinite(y) & np.isfinite(rows).all(axis=1)
    if not known.any():
        return prior([name for name in forecasts if name != NETWORK])
    rows, y = rows[known], y[known]
    horizons = (len(actual) / n_series - 1.0) / actual.shape[1] + 1.0
    share = horizons / (horizons + CARE)
    found = share * _least_absolute(rows, y) + (1.0 - share) * _by_own_error(rows, y, list(forecasts))
    return {name: float(w) for name, w in zip(forecasts, found, strict=True)}


def _by_own_error(rows: Floats, y: Floats, names: list[str]) -> npt.NDArray[np.float64]:
    """Return weights in proportion to (1 / mean absolute error)^POWER (after Bates & Granger, 1969)."""
    error = np.abs(y[:, None] - rows).mean(axis=0).astype(np.float64)
    skill = (max(float(error.min()), np.finfo(float).tiny) / np.maximum(error, np.finfo(float).tiny)) ** POWER
    skill[names.index(NETWORK)] *= max(1, len(names) - 1)
    found: npt.NDArray[np.float64] = skill / skill.sum()
    return found


def _least_absolute(rows: Floats, y: Floats) -> npt.NDArray[np.float64]:
    """Minimise mean |y - rows w| over weights of the simplex, by exponentiated gradient steps that shrink.

    Kivinen & Warmuth, Exponentiated Gradient versus Gradient Descent for Linear Predictors (1997). The best weights on
    the way count, single forecasts among them, so the result is no worse than the best forecast alone.
    """
    n = rows.shape[1]
    candidates = [np.full(n, 1.0 / n), *np.eye(n)]
    errors = [float(np.abs(y - rows @ w).mean()) for w in candidates]
    best: npt.NDArray[np.float64] = candidates[int(np.argmin(errors))]
    least = min(errors)
    w = candidates[0]
    size = float(np.abs(rows - rows.mean(axis=1, keepdims=True)).mean()) or 1.0
    for step in range(200):
        gradient = -(np.sign(y - rows @ w) @ rows) / len(y)
        w = w * np.exp(-(gradient - gradient.mean()) / size / (1.0 + step / 10.0))
        w = w / w.sum()
        error = float(np.abs(y - rows @ w).mean())
        if error < least:
            best, least = w, error
    return best
