"""The heads: what each does between the normalised window and the normalised forecast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from forecaster.model.blocks import RecurrentBlock
from forecaster.model.cells import RecurrentSpec
from forecaster.model.feedback import FeedbackCell, run_free
from forecaster.model.normalization import WindowNormalization
from forecaster.model.shape import Shape
from forecaster.model.spec import ModelSpec
from forecaster.model.stack import PatchEmbedding, run_with_state, stack_layers


@dataclass(frozen=True)
class Window:
    """What a head sees. Targets are normalised; with independent channels each target is a
    row of the batch of its own, and the covariates are repeated beside it.

    y: (batch, lookback, channels). differences: lags of its changes, as more inputs. x: (batch, lookback, n_past), future: (batch, horizon,
    n_future), static: (batch, n_static), each None where there is none. teacher: (batch,
    horizon, channels), the true targets, in training of the heads that want them.
    """

    y: Any
    x: Any | None
    future: Any | None
    static: Any | None
    teacher: Any | None
    differences: tuple[int, ...] = ()
    mask: Any | None = None
    """(batch, lookback), True where a step is there; None where all are."""
    carry: Any | None = None
    """(batch, 1), 1 where the state of the row's last window goes on, 0 where it begins."""

    def past(self) -> Any:
        """All channels of the lookback."""
        changes = [
            ops.pad(self.y[:, lag:] - self.y[:, :-lag], ((0, 0), (lag, 0), (0, 0))) for lag in self.differences
        ]
        return _join([self.y, *changes, self.x, _over(self.static, self.y)])


class Forecaster(keras.Model):
    """Takes a window, gives its forecast, both in the units the scaler left.

    Inputs, a dict: past (batch, lookback, n_targets + n_past), targets first; future
    (batch, horizon, n_future) and static (batch, n_static) where there are any; teacher
    (batch, horizon, n_targets) in training, where `wants_teacher`; mask (batch, lookback) with
    padded windows; carry (batch, 1) with a carried state.
    Output: (batch, horizon, n_targets).
    """

    wants_teacher = False
    carries_state = False

    def __init__(self, spec: ModelSpec, shape: Shape, *, unroll: bool = False) -> None:
        super().__init__(name="forecaster")
        self.spec = spec
        self.shape = shape
        self.channels = 1 if spec.channels == "independent" else shape.n_targets
        self.normalization = WindowNormalization(spec.normalization, spec.season, name="normalization")
        self.network = keras.Sequential(self.layers_of_network(unroll), name="network")
        # Its recurrent layers use the mask up; Keras would warn that the Sequential loses it.
        self.network.supports_masking = True

    # -- what a head says ----------------------------------------------------------

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        """The Sequential that the YAML file describes, its Input first."""
        raise NotImplementedError

    def build_head(self) -> None:
        """Build what stands beside the Sequential."""

    def kept_weights(self) -> list[Any]:
        """The weights that make the network what it is: those that are saved."""
        return list(self.weights)

    def forward(self, window: Window, training: bool) -> Any:
        """(batch, horizon, channels), normalised."""
        raise NotImplementedError

    # -- what all heads share ------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        # Every size is known from the spec, so nothing waits for the first batch.
        self.normalization.build((None, self.shape.lookback, self.channels))
        self.anchor = None
        if self.spec.anchor is not None:
            size = (self.shape.lookback, self.shape.horizon)
            self.anchor = self.add_weight(name="anchor", shape=size, initializer="zeros", trainable=False)
            # Of the network and of the anchor. A network that is averaged learns alone first.
            alone = self.spec.anchor.mode == "average"
            self.share = self.add_weight(name="share", shape=(2,), initializer="ones", trainable=False)
            self.share.assign([1.0, 0.0 if alone else 1.0])
        self.build_head()
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        n = self.shape.n_targets
        past = inputs["past"]
        y = self._each(past[:, :, :n] if self.shape.n_past else past)
        mask = self._repeated(inputs["mask"]) if "mask" in inputs else None
        present = None if mask is None else mask[:, :, None]
        level, spread = self.normalization.statistics(y, present)
        z = self.normalization.apply_to(y, level, spread)
        teacher = None
        if training and self.wants_teacher:
            teacher = self.normalization.apply_to(self._each(inputs["teacher"]), level, spread)
        window = Window(
            # A step that is not there is at the level, and no change.
            y=z if present is None else z * present,
            x=self._repeated(past[:, :, n:]) if self.shape.n_past else None,
            future=self._repeated(inputs["future"]) if self.shape.n_future else None,
            static=self._repeated(inputs["static"]) if self.shape.n_static else None,
            teacher=teacher,
            differences=tuple(self.spec.differences),
            mask=None if mask is None else mask > 0,
            carry=inputs.get("carry"),
        )
        z = self.forward(window, training)
        if self.anchor is not None:
            linear = ops.matmul(ops.transpose(window.y, (0, 2, 1)), ops.cast(self.anchor, window.y.dtype))
            z = self.share[0] * z + self.share[1] * ops.transpose(linear, (0, 2, 1))
        return self._together(self.normalization.invert(z, level, spread))

    def _each(self, y: Any) -> Any:
        """(batch, steps, targets) -> (batch x targets, steps, 1) where channels are independent."""
        if self.channels == self.shape.n_targets:
            return y
        return ops.reshape(ops.transpose(y, (0, 2, 1)), (-1, y.shape[1], 1))

    def _together(self, y: Any) -> Any:
        """The inverse of `_each`, also where each step of the window has a forecast."""
        n = self.shape.n_targets
        if self.channels == n:
            return y
        apart = ops.reshape(y, (-1, n, *y.shape[1:-1]))
        return ops.moveaxis(apart, 1, -1)

    def _repeated(self, x: Any) -> Any:
        return x if self.channels == self.shape.n_targets else ops.repeat(x, self.shape.n_targets, axis=0)

    @property
    def features(self) -> int:
        """Channels of the lookback."""
        return self.channels * (1 + len(self.spec.differences)) + self.shape.n_past + self.shape.n_static

    def output_layer(self, units: int, name: str = "head") -> keras.layers.Dense:
        """The Dense at the end. Where it corrects an anchor, it begins at nothing."""
        corrects = self.spec.anchor is not None and self.spec.anchor.mode == "correct"
        begin = "zeros" if corrects else "glorot_uniform"
        activation = self.spec.head.activation
        return keras.layers.Dense(units, activation=activation, kernel_initializer=begin, name=name)

    @property
    def width(self) -> int:
        """Units of the first recurrent layer."""
        return next(s.units for s in self.spec.stack if isinstance(s, RecurrentSpec))

    def opening(self) -> list[keras.Layer]:
        """Input and, with patch, the embedding of segments."""
        shape, patch = self.shape, self.spec.patch
        first: list[keras.Layer] = [keras.Input((shape.lookback, self.features))]
        return [*first, PatchEmbedding(patch, self.width)] if patch else first


class DirectForecaster(Forecaster):
    """All steps at once, from the stack's last state."""

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        horizon, channels = self.shape.horizon, self.channels
        layers = self.opening() + stack_layers(
            self.spec.stack, sequences=False, unroll=unroll, stateful=self.carries_state
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
            base = self.output_layer(self.shape.horizon * self.channels, "base")
            self.ahead = FutureHead(base, self.channels, self.width)
            self.ahead.build(self.network.output_shape, (None, self.shape.horizon, self.shape.n_future))

    def forward(self, window: Window, training: bool) -> Any:
        z = self.network(window.past(), training=training, mask=window.mask)
        return z if self.ahead is None else self.ahead(z, window.future)


class StatefulForecaster(DirectForecaster):
    """The direct head on states that go on from one window of a series to the next.

    A row of the batch is a lane: series stand in it one after another, window by window,
    and `carry` is 0 where a series begins.
    """

    carries_state = True

    def __init__(self, spec: ModelSpec, shape: Shape, *, unroll: bool = False, lanes: int = 1) -> None:
        super().__init__(spec, shape, unroll=unroll)
        self.lanes = lanes

    def build_head(self) -> None:
        super().build_head()
        rows = self.lanes * self.shape.n_targets // self.channels
        blocks = [layer for layer in self.network.layers if isinstance(layer, RecurrentBlock)]
        self.sizes = [block.spec.n_states for block in blocks]
        self.carried = [
            self.add_weight(
                name=f"carried_{i}_{j}", shape=(rows, block.spec.width), initializer="zeros", trainable=False
            )
            for i, block in enumerate(blocks)
            for j in range(block.spec.n_states)
        ]

    def kept_weights(self) -> list[Any]:
        # The carried state belongs to the windows of the moment, not to the network.
        return [w for w in self.weights if not any(w is state for state in self.carried)]

    def forward(self, window: Window, training: bool) -> Any:
        carry = self._repeated(window.carry)
        before = iter([state * carry for state in self.carried])
        states = [[next(before) for _ in range(n)] for n in self.sizes]
        z, after = run_with_state(self.network.layers, window.past(), states, training=training)
        for variable, value in zip(self.carried, (s for state in after for s in state), strict=True):
            variable.assign(ops.stop_gradient(value))
        return z if self.ahead is None else self.ahead(z, window.future)


class FutureHead(keras.Layer):
    """A direct head that sees the covariates of each step ahead.

    state (batch, width_in), future (batch, horizon, n_future) -> (batch, horizon, channels):
    a Dense of the state for all steps, plus one small network, shared by the steps, of
    the state and that step's covariates.
    """

    def __init__(self, base: keras.layers.Dense, channels: int, width: int) -> None:
        super().__init__(name="ahead")
        self.base = base
        self.n_channels = channels
        self.from_future = keras.layers.Dense(width, name="from_future")
        self.from_state = keras.layers.Dense(width, use_bias=False, name="from_state")
        self.out = keras.layers.Dense(channels, kernel_initializer=base.kernel_initializer, name="out")

    def build(self, state_shape: tuple[int | None, ...], future_shape: tuple[int | None, ...]) -> None:
        self.base.build(state_shape)
        self.from_state.build(state_shape)
        self.from_future.build(future_shape)
        self.out.build((*future_shape[:-1], self.from_future.units))

    def call(self, state: Any, future: Any) -> Any:
        steps = (-1, future.shape[1], self.n_channels)
        mixed = ops.relu(self.from_state(state)[:, None, :] + self.from_future(future))
        # The base's activation is the head's; what the covariates add comes before it.
        before = ops.matmul(state, self.base.kernel) + self.base.bias
        return self.base.activation(ops.reshape(before, steps) + self.out(mixed))


class SegmentsForecaster(Forecaster):
    """One more step of the stack for each segment of the horizon, all from the last state.

    What tells the segments apart is a learned place (and the covariates known of each).
    Parallel multi-step forecasting of Lin et al., 2023, "SegRNN".
    """

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        return self.opening() + stack_layers(self.spec.stack, sequences=False, unroll=unroll, stateful=True)

    def build_head(self) -> None:
        self.patch = self.spec.patch or 1
        self.n_segments = -(-self.shape.horizon // self.patch)
        # The stack itself, behind the embedding of the segments.
        self.inner = self.network.layers[1:]
        width = self.width
        self.place = self.add_weight(name="place", shape=(self.n_segments, width), initializer="random_normal")
        self.known: keras.layers.Dense | None = None
        if self.shape.n_future:
            self.known = keras.layers.Dense(width, use_bias=False, name="known")
            self.known.build((None, self.n_segments, self.patch * self.shape.n_future))
        self.out = self.output_layer(self.patch * self.channels)
        self.out.build((None, self.network.output_shape[-1]))

    def forward(self, window: Window, training: bool) -> Any:
        _, states = run_with_state(self.network.layers, window.past(), training=training, mask=window.mask)
        x = ops.repeat(self.place[None], ops.shape(window.y)[0], axis=0)
        if self.known is not None:
            x = x + self.known(self._known_of_segments(window.future))
        # Each segment is a row of the batch of its own.
        x = ops.reshape(x, (-1, x.shape[-1]))
        states = [[ops.repeat(s, self.n_segments, axis=0) for s in state] for state in states]
        for layer in self.inner:
            if isinstance(layer, RecurrentBlock):
                x, _ = layer.step(x, states.pop(0), training=training)
            elif isinstance(layer, keras.layers.Dropout):
                x = layer(x, training=training)
            else:
                x = layer(x)
        steps = ops.reshape(self.out(x), (-1, self.n_segments * self.patch, self.channels))
        return steps[:, : self.shape.horizon]

    def _known_of_segments(self, future: Any) -> Any:
        """(batch, horizon, n_future) -> (batch, segments, patch x n_future), zeros behind the horizon."""
        behind = self.n_segments * self.patch - self.shape.horizon
        padded = ops.pad(future, ((0, 0), (0, behind), (0, 0)))
        return ops.reshape(padded, (-1, self.n_segments, self.patch * self.shape.n_future))


class SequenceForecaster(Forecaster):
    """The next horizon at every step of the window: all of them in training, the last in use.

    In training the output is (batch, steps, horizon, n_targets).
    """

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        horizon, channels = self.shape.horizon, self.channels
        layers = self.opening() + stack_layers(self.spec.stack, sequences=True, unroll=unroll)
        if self.shape.n_future:
            return layers
        return [*layers, self._dense(), keras.layers.Reshape((self.steps, horizon, channels), name="steps")]

    def build_head(self) -> None:
        self.ahead: keras.layers.Dense | None = None
        if self.shape.n_future:
            known = self.shape.horizon * self.shape.n_future
            self.ahead = self._dense()
            self.ahead.build((*self.network.output_shape[:-1], self.network.output_shape[-1] + known))

    def _dense(self) -> keras.layers.Dense:
        units = self.shape.horizon * self.channels
        return keras.layers.Dense(units, activation=self.spec.head.activation, name="head")

    @property
    def steps(self) -> int:
        """Recurrent steps of the window."""
        return self.shape.lookback // (self.spec.patch or 1)

    def forward(self, window: Window, training: bool) -> Any:
        z = self.network(window.past(), training=training)
        if self.ahead is not None:
            z = self.ahead(_join([z, self._known_ahead(window)]))
            z = ops.reshape(z, (-1, self.steps, self.shape.horizon, self.channels))
        return z if training else z[:, -1]

    def _known_ahead(self, window: Window) -> Any:
        """(batch, steps, horizon x n_future): what each step knows of the horizon after it."""
        n = self.shape.n_future
        known = ops.concatenate([_last(window.x, n), window.future], axis=1)
        patch = self.spec.patch or 1
        after = (np.arange(self.steps)[:, None] + 1) * patch + np.arange(self.shape.horizon)
        return ops.reshape(ops.take(known, after, axis=1), (-1, self.steps, self.shape.horizon * n))


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
        self.cell.build(None)

    def forward(self, window: Window, training: bool) -> Any:
        lookback, horizon = self.shape.lookback, self.shape.horizon
        ahead = None
        if window.future is not None:
            # Known of each step from the second of the lookback to the last of the horizon.
            ahead = ops.concatenate([window.x, window.future], axis=1)[:, 1:]
        if training:
            y = ops.concatenate([window.y, window.teacher[:, :-1]], axis=1)
            return self.network(_join([y, ahead, _over(window.static, y)]), training=True)[:, lookback - 1 :]
        past = ahead[:, :lookback] if ahead is not None else None
        warm = _join([window.y, past, _over(window.static, window.y)])
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
            known = _join([rest, static])
        return ops.concatenate([first[:, None], run_free(self.cell, first, states, known, horizon - 1)], axis=1)


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
            s.model_copy(update={"units": s.width, "bidirectional": False}) if isinstance(s, RecurrentSpec) else s
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
        self.cell.build(None)

    def forward(self, window: Window, training: bool) -> Any:
        _, states = run_with_state(self.network.layers, window.past(), training=training, mask=window.mask)
        static = None
        if window.static is not None:
            static = ops.repeat(window.static[:, None], self.shape.horizon, axis=1)
        known = _join([window.future, static]) if self.n_known else None
        if not training:
            return run_free(self.cell, window.y[:, -1], states, known, self.shape.horizon)
        before = ops.concatenate([window.y[:, -1:], window.teacher[:, :-1]], axis=1)
        out, _ = run_with_state(self.inner, _join([before, known]), states, training=True)
        return self.out(out)


def _join(parts: list[Any | None]) -> Any:
    """Side by side on the last axis, without those that are None."""
    there = [p for p in parts if p is not None]
    return there[0] if len(there) == 1 else ops.concatenate(there, axis=-1)


def _last(x: Any, n: int) -> Any:
    """The last n channels: those known ahead stand behind the past covariates."""
    return x[:, :, x.shape[-1] - n :]


def _over(static: Any | None, y: Any) -> Any | None:
    """Static values at every step of y."""
    return None if static is None else ops.repeat(static[:, None, :], y.shape[1], axis=1)
