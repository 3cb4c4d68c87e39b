"""From a validated spec to a Keras model: window normalisation around a Sequential."""

from __future__ import annotations

import importlib

from forecaster.model.heads.base import Forecaster
from forecaster.model.heads.direct import StatefulForecaster
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec


def head_class(name: str) -> type[Forecaster]:
    """Return the network of a head: `HEAD` of the module in heads/ that has the head's name."""
    head: type[Forecaster] = importlib.import_module(f"forecaster.model.heads.{name}").HEAD
    return head


def build(spec: ModelSpec, shape: Shape, *, unroll: bool = False, streams: int = 1) -> Forecaster:
    """A built network: its weights exist and follow Keras' global seed.

    streams: rows of every batch, where the state is carried; see StatefulForecaster.
    """
    model: Forecaster
    if spec.stateful:
        model = StatefulForecaster(spec, shape, unroll=unroll, streams=streams)
    else:
        model = head_class(spec.head.type)(spec, shape, unroll=unroll)
    model.build()
    return model
