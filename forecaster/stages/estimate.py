"""Memory and time that a training will take, before it is begun. No Keras is imported."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from forecaster.config.spec import ExperimentSpec
from forecaster.model.cost import FLOPS_PER_SECOND, PASSES, cost, training_seconds
from forecaster.model.shape import Shape

# TensorFlow, pandas and matplotlib, before the first row is read.
RUNTIME_BYTES = 900_000_000
# Copies of the table at the peak: as read, as filled, as sorted (float64), and scaled (float32).
BYTES_PER_CELL = 3 * 8 + 4


@dataclass(frozen=True)
class Estimate:
    """One training on two cores, early stopping aside: right within a factor of about three."""

    weights: int
    seconds_per_epoch: float
    seconds: float
    memory_bytes: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def estimate(spec: ExperimentSpec, shape: Shape, *, rows: int, windows: dict[str, int]) -> Estimate:
    """What a training will take.

    Args:
        spec: Of the experiment.
        shape: Of the network.
        rows: Of the table, gaps among them.
        windows: How many of each split.
    """
    training, sizes = spec.training, shape.encoded()
    one = cost(spec.model, shape)
    n = windows["train"]
    batches = training.steps_per_epoch or -(-n // training.batch_size)
    fits = training_seconds(one, batch_size=min(training.batch_size, n), n_batches=batches)
    judged = windows["val"] * one.flops / FLOPS_PER_SECOND
    epoch = fits + judged
    steps = sizes.lookback + sizes.horizon
    channels = sizes.n_targets + sizes.n_past + sizes.n_static
    widest = max(getattr(layer, "units", 0) for layer in spec.model.stack)
    batch = training.batch_size * steps * (channels + 8 * widest) * 4 * PASSES
    scored = (windows["val"] + windows["test"]) * sizes.horizon * sizes.n_targets * 8
    # The actual values, the model's forecasts and those of every baseline, and one at work.
    scored *= 3 + len(spec.evaluation.baselines)
    columns = sizes.n_targets + len(spec.data.past_covariates) + len(spec.data.future_covariates)
    memory = RUNTIME_BYTES + rows * columns * BYTES_PER_CELL + sum(windows.values()) * 12 + batch + scored
    return Estimate(one.weights, epoch, epoch * training.epochs * training.ensemble, int(memory))
