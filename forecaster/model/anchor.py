"""The anchor: a linear forecast, fitted in closed form, that a network corrects or is averaged with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from forecaster.model import linear
from forecaster.model.layers.normalization import WindowNormalization
from forecaster.model.outputs import point
from forecaster.model.predict import WindowInputs, predict_windows
from forecaster.model.shape import Shape
from forecaster.model.spec import AnchorSpec

Float32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
# Where the lookback is chosen, these parts of the window are tried besides the whole.
SHORTER = (2, 4)
# Targets that were not observed are filled in anew until no weight changes by more than this share of the largest, and
# at most so often. A change shrinks to about the share of such targets each time.
SETTLED, MOST_PASSES = 1e-3, 20
# Validation samples whose targets were all observed that are enough to choose by.
JUDGES = 100
# Samples (one window of one target) that are normalised at once: with a lookback of 720, 180 MiB.
_PART = 2**15


class TargetWindows(WindowInputs, Protocol):
    """Windows whose targets are known."""

    def past_targets(self, indices: Ints) -> tuple[Float32, Float32 | None]:
        """Return the targets over the lookback, (windows, lookback, targets); and 1 where a step exists, 0 where it
        is padded, (windows, lookback), or None without padding."""

    def targets(self, indices: Ints) -> Float32:
        """Return the targets of these windows, (windows, horizon, targets), NaN where not observed."""


def fit_anchor(
    spec: AnchorSpec,
    normalization: WindowNormalization,
    shape: Shape,
    *,
    train: TargetWindows,
    val: TargetWindows | None,
) -> tuple[npt.NDArray[np.float32], float]:
    """Fit a ridge regression of the horizon on the normalised window, shared by all targets.

    A window weighs by the inverse square of its scale, because its inputs and targets are divided by it.
    Windows with a padded step among those that the anchor sees are left out. A target that was not observed teaches
    nothing: it takes the value that the regression gives it, again and again until neither changes, which is what the
    windows that have this target give by themselves (Dempster, Laird & Rubin, 1977). These values are those of the
    penalty of the spec, or of `linear.PENALTY_UNCHOSEN`. Penalty and lookback are chosen on validation windows of which
    all targets were observed; with fewer than JUDGES of them, on all, filled in likewise.

    Args:
        spec: The anchor's lookback and penalty.
        normalization: That of the network.
        shape: Sizes of the windows.
        train: Windows to fit on.
        val: Windows by which the penalty is chosen, where the spec names none, and the lookback, where that is auto.

    Returns:
        Weights, (lookback, horizon); 0 for steps before the anchor's lookback. And the penalty.
    """
    chosen = spec.lookback == "auto"
    steps = spec.lookback if isinstance(spec.lookback, int) else shape.lookback

    def samples(windows: TargetWindows, limit: int) -> Iterator[_Sample]:
        return _samples(normalization, shape, windows, steps=steps, limit=limit)

    learned, n_whole, n_parted = _moments(samples(train, linear.MAX_TRAINING_SAMPLES), steps, shape.horizon)
    guess, filled = None, learned
    for _ in range(MOST_PASSES if n_parted else 0):
        before = guess
        guess, _ = linear.solve(filled, None, penalty=spec.penalty)
        if before is not None and np.abs(guess - before).max() <= SETTLED * np.abs(guess).max():
            break
        filled = _filled_in(learned, samples(train, linear.MAX_TRAINING_SAMPLES), guess)
    judged = None
    if (spec.penalty is None or chosen) and val is not None:
        judged, n_whole, n_parted = _moments(
            samples(val, linear.MAX_VALIDATION_SAMPLES), steps, shape.horizon, whole=True
        )
        if n_parted and n_whole < JUDGES:
            judged, _, _ = _moments(samples(val, linear.MAX_VALIDATION_SAMPLES), steps, shape.horizon)
            if guess is None:
                guess, _ = linear.solve(filled, None, penalty=spec.penalty)
            judged = _filled_in(judged, samples(val, linear.MAX_VALIDATION_SAMPLES), guess)
    lookbacks = [steps]
    if chosen and judged is not None:
        # One step says nothing once the last value is subtracted.
        lookbacks += [steps // part for part in SHORTER if steps // part > 1]
    solved, penalty = _best_of(lookbacks, filled, judged, spec.penalty)
    weights = np.zeros((shape.lookback, shape.horizon), dtype=np.float32)
    weights[-len(solved) :] = solved
    return weights, penalty


def _best_of(
    lookbacks: list[int], learned: linear.Moments, judged: linear.Moments | None, penalty: float | None
) -> tuple[npt.NDArray[np.float64], float]:
    """Return the weights, (lookback, horizon), and the penalty of the lookback with the least error on `judged`."""

    def solve(steps: int) -> tuple[npt.NDArray[np.float64], float]:
        return linear.solve(learned.last(steps), judged and judged.last(steps), penalty=penalty)

    def error(solved: tuple[npt.NDArray[np.float64], float]) -> float:
        weights, _ = solved
        return judged.last(len(weights)).squared_error(weights) if judged is not None else 0.0

    return min(map(solve, lookbacks), key=error)


# Weights of the network in the mean with its anchor that are tried; the network always takes part.
BLEND_WEIGHTS = (0.25, 0.5, 0.75, 1.0)


def choose_blend_weight(network: Any, windows: TargetWindows, batch_size: int) -> float:
    """Choose the network's weight in the mean with its anchor, by the squared error, and set the network to it.

    Args:
        network: A trained network with an anchor.
        windows: Validation windows.
        batch_size: Windows per batch of the forecast.

    Returns:
        One of BLEND_WEIGHTS.
    """
    y = windows.targets(np.arange(len(windows)))
    forecasts = {}
    for blend_weight in (0.0, 1.0):
        network.blend_weight.assign([blend_weight, 1.0 - blend_weight])
        forecasts[blend_weight] = point(
            network.spec.output, predict_windows(network, windows, batch_size=batch_size)
        )

    def squared_error(blend_weight: float) -> float:
        mean = blend_weight * forecasts[1.0] + (1.0 - blend_weight) * forecasts[0.0]
        return float(np.nanmean(np.square(y - mean), dtype=np.float64))

    best = min(BLEND_WEIGHTS, key=squared_error)
    network.blend_weight.assign([best, 1.0 - best])
    return best


_Sample = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""Normalised inputs, (samples, steps), and targets, (samples, horizon), NaN where not observed."""


class _Moments(NamedTuple):
    """The moments of windows, in which targets that were not observed are 0, the centre of the window.

    Attributes:
        moments: Those of the windows with an observed target.
        n_whole: The number of samples whose targets were all observed.
        n_parted: The number of those with some that were and some that were not.
    """

    moments: linear.Moments
    n_whole: int
    n_parted: int


def _moments(samples: Iterator[_Sample], steps: int, horizon: int, *, whole: bool = False) -> _Moments:
    """Add up samples.

    Args:
        samples: The samples.
        steps: The steps that the anchor sees.
        horizon: The steps that it forecasts.
        whole: Whether to add those alone whose targets were all observed; the others are counted.
    """
    found, n_whole, n_parted = linear.Moments.empty(steps, horizon), 0, 0
    for x, y in samples:
        unknown = np.isnan(y)
        if not unknown.any():
            found.add(x, y)
            n_whole += len(x)
            continue
        full, none = ~unknown.any(axis=1), unknown.all(axis=1)
        n_whole += int(full.sum())
        n_parted += int((~full & ~none).sum())
        some = full if whole else ~none
        found.add(x[some], np.where(unknown[some], 0.0, y[some]))
    return _Moments(found, n_whole, n_parted)


def _filled_in(
    moments: linear.Moments, samples: Iterator[_Sample], guess: npt.NDArray[np.float64]
) -> linear.Moments:
    """Return moments of `_moments` in which targets that were not observed have the values that weights give them.

    Only the products with targets depend on the weights; those of inputs with inputs, which take the time, do not.

    Args:
        moments: The moments.
        samples: The same samples.
        guess: (steps, horizon), the weights.
    """
    cross = moments.cross.copy()
    for x, y in samples:
        unknown = np.isnan(y)
        some = unknown.any(axis=1) & ~unknown.all(axis=1)
        if some.any():
            cross += x[some].T @ np.where(unknown[some], x[some] @ guess, 0.0)
    return linear.Moments(moments.inputs, cross)


def _samples(
    normalization: Any, shape: Shape, windows: TargetWindows, *, steps: int, limit: int
) -> Iterator[_Sample]:
    """Yield normalised inputs and targets of some windows, at most as many samples as the limit."""
    chosen = linear.spread_out(len(windows), max(1, limit // shape.n_targets))
    together = max(1, min(4096, _PART // shape.n_targets))
    for first in range(0, len(chosen), together):
        indices = chosen[first : first + together]
        past, mask = windows.past_targets(indices)
        if mask is not None:
            # Only windows whose steps all exist.
            full = mask[:, -steps:].all(axis=1)
            indices, past, mask = indices[full], past[full], mask[full]
        if not len(indices):
            continue
        present = None if mask is None else mask[:, :, None]
        loc, scale = (np.asarray(part) for part in normalization.statistics(past, present))
        yield _flat((past[:, -steps:] - loc) / scale), _flat((windows.targets(indices) - loc) / scale)


def _flat(windows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """(windows, steps, targets) -> (windows x targets, steps)."""
    return windows.transpose(0, 2, 1).reshape(-1, windows.shape[1]).astype(np.float64)
