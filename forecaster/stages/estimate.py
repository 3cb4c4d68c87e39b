"""An estimate of the memory and the time of a training. Does not import Keras."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from forecaster.config.spec import ExperimentSpec
from forecaster.errors import DataError
from forecaster.forecasting.levels import probabilities
from forecaster.model.cost import FLOPS_PER_SECOND, PASSES, cost, training_seconds
from forecaster.model.shape import Shape
from forecaster.stages.training_on import few_epochs

# The memory of TensorFlow, pandas and matplotlib before the first row is read.
RUNTIME_BYTES = 900_000_000
# At the peak there are four copies of the table: as read, filled and sorted (float64), and scaled (float32).
BYTES_PER_CELL = 3 * 8 + 4


# What a training of one batch takes: TensorFlow, a network under XLA, scores, pictures and the report.
START_SECONDS = 8.0


@dataclass(frozen=True)
class Estimate:
    """The cost of one training on two cores without early stopping, within a factor of about three.

    Attributes:
        weights: The number of weights of one network.
        seconds_per_epoch: The time of one epoch, validation included.
        seconds: The time of a whole `train`: all epochs of all members of the ensemble, the training on all rows, and
            what every training takes: loading TensorFlow, compiling, scoring and the report. Without baselines that are
            fitted, and an anchor of many windows.
        epochs_seconds: The time of the epochs before the training on all rows.
        memory_bytes: The peak memory of the process.
    """

    weights: int
    seconds_per_epoch: float
    seconds: float
    memory_bytes: int
    epochs_seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return the attributes as a dictionary."""
        return asdict(self)


def check_memory(spec: ExperimentSpec, shape: Shape, *, windows: int, memory: int) -> None:
    """Raise DataError when the network cannot be trained in the memory, before anything of its size is allocated.

    Only what is certain counts: each weight twice, with its gradient, and
    the output of the widest layer for one batch.

    Args:
        spec: The settings of the experiment.
        shape: The shape of the network.
        windows: The number of training windows.
        memory: The memory of the machine, in bytes.
    """
    training, sizes = spec.training, shape.encoded()
    weights = cost(spec.model, shape).weights
    widest = max(getattr(layer, "units", 0) for layer in spec.model.stack)
    steps, batch = sizes.lookback // (spec.model.patch or 1), min(training.batch_size, windows)
    for n_bytes, what, hint, path in (
        (weights * 8, f"a network of {weights:,} weights", "lower the units or the layers", "model.layers"),
        (
            batch * sizes.lookback * 4,
            f"a batch of {batch:,} windows of {sizes.lookback:,} steps",
            "lower training.batch_size or window.lookback",
            "window.lookback",
        ),
        (
            batch * steps * widest * 4,
            f"a batch of {batch:,} windows of {steps:,} steps and {widest:,} units",
            "lower training.batch_size, window.lookback or the units",
            "training.batch_size",
        ),
    ):
        if n_bytes > memory:
            raise DataError(
                f"{what} needs {n_bytes / 1e9:,.0f} GB of memory, and this machine has {memory / 1e9:,.0f} GB",
                hint=hint,
                path=path,
            )


def estimate(spec: ExperimentSpec, shape: Shape, *, rows: int, windows: dict[str, int]) -> Estimate:
    """Estimate the cost of a training.

    Args:
        spec: The settings of the experiment.
        shape: The shape of the network.
        rows: The number of rows of the table, gaps included.
        windows: The number of windows of each split.
    """
    training, sizes = spec.training, shape.encoded()
    one = cost(spec.model, shape)
    n = windows["train"]
    batches = training.steps_per_epoch or -(-n // training.batch_size)
    fits = training_seconds(one, batch_size=min(training.batch_size, n), n_batches=batches)
    judged = min(windows["val"], training.validation_windows or windows["val"]) * one.flops / FLOPS_PER_SECOND
    epoch = fits + judged
    steps = sizes.lookback + sizes.horizon
    channels = sizes.n_targets + sizes.n_past + sizes.n_static
    widest = max(getattr(layer, "units", 0) for layer in spec.model.stack)
    # With independent channels each target passes through the layers alone.
    copies = sizes.n_targets if spec.model.channels == "independent" else 1
    layers = -(-steps // (spec.model.patch or 1)) * copies * 8 * widest
    batch = min(training.batch_size, max(n, 1)) * (steps * channels + layers) * 4 * PASSES
    one_array = sizes.horizon * sizes.n_targets * 8
    # Arrays of this size: actual values, forecasts of the model and of each baseline, and one in computation.
    scored = (windows["val"] + windows["test"]) * one_array * (3 + len(spec.evaluation.baselines))
    # The quantiles of the test forecasts: those of the model, and of one more forecaster at a time.
    scored += windows["test"] * one_array * 2 * len(probabilities(spec.evaluation.levels))
    columns = sizes.n_targets + len(spec.data.past_covariates) + len(spec.data.future_covariates)
    memory = RUNTIME_BYTES + rows * columns * BYTES_PER_CELL + sum(windows.values()) * 12 + batch + scored
    trained = epoch * training.epochs * training.ensemble
    again = {"all": training.epochs, "continue": few_epochs((training.epochs,))[0]}.get(training.refit, 0)
    whole = START_SECONDS + trained + epoch * again * training.ensemble
    return Estimate(one.weights, epoch, whole, int(memory), trained)
