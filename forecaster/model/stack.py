"""The layers of the stack, one after another, shapes wired here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from forecaster.model.blocks import RecurrentBlock
from forecaster.model.cells import DenseSpec, DropoutSpec, Recurrent, RecurrentSpec

Stack = Sequence[Recurrent | DenseSpec | DropoutSpec]


def stack_layers(
    stack: Stack, *, sequences: bool, unroll: bool = False, stateful: bool = False, prefix: str = ""
) -> list[keras.Layer]:
    """The Keras layers of a stack.

    Every recurrent layer hands on all its steps but the last one, which hands on its
    last step unless `sequences`; dense layers before it work step by step.
    stateful: every recurrent layer as a block whose state can be taken and given.
    """
    final = max(i for i, spec in enumerate(stack) if isinstance(spec, RecurrentSpec))
    layers: list[keras.Layer] = []
    for i, spec in enumerate(stack):
        # Named by place, not by Keras' global counter: the names are keys of the saved weights.
        name = f"{prefix}{i}_{spec.type}"
        if not isinstance(spec, RecurrentSpec):
            layers.append(spec.layer(name))
            continue
        all_steps = sequences or i < final
        if stateful or spec.residual or spec.layer_norm:
            layers.append(RecurrentBlock(spec, name, sequences=all_steps, unroll=unroll))
        else:
            layers.append(spec.layer(name, sequences=all_steps, unroll=unroll))
    return layers


def patch_layers(lookback: int, patch: int, features: int, width: int) -> list[keras.Layer]:
    """(batch, lookback, features) -> (batch, lookback / patch, width): each segment embedded.

    Segments as recurrent steps: Lin et al., 2023, "SegRNN".
    """
    return [
        keras.layers.Reshape((lookback // patch, patch * features), name="segments"),
        keras.layers.Dense(width, activation="relu", name="embed"),
    ]


def run_with_state(
    layers: Sequence[keras.Layer], x: Any, states: list[list[Any]] | None = None, *, training: bool
) -> tuple[Any, list[list[Any]]]:
    """A stack over a whole sequence: its output, and the final state of each recurrent block.

    states: what to begin with, one entry per block; zeros where None.
    """
    final: list[list[Any]] = []
    for layer in layers:
        if isinstance(layer, RecurrentBlock):
            x, state = layer.with_state(x, states[len(final)] if states else None, training=training)
            final.append(state)
        elif not isinstance(layer, keras.layers.InputLayer):
            x = layer(x, training=training) if isinstance(layer, keras.layers.Dropout) else layer(x)
    return x, final
