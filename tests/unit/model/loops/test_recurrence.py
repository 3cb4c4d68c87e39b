"""The time loops of loops/recurrence against those of Keras: values, final states and gradients."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from forecaster.model.loops import recurrence

pytestmark = pytest.mark.slow

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SimpleRNN", {}),
    ("SimpleRNN", {"activation": "relu"}),
    ("SimpleRNN", {"activation": "linear"}),
    ("LSTM", {}),
    ("LSTM", {"activation": "relu", "recurrent_activation": "tanh"}),
    ("LSTM", {"activation": "sigmoid"}),
    ("GRU", {}),
    ("GRU", {"activation": "relu"}),
    ("LSTM", {"go_backwards": True}),
    ("GRU", {"return_sequences": False}),
]


@pytest.mark.parametrize(("kind", "arguments"), CASES)
@pytest.mark.parametrize(("compiled", "unroll"), [(False, False), (True, False), (False, True)])
def test_loop_and_its_gradients_are_those_of_keras(
    kind: str, arguments: dict[str, Any], compiled: bool, unroll: bool
) -> None:
    random = np.random.default_rng(7)
    arguments = {"return_sequences": True} | arguments
    layer = getattr(recurrence, kind)(5, return_state=True, unroll=unroll, **arguments)
    x = tf.constant(random.normal(size=(3, 6, 2)), tf.float32)
    begin = [tf.constant(random.normal(size=(3, 5)), tf.float32) for _ in range(2 if kind == "LSTM" else 1)]
    layer.build(x.shape)
    for weight in layer.weights:
        weight.assign(random.normal(size=weight.shape) * 0.5)

    def run() -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, *begin])
            outputs = layer(x, initial_state=begin)
            # Uneven weights, so that no mistake cancels.
            loss = tf.add_n(
                [
                    tf.reduce_sum(y * tf.reshape(tf.range(tf.size(y), dtype=tf.float32), y.shape))
                    for y in outputs
                ]
            )
        return outputs, tape.gradient(loss, [x, *begin, *[w.value for w in layer.trainable_variables]])

    expected = run()
    layer.by_own_loop = True
    found = tf.function(run, jit_compile=True)() if compiled else run()
    for a, b in zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-4 * float(np.abs(b).max()))


def test_dropout_is_the_same_for_every_step_of_a_window() -> None:
    layer = recurrence.SimpleRNN(4, activation="linear", dropout=0.5, return_sequences=True)
    layer.build((8, 3, 4))
    layer.cell.kernel.assign(np.eye(4))
    layer.cell.recurrent_kernel.assign(np.zeros((4, 4)))
    layer.by_own_loop = True
    out = keras.ops.convert_to_numpy(layer(np.ones((8, 3, 4), np.float32), training=True))
    assert set(np.unique(out)) == {0.0, 2.0}
    assert (out == out[:, :1]).all()
