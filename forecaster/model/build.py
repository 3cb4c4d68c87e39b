"""From a validated spec to a Keras model, and the registry of heads."""

from __future__ import annotations

import importlib

from forecaster.model.heads.base import Forecaster
from forecaster.model.heads.direct import StatefulForecaster
from forecaster.model.seeding import seeded
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec


def head_class(name: str) -> type[Forecaster]:
    """Return the network of a head: `HEAD` of the module in heads/ that has the head's name."""
    head: type[Forecaster] = importlib.import_module(f"forecaster.model.heads.{name}").HEAD
    return head


def build(
    spec: ModelSpec, shape: Shape, *, seed: int = 0, unroll: bool = False, streams: int = 1
) -> Forecaster:
    """Return a network whose weights exist.

    The first weights and the dropout follow from the seed alone, and the process's global random state
    stays as it is, so networks can be built in several threads at once (see `seeded`).

    Args:
        spec: The network; its layers, head, normalisation and output.
        shape: Sizes of the windows, categories not yet encoded as channels.
        seed: Of the first weights and of dropout. Indifferent where saved weights are filled in next.
        unroll: Whether the recurrent steps become one flat graph, which XLA compiles best.
        streams: Rows of every batch of a network that carries its state; see `StatefulForecaster`.
    """
    with seeded(seed):
        model: Forecaster
        if spec.stateful:
            model = StatefulForecaster(spec, shape, unroll=unroll, streams=streams)
        else:
            model = head_class(spec.head.type)(spec, shape, unroll=unroll)
        model.build()
    return model
