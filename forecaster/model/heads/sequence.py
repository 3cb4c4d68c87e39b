"""The sequence head: training forecasts the horizon from every step of the lookback."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from forecaster.model.heads.base import Forecaster
from forecaster.model.heads.window import Window, join, last_channels
from forecaster.model.layers.stack import stack_layers


class SequenceForecaster(Forecaster):
    """Forecasts the next horizon from every step of the window in training, from the last step in use.

    In training the output is (batch, steps, horizon, n_targets x parameters).
    """

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        horizon, channels = self.shape.horizon, self.channels * self.n_parameters
        layers = self.opening() + stack_layers(self.spec.stack, sequences=True, unroll=unroll)
        if self.shape.n_future:
            return layers
        steps = keras.layers.Reshape((self.steps, horizon, channels), name="steps")
        # The steps stay the same, so the mask stays valid; otherwise Keras warns that it is lost.
        steps.supports_masking = True
        return [*layers, self._dense(), steps]

    def build_head(self) -> None:
        self.ahead: keras.layers.Dense | None = None
        if self.shape.n_future:
            known = self.shape.horizon * self.shape.n_future
            self.ahead = self._dense()
            self.ahead.build((*self.network.output_shape[:-1], self.network.output_shape[-1] + known))

    def _dense(self) -> keras.layers.Dense:
        units = self.shape.horizon * self.channels * self.n_parameters
        return keras.layers.Dense(units, activation=self.spec.head.activation, name="head")

    @property
    def steps(self) -> int:
        """Recurrent steps of the window."""
        return self.shape.lookback // (self.spec.patch or 1)

    def forward(self, window: Window, training: bool) -> Any:
        z = self.network(window.past(), training=training, mask=window.mask)
        if self.ahead is not None:
            z = self.ahead(join([z, self._known_ahead(window)]))
            z = ops.reshape(z, (-1, self.steps, self.shape.horizon, self.channels * self.n_parameters))
        return z if training else z[:, -1]

    def _known_ahead(self, window: Window) -> Any:
        """Return the future covariates of the horizon after each step, (batch, steps, horizon x n_future)."""
        n = self.shape.n_future
        known = ops.concatenate([last_channels(window.x, n), window.future], axis=1)
        patch = self.spec.patch or 1
        after = (np.arange(self.steps)[:, None] + 1) * patch + np.arange(self.shape.horizon)
        return ops.reshape(ops.take(known, after, axis=1), (-1, self.steps, self.shape.horizon * n))


HEAD = SequenceForecaster
