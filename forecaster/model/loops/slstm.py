"""The sLSTM of Beck et al., 2024, "xLSTM: Extended Long Short-Term Memory", as a cell of `keras.layers.RNN`."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="forecaster")
class SLSTMCell(keras.layers.LSTMCell):
    """One step, with the gates i, f, z, o side by side.

    i = exp(i~), f = sigmoid(f~) or exp(f~), z = act(z~), o = sigmoid(o~); c' = f c + i z, n' = f n + i and
    h' = o c' / n'. Of `keras.layers.LSTMCell` it takes the kernel, the bias and the dropout.

    The memory c and its normaliser n grow without bound, so the state holds both times exp(-m), with the stabiliser
    m' = max(log f + m, i~): of the factors exp(log f + m - m') and exp(i~ - m') one is 1, the other at most 1.

    Args:
        blocks: Blocks of units whose gates see the states of their own block alone.
        forget_gate: sigmoid or exponential.
        **kwargs: Of `keras.layers.LSTMCell`.
    """

    def __init__(self, *args: Any, blocks: int = 1, forget_gate: str = "sigmoid", **kwargs: Any) -> None:
        # An exponential gate begins at 1, a sigmoid one needs the bias for it.
        super().__init__(*args, **{"unit_forget_bias": forget_gate == "sigmoid", **kwargs})
        self.blocks, self.forget_gate = blocks, forget_gate
        self.state_size = [self.units] * 4
        # One dropout mask for all gates, also on the state.
        self.dropout_mask_count = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], 4 * self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
        )
        size = self.units // self.blocks
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.blocks, size, 4 * size),
            initializer=self._of_blocks,
            regularizer=self.recurrent_regularizer,
        )
        self.bias = self.add_weight(name="bias", shape=(4 * self.units,), initializer=self._of_gates)
        self.built = True

    def _of_blocks(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Draw each block by itself: an initializer gives the same numbers each time."""
        return ops.stack([self.recurrent_initializer.clone()(shape[1:], dtype) for _ in range(shape[0])])

    def _of_gates(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        bias = ops.zeros((4, self.units), dtype)
        first = ops.zeros((4, 1), dtype) if not self.unit_forget_bias else [[0.0], [1.0], [0.0], [0.0]]
        return ops.reshape(bias + ops.cast(first, bias.dtype), shape)

    def call(self, inputs: Any, states: list[Any], training: bool = False) -> tuple[Any, list[Any]]:
        """Run one step.

        Args:
            inputs: (batch, features).
            states: h, c, n and m, each (batch, units); all 0 before the first step.
            training: Whether dropout is on.

        Returns:
            The output, and the next states.
        """
        h, c, n, m = states
        if training and self.dropout:
            inputs = inputs * self.get_dropout_mask(inputs)
        if training and self.recurrent_dropout:
            h = h * self.get_recurrent_dropout_mask(h)
        gates = ops.matmul(inputs, self.kernel) + self.of_state(h) + self.bias
        i, f, z, o = ops.split(gates, 4, axis=-1)
        kept = f if self.forget_gate == "exponential" else -ops.softplus(-f)
        kept = kept + m
        # Where nothing is remembered yet, m means nothing either.
        m = ops.where(n > 0, ops.maximum(kept, i), i)
        old, new = ops.where(n > 0, ops.exp(ops.minimum(kept - m, 0.0)), 0.0), ops.exp(i - m)
        c, n = old * c + new * self.activation(z), old * n + new
        h = ops.sigmoid(o) * c / n
        return h, [h, c, n, m]

    def of_state(self, h: Any) -> Any:
        """Return the part of h in the gates: (batch, units) -> (batch, 4 units)."""
        size = self.units // self.blocks
        if self.blocks == 1:
            return ops.matmul(h, self.recurrent_kernel[0])
        apart = ops.transpose(ops.reshape(h, (-1, self.blocks, size)), (1, 0, 2))
        found = ops.reshape(ops.matmul(apart, self.recurrent_kernel), (self.blocks, -1, 4, size))
        return ops.reshape(ops.transpose(found, (1, 2, 0, 3)), (-1, 4 * self.units))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "blocks": self.blocks, "forget_gate": self.forget_gate}


def slstm(
    *, name: str, return_sequences: bool, return_state: bool, unroll: bool, **arguments: Any
) -> keras.layers.RNN:
    """Return the layer.

    Args:
        name: Of the layer.
        return_sequences: Whether the output has every step.
        return_state: Whether the output is followed by the final state.
        unroll: Whether the steps become one flat graph.
        **arguments: Of the cell.
    """
    return keras.layers.RNN(
        SLSTMCell(name="slstm_cell", **arguments),
        return_sequences=return_sequences,
        return_state=return_state,
        unroll=unroll,
        name=name,
    )
