"""The layers of the stack, one after another, shapes wired here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from forecaster.model.cells import DenseSpec, DropoutSpec, Recurrent, RecurrentSpec
from forecaster.model.layers.blocks import RecurrentBlock

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


class PatchEmbedding(keras.Layer):
    """(batch, lookback, features) -> (batch, lookback / patch, width): each segment embedded.

    Segments as recurrent steps: Lin et al., 2023, "SegRNN". A segment is masked where
    every step of it is.
    own: channels that the targets give; those behind them are covariates, whose weights begin
    at nothing. A segment holds patch values of each: begun at random, they would drown the
    targets in noise that training does not take out again.
    """

    def __init__(self, patch: int, width: int, own: int) -> None:
        super().__init__(name="embed")
        self.supports_masking = True
        self.patch, self.own = patch, own
        self.dense = keras.layers.Dense(width, name="dense")
        self.covariates: keras.layers.Dense | None = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.dense.build((None, None, self.patch * self.own))
        more = (input_shape[-1] or 0) - self.own
        if more:
            self.covariates = keras.layers.Dense(
                self.dense.units, use_bias=False, kernel_initializer="zeros", name="covariates"
            )
            self.covariates.build((None, None, self.patch * more))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], (input_shape[1] or 0) // self.patch, self.dense.units)

    def call(self, x: Any) -> Any:
        z = self.dense(self._segments(x[:, :, : self.own]))
        if self.covariates is not None:
            z = z + self.covariates(self._segments(x[:, :, self.own :]))
        return ops.relu(z)

    def _segments(self, x: Any) -> Any:
        return ops.reshape(x, (-1, x.shape[1] // self.patch, self.patch * x.shape[2]))

    def compute_mask(self, x: Any, previous_mask: Any = None) -> Any:
        if previous_mask is None:
            return None
        return ops.any(ops.reshape(previous_mask, (-1, x.shape[1] // self.patch, self.patch)), axis=-1)


def run_with_state(
    layers: Sequence[keras.Layer],
    x: Any,
    states: list[list[Any]] | None = None,
    *,
    training: bool,
    mask: Any | None = None,
) -> tuple[Any, list[list[Any]]]:
    """A stack over a whole sequence: its output, and the final state of each recurrent block.

    states: what to begin with, one entry per block; zeros where None. mask: (batch,
    steps), True where a step is there; None where all are.
    """
    final: list[list[Any]] = []
    for layer in layers:
        if isinstance(layer, RecurrentBlock):
            begin = states[len(final)] if states else None
            x, state = layer.with_state(x, begin, training=training, mask=mask)
            final.append(state)
        elif isinstance(layer, PatchEmbedding):
            x, mask = layer(x), layer.compute_mask(x, mask)
        elif isinstance(layer, keras.layers.Dropout):
            x = layer(x, training=training)
        elif not isinstance(layer, keras.layers.InputLayer):
            x = layer(x)
    return x, final
