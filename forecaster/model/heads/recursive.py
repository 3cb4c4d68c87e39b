"""The recursive head: one-step forecasts, each fed back as the next input."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.heads.base import Forecaster
from forecaster.model.heads.feedback import FeedbackCell, run_free
from forecaster.model.heads.window import Window, at_every_step, join
from forecaster.model.layers.stack import run_with_state, stack_layers


class RecursiveForecaster(Forecaster):
    """Forecasts one step at a time: reads the lookback, then is fed its own forecasts.

    Training feeds it the true values (teacher forcing, Williams & Zipser, 1989) and scores the horizon
    alone. No weight depends on the horizon, so saved weights fit a network with a longer one.
    """

    wants_teacher = True

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        # The input of a step is its target value, then the known inputs of the step that it forecasts.
        features = self.channels + self.shape.n_future + self.shape.n_static
        return [
            keras.Input((None, features)),
            *stack_layers(self.spec.stack, sequences=True, stateful=True),
            self.output_layer(self.channels * self.n_parameters),
        ]

    def build_head(self) -> None:
        # Between the Input and the Dense at the end, which is the output of each step.
        *self.inner, self.out = self.network.layers
        self.n_known = self.shape.n_future + self.shape.n_static
        self.cell = FeedbackCell(
            self.inner, self.out, output=self.spec.output, channels=self.channels, n_known=self.n_known
        )
        self.cell.build()

    def forward(self, window: Window, training: bool) -> Any:
        lookback, horizon = self.shape.lookback, self.shape.horizon
        if training:
            y = ops.concatenate([window.y, window.truth()[:, :-1]], axis=1)
            seen = join([y, self._known_after(window), at_every_step(window.static, y)])
            mask = window.mask
            if mask is not None:
                # The last step of a window always exists, and so do those of the horizon.
                mask = ops.concatenate([mask, ops.repeat(mask[:, -1:], horizon - 1, axis=1)], axis=1)
            return self.network(seen, training=True, mask=mask)[:, lookback - 1 :]
        first, states, known = self.first_step(window)
        if horizon == 1:
            return first[:, None]
        rest = run_free(self.cell, self.cell.fed(first), states, known, horizon - 1)
        return ops.concatenate([first[:, None], rest], axis=1)

    def _known_after(self, window: Window) -> Any | None:
        """Return the covariates from the second step of the lookback to the last of the horizon."""
        if window.future is None:
            return None
        return ops.concatenate([window.x, window.future], axis=1)[:, 1:]

    def first_step(self, window: Window) -> tuple[Any, list[list[Any]], Any | None]:
        """Read the lookback and forecast the first step, for a caller that chooses what is fed back.

        Returns:
            The output of the first step, (batch, channels x parameters); the state of each block after it;
            and the known inputs of the later steps, (batch, horizon - 1, n_known), or None.
        """
        lookback, horizon, ahead = self.shape.lookback, self.shape.horizon, self._known_after(window)
        past = ahead[:, :lookback] if ahead is not None else None
        warm = join([window.y, past, at_every_step(window.static, window.y)])
        out, states = run_with_state(self.inner, warm, training=False, mask=window.mask)
        first, known = self.out(out[:, -1]), None
        if self.n_known and horizon > 1:
            rest = ahead[:, lookback:] if ahead is not None else None
            static = None
            if window.static is not None:
                static = ops.repeat(window.static[:, None], horizon - 1, axis=1)
            known = join([rest, static])
        return first, states, known


HEAD = RecursiveForecaster
