"""Losses of quantile and distribution outputs, in scaled units."""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from forecaster.model.outputs import order
from forecaster.model.spec import DistributionOutput, NetworkOutput, QuantileOutput

HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)


def probabilistic_loss(output: NetworkOutput, y: Any, f: Any) -> Any:
    """Return the loss of each target: pinball for quantiles, the negative log-likelihood for distributions.

    Args:
        output: The `output` section of the model.
        y: Targets, (…, targets).
        f: Output of the network, (…, parameters x targets), in the order of `model.outputs`.

    Returns:
        An array of the shape of y.

    Raises:
        ValueError: The output is a point.
    """
    f = ops.cast(f, "float32")
    parts = ops.split(f, len(order(output)), axis=-1)
    if isinstance(output, QuantileOutput):
        return pinball(y, parts, output.levels)
    if isinstance(output, DistributionOutput):
        return NLL[output.family](y, *parts)
    raise ValueError("a point has neither quantiles nor a likelihood")


def pinball(y: Any, quantiles: list[Any], levels: list[float]) -> Any:
    """Mean over the levels t of max(t (y - q), (t - 1)(y - q)) (Koenker & Bassett, 1978)."""
    total = 0.0
    for level, q in zip(levels, quantiles, strict=True):
        error = y - q
        total = total + ops.maximum(level * error, (level - 1.0) * error)
    return total / len(levels)


def normal(y: Any, mean: Any, deviation: Any) -> Any:
    """Negative log-likelihood of a normal distribution: log s + ((y - m) / s)^2 / 2 + log(2 pi) / 2."""
    return ops.log(deviation) + 0.5 * ops.square((y - mean) / deviation) + HALF_LOG_2_PI


def student_t(y: Any, mean: Any, scale: Any, df: Any) -> Any:
    """Negative log-likelihood of a t distribution with df degrees of freedom, shifted by mean and scaled."""
    constant = log_gamma(df / 2.0) - log_gamma((df + 1.0) / 2.0)
    constant = constant + 0.5 * ops.log(df * math.pi) + ops.log(scale)
    return constant + (df + 1.0) / 2.0 * ops.log1p(ops.square((y - mean) / scale) / df)


def negative_binomial(y: Any, mean: Any, dispersion: Any) -> Any:
    """Negative log-likelihood of counts (Salinas et al., 2020, "DeepAR", 3.1).

    The variance is mean + dispersion x mean^2.
    """
    size = 1.0 / dispersion
    choices = log_gamma(y + 1.0) + log_gamma(size) - log_gamma(y + size)
    both = ops.log(size + mean)
    return choices - size * (ops.log(size) - both) - y * (ops.log(mean) - both)


NLL: dict[str, Any] = {f.__name__: f for f in (normal, student_t, negative_binomial)}

_SHIFT = 7


def log_gamma(x: Any) -> Any:
    """Logarithm of the gamma function for x > 0.

    Stirling's series at x + 7 (Abramowitz & Stegun, 6.1.41), then log gamma(x) = log gamma(x + 1) - log x,
    seven times. Keras has no such operation.
    """
    steps = sum(ops.log(x + float(i)) for i in range(_SHIFT))
    z = x + float(_SHIFT)
    series = 1.0 / (12.0 * z) - 1.0 / (360.0 * z**3)
    return (z - 0.5) * ops.log(z) - z + HALF_LOG_2_PI + series - steps
