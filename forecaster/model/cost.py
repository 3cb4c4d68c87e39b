"""What a network costs to train, counted from its spec. No Keras is imported."""

from __future__ import annotations

from dataclasses import dataclass

from forecaster.model.cells import DenseSpec, RecurrentSpec
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

# A window forward and back: its activations are kept for the gradient.
PASSES = 3
# Measured on two cores (docs/benchmarks.md); other machines are a few times faster or slower.
FLOPS_PER_SECOND = 6e10
SECONDS_PER_LOOP = 1.2e-4


@dataclass(frozen=True)
class Cost:
    """weights: numbers that are learned, about. flops: multiplications and additions of one window
    forward. loops: steps of recurrent layers that are run one after the other."""

    weights: int
    flops: int
    loops: int


def cost(spec: ModelSpec, shape: Shape) -> Cost:
    """shape: of the windows, categories not yet channels. An estimate: heads differ by little."""
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
        if isinstance(layer, RecurrentSpec):
            ways = 2 if layer.bidirectional else 1
            own = ways * layer.n_gates * layer.units * (width + layer.units)
            weights, flops, loops = weights + own, flops + steps * 2 * own, loops + ways * steps
            width = layer.width
        elif isinstance(layer, DenseSpec):
            weights, flops = weights + width * layer.units, flops + steps * 2 * width * layer.units
            width = layer.units
    out = width * sizes.horizon * channels
    weights, flops = weights + out, flops + 2 * out
    if spec.head.type in ("recursive", "encoder_decoder"):
        # The horizon is gone through step by step as well.
        flops, loops = flops + flops * sizes.horizon // max(steps, 1), loops + sizes.horizon * len(spec.stack)
    return Cost(weights, flops * copies, loops)


def training_seconds(one: Cost, *, batch_size: int, n_batches: int) -> float:
    """That TensorFlow takes for so many batches on two cores, right within a factor of about three."""
    products = PASSES * one.flops * batch_size / FLOPS_PER_SECOND
    return n_batches * (products + one.loops * SECONDS_PER_LOOP)
