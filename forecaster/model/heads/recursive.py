"""The recursive head: one step ahead, fed its own output."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.heads.base import Forecaster, Window, at_every_step, join
from forecaster.model.heads.feedback import FeedbackCell, run_free
from forecaster.model.layers.stack import run_with_state, stack_layers


class RecursiveForecaster(Forecaster):
    """One step ahead: warmed up on the lookback, then fed its own output.

    Trained on the true values (teacher forcing), scored on the horizon alone. Needs no
    weight that knows the horizon, so it can be built again for a longer one.
    """

    wants_teacher = True

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        # The input of a step is its target value, then what is known of the step after it.
        features = self.channels + self.shape.n_future + self.shape.n_static
        return [
            keras.Input((None, features)),
            *stack_layers(self.spec.stack, sequences=True, stateful=True),
            self.output_layer(self.channels * self.n_parameters),
        ]

    def build_head(self) -> None:
        # The loop runs all but the Input and the Dense at the end, which is its output.
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
                # The last step of a window is always there, and so are those behind it.
                mask = ops.concatenate([mask, ops.repeat(mask[:, -1:], horizon - 1, axis=1)], axis=1)
            return self.network(seen, training=True, mask=mask)[:, lookback - 1 :]
        first, states, known = self.begin(window)
        if horizon == 1:
            return first[:, None]
        rest = run_free(self.cell, self.cell.fed(first), states, known, horizon - 1)
        return ops.concatenate([first[:, None], rest], axis=1)

    def _known_after(self, window: Window) -> Any | None:
        """Known of each step from the second of the lookback to the last of the horizon."""
        if window.future is None:
            return None
        return ops.concatenate([window.x, window.future], axis=1)[:, 1:]

    def begin(self, window: Window) -> tuple[Any, list[list[Any]], Any | None]:
        """The first step's output, the state behind it, and what is known of the steps that follow."""
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
