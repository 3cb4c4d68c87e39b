"""Classical forecasts of a window, for the mean with the network. NumPy alone; Keras is not imported.

Each is a function of the values of some windows that returns their forecasts, in the units of the scaler's output. It
sees one window and nothing else, so training, scoring and serving compute the same. To add one, write its function
here and name it in `CLASSICAL`; the first paragraph of its docstring is its text in the config reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
# Values of (window, parameters) that are worked on at once: few enough to stay in a core's cache.
_TOGETHER = 1 << 14


def seasonal_naive(y: Floats, season: int, horizon: int) -> Floats:
    """The last season, repeated; the last value where the window is shorter than a season."""
    steps = np.arange(horizon)
    n = y.shape[1]
    found: Floats = (
        y[:, n - season + steps % season] if n >= season else np.repeat(y[:, -1:], horizon, axis=1)
    )
    return found


def smoothing(y: Floats, season: int, horizon: int) -> Floats:
    """Exponential smoothing of level, damped trend and season (Holt and Winters, additive). Each window takes a mean
    of many smoothing parameters, by how well each forecast the steps of the window itself."""
    parameters = _grid(season)
    out = np.empty((len(y), horizon))
    together = max(1, _TOGETHER // parameters.shape[1])
    for first in range(0, len(y), together):
        rows = slice(first, first + together)
        out[rows] = _smoothed(y[rows], season, horizon, parameters)
    return out


def theta(y: Floats, season: int, horizon: int) -> Floats:
    """Half the line through the window and an exponentially smoothed level, after the season is taken out: the Theta
    method (Assimakopoulos & Nikolopoulos, 2000; in the form of Hyndman & Billah, 2003)."""
    n = y.shape[1]
    profile = _profile(y, season)
    steps = np.arange(n)
    x = y - profile[:, steps % season]
    centred = steps - steps.mean()
    slope = (x @ centred) / max(float(centred @ centred), 1.0)
    level = np.repeat(x[:, :1], len(ALPHAS), axis=1)
    error = np.zeros_like(level)
    for t in range(1, n):
        surprise = x[:, t : t + 1] - level
        error += np.square(surprise)
        level += ALPHAS * surprise
    best = error.argmin(axis=1)
    alpha, row = ALPHAS[best], np.arange(len(y))
    ahead = np.arange(horizon) + ((1.0 - (1.0 - alpha) ** n) / alpha)[:, None]
    found: Floats = level[row, best][:, None] + 0.5 * slope[:, None] * ahead
    return found + profile[:, (n + np.arange(horizon)) % season]


# By the name that model.blend takes: (windows, steps), steps in a season, horizon -> (windows, horizon).
CLASSICAL: dict[str, Callable[[Floats, int, int], Floats]] = {
    f.__name__: f for f in (seasonal_naive, smoothing, theta)
}

# The seasonal naive forecast of a season that the name itself gives, in steps; 1 would be `naive`.
OF_A_SEASON = r"^seasonal_naive_([2-9]|[1-9][0-9]{1,6})$"

# The shares of a surprise that move the level.
ALPHAS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99])
# How fast errors of earlier steps lose weight, and how strongly the better parameters are preferred.
_MEMORY = 0.95
_PREFERENCE = 30.0


def own_season(name: str) -> int | None:
    """Return the steps of the season that a name such as seasonal_naive_168 gives; None for any other name."""
    found = re.fullmatch(OF_A_SEASON, name)
    return int(found[1]) if found else None


def is_classical(name: str) -> bool:
    """Return whether there is a classical forecast of this name."""
    return name in CLASSICAL or own_season(name) is not None


def classical_forecasts(
    name: str, past: npt.NDArray[Any], present: npt.NDArray[Any] | None, *, season: int, horizon: int
) -> Floats:
    """Forecast windows with one classical method.

    A forecast goes no further beyond the values of its window than these lie apart, and where the window is shorter
    than the horizon only by its share of that: two steps show a slope, and in logarithms a slope over a long horizon
    ends beyond any number.

    Args:
        name: A key of CLASSICAL, or the seasonal naive of another season, such as seasonal_naive_168.
        past: (windows, lookback, targets), scaled.
        present: (windows, lookback), 0 for steps before the first row of a series; None where all exist.
        season: Steps in one season; 1 for none.
        horizon: Steps to forecast.

    Returns:
        (windows, horizon, targets), scaled.
    """
    own = own_season(name)
    method, season = (CLASSICAL[name], season) if own is None else (seasonal_naive, own)
    windows, lookback, targets = past.shape
    y = past.transpose(0, 2, 1).astype(np.float64)
    out = np.empty((windows, targets, horizon))
    known = np.full(windows, lookback) if present is None else np.count_nonzero(present, axis=1)
    # Windows of one length are worked on together.
    for n in np.unique(known):
        rows = known == n
        steps = max(int(n), 1)
        part = y[rows, :, lookback - steps :].reshape(-1, steps)
        low, high = part.min(axis=1, keepdims=True), part.max(axis=1, keepdims=True)
        beyond = (high - low) * min(1.0, (steps - 1) / horizon)
        found = np.clip(method(part, season, horizon), low - beyond, high + beyond)
        out[rows] = found.reshape(-1, targets, horizon)
    return out.transpose(0, 2, 1)


def _grid(season: int) -> Floats:
    """Return the smoothing parameters that are tried: (level, trend, damping, season), each (combinations,)."""
    levels = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 0.99)
    trends = ((0.0, 1.0), (0.05, 0.8), (0.05, 0.9), (0.05, 0.97), (0.15, 0.9), (0.15, 0.97), (0.4, 0.9))
    seasons = (0.0,) if season == 1 else (0.02, 0.1, 0.3, 0.6)
    rows = [(a, a * b, phi, g) for a, (b, phi), g in product(levels, trends, seasons)]
    return np.array(rows).T


def _profile(y: Floats, season: int) -> Floats:
    """Return the mean deviation from a centred moving average by place in the season, (windows, season).

    Zero where the window has fewer than three seasons. The first step of the window has place 0.
    """
    windows, n = y.shape
    if season == 1 or n < 3 * season:
        return np.zeros((windows, season))
    # A season of even length has half of each outer step, as in a 2 x m moving average.
    kernel = np.ones(season) if season % 2 else np.array([0.5, *np.ones(season - 1), 0.5])
    sums = np.concatenate([np.zeros((windows, 1)), y.cumsum(axis=1)], axis=1)
    width = len(kernel)
    inside = sums[:, season:] - sums[:, :-season]
    trend = inside if season % 2 else (inside[:, :-1] + inside[:, 1:]) / 2
    begin = width // 2
    rest = y[:, begin : begin + trend.shape[1]] - trend / season
    place = (begin + np.arange(trend.shape[1])) % season
    found = np.stack([rest[:, place == j].mean(axis=1) for j in range(season)], axis=1)
    centred: Floats = found - found.mean(axis=1, keepdims=True)
    return centred


def _smoothed(y: Floats, season: int, horizon: int, parameters: Floats) -> Floats:
    """Return `smoothing` of some windows, (windows, horizon).

    Args:
        y: (windows, steps).
        season: Steps in one season.
        horizon: Steps to forecast.
        parameters: See `_grid`.
    """
    alpha, beta, phi, gamma = parameters
    windows, n = y.shape
    shape = (windows, len(alpha))
    seasonal = season > 1 and n >= 2 * season
    # One array for each place in the season, so that a step works on memory that lies together.
    indices = np.zeros((season, *shape))
    if seasonal:
        n_seasons = min(n // season, 4)
        first = y[:, : n_seasons * season].reshape(windows, n_seasons, season)
        means = first.mean(axis=2)
        slope = (means[:, -1] - means[:, 0]) / ((n_seasons - 1) * season)
        indices[:] = (first - means[:, :, None]).mean(axis=1).T[:, :, None]
        start = means[:, 0] - slope * (season + 1) / 2
    else:
        few = min(n, 5)
        slope = (y[:, few - 1] - y[:, 0]) / max(1, few - 1)
        start = y[:, 0]
    level = np.repeat(start[:, None], len(alpha), axis=1)
    trend = np.where(beta > 0, slope[:, None], 0.0)
    seasonal_rate = gamma * (1.0 - alpha)
    error, surprise, move = np.zeros(shape), np.empty(shape), np.empty(shape)
    for t in range(n):
        index = indices[t % season]
        np.multiply(phi, trend, out=trend)
        np.add(level, trend, out=level)
        np.subtract(y[:, t : t + 1], level, out=surprise)
        np.subtract(surprise, index, out=surprise)
        if t:
            np.multiply(error, _MEMORY, out=error)
            np.add(error, np.abs(surprise, out=move), out=error)
        np.add(level, np.multiply(alpha, surprise, out=move), out=level)
        np.add(trend, np.multiply(beta, surprise, out=move), out=trend)
        if seasonal:
            np.add(index, np.multiply(seasonal_rate, surprise, out=move), out=index)
    preferred = np.exp(-_PREFERENCE * (error / np.maximum(error.min(axis=1, keepdims=True), 1e-9) - 1.0))
    preferred /= preferred.sum(axis=1, keepdims=True)
    damped = np.cumsum(phi ** np.arange(1, horizon + 1)[:, None], axis=0)
    mean_level = (preferred * level).sum(axis=1)
    mean_trend = np.einsum("wk,wk,hk->wh", preferred, trend, damped)
    mean_season = np.einsum("wk,swk->ws", preferred, indices)
    found: Floats = mean_level[:, None] + mean_trend + mean_season[:, (n + np.arange(horizon)) % season]
    return found
