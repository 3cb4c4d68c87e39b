"""How the layers run: chosen from shapes, because no single way is the fastest."""

from __future__ import annotations

from dataclasses import dataclass

from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

# Up to here an unrolled graph compiles in seconds and runs faster than a loop; at 96 steps
# compiling takes longer than a short training.
MAX_UNROLLED_STEPS = 32


@dataclass(frozen=True)
class Execution:
    """unroll: the recurrent steps as one flat graph. jit: compiled by XLA.
    steps_per_execution: batches per call from Python."""

    unroll: bool
    jit: bool
    steps_per_execution: int


def choose_execution(spec: ModelSpec, shape: Shape, *, n_batches: int) -> Execution:
    """The fastest way measured for these shapes (docs/benchmarks.md).

    n_batches: of one epoch; compiling is not worth it for a handful.
    """
    steps = shape.lookback // spec.patch if spec.patch else shape.lookback
    short = steps <= MAX_UNROLLED_STEPS and len(spec.stack) * steps <= 4 * MAX_UNROLLED_STEPS
    # The other heads loop in training or in use, and a loop gains nothing from XLA on a processor.
    short = short and spec.head.type in ("direct", "segments", "sequence")
    compiled = short and n_batches >= 20 and not spec.stateful
    return Execution(unroll=short, jit=compiled, steps_per_execution=max(1, min(10, n_batches)))
