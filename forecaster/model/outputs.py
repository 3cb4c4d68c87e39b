"""The output of a network for each target and step: a point, quantiles, or a distribution's parameters.

The last axis of an output is ordered by parameter, then by target: the first parameter of all targets, then
the second of all targets, and so on. `order` names the parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecaster.model.spec import DistributionOutput, NetworkOutput, QuantileOutput

Floats = NDArray[np.floating[Any]]
# Smallest scale, mean of counts and dispersion, in the units of the scaler's output.
SMALLEST = 1e-4
# Window normalisation: a window with a smaller scale counts as constant; dividing by less would amplify rounding
# errors. Seasonal differences are small where the season repeats well, so their floor is higher.
EPSILON = 1e-3
SEASON_EPSILON = 2e-2
# A t distribution has a variance above this many degrees of freedom.
MIN_DF = 2.0


def order(output: NetworkOutput) -> tuple[str, ...]:
    """Return the names of the parameters, in their order on the last axis."""
    if isinstance(output, QuantileOutput):
        return tuple(f"q{level:g}" for level in output.levels)
    if isinstance(output, DistributionOutput):
        families = {
            "normal": ("mean", "deviation"),
            "student_t": ("mean", "scale", "df"),
            # Variance: mean + dispersion x mean^2.
            "negative_binomial": ("mean", "dispersion"),
        }
        return families[output.family]
    return ("value",)


def point_index(output: NetworkOutput) -> int:
    """Return the index of the parameter that is the point forecast: the median of quantiles, else the first."""
    return output.levels.index(0.5) if isinstance(output, QuantileOutput) else 0


def point(output: NetworkOutput, values: Floats) -> Floats:
    """Return the point forecast: (windows, horizon, parameters x targets) -> (windows, horizon, targets)."""
    n = values.shape[-1] // len(order(output))
    first = point_index(output) * n
    return values[..., first : first + n]


def parameters(output: NetworkOutput, values: Floats) -> list[NDArray[np.float64]]:
    """Split an output into its parameters, each (windows, horizon, targets), in their order."""
    return [part.astype(np.float64) for part in np.split(values, len(order(output)), axis=-1)]


def quantiles(output: NetworkOutput, values: Floats, probabilities: Sequence[float]) -> NDArray[np.float64]:
    """Return quantiles of an output, (windows, horizon, targets, probabilities). They never cross.

    Where the output is quantiles, those between two of its levels are interpolated linearly, and
    those beyond its outermost levels are the outermost quantiles.

    Args:
        output: The `output` section of the model. All quantiles of a point are the point.
        values: (windows, horizon, parameters x targets).
        probabilities: Between 0 and 1.
    """
    parts = parameters(output, values)
    if isinstance(output, QuantileOutput):
        levels = np.asarray(output.levels)
        position = np.clip(np.interp(probabilities, levels, np.arange(len(levels))), 0, len(levels) - 1)
        low = np.floor(position).astype(np.int64)
        high, fraction = np.minimum(low + 1, len(levels) - 1), position - low
        return np.stack(
            [parts[a] * (1.0 - f) + parts[b] * f for a, b, f in zip(low, high, fraction, strict=True)],
            axis=-1,
        )
    if isinstance(output, DistributionOutput):
        return np.stack([_family_quantile(output.family, parts, p) for p in probabilities], axis=-1)
    return np.repeat(parts[0][..., None], len(probabilities), axis=-1)


def _family_quantile(
    family: str, parts: list[NDArray[np.float64]], probability: float
) -> NDArray[np.float64]:
    from scipy import special

    if family == "normal":
        found: NDArray[np.float64] = parts[0] + parts[1] * special.ndtri(probability)
    elif family == "student_t":
        found = parts[0] + parts[1] * special.stdtrit(parts[2], probability)
    else:
        # It takes half a second to import.
        from scipy import stats

        size, success = binomial_form(*parts)
        found = stats.nbinom.ppf(probability, size, success)
    return found


def draw(family: str, parts: list[NDArray[np.float64]], rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw one value from each distribution.

    Args:
        family: Of `DistributionOutput`.
        parts: The parameters in the order of `order`, all of one shape.
        rng: Where the draws come from.
    """
    shape = parts[0].shape
    if family == "normal":
        return parts[0] + parts[1] * rng.standard_normal(shape)
    if family == "student_t":
        return parts[0] + parts[1] * rng.standard_t(parts[2])
    return rng.negative_binomial(*binomial_form(*parts)).astype(np.float64)


def binomial_form(
    mean: NDArray[np.float64], dispersion: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a negative binomial's number of successes and success probability, as NumPy and SciPy take them.

    The variance is mean + dispersion x mean^2.
    """
    size = 1.0 / np.maximum(dispersion, SMALLEST)
    return size, size / (size + np.maximum(mean, SMALLEST))
