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
    windows that have this target give by themselves (Dempster, Laird & Rubin, 1977).

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

    def moments(windows: TargetWindows, guess: npt.NDArray[np.float64] | None, limit: int) -> _Moments:
        samples = _samples(normalization, shape, windows, steps=steps, limit=limit)
        return _moments(samples, steps, shape.horizon, guess)

    learned, gaps = moments(train, None, linear.MAX_TRAINING_SAMPLES)
    guess = None
    for _ in range(MOST_PASSES if gaps else 0):
        before = guess
        guess, _ = linear.solve(learned, None, penalty=spec.penalty)
        if before is not None and np.abs(guess - before).max() <= SETTLED * np.abs(guess).max():
            break
        learned, _ = moments(train, guess, linear.MAX_TRAINING_SAMPLES)
    judged = None
    if (spec.penalty is None or chosen) and val is not None:
        judged, _ = moments(val, guess, linear.MAX_VALIDATION_SAMPLES)
    lookbacks = [steps]
    if chosen and judged is not None:
        # One step says nothing once the last value is subtracted.
        lookbacks += [steps // part for part in SHORTER if steps // part > 1]
    solved, penalty = _best_of(lookbacks, learned, judged, spec.penalty)
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


class _Moments(NamedTuple):
    """The moments of windows, and whether some of their targets were not observed."""

    moments: linear.Moments
    gaps: bool


def _moments(
    samples: Iterator[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]],
    steps: int,
    horizon: int,
    guess: npt.NDArray[np.float64] | None,
) -> _Moments:
    """Add up samples.

    Args:
        samples: Inputs, (samples, steps), and targets, (samples, horizon), NaN where not observed.
        steps: The steps that the anchor sees.
        horizon: The steps that it forecasts.
        guess: (steps, horizon), the weights that fill in targets; None fills in 0, the centre of the window.
    """
    found, gaps = linear.Moments.empty(steps, horizon), False
    for x, y in samples:
        unknown = np.isnan(y)
        if not unknown.any():
            found.add(x, y)
            continue
        gaps = True
        some = ~unknown.all(axis=1)
        x, y, unknown = x[some], y[some], unknown[some]
        found.add(x, np.where(unknown, 0.0 if guess is None else x @ guess, y))
    return _Moments(found, gaps)


def _samples(
    normalization: Any, shape: Shape, windows: TargetWindows, *, steps: int, limit: int
) -> Iterator[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
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
