"""Recurrent layers for training on a CPU: Keras' layers with a time loop that XLA compiles well.

The arithmetic, the weights and their names are those of keras.layers; the order of work differs. The input's
part of every gate is one product over all steps before the loop, and the gradient of each kernel is one
product after it, so the loop holds only what depends on the step before. Fused GPU kernels do the same
(Appleyard et al., 2016, "Optimizing Performance of Recurrent Neural Networks on GPUs"). This needs
TensorFlow, because Keras' own scan cannot return arrays of other shapes than its state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from forecaster.model.loops.series import (
    SLOPES,
    as_series,
    before,
    beside,
    each,
    flat,
    kernel_gradient,
    run_loop,
    whole,
)


def simple_rnn(activation: str, *, unroll: bool) -> Callable[..., Any]:
    """Return the loop of a simple recurrent layer: h' = act(x + h R).

    Returns:
        (x, R, h0) -> every h, (steps, batch, units). x: (steps, batch, units), the input's part W x + b.
    """
    act, slope = keras.activations.get(activation), SLOPES[activation]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(x: Any, kernel: Any, h0: Any) -> Any:
        def forward(state: list[Any], inputs: list[Any]) -> tuple[list[Any], list[Any]]:
            h = act(inputs[0] + tf.matmul(state[0], kernel))
            return [h], [h]

        _, (hs,) = run_loop(forward, [h0], [as_series(x, unroll)])

        def gradient(dhs: Any) -> tuple[Any, ...]:
            def backward(state: list[Any], inputs: list[Any]) -> tuple[list[Any], list[Any]]:
                dh, local = inputs
                dz = (state[0] + dh) * local
                return [tf.matmul(dz, kernel, transpose_b=True)], [dz]

            inputs = [as_series(dhs, unroll), each(slope, hs)]
            (dh0,), (dz,) = run_loop(backward, [tf.zeros_like(h0)], inputs, reverse=True)
            return whole(dz), kernel_gradient(before(h0, hs), dz), dh0

        return whole(hs), gradient

    return run  # type: ignore[no-any-return]


def lstm(activation: str, recurrent_activation: str, *, unroll: bool) -> Callable[..., Any]:
    """Return the loop of an LSTM, gates i, f, g, o side by side: c' = f c + i g, h' = o act(c').

    Returns:
        (x, R, h0, c0) -> every h and every c, each (steps, batch, units). x: (steps, batch, 4 units), the
        input's part of the gates, bias included.
    """
    act, slope = keras.activations.get(activation), SLOPES[activation]
    gate, gate_slope = keras.activations.get(recurrent_activation), SLOPES[recurrent_activation]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(x: Any, kernel: Any, h0: Any, c0: Any) -> Any:
        n = kernel.shape[0]

        def forward(state: list[Any], inputs: list[Any]) -> tuple[list[Any], list[Any]]:
            h, c = state
            z = inputs[0] + tf.matmul(h, kernel)
            # All four, although g needs another activation: XLA compiles one kernel instead of three.
            gates, g = gate(z), act(z[:, 2 * n : 3 * n])
            i, f, o = gates[:, :n], gates[:, n : 2 * n], gates[:, 3 * n :]
            c = f * c + i * g
            h = o * act(c)
            return [h, c], [h, c, i, f, g, o]

        _, (hs, cs, i, f, g, o) = run_loop(forward, [h0, c0], [as_series(x, unroll)])

        def gradient(dhs: Any, dcs: Any) -> tuple[Any, ...]:
            a = each(act, cs)
            of_h = each(lambda a, o: a * gate_slope(o), a, o)
            of_c = each(lambda a, o: o * slope(a), a, o)
            of_i = each(lambda g, i: g * gate_slope(i), g, i)
            of_f = each(lambda c, f: c * gate_slope(f), before(c0, cs), f)
            of_g = each(lambda i, g: i * slope(g), i, g)
            slopes = each(beside, of_i, of_f, of_g, of_h)

            def backward(state: list[Any], inputs: list[Any]) -> tuple[list[Any], list[Any]]:
                dh, dc = state
                dh_out, dc_out, slopes, of_c, f = inputs
                dh = dh + dh_out
                dc = dc + dc_out + dh * of_c
                # Concatenated before the product: separate products would each start from the sum dc,
                # and XLA would compute that sum in each of them again, back to the last step.
                dz = beside(dc, dc, dc, dh) * slopes
                return [tf.matmul(dz, kernel, transpose_b=True), dc * f], [dz]

            zeros = [tf.zeros_like(h0), tf.zeros_like(c0)]
            inputs = [as_series(dhs, unroll), as_series(dcs, unroll), slopes, of_c, f]
            (dh0, dc0), (dz,) = run_loop(backward, zeros, inputs, reverse=True)
            return whole(dz), kernel_gradient(before(h0, hs), dz), dh0, dc0

        return (whole(hs), whole(cs)), gradient

    return run  # type: ignore[no-any-return]


def gru(activation: str, recurrent_activation: str, *, unroll: bool) -> Callable[..., Any]:
    """Return the loop of a GRU, gates z, r, q side by side and the reset after the product.

    h' = z h + (1 - z) act(x_q + r (h R_q + b_q)).

    Returns:
        (x, R, b, h0) -> every h, (steps, batch, units). x: (steps, batch, 3 units), the input's part of the
        gates, its bias included; b: (3 units,), the bias of the recurrent part.
    """
    act, slope = keras.activations.get(activation), SLOPES[activation]
    gate, gate_slope = keras.activations.get(recurrent_activation), SLOPES[recurrent_activation]

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def run(x: Any, kernel: Any, bias: Any, h0: Any) -> Any:
        n = kernel.shape[0]

        def forward(state: list[Any], inputs: list[Any]) -> tuple[list[Any], list[Any]]:
            (h,), (x_t,) = state, inputs
            m = tf.matmul(h, kernel) + bias
            zr, inner = gate(x_t[:, : 2 * n] + m[:, : 2 * n]), m[:, 2 * n :]
            z, r = zr[:, :n], zr[:, n:]
            q = act(x_t[:, 2 * n :] + r * inner)
            h = q + z * (h - q)
            return [h], [h, z, r, q, inner]

        _, (hs, z, r, q, inner) = run_loop(forward, [h0], [as_series(x, unroll)])

        def gradient(dhs: Any) -> tuple[Any, ...]:
            last = before(h0, hs)
            of_z = each(lambda h, q, z: (h - q) * gate_slope(z), last, q, z)
            of_q = each(lambda z, q: (1 - z) * slope(q), z, q)
            slopes = each(
                lambda of_z, of_q, m, r: beside(of_z, of_q * m * gate_slope(r), of_q * r),
                of_z,
                of_q,
                inner,
                r,
            )

            def backward(state: list[Any], inputs: list[Any]) -> tuple[list[Any], list[Any]]:
                dh_out, slopes, z = inputs
                dh = state[0] + dh_out
                dm = beside(dh, dh, dh) * slopes
                return [dh * z + tf.matmul(dm, kernel, transpose_b=True)], [dm, dh]

            inputs = [as_series(dhs, unroll), slopes, z]
            (dh0,), (dm, dh) = run_loop(backward, [tf.zeros_like(h0)], inputs, reverse=True)
            dq = each(lambda dh, of_q: dh * of_q, dh, of_q)
            together = flat(dm)
            dx = tf.reshape(tf.concat([together[:, : 2 * n], flat(dq)], axis=-1), (-1, *_shape(h0, 3 * n)))
            return dx, kernel_gradient(last, dm), tf.reduce_sum(together, axis=0), dh0

        return whole(hs), gradient

    return run  # type: ignore[no-any-return]


def _shape(state: Any, width: int) -> tuple[Any, int]:
    """Return (batch, width), the batch as an int where it is known."""
    return (state.shape[0] or tf.shape(state)[0], width)


class OwnLoopLayer:
    """A mixin for a Keras recurrent layer that runs its time loop by the functions above.

    Masked windows are left to Keras.
    """

    by_own_loop = False
    """Whether to use the own loop; otherwise the layer is Keras' layer, unchanged."""

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        """Run all steps, in place of the method of `keras.layers.RNN`.

        Args:
            sequences: (batch, steps, features).
            initial_state: One tensor (batch, units) per state of the cell.
            mask: (batch, steps) or None.
            training: Whether dropout is on.

        Returns:
            The last output, all outputs, and the last states.
        """
        if not self.by_own_loop or mask is not None:
            return super().inner_loop(sequences, initial_state, mask, training)  # type: ignore[misc]
        cell = self.cell  # type: ignore[attr-defined]
        x = tf.reverse(sequences, axis=[1]) if self.go_backwards else sequences  # type: ignore[attr-defined]
        if training and cell.dropout:
            x = x * cell.get_dropout_mask(x[:, 0, :])[:, None, :]
        x = tf.transpose(x, (1, 0, 2))
        # As a tensor: a function with a custom gradient must not read a variable.
        kernel = tf.identity(cell.recurrent_kernel)
        hs, states = self._run(cell, x, kernel, initial_state)
        return hs[-1], tf.transpose(hs, (1, 0, 2)), states

    def _run(self, cell: Any, x: Any, kernel: Any, initial: list[Any]) -> tuple[Any, list[Any]]:
        """Return every h, (steps, batch, units), and the last states. x: (steps, batch, features)."""
        raise NotImplementedError


# keras.layers.Bidirectional copies its layer through the registered name.
_known = keras.saving.register_keras_serializable(package="forecaster")


@_known
class SimpleRNN(OwnLoopLayer, keras.layers.SimpleRNN):
    """keras.layers.SimpleRNN with the time loop of `simple_rnn`."""

    def _run(self, cell: Any, x: Any, kernel: Any, initial: list[Any]) -> tuple[Any, list[Any]]:
        run = simple_rnn(keras.activations.serialize(cell.activation), unroll=self.unroll)
        hs = run(keras.ops.matmul(x, cell.kernel) + cell.bias, kernel, *initial)
        return hs, [hs[-1]]


@_known
class LSTM(OwnLoopLayer, keras.layers.LSTM):
    """keras.layers.LSTM with the time loop of `lstm`."""

    def _run(self, cell: Any, x: Any, kernel: Any, initial: list[Any]) -> tuple[Any, list[Any]]:
        names = (keras.activations.serialize(f) for f in (cell.activation, cell.recurrent_activation))
        hs, cs = lstm(*names, unroll=self.unroll)(
            keras.ops.matmul(x, cell.kernel) + cell.bias, kernel, *initial
        )
        return hs, [hs[-1], cs[-1]]


@_known
class GRU(OwnLoopLayer, keras.layers.GRU):
    """keras.layers.GRU with the time loop of `gru`; reset_after has to be true."""

    def _run(self, cell: Any, x: Any, kernel: Any, initial: list[Any]) -> tuple[Any, list[Any]]:
        names = (keras.activations.serialize(f) for f in (cell.activation, cell.recurrent_activation))
        bias = tf.identity(cell.bias)
        hs = gru(*names, unroll=self.unroll)(
            keras.ops.matmul(x, cell.kernel) + bias[0], kernel, bias[1], *initial
        )
        return hs, [hs[-1]]
