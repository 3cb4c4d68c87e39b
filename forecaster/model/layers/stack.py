"""The stack: its layers in order, the embedding of patches, and running both with a state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from forecaster.model.cells import DenseSpec, DropoutSpec, Recurrent, RecurrentSpec, last_over_steps
from forecaster.model.layers.blocks import ColumnBlock, RecurrentBlock

Stack = Sequence[Recurrent | DenseSpec | DropoutSpec]


def stack_layers(
    stack: Stack,
    *,
    sequences: bool,
    unroll: bool = False,
    stateful: bool = False,
    prefix: str = "",
    columns: int = 1,
) -> list[keras.Layer]:
    """Return the Keras layers of a stack.

    Every recurrent layer over steps but the last returns all its steps, so dense layers between them work step by
    step. The last one returns its last step alone, unless `sequences`; layers over columns follow it.

    Args:
        stack: The layers, repeats written out.
        sequences: Whether the last recurrent layer returns all its steps too.
        unroll: Whether the recurrent steps become one flat graph.
        stateful: Whether every recurrent layer is a block whose state can be read and set.
        prefix: Of the layers' names.
        columns: Targets of a window, for layers over columns.
    """
    final = last_over_steps(stack)
    layers: list[keras.Layer] = []
    for i, spec in enumerate(stack):
        # Named by position, not by Keras' counter: names are keys of the saved weights, and a second
        # network in the same process must have the same ones.
        name = f"{prefix}{i}_{spec.type}"
        if not isinstance(spec, RecurrentSpec):
            layers.append(spec.layer(name))
            continue
        if spec.over == "columns":
            layers.append(ColumnBlock(spec, name, columns=columns, unroll=unroll))
            continue
        all_steps = sequences or i < final
        if stateful or spec.residual or spec.layer_norm:
            layers.append(RecurrentBlock(spec, name, sequences=all_steps, unroll=unroll))
        else:
            layers.append(spec.layer(name, sequences=all_steps, unroll=unroll))
    return layers


class PatchEmbedding(keras.Layer):
    """Embeds each segment: (batch, lookback, features) -> (batch, lookback / patch, width).

    Segments become recurrent steps, as in Lin et al., 2023, "SegRNN". A segment is masked where all its
    steps are. Random initial weights of covariates add noise that training does not remove, because a
    segment holds `patch` values of each; covariate weights therefore start at zero.

    Args:
        patch: Steps per segment.
        width: Features of an embedded segment.
        own: Channels that come from the targets; those after them are covariates.
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
    """Run the layers of a stack over a whole sequence.

    Args:
        layers: As `stack_layers` returns them with `stateful`, with or without the Input and the embedding.
        x: (batch, steps, features).
        states: Initial state of each block over steps; zeros where None.
        training: Whether dropout is on.
        mask: (batch, steps), True where a step exists; None where all do.

    Returns:
        The output of the last layer, and the final state of each block over steps.
    """
    final: list[list[Any]] = []
    for layer in layers:
        if isinstance(layer, ColumnBlock):
            x = layer(x, training=training)
        elif isinstance(layer, RecurrentBlock):
            initial = states[len(final)] if states else None
            x, state = layer.with_state(x, initial, training=training, mask=mask)
            final.append(state)
        elif isinstance(layer, PatchEmbedding):
            x, mask = layer(x), layer.compute_mask(x, mask)
        elif isinstance(layer, keras.layers.Dropout):
            x = layer(x, training=training)
        elif not isinstance(layer, keras.layers.InputLayer):
            x = layer(x)
    return x, final
