"""How the layers run: chosen from shapes, because no single way is the fastest."""

from __future__ import annotations

from dataclasses import dataclass

from forecaster.model.cells import RecurrentSpec
from forecaster.model.cost import cost, training_seconds
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

# Windows that are forecast at once.
PREDICT_BATCH = 256
# Up to here an unrolled graph compiles in seconds; at 96 steps it takes longer than a short training.
MAX_UNROLLED_STEPS = 32
# Numbers in one state (batch x units) up to which XLA's loop of one thread beats TensorFlow's of all.
MAX_KERNEL_STATE = 4096
# Rows from which half a batch still fills a core.
MIN_SPLIT_ROWS = 64
# Seconds of training, as `cost` counts them, from which compiling pays: it takes a loop a second more than
# Keras' own way, and an unrolled graph of two halves three more than that.
LOOP_PAYS_S = 4.0
UNROLLING_PAYS_S = 8.0


@dataclass(frozen=True)
class Execution:
    """unroll: the recurrent steps as one flat graph. jit: compiled by XLA.
    steps_per_execution: batches per call from Python. kernel: time loops by model/recurrence.
    split: the two halves of a batch side by side, one on each core."""

    unroll: bool
    jit: bool
    steps_per_execution: int
    own_loop: bool = False
    split: bool = False


def choose_execution(
    spec: ModelSpec,
    shape: Shape,
    *,
    batch_size: int,
    n_batches: int,
    n_epochs: int,
    threads: int | None = None,
    gpu: bool = False,
) -> Execution:
    """The fastest way measured for these shapes and so much training (docs/benchmarks.md).

    batch_size: windows. n_batches: of one epoch. n_epochs: at most.
    threads: as in the config, None for all of the machine; halves gain nothing from a single one.
    gpu: the fused kernels there want none of this.
    """
    per_call = max(1, min(10, n_batches))
    if gpu:
        return Execution(unroll=False, jit=False, steps_per_execution=per_call)
    cells = [cell for cell in spec.stack if isinstance(cell, RecurrentSpec)]
    steps = shape.lookback // spec.patch if spec.patch else shape.lookback
    rows = batch_size * (shape.n_targets if spec.channels == "independent" else 1)
    # The other heads loop in training or in use, and Keras' loops gain nothing from XLA on a processor.
    whole = spec.head.type in ("direct", "segments", "sequence") and not spec.stateful
    one = cost(spec, shape)
    short = whole and steps <= MAX_UNROLLED_STEPS and one.loops <= 4 * MAX_UNROLLED_STEPS
    small = rows * max(cell.units for cell in cells) <= MAX_KERNEL_STATE
    seconds = training_seconds(one, batch_size=batch_size, n_batches=n_batches * n_epochs)
    halves = whole and rows >= MIN_SPLIT_ROWS and batch_size > 1 and threads != 1
    known = whole and not shape.padded and all(cell.has_own_loop for cell in cells)
    if short and halves and not small and seconds >= UNROLLING_PAYS_S:
        return Execution(unroll=True, jit=True, steps_per_execution=per_call, own_loop=known, split=True)
    if known and seconds >= LOOP_PAYS_S and (short or small or threads == 1):
        return Execution(unroll=False, jit=True, steps_per_execution=per_call, own_loop=True)
    return Execution(
        unroll=False, jit=False, steps_per_execution=per_call, split=halves and seconds >= LOOP_PAYS_S
    )
