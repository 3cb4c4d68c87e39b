"""The time loop of loops/slstm against the loop of Keras: values, final states and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from forecaster.model.cells import Slstm

pytestmark = pytest.mark.slow

CASES: list[dict[str, Any]] = [
    {},
    {"blocks": 2},
    {"forget_gate": "exponential", "blocks": 3},
    {"activation": "relu"},
    {"bidirectional": True},
]


@pytest.mark.parametrize("options", CASES, ids=str)
@pytest.mark.parametrize(("compiled", "unroll"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("begun", [False, True])
def test_loop_and_its_gradients_are_those_of_keras(
    options: dict[str, Any], compiled: bool, unroll: bool, begun: bool
) -> None:
    random = np.random.default_rng(7)
    spec = Slstm(type="slstm", units=6, **options)
    layer: Any = spec.layer("cell", sequences=True, states=True, unroll=unroll)
    x = tf.constant(random.normal(size=(3, 5, 2)), tf.float32)
    first = tf.constant(random.normal(size=(3, 2, 2)), tf.float32)
    layer.build(x.shape)
    for weight in layer.weights:
        weight.assign(random.normal(size=weight.shape) * 0.7)
    parts = [layer.forward_layer, layer.backward_layer] if spec.bidirectional else [layer]

    def run() -> Any:
        with tf.GradientTape() as tape:
            tape.watch([x, first])
            state = layer(first)[1:] if begun else None
            out, *states = layer(x, initial_state=state)
            # The last state matters by what a further step makes of it: no other use depends on m.
            after = layer(first, initial_state=states)[0]
            # Uneven weights, so that no mistake cancels.
            loss = tf.add_n(
                [tf.reduce_sum(y * tf.cast(tf.range(y.shape[-1]) + 1, y.dtype)) for y in (out, after)]
            )
        watched = [x, *([first] if begun else []), *(w.value for w in layer.trainable_variables)]
        return [out, after, *states], tape.gradient(loss, watched)

    expected = run()
    for part in parts:
        part.by_own_loop = True
    found = tf.function(run, jit_compile=True)() if compiled else run()
    for a, b in zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-5)
