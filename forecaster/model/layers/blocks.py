"""A recurrent layer with its residual path and layer normalisation: over steps, or over the targets of a window."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.cells import RecurrentSpec


class RecurrentBlock(keras.Layer):
    """A recurrent layer, then the residual path, then layer normalisation.

    (batch, steps, features) -> (batch, steps, width), or (batch, width) without `sequences`. `call` leaves
    out the state, so that a block can stand in a Sequential; `with_state` returns it.

    Args:
        spec: The recurrent layer.
        name: Of the block, and so a part of the paths of its saved weights.
        sequences: Whether the output has every step.
        unroll: Whether the steps become one flat graph.
    """

    def __init__(self, spec: RecurrentSpec, name: str, *, sequences: bool, unroll: bool = False) -> None:
        super().__init__(name=name)
        self.supports_masking = True
        self.spec = spec
        self.sequences = sequences
        self.inner = spec.layer(f"{name}_layer", sequences=sequences, unroll=unroll, states=True)
        self.normalize = keras.layers.LayerNormalization(name="norm") if spec.layer_norm else None
        self.project: keras.Layer | None = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.inner.build(input_shape)
        if self.spec.residual and input_shape[-1] != self.spec.width:
            self.project = keras.layers.Dense(self.spec.width, use_bias=False, name="project")
            self.project.build(input_shape)
        if self.normalize is not None:
            self.normalize.build((*input_shape[:-1], self.spec.width))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, steps, _ = input_shape
        return (batch, steps, self.spec.width) if self.sequences else (batch, self.spec.width)

    def call(self, x: Any, training: bool = False, mask: Any | None = None) -> Any:
        return self.with_state(x, training=training, mask=mask)[0]

    def compute_mask(self, x: Any, previous_mask: Any = None) -> Any:
        return previous_mask if self.sequences else None

    def with_state(
        self, x: Any, state: list[Any] | None = None, *, training: bool, mask: Any | None = None
    ) -> tuple[Any, list[Any]]:
        """Run over all steps.

        Args:
            x: (batch, steps, features).
            state: The initial state, `n_states` tensors (batch, width); zeros where None.
            training: Whether dropout is on.
            mask: (batch, steps), True where a step exists; None where all do.

        Returns:
            The output, and the final state in the form of `state`.
        """
        out, *final = self.inner(x, initial_state=state, training=training, mask=mask)
        if self.spec.bidirectional:
            n = self.spec.n_states
            final = [ops.concatenate([final[i], final[n + i]], axis=-1) for i in range(n)]
        return self._around(out, x if self.sequences else x[:, -1, :]), final

    def step(self, x: Any, state: list[Any], *, training: bool) -> tuple[Any, list[Any]]:
        """Run one step: x, (batch, features), and a state give an output, (batch, width), and the next state."""
        out, after = self.inner.cell(x, state, training=training)
        return self._around(out, x), list(after) if isinstance(after, list | tuple) else [after]

    def _around(self, out: Any, skip: Any) -> Any:
        if self.spec.residual:
            out = out + (self.project(skip) if self.project is not None else skip)
        return self.normalize(out) if self.normalize is not None else out


class ColumnBlock(RecurrentBlock):
    """A recurrent layer that goes from target to target: (rows, features) -> (rows, width).

    A row is a window of one target, as with independent channels; those of one window follow one another in the
    order of the targets. With `bidirectional` every target sees all others, else those before it. This is the mixing
    of Kraus et al., 2024, "xLSTM-Mixer", where the cell is an sLSTM.

    Args:
        spec: The recurrent layer.
        name: Of the block.
        columns: How many targets a window has.
        unroll: Whether the targets become one flat graph.
    """

    def __init__(self, spec: RecurrentSpec, name: str, *, columns: int, unroll: bool = False) -> None:
        super().__init__(spec, name, sequences=True, unroll=unroll)
        self.columns = columns

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build((None, self.columns, input_shape[-1]))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], self.spec.width)

    def compute_mask(self, x: Any, previous_mask: Any = None) -> Any:
        return None

    def call(self, x: Any, training: bool = False, mask: Any | None = None) -> Any:
        return self.mix(x, training=training)

    def mix(self, x: Any, *, training: bool, beside: int = 1) -> Any:
        """Run over the targets.

        Args:
            x: (rows x beside, features).
            training: Whether dropout is on.
            beside: Segments of the horizon that follow one another within each row; each is mixed alone.

        Returns:
            (rows x beside, width).
        """
        apart = ops.reshape(x, (-1, self.columns, beside, x.shape[-1]))
        columns = ops.reshape(ops.transpose(apart, (0, 2, 1, 3)), (-1, self.columns, x.shape[-1]))
        out, _ = self.with_state(columns, training=training)
        apart = ops.reshape(out, (-1, beside, self.columns, self.spec.width))
        return ops.reshape(ops.transpose(apart, (0, 2, 1, 3)), (-1, self.spec.width))
