"""The encoder_decoder head: a second stack takes over the state and unrolls the horizon."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.cells import RecurrentSpec
from forecaster.model.heads.base import Forecaster, Window, join
from forecaster.model.heads.feedback import FeedbackCell, run_free
from forecaster.model.layers.stack import run_with_state, stack_layers


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
                self.output_layer(self.channels * self.n_parameters),
            ],
            name="decoder",
        )
        *self.inner, self.out = self.decoder.layers
        self.cell = FeedbackCell(
            self.inner, self.out, output=self.spec.output, channels=self.channels, n_known=self.n_known
        )
        self.cell.build()

    def forward(self, window: Window, training: bool) -> Any:
        states, known = self._read(window, training)
        if not training:
            return run_free(self.cell, window.y[:, -1], states, known, self.shape.horizon)
        before = ops.concatenate([window.y[:, -1:], window.truth()[:, :-1]], axis=1)
        out, _ = run_with_state(self.inner, join([before, known]), states, training=True)
        return self.out(out)

    def _read(self, window: Window, training: bool) -> tuple[list[list[Any]], Any | None]:
        """The state of the encoder, and what is known of each step of the horizon."""
        _, states = run_with_state(self.network.layers, window.past(), training=training, mask=window.mask)
        static = None
        if window.static is not None:
            static = ops.repeat(window.static[:, None], self.shape.horizon, axis=1)
        return states, join([window.future, static]) if self.n_known else None

    def begin(self, window: Window) -> tuple[Any, list[list[Any]], Any | None]:
        """The first step's output, the state behind it, and what is known of the steps that follow."""
        states, known = self._read(window, False)
        before = window.y[:, -1]
        first, (_, *flat) = self.cell.call(
            known[:, 0] if known is not None else before[:, :0], [before, *_flat(states)]
        )
        parts = iter(flat)
        return (
            first,
            [[next(parts) for _ in state] for state in states],
            None if known is None else known[:, 1:],
        )


def _flat(states: list[list[Any]]) -> list[Any]:
    return [s for state in states for s in state]


HEAD = EncoderDecoderForecaster
