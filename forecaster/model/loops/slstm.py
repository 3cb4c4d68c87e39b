"""The sLSTM of Beck et al., 2024, "xLSTM: Extended Long Short-Term Memory": a cell, and its time loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from forecaster.model.loops.recurrence import OwnLoopLayer
from forecaster.model.loops.series import SLOPES, as_series, before, beside, each, flat, run_loop, whole


def of_state(h: Any, kernel: Any) -> Any:
    """Return the part of the state in the gates, block by block.

    Args:
        h: (batch, units).
        kernel: (blocks, units of a block, 4 x units of a block).

    Returns:
        (batch, 4 units), the gates i, f, z and o side by side.
    """
    blocks, size, _ = kernel.shape
    if blocks == 1:
        return ops.matmul(h, kernel[0])
    found = ops.reshape(ops.matmul(_by_block(h, blocks), kernel), (blocks, -1, 4, size))
    return ops.reshape(ops.transpose(found, (1, 2, 0, 3)), (-1, 4 * blocks * size))


def _by_block(h: Any, blocks: int) -> Any:
    """(batch, units) -> (blocks, batch, units of a block)."""
    return ops.transpose(ops.reshape(h, (-1, blocks, h.shape[-1] // blocks)), (1, 0, 2))


def _gates_by_block(gates: Any, blocks: int) -> Any:
    """(batch, 4 units) -> (blocks, batch, 4 x units of a block)."""
    size = gates.shape[-1] // (4 * blocks)
    apart = ops.transpose(ops.reshape(gates, (-1, 4, blocks, size)), (2, 0, 1, 3))
    return ops.reshape(apart, (blocks, -1, 4 * size))


def slstm_loop(activation: str, *, exponential: bool, unroll: bool) -> Callable[..., Any]:
    """Return the loop of an sLSTM; see `SLSTMCell`.

    No forecast depends on the stabiliser m, whatever it is: c and n have the same factor exp(-m). The gradient takes it
    as a constant, also where the last state goes on into another layer.

    Args:
        activation: Of what a step adds to the memory.
        exponential: Whether the forget gate is exponential instead of sigmoid.
        unroll: Whether the steps become one flat graph.

    Returns:
        (x, R, h0, c0, n0, m0) -> every h, c, n and m, each (steps, batch, units). x: (steps, batch, 4 units), the
        input's part of the gates, bias included.
    """
    act, slope = keras.activations.get(activation), SLOPES[activation]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(x: Any, kernel: Any, h0: Any, c0: Any, n0: Any, m0: Any) -> Any:
        blocks = kernel.shape[0]

        def forward(state: list[Any], inputs: list[Any]) -> tuple[list[Any], list[Any]]:
            h, c, n, m = state
            i, f, z, o = tf.split(inputs[0] + of_state(h, kernel), 4, axis=-1)
            z, o, there = act(z), tf.sigmoid(o), n > 0
            kept = m + (f if exponential else -tf.math.softplus(-f))
            m = tf.where(there, tf.maximum(kept, i), i)
            old, new = tf.where(there, tf.exp(tf.minimum(kept - m, 0.0)), 0.0), tf.exp(i - m)
            c, n = old * c + new * z, old * n + new
            h = o * c / n
            # The slope of log f.
            fade = tf.ones_like(f) if exponential else tf.sigmoid(-f)
            return [h, c, n, m], [h, c, n, m, old, new, z, o, fade]

        start = [h0, c0, n0, m0]
        _, (hs, cs, ns, ms, old, new, z, o, fade) = run_loop(forward, start, [as_series(x, unroll)])

        def gradient(dhs: Any, dcs: Any, dns: Any, _: Any) -> tuple[Any, ...]:
            to_c = each(lambda o, n: o / n, o, ns)
            to_n = each(lambda c, n, to_c: -to_c * c / n, cs, ns, to_c)
            of_o = each(lambda c, n, o: c / n * o * (1 - o), cs, ns, o)
            faded = each(lambda old, fade: old * fade, old, fade)
            # What the gates i, f and z get of the gradients of c and of n.
            of_c = each(
                lambda new, z, faded, c: beside(new * z, faded * c, new * slope(z)),
                new,
                z,
                faded,
                before(c0, cs),
            )
            of_n = each(
                lambda new, faded, n: beside(new, faded * n, tf.zeros_like(n)), new, faded, before(n0, ns)
            )

            def backward(state: list[Any], inputs: list[Any]) -> tuple[list[Any], list[Any]]:
                dh, dc, dn = state
                dh_out, dc_out, dn_out, to_c, to_n, of_c, of_n, of_o, old = inputs
                dh = dh + dh_out
                dc, dn = dc + dc_out + dh * to_c, dn + dn_out + dh * to_n
                three = beside(dc, dc, dc) * of_c + beside(dn, dn, dn) * of_n
                dz = beside(three, dh * of_o)
                through = tf.matmul(_gates_by_block(dz, blocks), kernel, transpose_b=True)
                dh = tf.reshape(tf.transpose(through, (1, 0, 2)), tf.shape(dh))
                return [dh, dc * old, dn * old], [dz]

            zeros = [tf.zeros_like(h0), tf.zeros_like(c0), tf.zeros_like(n0)]
            given = [as_series(d, unroll) for d in (dhs, dcs, dns)]
            inputs = [*given, to_c, to_n, of_c, of_n, of_o, old]
            (dh0, dc0, dn0), (dz,) = run_loop(backward, zeros, inputs, reverse=True)
            dkernel = tf.matmul(
                _by_block(flat(before(h0, hs)), blocks), _gates_by_block(flat(dz), blocks), transpose_a=True
            )
            return whole(dz), dkernel, dh0, dc0, dn0, dc0 * c0 + dn0 * n0

        return tuple(whole(series) for series in (hs, cs, ns, ms)), gradient

    return run  # type: ignore[no-any-return]


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
        gates = ops.matmul(inputs, self.kernel) + of_state(h, self.recurrent_kernel) + self.bias
        i, f, z, o = ops.split(gates, 4, axis=-1)
        kept = f if self.forget_gate == "exponential" else -ops.softplus(-f)
        kept = kept + m
        # Where nothing is remembered yet, m means nothing either.
        m = ops.where(n > 0, ops.maximum(kept, i), i)
        old, new = ops.where(n > 0, ops.exp(ops.minimum(kept - m, 0.0)), 0.0), ops.exp(i - m)
        c, n = old * c + new * self.activation(z), old * n + new
        h = ops.sigmoid(o) * c / n
        return h, [h, c, n, m]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "blocks": self.blocks, "forget_gate": self.forget_gate}


@keras.saving.register_keras_serializable(package="forecaster")
class SLSTM(OwnLoopLayer, keras.layers.RNN):
    """keras.layers.RNN of a `SLSTMCell`, with the time loop of `slstm_loop`."""

    def _run(self, cell: Any, x: Any, kernel: Any, initial: list[Any]) -> tuple[Any, list[Any]]:
        activation = keras.activations.serialize(cell.activation)
        run = slstm_loop(activation, exponential=cell.forget_gate == "exponential", unroll=self.unroll)
        hs, *others = run(ops.matmul(x, cell.kernel) + cell.bias, kernel, *initial)
        return hs, [hs[-1], *(series[-1] for series in others)]


def slstm(*, name: str, return_sequences: bool, return_state: bool, unroll: bool, **arguments: Any) -> SLSTM:
    """Return the layer.

    Args:
        name: Of the layer.
        return_sequences: Whether the output has every step.
        return_state: Whether the output is followed by the final state.
        unroll: Whether the steps become one flat graph.
        **arguments: Of the cell.
    """
    return SLSTM(
        SLSTMCell(name="slstm_cell", **arguments),
        return_sequences=return_sequences,
        return_state=return_state,
        unroll=unroll,
        name=name,
    )
