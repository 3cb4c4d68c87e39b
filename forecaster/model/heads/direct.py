"""The direct head: all steps of the horizon at once; also with future covariates, and with a carried state."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.heads.base import Forecaster
from forecaster.model.heads.window import Window
from forecaster.model.layers.blocks import ColumnBlock, RecurrentBlock
from forecaster.model.layers.stack import run_with_state, stack_layers
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec


class DirectForecaster(Forecaster):
    """Forecasts all steps of the horizon at once, from the last output of the stack."""

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        horizon, channels = self.shape.horizon, self.channels * self.n_parameters
        layers = self.opening() + stack_layers(
            self.spec.stack,
            sequences=False,
            unroll=unroll,
            stateful=self.carries_state,
            columns=self.shape.n_targets,
        )
        if self.shape.n_future:
            return layers
        return [
            *layers,
            self.output_layer(horizon * channels),
            keras.layers.Reshape((horizon, channels), name="steps"),
        ]

    def build_head(self) -> None:
        self.ahead: FutureHead | None = None
        if self.shape.n_future:
            per_step = self.channels * self.n_parameters
            base = self.output_layer(self.shape.horizon * per_step, "base")
            self.ahead = FutureHead(base, per_step, self.width)
            self.ahead.build(self.network.output_shape, (None, self.shape.horizon, self.shape.n_future))

    def forward(self, window: Window, training: bool) -> Any:
        z = self.network(window.past(), training=training, mask=window.mask)
        return z if self.ahead is None else self.ahead(z, window.future)


class StatefulForecaster(DirectForecaster):
    """The direct head on a state that each window of a series hands on to the next.

    A row of the batch is a stream: the windows of a series follow one another in it, then those of the next
    series, and `carry` is 0 where a series starts. See `loops.batch_streams`.
    """

    carries_state = True

    def __init__(self, spec: ModelSpec, shape: Shape, *, unroll: bool = False, streams: int = 1) -> None:
        super().__init__(spec, shape, unroll=unroll)
        self.streams = streams

    def build_head(self) -> None:
        super().build_head()
        rows = self.streams * self.shape.n_targets // self.channels
        # A layer over columns begins anew at every window.
        blocks = [
            layer
            for layer in self.network.layers
            if isinstance(layer, RecurrentBlock) and not isinstance(layer, ColumnBlock)
        ]
        self.sizes = [block.spec.n_states for block in blocks]
        self.carried = [
            self.add_weight(
                name=f"carried_{i}_{j}", shape=(rows, block.spec.width), initializer="zeros", trainable=False
            )
            for i, block in enumerate(blocks)
            for j in range(block.spec.n_states)
        ]

    def kept_weights(self) -> list[Any]:
        # The carried state belongs to the windows being read, not to the network.
        return [w for w in self.weights if not any(w is state for state in self.carried)]

    def forward(self, window: Window, training: bool) -> Any:
        carry = self._repeated(window.carry)
        initial = iter([state * carry for state in self.carried])
        states = [[next(initial) for _ in range(n)] for n in self.sizes]
        z, after = run_with_state(self.network.layers, window.past(), states, training=training)
        for variable, value in zip(self.carried, (s for state in after for s in state), strict=True):
            variable.assign(ops.stop_gradient(value))
        return z if self.ahead is None else self.ahead(z, window.future)


class FutureHead(keras.Layer):
    """The last layer of a direct head with future covariates.

    A Dense of the stack's output forecasts all steps. A small network, shared by the steps, adds to each
    step what follows from the stack's output and that step's covariates; its last kernel starts at zero.
    """

    def __init__(self, base: keras.layers.Dense, channels: int, width: int) -> None:
        super().__init__(name="ahead")
        self.base = base
        self.n_channels = channels
        self.from_future = keras.layers.Dense(width, name="from_future")
        self.from_state = keras.layers.Dense(width, use_bias=False, name="from_state")
        self.out = keras.layers.Dense(channels, kernel_initializer="zeros", name="out")

    def build(self, state_shape: tuple[int | None, ...], future_shape: tuple[int | None, ...]) -> None:
        self.base.build(state_shape)
        self.from_state.build(state_shape)
        self.from_future.build(future_shape)
        self.out.build((*future_shape[:-1], self.from_future.units))

    def call(self, state: Any, future: Any) -> Any:
        """Return (batch, horizon, channels).

        Args:
            state: Last output of the stack, (batch, width).
            future: Covariates of the horizon, (batch, horizon, n_future).
        """
        steps = (-1, future.shape[1], self.n_channels)
        mixed = ops.relu(self.from_state(state)[:, None, :] + self.from_future(future))
        # The covariates' part is added before the activation of the base, which is that of the head.
        without = ops.matmul(state, self.base.kernel) + self.base.bias
        return self.base.activation(ops.reshape(without, steps) + self.out(mixed))


HEAD = DirectForecaster
