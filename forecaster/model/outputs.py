"""What a network puts out for each target and step: a point, quantiles, or a distribution's parameters.

The last axis of an output holds n_parameters numbers per target, parameter by parameter:
all targets' first, then all targets' second, and so on. Which is which: `order`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecaster.model.spec import DistributionOutput, NetworkOutput, QuantileOutput

Floats = NDArray[np.floating[Any]]
# Below this a scale is nothing, in the units that the scaler left.
SMALLEST = 1e-4
# Degrees of freedom above which a t distribution has a variance.
MIN_DF = 2.0


def order(output: NetworkOutput) -> tuple[str, ...]:
    """The parameters, in their order."""
    if isinstance(output, QuantileOutput):
        return tuple(f"q{level:g}" for level in output.levels)
    if isinstance(output, DistributionOutput):
        families = {
            "normal": ("mean", "deviation"),
            "student_t": ("mean", "scale", "freedom"),
            # Variance: mean + dispersion x mean^2.
            "negative_binomial": ("mean", "dispersion"),
        }
        return families[output.family]
    return ("value",)


def point_index(output: NetworkOutput) -> int:
    """Which of the parameters is the forecast: the median of quantiles, else the first."""
    return output.levels.index(0.5) if isinstance(output, QuantileOutput) else 0


def point(output: NetworkOutput, values: Floats) -> Floats:
    """(windows, horizon, parameters x targets) -> (windows, horizon, targets)."""
    n = values.shape[-1] // len(order(output))
    first = point_index(output) * n
    return values[..., first : first + n]


def parameters(output: NetworkOutput, values: Floats) -> list[NDArray[np.float64]]:
    """Each of (windows, horizon, targets), in their order."""
    return [part.astype(np.float64) for part in np.split(values, len(order(output)), axis=-1)]


def quantiles(output: NetworkOutput, values: Floats, probabilities: Sequence[float]) -> NDArray[np.float64]:
    """(windows, horizon, parameters x targets) -> (windows, horizon, targets, probabilities), never crossing.

    Of quantiles: those between two levels lie on the line between them, those beyond the
    outermost level are that level's.
    """
    parts = parameters(output, values)
    if isinstance(output, QuantileOutput):
        levels = np.asarray(output.levels)
        place = np.clip(np.interp(probabilities, levels, np.arange(len(levels))), 0, len(levels) - 1)
        low = np.floor(place).astype(np.int64)
        high, share = np.minimum(low + 1, len(levels) - 1), place - low
        return np.stack(
            [parts[a] * (1.0 - s) + parts[b] * s for a, b, s in zip(low, high, share, strict=True)], axis=-1
        )
    if isinstance(output, DistributionOutput):
        return np.stack([_of_family(output.family, parts, p) for p in probabilities], axis=-1)
    return np.repeat(parts[0][..., None], len(probabilities), axis=-1)


def _of_family(family: str, parts: list[NDArray[np.float64]], probability: float) -> NDArray[np.float64]:
    from scipy import special, stats

    if family == "normal":
        found: NDArray[np.float64] = parts[0] + parts[1] * special.ndtri(probability)
    elif family == "student_t":
        found = parts[0] + parts[1] * special.stdtrit(parts[2], probability)
    else:
        size, success = binomial_form(*parts)
        found = stats.nbinom.ppf(probability, size, success)
    return found


def draw(family: str, parts: list[NDArray[np.float64]], rng: np.random.Generator) -> NDArray[np.float64]:
    """One value of each distribution. parts: its parameters, all of one shape."""
    shape = parts[0].shape
    if family == "normal":
        return parts[0] + parts[1] * rng.standard_normal(shape)
    if family == "student_t":
        return parts[0] + parts[1] * rng.standard_t(parts[2])
    return rng.negative_binomial(*binomial_form(*parts)).astype(np.float64)


def binomial_form(
    mean: NDArray[np.float64], dispersion: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The number of successes and their chance, as SciPy and NumPy take a negative binomial."""
    size = 1.0 / np.maximum(dispersion, SMALLEST)
    return size, size / (size + np.maximum(mean, SMALLEST))
