"""The encoder_decoder head: a decoder starts from the encoder's state and steps through the horizon."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.cells import RecurrentSpec
from forecaster.model.heads.base import Forecaster
from forecaster.model.heads.feedback import FeedbackCell, run_free
from forecaster.model.heads.window import Window, join
from forecaster.model.layers.stack import run_with_state, stack_layers


class EncoderDecoderForecaster(Forecaster):
    """A decoder of the same layers starts from the encoder's final state and steps through the horizon.

    Each step of the decoder is fed the value of the step before, and the covariates of its own step. In
    training that value is the true one (teacher forcing, Williams & Zipser, 1989); in use it is the
    decoder's own forecast. The architecture is that of Sutskever et al., 2014.
    """

    wants_teacher = True

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        return self.opening() + stack_layers(self.spec.stack, sequences=True, unroll=unroll, stateful=True)

    def build_head(self) -> None:
        self.n_known = self.shape.n_future + self.shape.n_static
        # The final states of both directions of an encoder are concatenated, so its decoder is twice as wide.
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
        previous = ops.concatenate([window.y[:, -1:], window.truth()[:, :-1]], axis=1)
        out, _ = run_with_state(self.inner, join([previous, known]), states, training=True)
        return self.out(out)

    def _read(self, window: Window, training: bool) -> tuple[list[list[Any]], Any | None]:
        """Return the encoder's final state, and the known inputs of each step of the horizon or None."""
        _, states = run_with_state(self.network.layers, window.past(), training=training, mask=window.mask)
        static = None
        if window.static is not None:
            static = ops.repeat(window.static[:, None], self.shape.horizon, axis=1)
        return states, join([window.future, static]) if self.n_known else None

    def first_step(self, window: Window) -> tuple[Any, list[list[Any]], Any | None]:
        """Forecast the first step of the horizon, for a caller that chooses what is fed back.

        Returns:
            The output of the first step, (batch, channels x parameters); the state of each block after it;
            and the known inputs of the later steps, (batch, horizon - 1, n_known), or None.
        """
        states, known = self._read(window, False)
        last = window.y[:, -1]
        first, (_, *flat) = self.cell.call(
            known[:, 0] if known is not None else last[:, :0], [last, *_flat(states)]
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
