"""From a validated spec to a Keras model: window normalisation around a Sequential."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.cells import RecurrentSpec
from forecaster.model.normalization import WindowNormalization
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from forecaster.model.stack import patch_layers, stack_layers


class Forecaster(keras.Model):
    """Takes a window, gives its forecast, both in the units the scaler left.

    Inputs, a dict: past (batch, lookback, n_targets + n_past), targets first; future
    (batch, horizon, n_future) and static (batch, n_static) where there are any.
    Output: (batch, horizon, n_targets).
    """

    def __init__(self, spec: ModelSpec, shape: Shape, *, unroll: bool = False) -> None:
        super().__init__(name="forecaster")
        self.spec = spec
        self.shape = shape
        self.channels = 1 if spec.channels == "independent" else shape.n_targets
        self.normalization = WindowNormalization(spec.normalization, name="normalization")
        self.network = self._network(unroll)
        self.ahead = FutureHead(self.channels, width=self._width()) if shape.n_future else None

    def _width(self) -> int:
        return next(s.units for s in self.spec.stack if isinstance(s, RecurrentSpec))

    def _network(self, unroll: bool) -> keras.Sequential:
        """The stack and its head as the Sequential that the YAML file describes."""
        shape, spec = self.shape, self.spec
        features = self.channels + shape.n_past + shape.n_static
        layers: list[keras.Layer] = [keras.Input((shape.lookback, features))]
        if spec.patch:
            layers += patch_layers(shape.lookback, spec.patch, features, self._width())
        layers += stack_layers(spec.stack, sequences=False, unroll=unroll)
        if not shape.n_future:
            layers += [
                keras.layers.Dense(shape.horizon * self.channels, activation=spec.head.activation, name="head"),
                keras.layers.Reshape((shape.horizon, self.channels), name="steps"),
            ]
        return keras.Sequential(layers, name="network")

    def build(self, input_shape: Any = None) -> None:
        # Every size is known from the spec, so nothing waits for the first batch.
        shape = self.shape
        self.normalization.build((None, shape.lookback, self.channels))
        if self.ahead is not None:
            self.ahead.build(self.network.output_shape, (None, shape.horizon, shape.n_future))
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        shape = self.shape
        y, x = self._per_channel(inputs["past"])
        level, spread = self.normalization.statistics(y)
        parts = [self.normalization.apply_to(y, level, spread)]
        parts += [x] if x is not None else []
        if shape.n_static:
            static = self._repeat(inputs["static"])
            parts.append(ops.repeat(static[:, None, :], shape.lookback, axis=1))
        z = self.network(ops.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0], training=training)
        if self.ahead is not None:
            z = self.ahead(z, self._repeat(inputs["future"]))
        forecast = self.normalization.invert(z, level, spread)
        if self.spec.channels == "independent":
            forecast = ops.reshape(forecast, (-1, shape.n_targets, shape.horizon))
            forecast = ops.transpose(forecast, (0, 2, 1))
        return forecast

    def _per_channel(self, past: Any) -> tuple[Any, Any]:
        """Targets and covariates, (batch, lookback, …); with independent channels each
        target is a row of its own in the batch, beside the covariates they share."""
        n = self.shape.n_targets
        y = past[:, :, :n] if self.shape.n_past else past
        x = past[:, :, n:] if self.shape.n_past else None
        if self.spec.channels == "independent" and n > 1:
            y = ops.reshape(ops.transpose(y, (0, 2, 1)), (-1, self.shape.lookback, 1))
            x = self._repeat(x) if x is not None else None
        return y, x

    def _repeat(self, x: Any) -> Any:
        """Once per target where channels are independent: (batch, …) -> (batch x targets, …)."""
        n = self.shape.n_targets
        return ops.repeat(x, n, axis=0) if self.spec.channels == "independent" and n > 1 else x


class FutureHead(keras.Layer):
    """A direct head that sees the covariates of each step ahead.

    state (batch, width_in), future (batch, horizon, n_future) -> (batch, horizon, channels):
    a Dense of the state for all steps, plus one small network, shared by the steps, of
    the state and that step's covariates.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__(name="ahead")
        self.n_channels = channels
        self.from_future = keras.layers.Dense(width, name="from_future")
        self.from_state = keras.layers.Dense(width, use_bias=False, name="from_state")
        self.out = keras.layers.Dense(channels, name="out")
        self.base: keras.layers.Dense | None = None

    def build(self, state_shape: tuple[int | None, ...], future_shape: tuple[int | None, ...]) -> None:
        horizon = future_shape[1]
        assert horizon is not None
        self.base = keras.layers.Dense(horizon * self.n_channels, name="base")
        self.base.build(state_shape)
        self.from_state.build(state_shape)
        self.from_future.build(future_shape)
        self.out.build((*future_shape[:-1], self.from_future.units))

    def call(self, state: Any, future: Any) -> Any:
        assert self.base is not None
        base = ops.reshape(self.base(state), (-1, future.shape[1], self.n_channels))
        mixed = ops.relu(self.from_state(state)[:, None, :] + self.from_future(future))
        return base + self.out(mixed)


def build(spec: ModelSpec, shape: Shape, *, unroll: bool = False) -> Forecaster:
    """A built network: its weights exist and follow Keras' global seed."""
    model = Forecaster(spec, shape, unroll=unroll)
    model.build()
    return model
