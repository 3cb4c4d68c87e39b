"""From the numbers of a head to the parameters of its output, as ONNX; see `layers.parameters`."""

from __future__ import annotations

from forecaster.model.graph.activations import softplus
from forecaster.model.graph.builder import Graph
from forecaster.model.graph.normalization import Normalization
from forecaster.model.outputs import MIN_DF, SMALLEST, order, point_index
from forecaster.model.spec import DistributionOutput, NetworkOutput, QuantileOutput


def located(g: Graph, output: NetworkOutput, z: str) -> str:
    """Return the normalised forecast from a head's first numbers; the mean of counts is made positive."""
    counts = isinstance(output, DistributionOutput) and output.family == "negative_binomial"
    return softplus(g, z) if counts else z


def split(g: Graph, out: str, n_parameters: int, channels: int) -> list[str]:
    """Split the output of a head into its parameters, each (batch, horizon, channels)."""
    if n_parameters == 1:
        return [out]
    return [g.slice(out, -1, k * channels, (k + 1) * channels) for k in range(n_parameters)]


def assemble(
    g: Graph,
    output: NetworkOutput,
    raw: list[str],
    normalization: Normalization,
    loc: str | None,
    scale: str | None,
) -> list[str]:
    """Return the parameters in the order of `outputs.order`, each (batch, horizon, channels)."""
    middle = normalization.invert(g, located(g, output, raw[0]), loc, scale)
    if len(raw) == 1:
        return [middle]
    size = normalization.size(g, scale)
    rest = [softplus(g, r) for r in raw[1:]]

    def sized(x: str) -> str:
        return x if size is None else g.op("Mul", x, size)

    if isinstance(output, QuantileOutput):
        at = point_index(output)
        low, high = [middle], [middle]
        for step in rest[:at][::-1]:
            low.append(g.op("Sub", low[-1], sized(step)))
        for step in rest[at:]:
            high.append(g.op("Add", high[-1], sized(step)))
        return [*low[:0:-1], *high]
    names, least = order(output), g.constant(SMALLEST)
    found = [g.op("Add", middle, least) if names[1] == "dispersion" else middle]
    for name, r in zip(names[1:], rest, strict=True):
        if name == "df":
            found.append(g.op("Add", r, g.constant(MIN_DF)))
        else:
            found.append(g.op("Add", r if name == "dispersion" else sized(r), least))
    return found
