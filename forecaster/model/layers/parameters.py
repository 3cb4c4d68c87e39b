"""Raw numbers of a head to the parameters of its output, in the units that the scaler left."""

from __future__ import annotations

from typing import Any

from keras import ops

from forecaster.model.layers.normalization import WindowNormalization
from forecaster.model.outputs import MIN_DF, SMALLEST, order, point_index
from forecaster.model.spec import DistributionOutput, NetworkOutput, QuantileOutput


def located(output: NetworkOutput, z: Any) -> Any:
    """The normalised forecast of a head's first numbers: a mean of counts is above 0."""
    counts = isinstance(output, DistributionOutput) and output.family == "negative_binomial"
    return ops.softplus(z) if counts else z


def assemble(
    output: NetworkOutput, raw: list[Any], normalization: WindowNormalization, loc: Any, scale: Any
) -> list[Any]:
    """The parameters in their order, each (batch, …, horizon, channels).

    raw: as many, normalised; the first gives the forecast, the others are free numbers.
    Quantiles are the median and steps away from it that are never negative, so none
    crosses another. A width is a number times the window's spread.
    """
    place = normalization.invert(located(output, raw[0]), loc, scale)
    if len(raw) == 1:
        return [place]
    size = normalization.size(scale)
    rest = [ops.softplus(r) for r in raw[1:]]
    if isinstance(output, QuantileOutput):
        middle = point_index(output)
        below, above = rest[:middle][::-1], rest[middle:]
        low, high = [place], [place]
        for step in below:
            low.append(low[-1] - step * size)
        for step in above:
            high.append(high[-1] + step * size)
        return [*low[:0:-1], *high]
    names = order(output)
    found = [place + SMALLEST if names[1] == "dispersion" else place]
    for name, r in zip(names[1:], rest, strict=True):
        if name == "freedom":
            found.append(MIN_DF + r)
        elif name == "dispersion":
            found.append(r + SMALLEST)
        else:
            found.append(r * size + SMALLEST)
    return found
