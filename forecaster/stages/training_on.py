"""How networks are trained on from their weights: for few epochs, at a rate that begins low."""

from __future__ import annotations

from forecaster.config.spec import ExperimentSpec
from forecaster.training.spec import CosineSchedule

# The share of its epochs that a network trains on for, and the share of the learning rate that it begins with, which
# falls to a tenth of that along a cosine. Measured by benchmarks/update.py; see decision 0083.
EPOCHS, RATE = 0.1, 0.3


def few_epochs(epochs: tuple[int, ...]) -> tuple[int, ...]:
    """Return the epochs that each member is trained on for.

    Args:
        epochs: Those that each took when it was trained anew.
    """
    return tuple(max(1, round(EPOCHS * n)) for n in epochs)


def gentle(spec: ExperimentSpec, members: int) -> ExperimentSpec:
    """Return the settings with a learning rate that begins low and falls to a tenth of that.

    Args:
        spec: The settings of the run.
        members: The number of its networks.
    """
    training = spec.training
    optimizer = training.optimizer.model_copy(
        update={"learning_rate": RATE * training.optimizer.learning_rate}
    )
    changed = training.model_copy(
        update={
            "optimizer": optimizer,
            # A floor, because an epoch at a rate of 0 would be wasted.
            "schedule": CosineSchedule(type="cosine", floor=0.1),
            "ensemble": members,
        }
    )
    return spec.model_copy(update={"training": changed})
