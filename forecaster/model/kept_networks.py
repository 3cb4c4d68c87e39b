"""Networks that a thread has used and may use again: to trace and compile one takes seconds."""

from __future__ import annotations

import threading
from typing import Any

import keras

from forecaster.model.build import build
from forecaster.model.execution import Execution
from forecaster.model.heads.base import Forecaster
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec

# Networks that are kept: the one in training, and the one that forecasts.
KEPT = 2


class _Kept(threading.local):
    """The networks of one thread with what they were built from, the newest last."""

    def __init__(self) -> None:
        self.networks: list[tuple[tuple[Any, ...], Forecaster]] = []


_kept = _Kept()


def network_to_train(
    spec: ModelSpec,
    shape: Shape,
    *,
    seed: int,
    execution: Execution,
    batch_size: int,
    streams: int = 1,
) -> Forecaster:
    """Return a network with the weights that follow from the seed, its anchor not yet set.

    The members of an ensemble, the training on all rows and the folds of a backtest differ in weights and data only, so
    they train one network. It has the variables of a new one, so the training ends in the same bytes. The caller uses
    it until the next call of this function in the same thread.

    Args:
        spec: The network.
        shape: Sizes of the windows.
        seed: Of the first weights and of dropout.
        execution: How the network runs.
        batch_size: Windows in every batch.
        streams: Rows of every batch of a network that carries its state.
    """
    new = build(spec, shape, seed=seed, unroll=execution.unroll, streams=streams)
    known, way = _recall(spec, shape, execution, batch_size, streams)
    if known is None:
        new.run_as(execution, batch_size)
        _keep(way, new)
        return new
    for variable, value in zip(_variables(known), _variables(new), strict=True):
        variable.assign(value)
    return known


def network_to_forecast(spec: ModelSpec, shape: Shape, *, streams: int = 1) -> Forecaster:
    """Return a network to fill with saved weights. The caller uses it until the next call in the same thread.

    Args:
        spec: The network.
        shape: Sizes of the windows.
        streams: Rows of every batch of a network that carries its state.
    """
    known, way = _recall(spec, shape, None, None, streams)
    if known is None:
        known = build(spec, shape, streams=streams)
        _keep(way, known)
    return known


def forget() -> None:
    """Let go of the networks of this thread."""
    _kept.networks.clear()


def _recall(spec: ModelSpec, shape: Shape, *rest: Any) -> tuple[Forecaster | None, tuple[Any, ...]]:
    """Return the network that was built in this way, now the newest, and the way."""
    # Penalty and lookback of an anchor are used where its weights are fitted, outside the network.
    anchor = spec.anchor and spec.anchor.model_copy(update={"penalty": None, "lookback": None})
    policy = keras.config.dtype_policy().name
    way = (spec.model_copy(update={"anchor": anchor}), shape, policy, *rest)
    for entry in _kept.networks:
        if entry[0] == way:
            _kept.networks.remove(entry)
            _kept.networks.append(entry)
            return entry[1], way
    return None, way


def _keep(way: tuple[Any, ...], network: Forecaster) -> None:
    _kept.networks.append((way, network))
    del _kept.networks[:-KEPT]


def _variables(model: Forecaster) -> list[Any]:
    """List weights and the seeds of dropout, which are variables but not weights; no metrics."""
    return [v for v in model.variables if not any(v is m for m in model.metrics_variables)]
