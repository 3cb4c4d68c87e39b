"""Everything that a resumed training needs to go on as if it had never stopped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]


def weights_of(model: keras.Model) -> Arrays:
    """The network's weights by path, as copies."""
    return {w.path: array_of(w) for w in model.kept_weights()}


def array_of(variable: Any) -> npt.NDArray[Any]:
    """A copy, taken through a tensor: NumPy warns of variables, which it cannot ask for one."""
    return np.array(keras.ops.convert_to_numpy(keras.ops.copy(variable)))


def set_weights(model: keras.Model, arrays: Arrays) -> None:
    """Fill in every weight. Raises KeyError or ValueError when one is absent or has another shape."""
    for weight in model.kept_weights():
        weight.assign(arrays[weight.path])


def snapshot(model: keras.Model) -> Arrays:
    """Weights, optimizer, dropout's random state and the running loss, by role and path."""
    return {name: array_of(variable) for name, variable in _variables(model)}


def restore(model: keras.Model, arrays: Arrays) -> None:
    for name, variable in _variables(model):
        variable.assign(arrays[name])


def _variables(model: keras.Model) -> list[tuple[str, Any]]:
    """Numbered in Keras' own order, which is a function of the config alone."""
    groups = {
        # Seed generators are variables but not weights; metrics' own are listed apart.
        "model": [v for v in model.variables if not any(v is m for m in model.metrics_variables)],
        "optimizer": list(model.optimizer.variables),
        "metric": list(model.metrics_variables),
    }
    return [(f"{role}/{i}", v) for role, found in groups.items() for i, v in enumerate(found)]


@dataclass
class Progress:
    """Where a member's training stands. Plain values only: it is written as JSON."""

    epoch: int = 0
    """Epochs finished."""
    step: int = 0
    """Batches done of the epoch after them."""
    best: float | None = None
    best_epoch: int = 0
    waited: int = 0
    """Epochs since the best."""
    plateau_waited: int = 0
    plateau_share: float = 1.0
    stopped: bool = False
    seconds: float = 0.0
    """Of the unfinished epoch."""
    history: list[dict[str, Any]] = field(default_factory=list)


class CheckpointStore(Protocol):
    """Where checkpoints go; one at a time, replaced as a whole."""

    def save(self, arrays: Arrays, progress: dict[str, Any]) -> None: ...

    def load(self) -> tuple[Arrays, dict[str, Any]] | None:
        """The newest whole checkpoint, or None."""
