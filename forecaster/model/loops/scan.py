"""Cells whose gates see the input alone: all steps of a window at once, by a scan.

The minGRU and minLSTM of Feng et al., 2024, "Were RNNs All We Needed?": h_t = a_t h_(t-1) + b_t, where a_t from 0 to 1
and b_t depend on the input of step t alone.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops


def _scan(a: Any, b: Any, *, reverse: bool = False) -> Any:
    """Return every h_t = a_t h_(t-1) + b_t, from h = 0; a and b: (batch, steps, units).

    Each round joins every step with the one at twice the distance of the round before (Hillis & Steele, 1986). Factors
    from 0 to 1 have products from 0 to 1, so nothing overflows, and logarithms are not needed.
    """
    steps, distance = b.shape[1], 1
    while distance < steps:
        if reverse:
            b = tf.concat([b[:, :-distance] + a[:, :-distance] * b[:, distance:], b[:, -distance:]], axis=1)
            a = tf.concat([a[:, :-distance] * a[:, distance:], a[:, -distance:]], axis=1)
        else:
            b = tf.concat([b[:, :distance], b[:, distance:] + a[:, distance:] * b[:, :-distance]], axis=1)
            a = tf.concat([a[:, :distance], a[:, distance:] * a[:, :-distance]], axis=1)
        distance *= 2
    return b


@tf.custom_gradient  # type: ignore[untyped-decorator]
def linear_recurrence(a: Any, b: Any, h0: Any) -> Any:
    """Run h_t = a_t h_(t-1) + b_t.

    The gradient is a recurrence of the same form in the opposite order, so it is a scan too and keeps one array
    instead of two of every round.

    Args:
        a: The factors, from 0 to 1, (batch, steps, units).
        b: What is added, (batch, steps, units).
        h0: The state before the first step, (batch, units).

    Returns:
        Every h, (batch, steps, units).
    """
    first = b[:, :1] + a[:, :1] * h0[:, None]
    hs = _scan(a, tf.concat([first, b[:, 1:]], axis=1))

    def gradient(dhs: Any) -> tuple[Any, Any, Any]:
        # The factor of step t + 1 leads back to step t; nothing leads back to the last one.
        later = tf.concat([a[:, 1:], tf.zeros_like(a[:, :1])], axis=1)
        db = _scan(later, dhs, reverse=True)
        before = tf.concat([h0[:, None], hs[:, :-1]], axis=1)
        return db * before, db, db[:, 0] * a[:, 0]

    return hs, gradient


class ScanCell(keras.layers.GRUCell):
    """A step of the recurrence. Of `keras.layers.GRUCell` it takes the arguments and the dropout.

    Its weights are a kernel, (features, gates x units), and a bias.
    """

    n_gates = 2

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.n_gates * self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
        )
        self.bias = self.add_weight(name="bias", shape=(self.n_gates * self.units,), initializer="zeros")
        self.built = True

    def coefficients(self, x: Any) -> tuple[Any, Any]:
        """Return a and b of the steps of x, (..., features) -> (..., units) each."""
        raise NotImplementedError

    def gates(self, x: Any) -> list[Any]:
        """Return the gates before their activations, and the new values after theirs."""
        *gates, new = ops.split(ops.matmul(x, self.kernel) + self.bias, self.n_gates, axis=-1)
        return [*gates, self.activation(new)]

    def call(self, inputs: Any, states: list[Any], training: bool = False) -> tuple[Any, list[Any]]:
        if training and self.dropout:
            inputs = inputs * self.get_dropout_mask(inputs)
        h = states[0]
        a, b = self.coefficients(inputs)
        h = a * h + b
        return h, [h]


# keras.layers.Bidirectional copies its layer through the registered name.
_known = keras.saving.register_keras_serializable(package="forecaster")


@_known
class MinGRUCell(ScanCell):
    """z = sigmoid(z~), q = act(q~) and h' = (1 - z) h + z q."""

    def coefficients(self, x: Any) -> tuple[Any, Any]:
        z, new = self.gates(x)
        z = ops.sigmoid(z)
        return 1 - z, z * new


@_known
class MinLSTMCell(ScanCell):
    """f = sigmoid(f~), i = sigmoid(i~), q = act(q~) and h' = f / (f + i) h + i / (f + i) q."""

    n_gates = 3

    def coefficients(self, x: Any) -> tuple[Any, Any]:
        f, i, new = self.gates(x)
        # f / (f + i) from the logarithms of both, whose sum may be too small for float32.
        f = ops.sigmoid(ops.softplus(-i) - ops.softplus(-f))
        return f, (1 - f) * new


@_known
class ScanRNN(keras.layers.RNN):
    """keras.layers.RNN of a `ScanCell`, without a loop over the steps."""

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """Run all steps, in place of the method of `keras.layers.RNN`; see `OwnLoopLayer.inner_loop`."""
        x, cell = sequences, self.cell
        (h0,) = initial_state if isinstance(initial_state, list | tuple) else [initial_state]
        if training and cell.dropout:
            x = x * cell.get_dropout_mask(x[:, 0, :])[:, None, :]
        a, b = cell.coefficients(x)
        if mask is not None:
            # A step that does not exist leaves the state as it is.
            there = mask[:, :, None]
            a, b = ops.where(there, a, 1.0), ops.where(there, b, 0.0)
        if self.go_backwards:
            a, b = ops.flip(a, axis=1), ops.flip(b, axis=1)
        hs = linear_recurrence(a, b, h0)
        return hs[:, -1], hs, [hs[:, -1]]


def min_gru(
    *, name: str, return_sequences: bool, return_state: bool, unroll: bool, **arguments: Any
) -> ScanRNN:
    """Return the layer of `MinGRUCell`; the arguments are those of `loops.slstm.slstm`, and unroll is ignored."""
    cell = MinGRUCell(name="min_gru_cell", **arguments)
    return ScanRNN(cell, return_sequences=return_sequences, return_state=return_state, name=name)


def min_lstm(
    *, name: str, return_sequences: bool, return_state: bool, unroll: bool, **arguments: Any
) -> ScanRNN:
    """Return the layer of `MinLSTMCell`; see `min_gru`."""
    cell = MinLSTMCell(name="min_lstm_cell", **arguments)
    return ScanRNN(cell, return_sequences=return_sequences, return_state=return_state, name=name)
