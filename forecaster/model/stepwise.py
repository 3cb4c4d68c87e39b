"""The heads that forecast one step after the other: recursive, and encoder with decoder."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.cells import RecurrentSpec
from forecaster.model.feedback import FeedbackCell, run_free
from forecaster.model.forecaster import Forecaster, Window, at_every_step, join
from forecaster.model.stack import run_with_state, stack_layers


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
            keras.layers.Dense(self.channels, activation=self.spec.head.activation, name="head"),
        ]

    def build_head(self) -> None:
        # The loop runs all but the Input and the Dense at the end, which is its output.
        *self.inner, self.out = self.network.layers
        self.n_known = self.shape.n_future + self.shape.n_static
        self.cell = FeedbackCell(self.inner, self.out, channels=self.channels, n_known=self.n_known)
        self.cell.build()

    def forward(self, window: Window, training: bool) -> Any:
        lookback, horizon = self.shape.lookback, self.shape.horizon
        ahead = None
        if window.future is not None:
            # Known of each step from the second of the lookback to the last of the horizon.
            ahead = ops.concatenate([window.x, window.future], axis=1)[:, 1:]
        if training:
            y = ops.concatenate([window.y, window.truth()[:, :-1]], axis=1)
            return self.network(join([y, ahead, at_every_step(window.static, y)]), training=True)[
                :, lookback - 1 :
            ]
        past = ahead[:, :lookback] if ahead is not None else None
        warm = join([window.y, past, at_every_step(window.static, window.y)])
        out, states = run_with_state(self.inner, warm, training=False)
        first = self.out(out[:, -1])
        if horizon == 1:
            return first[:, None]
        known = None
        if self.n_known:
            rest = ahead[:, lookback:] if ahead is not None else None
            static = None
            if window.static is not None:
                static = ops.repeat(window.static[:, None], horizon - 1, axis=1)
            known = join([rest, static])
        return ops.concatenate(
            [first[:, None], run_free(self.cell, first, states, known, horizon - 1)], axis=1
        )


class EncoderDecoderForecaster(Forecaster):
    """A second stack of the same layers takes over the first one's state and unrolls the horizon.

    Each of its steps is fed the value before it: the true one in training (teacher
    forcing), its own in use; and what is known of the step itself.
    """

    wants_teacher = True

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        return self.opening() + stack_layers(self.spec.stack, sequences=True, unroll=unroll, stateful=True)

    def build_head(self) -> None:
        self.n_known = self.shape.n_future + self.shape.n_static
        # Both directions of an encoder end in one state, twice as wide.
        stack = [
            s.model_copy(update={"units": s.width, "bidirectional": False})
            if isinstance(s, RecurrentSpec)
            else s
            for s in self.spec.stack
        ]
        self.decoder = keras.Sequential(
            [
                keras.Input((None, self.channels + self.n_known)),
                *stack_layers(stack, sequences=True, stateful=True, prefix="decoder_"),
                keras.layers.Dense(self.channels, activation=self.spec.head.activation, name="head"),
            ],
            name="decoder",
        )
        *self.inner, self.out = self.decoder.layers
        self.cell = FeedbackCell(self.inner, self.out, channels=self.channels, n_known=self.n_known)
        self.cell.build()

    def forward(self, window: Window, training: bool) -> Any:
        _, states = run_with_state(self.network.layers, window.past(), training=training, mask=window.mask)
        static = None
        if window.static is not None:
            static = ops.repeat(window.static[:, None], self.shape.horizon, axis=1)
        known = join([window.future, static]) if self.n_known else None
        if not training:
            return run_free(self.cell, window.y[:, -1], states, known, self.shape.horizon)
        before = ops.concatenate([window.y[:, -1:], window.truth()[:, :-1]], axis=1)
        out, _ = run_with_state(self.inner, join([before, known]), states, training=True)
        return self.out(out)
