"""Training cost of a network, counted from its spec alone. Keras is not imported."""

from __future__ import annotations

from dataclasses import dataclass

from forecaster.model.cells import DenseSpec, RecurrentSpec
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

# A training step costs three forward passes: one forward, two for the gradients of inputs and weights.
PASSES = 3
# Measured on two cores (docs/benchmarks.md); other machines are a few times faster or slower.
FLOPS_PER_SECOND = 6e10
SECONDS_PER_LOOP = 1.2e-4


@dataclass(frozen=True)
class Cost:
    """Estimated cost of one network."""

    weights: int
    """Learned numbers."""
    flops: int
    """Multiplications and additions of one window's forward pass."""
    loops: int
    """Recurrent steps, over all layers, that wait for each other."""


def cost(spec: ModelSpec, shape: Shape) -> Cost:
    """Estimate the cost of a network. Differences between heads are small and mostly left out.

    Args:
        spec: The network.
        shape: Sizes of the windows, categories not yet encoded as channels.
    """
    sizes = shape.encoded()
    channels = 1 if spec.channels == "independent" else sizes.n_targets
    copies = sizes.n_targets if spec.channels == "independent" else 1
    width = channels * (1 + len(spec.differences)) + sizes.n_past + sizes.n_static
    steps = sizes.lookback // (spec.patch or 1)
    weights = flops = loops = 0
    if spec.patch:
        first = next(s.units for s in spec.stack if isinstance(s, RecurrentSpec))
        weights += spec.patch * width * first
        flops += steps * 2 * spec.patch * width * first
        width = first
    for layer in spec.stack:
        if isinstance(layer, RecurrentSpec) and layer.over == "columns":
            # One step for each target, which `copies` counts.
            own, ways = layer.n_weights(width), 2 if layer.bidirectional else 1
            weights, flops, loops = weights + own, flops + 2 * own, loops + ways * layer.n_waits(copies)
            width = layer.width
        elif isinstance(layer, RecurrentSpec):
            ways = 2 if layer.bidirectional else 1
            own = layer.n_weights(width)
            weights, flops, loops = (
                weights + own,
                flops + steps * 2 * own,
                loops + ways * layer.n_waits(steps),
            )
            width = layer.width
        elif isinstance(layer, DenseSpec):
            weights, flops = weights + width * layer.units, flops + steps * 2 * width * layer.units
            width = layer.units
    out = width * sizes.horizon * channels
    weights, flops = weights + out, flops + 2 * out
    if spec.head.feeds_back:
        # These heads run the stack over the horizon as well, step by step.
        flops, loops = flops + flops * sizes.horizon // max(steps, 1), loops + sizes.horizon * len(spec.stack)
    return Cost(weights, flops * copies, loops)


def least_weights(spec: ModelSpec, shape: Shape) -> int:
    """Return a number of weights that a network surely has: those of its stack and of its direct output.

    Args:
        spec: The network.
        shape: Sizes of the windows.
    """
    weights, width = 0, 0
    for layer in spec.stack:
        if isinstance(layer, RecurrentSpec):
            weights += layer.n_weights(1)
            width = layer.width
        elif isinstance(layer, DenseSpec):
            weights += width * layer.units
            width = layer.units
    return weights + (width * shape.horizon if spec.head.type == "direct" else 0)


def most_weights(spec: ModelSpec, shape: Shape) -> int:
    """Return a number of weights that a network surely does not reach: many times the estimate, and its anchor.

    Args:
        spec: The network.
        shape: Sizes of the windows.
    """
    sizes = shape.encoded()
    seen = sizes.lookback * (sizes.n_targets + sizes.n_past) + sizes.horizon * sizes.n_future + sizes.n_static
    categories = (*shape.past_categories, *shape.future_categories, *shape.static_categories)
    anchor = (1 + seen) * sizes.horizon * sizes.n_targets
    return 64 * cost(spec, shape).weights + 2 * anchor + sum(64 * (2 + c.size) for c in categories) + 2**24


def training_seconds(one: Cost, *, batch_size: int, n_batches: int) -> float:
    """Estimate the seconds that TensorFlow takes on two cores, to within a factor of about three.

    Args:
        one: Cost of the network.
        batch_size: Windows per batch.
        n_batches: Batches of the whole training, all epochs together.
    """
    products = PASSES * one.flops * batch_size / FLOPS_PER_SECOND
    return n_batches * (products + one.loops * SECONDS_PER_LOOP)
