"""The Sequential stack: layers one after another, shapes wired here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from forecaster.model.cells import DenseSpec, DropoutSpec, Recurrent, RecurrentSpec


class RecurrentBlock(keras.Layer):
    """A recurrent layer with what stands around it: residual path, layer normalisation.

    (batch, steps, features) -> (batch, steps, width), or (batch, width) without sequences.
    """

    def __init__(self, spec: RecurrentSpec, inner: keras.Layer, *, sequences: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = spec
        self.inner = inner
        self.sequences = sequences
        self.normalize = keras.layers.LayerNormalization() if spec.layer_norm else None
        self.project: keras.Layer | None = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.inner.build(input_shape)
        if self.spec.residual and input_shape[-1] != self.spec.width:
            self.project = keras.layers.Dense(self.spec.width, use_bias=False)
            self.project.build(input_shape)
        if self.normalize is not None:
            self.normalize.build((*input_shape[:-1], self.spec.width))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, steps, _ = input_shape
        return (batch, steps, self.spec.width) if self.sequences else (batch, self.spec.width)

    def call(self, x: Any, training: bool = False) -> Any:
        out = self.inner(x, training=training)
        if self.spec.residual:
            skip = x if self.sequences else x[:, -1, :]
            out = out + (self.project(skip) if self.project is not None else skip)
        return self.normalize(out) if self.normalize is not None else out


def stack_layers(
    stack: Sequence[Recurrent | DenseSpec | DropoutSpec],
    *,
    sequences: bool,
    unroll: bool = False,
) -> list[keras.Layer]:
    """The Keras layers of a stack.

    Every recurrent layer hands on all its steps but the last one, which hands on
    its last step unless `sequences`; dense layers before it work step by step.
    """
    final = max(i for i, spec in enumerate(stack) if isinstance(spec, RecurrentSpec))
    layers: list[keras.Layer] = []
    for i, spec in enumerate(stack):
        # Named by place, not by Keras' global counter: the names are keys of the saved weights.
        name = f"{i}_{spec.type}"
        if not isinstance(spec, RecurrentSpec):
            layers.append(spec.layer(name))
            continue
        all_steps = sequences or i < final
        layer = spec.layer(name, sequences=all_steps, unroll=unroll)
        if spec.residual or spec.layer_norm:
            layer = RecurrentBlock(spec, layer, sequences=all_steps, name=f"{name}_block")
        layers.append(layer)
    return layers


def patch_layers(lookback: int, patch: int, features: int, width: int) -> list[keras.Layer]:
    """(batch, lookback, features) -> (batch, lookback / patch, width): each segment embedded.

    Segments as recurrent steps: Lin et al., 2023, "SegRNN".
    """
    return [
        keras.layers.Reshape((lookback // patch, patch * features), name="segments"),
        keras.layers.Dense(width, activation="relu", name="embed"),
    ]

