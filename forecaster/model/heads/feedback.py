"""Free running: a stack that eats its own output, one step at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from forecaster.model.layers.blocks import RecurrentBlock
from forecaster.model.layers.parameters import located
from forecaster.model.outputs import order
from forecaster.model.spec import NetworkOutput


class FeedbackCell(keras.Layer):
    """A Keras RNN cell: the last output and what is known of this step -> the next output.

    States: the last output (batch, channels), then every block's state.
    n_known: channels of the input that enter the stack; an RNN needs some input, so
    where nothing is known ahead it is given one channel, and none of it enters.
    """

    def __init__(
        self,
        layers: Sequence[keras.Layer],
        out: keras.Layer,
        *,
        output: NetworkOutput,
        channels: int,
        n_known: int,
    ) -> None:
        super().__init__(name="feedback")
        self.steps = list(layers)
        self.out = out
        self.n_known = n_known
        blocks = [layer for layer in self.steps if isinstance(layer, RecurrentBlock)]
        self.state_size = [channels, *(b.spec.width for b in blocks for _ in range(b.spec.n_states))]
        self.puts_out, self.channels = output, channels
        self.output_size = channels * len(order(output))

    def build(self, input_shape: Any = None) -> None:
        # Its layers belong to the stack, which built them.
        self.built = True

    def call(self, known: Any, states: list[Any], training: bool = False) -> tuple[Any, list[Any]]:
        x = ops.concatenate([states[0], known], axis=-1) if self.n_known else states[0]
        rest: list[Any] = list(states[1:])
        after: list[Any] = []
        for layer in self.steps:
            if isinstance(layer, RecurrentBlock):
                n = layer.spec.n_states
                x, state = layer.step(x, rest[:n], training=training)
                rest, after = rest[n:], [*after, *state]
            elif not isinstance(layer, keras.layers.InputLayer):
                x = layer(x)
        y = self.out(x)
        return y, [self.fed(y), *after]

    def fed(self, y: Any) -> Any:
        """What of an output goes into the next step: the normalised forecast."""
        return located(self.puts_out, y[:, : self.channels])


def run_free(cell: FeedbackCell, first: Any, states: list[list[Any]], known: Any | None, steps: int) -> Any:
    """(batch, steps, channels x parameters): `steps` outputs, the forecast of each fed back.

    first: (batch, channels), what the first step is fed. states: one entry per block.
    known: (batch, steps, n_known), or None.
    """
    if known is None:
        known = ops.zeros((ops.shape(first)[0], steps, 1), dtype=first.dtype)
    # Made here because an RNN layer that is kept would count the stack's weights twice.
    loop = keras.layers.RNN(cell, return_sequences=True, name="free_run")
    return loop(known, initial_state=[first, *(s for state in states for s in state)])
