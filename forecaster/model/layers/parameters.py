"""From the numbers of a head to the parameters of its output, in the units of the scaler's output."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecaster.model.layers.normalization import WindowNormalization
from forecaster.model.outputs import MIN_DF, SMALLEST, order, point_index
from forecaster.model.spec import DistributionOutput, NetworkOutput, QuantileOutput


def located(output: NetworkOutput, z: Any) -> Any:
    """Return the normalised forecast from a head's first numbers; the mean of counts is made positive."""
    counts = isinstance(output, DistributionOutput) and output.family == "negative_binomial"
    return ops.softplus(z) if counts else z


def assemble(
    output: NetworkOutput, raw: list[Any], normalization: WindowNormalization, loc: Any, scale: Any
) -> list[Any]:
    """Return the parameters in the order of `outputs.order`, each (batch, …, horizon, channels).

    Quantiles are the median plus and minus cumulated steps that are never negative, so they cannot cross.
    Steps, deviations and scales are multiples of the window's scale.

    Args:
        output: Which parameters.
        raw: One array per parameter; the first gives the normalised forecast, the others are unconstrained.
        normalization: That of the window.
        loc: Location of the window, (batch, 1, channels).
        scale: Scale of the window, (batch, 1, channels).
    """
    middle = normalization.invert(located(output, raw[0]), loc, scale)
    if len(raw) == 1:
        return [middle]
    size = normalization.size(scale)
    rest = [ops.softplus(r) for r in raw[1:]]
    if isinstance(output, QuantileOutput):
        at = point_index(output)
        below, above = rest[:at][::-1], rest[at:]
        low, high = [middle], [middle]
        for step in below:
            low.append(low[-1] - step * size)
        for step in above:
            high.append(high[-1] + step * size)
        return [*low[:0:-1], *high]
    names = order(output)
    found = [middle + SMALLEST if names[1] == "dispersion" else middle]
    for name, r in zip(names[1:], rest, strict=True):
        if name == "df":
            found.append(MIN_DF + r)
        elif name == "dispersion":
            found.append(r + SMALLEST)
        else:
            found.append(r * size + SMALLEST)
    return found
