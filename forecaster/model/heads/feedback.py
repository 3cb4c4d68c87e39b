"""Autoregressive steps: a stack runs step by step, each step fed the forecast of the one before."""

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
    """A Keras RNN cell from the last forecast and the known inputs of a step to the next output.

    Its state is the last normalised forecast, (batch, channels), then the state of every block.

    Args:
        layers: Those of the stack, already built.
        out: The Dense at the end.
        output: The `output` section of the model, which decides what is fed back.
        channels: Targets of the network.
        n_known: Channels of the input that enter the stack. With 0 the input is ignored; it has to exist,
            because a Keras RNN takes the number of steps from it.
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
        self.output_spec, self.channels = output, channels
        self.output_size = channels * len(order(output))

    def build(self, input_shape: Any = None) -> None:
        # The stack has built the layers.
        self.built = True

    def call(self, known: Any, states: list[Any], training: bool = False) -> tuple[Any, list[Any]]:
        """Run one step.

        Args:
            known: (batch, n_known), or a channel that is ignored.
            states: The last forecast, then the state of every block.
            training: Whether dropout is on.

        Returns:
            The output, (batch, channels x parameters), and the next states.
        """
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
        """Return the part of an output that is fed to the next step: the normalised forecast."""
        return located(self.output_spec, y[:, : self.channels])


def run_free(cell: FeedbackCell, first: Any, states: list[list[Any]], known: Any | None, steps: int) -> Any:
    """Run the cell for `steps` steps, each fed the forecast of the one before.

    Args:
        cell: The stack as a cell.
        first: What the first step is fed, (batch, channels).
        states: The state of each block.
        known: Known inputs of the steps, (batch, steps, n_known), or None.
        steps: Number of steps.

    Returns:
        The outputs, (batch, steps, channels x parameters).
    """
    if known is None:
        known = ops.zeros((ops.shape(first)[0], steps, 1), dtype=first.dtype)
    # Created at every call: as an attribute of the model it would list the stack's weights a second time.
    loop = keras.layers.RNN(cell, return_sequences=True, name="free_run")
    return loop(known, initial_state=[first, *(s for state in states for s in state)])
