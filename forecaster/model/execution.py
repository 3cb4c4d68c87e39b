"""Execution of the layers in training, chosen from the sizes because no single way is always fastest."""

from __future__ import annotations

from dataclasses import dataclass

from forecaster.model.cells import RecurrentSpec, over_columns
from forecaster.model.cost import cost, training_seconds
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

# Windows per batch of a forecast.
PREDICT_BATCH = 256
# Rows per batch of a forecast, a row being a window or, with independent channels, a window of one target: 32 targets
# fill it with PREDICT_BATCH windows. More rows are no faster, and their memory would grow with the number of targets.
PREDICT_ROWS = 8192
# An unrolled graph of up to this many steps compiles in seconds; at 96 it takes longer than a short training.
MAX_UNROLLED_STEPS = 32
# Numbers in one state (batch x units) up to which XLA's single-threaded loop beats TensorFlow's
# multi-threaded one.
MAX_OWN_LOOP_STATE = 4096
# Rows of a batch from which half of it still keeps a core busy.
MIN_SPLIT_ROWS = 64
# Seconds of training, as `training_seconds` estimates them, from which compiling pays: the step of two halves takes a
# second longer to trace than that of one, a loop under XLA three to five seconds to compile, and an unrolled graph of
# two halves six to eight.
HALVES_PAY_S = 4.0
LOOP_PAYS_S = 10.0
UNROLLING_PAYS_S = 30.0


def predict_batch(spec: ModelSpec, shape: Shape) -> int:
    """Return the windows per batch of a forecast.

    Args:
        spec: The network.
        shape: Sizes of the windows.
    """
    each = shape.n_targets if spec.channels == "independent" else 1
    return min(PREDICT_BATCH, max(1, PREDICT_ROWS // each))


@dataclass(frozen=True)
class Execution:
    """How one network is run in training. No choice changes the result by more than rounding."""

    unroll: bool
    """The recurrent steps are one flat graph."""
    jit: bool
    """XLA compiles the training step."""
    steps_per_execution: int
    """Batches per call from Python."""
    own_loop: bool = False
    """The recurrent layers run in the time loops of loops/recurrence."""
    split: bool = False
    """The two halves of a batch run side by side, one on each core."""


def choose_execution(
    spec: ModelSpec,
    shape: Shape,
    *,
    batch_size: int,
    n_batches: int,
    n_epochs: int,
    times: int = 1,
    threads: int | None = None,
    gpu: bool = False,
) -> Execution:
    """Choose the way that was measured as the fastest for such sizes (docs/benchmarks.md).

    Args:
        spec: The network.
        shape: Sizes of the windows.
        batch_size: Windows per batch.
        n_batches: Batches per epoch.
        n_epochs: Most epochs of this training; compiling pays only where training is long.
        times: Trainings of this length that one compiled network serves.
        threads: `runtime.threads`, None for all of the machine's.
        gpu: Whether the network runs on a GPU, whose fused kernels are fastest as they are.
    """
    per_call = max(1, min(10, n_batches))
    if gpu:
        return Execution(unroll=False, jit=False, steps_per_execution=per_call)
    cells = [cell for cell in spec.stack if isinstance(cell, RecurrentSpec)]
    steps = shape.lookback // spec.patch if spec.patch else shape.lookback
    rows = batch_size * (shape.n_targets if spec.channels == "independent" else 1)
    # Otherwise there are loops of Keras' own, which gain nothing from XLA on a CPU.
    whole = not spec.head.feeds_back and not spec.stateful
    one = cost(spec, shape)
    longest = max(steps, shape.n_targets) if over_columns(spec.stack) else steps
    short = whole and longest <= MAX_UNROLLED_STEPS and one.loops <= 4 * MAX_UNROLLED_STEPS
    small = rows * max(cell.units for cell in cells) <= MAX_OWN_LOOP_STATE
    seconds = training_seconds(one, batch_size=batch_size, n_batches=n_batches * n_epochs * times)
    halves = whole and rows >= MIN_SPLIT_ROWS and batch_size > 1 and threads != 1
    known = whole and not shape.padded and all(cell.has_own_loop for cell in cells)
    if short and halves and not small and seconds >= UNROLLING_PAYS_S:
        return Execution(unroll=True, jit=True, steps_per_execution=per_call, own_loop=known, split=True)
    if known and seconds >= LOOP_PAYS_S and (small or threads == 1):
        return Execution(unroll=False, jit=True, steps_per_execution=per_call, own_loop=True)
    return Execution(
        unroll=False, jit=False, steps_per_execution=per_call, split=halves and seconds >= HALVES_PAY_S
    )
