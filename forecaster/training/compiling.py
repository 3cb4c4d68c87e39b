"""The compiled training step of a network."""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt

from forecaster.model.execution import Execution
from forecaster.training.losses import make_loss
from forecaster.training.optimizers import make_optimizer
from forecaster.training.spec import TrainingSpec
from forecaster.training.state import array_of


def compile_network(
    model: keras.Model, spec: TrainingSpec, *, execution: Execution, steps_per_execution: int
) -> None:
    """Compile a network, or put the optimizer of one that is compiled in this way back to its beginning.

    Args:
        model: The network.
        spec: The training, of which the optimizer and the loss are used.
        execution: How the network runs.
        steps_per_execution: Batches per call from Python.
    """
    # The rate is set before every epoch.
    optimizer = spec.optimizer.model_copy(update={"learning_rate": None})
    way = (optimizer, spec.loss, execution.jit, steps_per_execution)
    if model.compiled_way == way:
        for variable, value in zip(model.optimizer.variables, model.first_optimizer_state, strict=True):
            variable.assign(value)
        return
    model.compile(
        optimizer=make_optimizer(spec.optimizer),
        loss=make_loss(spec.loss, model.spec.output),
        jit_compile=execution.jit,
        steps_per_execution=steps_per_execution,
    )
    model.optimizer.build(model.trainable_variables)
    model.compiled_way = way
    first: list[npt.NDArray[np.generic]] = [array_of(v) for v in model.optimizer.variables]
    model.first_optimizer_state = first
