"""The segments head: one further step of the stack for each segment of the horizon, all in parallel."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.heads.base import Forecaster
from forecaster.model.heads.window import Window
from forecaster.model.layers.blocks import ColumnBlock, RecurrentBlock
from forecaster.model.layers.stack import run_with_state, stack_layers


class SegmentsForecaster(Forecaster):
    """Runs the stack one step further for each segment of the horizon, always from the last state.

    The input of that step is a learned embedding of the segment's position, plus the segment's future
    covariates. This is the parallel multi-step forecasting of Lin et al., 2023, "SegRNN".
    """

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        return self.opening() + stack_layers(
            self.spec.stack, sequences=False, unroll=unroll, stateful=True, columns=self.shape.n_targets
        )

    def build_head(self) -> None:
        self.patch = self.spec.patch or 1
        self.n_segments = -(-self.shape.horizon // self.patch)
        # The stack itself, without the embedding of the segments.
        self.inner = self.network.layers[1:]
        # What reads the window: layers over columns mix the segments alone.
        first = next((i for i, x in enumerate(self.network.layers) if isinstance(x, ColumnBlock)), None)
        self.reading = self.network.layers[:first]
        width = self.width
        self.place = self.add_weight(
            name="place", shape=(self.n_segments, width), initializer="random_normal"
        )
        self.known: keras.layers.Dense | None = None
        if self.shape.n_future:
            self.known = keras.layers.Dense(width, use_bias=False, kernel_initializer="zeros", name="known")
            self.known.build((None, self.n_segments, self.patch * self.shape.n_future))
        self.out = self.output_layer(self.patch * self.channels * self.n_parameters)
        self.out.build((None, self.network.output_shape[-1]))

    def forward(self, window: Window, training: bool) -> Any:
        _, states = run_with_state(self.reading, window.past(), training=training, mask=window.mask)
        x = ops.repeat(self.place[None], ops.shape(window.y)[0], axis=0)
        if self.known is not None:
            x = x + self.known(self._known_of_segments(window.future))
        # Each segment is a row of the batch of its own.
        x = ops.reshape(x, (-1, x.shape[-1]))
        states = [[ops.repeat(s, self.n_segments, axis=0) for s in state] for state in states]
        for layer in self.inner:
            if isinstance(layer, ColumnBlock):
                x = layer.mix(x, training=training, beside=self.n_segments)
            elif isinstance(layer, RecurrentBlock):
                x, _ = layer.step(x, states.pop(0), training=training)
            elif isinstance(layer, keras.layers.Dropout):
                x = layer(x, training=training)
            else:
                x = layer(x)
        per_step = self.channels * self.n_parameters
        steps = ops.reshape(self.out(x), (-1, self.n_segments * self.patch, per_step))
        return steps[:, : self.shape.horizon]

    def _known_of_segments(self, future: Any) -> Any:
        """(batch, horizon, n_future) -> (batch, segments, patch x n_future), zeros after the horizon."""
        after = self.n_segments * self.patch - self.shape.horizon
        padded = ops.pad(future, ((0, 0), (0, after), (0, 0)))
        return ops.reshape(padded, (-1, self.n_segments, self.patch * self.shape.n_future))


HEAD = SegmentsForecaster
