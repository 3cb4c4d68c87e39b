"""The state of a training, complete enough to resume it without any difference in the result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt

from forecaster.runs.checkpoints import Fits

Arrays = dict[str, npt.NDArray[Any]]


def weights_of(model: keras.Model) -> Arrays:
    """Return copies of the network's weights, by path."""
    return {w.path: array_of(w) for w in model.kept_weights()}


def array_of(variable: Any) -> npt.NDArray[Any]:
    """Return a copy of a variable, through a tensor because NumPy warns when it copies a variable."""
    return np.array(keras.ops.convert_to_numpy(keras.ops.copy(variable)))


def set_weights(model: keras.Model, arrays: Arrays) -> None:
    """Set every weight of the network.

    Raises:
        KeyError: A weight is absent.
        ValueError: A weight has another shape.
    """
    for weight in model.kept_weights():
        weight.assign(arrays[weight.path])


def snapshot(model: keras.Model) -> Arrays:
    """Return copies of weights, optimizer, dropout's random state and running loss, by role and number."""
    return {name: array_of(variable) for name, variable in _variables(model)}


def restore(model: keras.Model, arrays: Arrays) -> None:
    """Set everything that `snapshot` returned.

    Raises:
        KeyError: An array is absent.
        ValueError: An array has another shape.
    """
    for name, variable in _variables(model):
        variable.assign(arrays[name])


def _variables(model: keras.Model) -> list[tuple[str, Any]]:
    """List all variables by role and number; Keras' order follows from the config alone."""
    groups = {
        # Includes the seeds of dropout, which are variables but not weights; metrics have a group of their own.
        "model": [v for v in model.variables if not any(v is m for m in model.metrics_variables)],
        "optimizer": list(model.optimizer.variables),
        "metric": list(model.metrics_variables),
    }
    return [(f"{role}/{i}", v) for role, found in groups.items() for i, v in enumerate(found)]


@dataclass
class Progress:
    """How far a member's training has come. Plain values only, because it is saved as JSON."""

    epoch: int = 0
    """Epochs finished."""
    step: int = 0
    """Batches done of the unfinished epoch."""
    best: float | None = None
    best_epoch: int = 0
    waited: int = 0
    """Epochs since the best one."""
    plateau_waited: int = 0
    plateau_share: float = 1.0
    stopped: bool = False
    seconds: float = 0.0
    """Time spent on the unfinished epoch so far."""
    history: list[dict[str, Any]] = field(default_factory=list)


def arrays_fault(model: keras.Model, arrays: Arrays) -> str | None:
    """Return why the arrays of a checkpoint are not those of a compiled network; None if they are."""
    own = {name: (tuple(v.shape), str(v.dtype)) for name, v in _variables(model)}
    best = {f"best/{w.path}": (tuple(w.shape), str(w.dtype)) for w in model.kept_weights()}
    found = {name: (array.shape, array.dtype.name) for name, array in arrays.items()}
    if found not in (own, own | best):
        return "it has other arrays than this network, or of other shapes or types"
    return None


class CheckpointStore(Protocol):
    """Holds the newest checkpoint of one member."""

    def save(self, arrays: Arrays, progress: dict[str, Any]) -> None:
        """Replace the checkpoint as a whole; a failure leaves the old one."""

    def load(self, fits: Fits | None = None) -> tuple[Arrays, dict[str, Any]] | None:
        """Return the newest checkpoint that is whole and fits, or None."""
