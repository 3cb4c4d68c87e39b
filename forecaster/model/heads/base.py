"""What all heads share: the normalised window, and the forecast put back in its units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from forecaster.model.cells import RecurrentSpec
from forecaster.model.execution import Execution
from forecaster.model.layers.categories import CategoryEncoding
from forecaster.model.layers.normalization import WindowNormalization
from forecaster.model.layers.parameters import assemble
from forecaster.model.layers.stack import PatchEmbedding
from forecaster.model.loops.recurrence import OwnLoopLayer
from forecaster.model.outputs import order
from forecaster.model.shape import Category, Shape
from forecaster.model.spec import ModelSpec


@dataclass(frozen=True)
class Window:
    """What a head sees. Targets are normalised; with independent channels each target is a
    row of the batch of its own, and the covariates are repeated beside it.

    y: (batch, lookback, channels). x: (batch, lookback, n_past), future: (batch, horizon,
    n_future), static: (batch, n_static), each None where there is none. teacher: (batch,
    horizon, channels), the true targets, in training of the heads that want them.
    differences: lags of the changes of y that are inputs too. mask: (batch, lookback),
    True where a step is there; None where all are. carry: (batch, 1), 1 where the state
    of the row's last window goes on, 0 where it begins.
    """

    y: Any
    x: Any | None
    future: Any | None
    static: Any | None
    teacher: Any | None
    differences: tuple[int, ...] = ()
    mask: Any | None = None
    carry: Any | None = None

    def truth(self) -> Any:
        """The teacher, in training of a head that wants one."""
        if self.teacher is None:
            raise ValueError("this head is trained on the true targets, and the batch brought none")
        return self.teacher

    def past(self) -> Any:
        """All channels of the lookback."""
        changes = [
            ops.pad(self.y[:, lag:] - self.y[:, :-lag], ((0, 0), (lag, 0), (0, 0)))
            for lag in self.differences
        ]
        return join([self.y, *changes, self.x, at_every_step(self.static, self.y)])


class Forecaster(keras.Model):
    """Takes a window, gives its forecast, both in the units the scaler left.

    Inputs, a dict: past (batch, lookback, n_targets + n_past), targets first; future
    (batch, horizon, n_future) and static (batch, n_static) where there are any; past_codes
    (batch, lookback, past and future categories), future_codes (batch, horizon, future categories)
    and static_codes (batch, static categories), whole numbers, where there are any; teacher
    (batch, horizon, n_targets) in training, where `wants_teacher`; mask (batch, lookback) with
    padded windows; carry (batch, 1) with a carried state.
    Output: (batch, horizon, n_targets x parameters), parameter by parameter; see outputs.
    """

    wants_teacher = False
    carries_state = False
    half: int | None = None
    """Windows of a training batch that run beside the others, on a core of their own."""

    def __init__(self, spec: ModelSpec, shape: Shape, *, unroll: bool = False) -> None:
        # In half precision a level would be rounded by more than what is forecast of it, so that
        # windows are normalised, and forecasts put back, in whole precision: see `_halved`.
        super().__init__(name="forecaster", autocast=False)
        self.spec = spec
        self.given = shape
        # What heads see: categories are channels there, like any other.
        self.shape = shape = shape.encoded()
        self.categories = {
            role: [CategoryEncoding(c, name=f"{role}_{i}") for i, c in enumerate(columns)]
            for role, columns in _categories(self.given).items()
        }
        self.channels = 1 if spec.channels == "independent" else shape.n_targets
        self.n_parameters = len(order(spec.output))
        self.normalization = WindowNormalization(spec.normalization, spec.season, name="normalization")
        self.network = keras.Sequential(self.layers_of_network(unroll), name="network")
        # Its recurrent layers use the mask up; Keras would warn that the Sequential loses it.
        self.network.supports_masking = True
        if shape.padded:
            # The fused GPU kernel takes masks on the right alone, and padding stands on the left.
            for layer in self.network._flatten_layers():
                if hasattr(layer, "use_cudnn"):
                    layer.use_cudnn = False

    def run_as(self, execution: Execution, batch_size: int) -> None:
        """How this network is trained from here on. batch_size: windows in every batch."""
        self.half = batch_size // 2 if execution.split else None
        for layer in self.network._flatten_layers():
            if isinstance(layer, OwnLoopLayer):
                layer.by_own_loop = execution.own_loop

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
        """(batch, horizon, channels x parameters), the first channels normalised forecasts."""
        raise NotImplementedError

    def set_anchor(self, weights: Any) -> None:
        """weights: (lookback, horizon), of the normalised window; see model/anchor."""
        if self.anchor is None:
            raise ValueError("this network has no anchor")
        self.anchor.assign(weights)

    # -- what all heads share ------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        # Every size is known from the spec, so nothing waits for the first batch.
        self.normalization.build((None, self.shape.lookback, self.channels))
        for layers in self.categories.values():
            for layer in layers:
                layer.build()
        self.anchor = None
        if self.spec.anchor is not None:
            size = (self.shape.lookback, self.shape.horizon)
            fixed: dict[str, Any] = {"trainable": False, "autocast": False}
            self.anchor = self.add_weight(name="anchor", shape=size, initializer="zeros", **fixed)
            # Of the network and of the anchor. A network that is averaged learns alone first.
            alone = self.spec.anchor.mode == "average"
            self.blend_weight = self.add_weight(name="share", shape=(2,), initializer="ones", **fixed)
            self.blend_weight.assign([1.0, 0.0 if alone else 1.0])
        self.build_head()
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        if not training or self.half is None:
            return self._forecast(inputs, training)
        # Two chains of steps that do not wait for each other.
        parts = [
            {k: v[: self.half] for k, v in inputs.items()},
            {k: v[self.half :] for k, v in inputs.items()},
        ]
        return ops.concatenate([self._forecast(part, training) for part in parts], axis=0)

    def _forecast(self, inputs: dict[str, Any], training: bool) -> Any:
        window, loc, scale = self.normalised(inputs, training)
        raw = self.numbers(self.forward(window, training))
        if self.anchor is not None:
            y = ops.cast(window.y, self.anchor.dtype)
            linear = ops.matmul(ops.transpose(y, (0, 2, 1)), self.anchor)
            raw[0] = self.blend_weight[0] * raw[0] + self.blend_weight[1] * ops.transpose(linear, (0, 2, 1))
        parts = assemble(self.spec.output, raw, self.normalization, loc, scale)
        together = [self._together(part) for part in parts]
        return together[0] if len(together) == 1 else ops.concatenate(together, axis=-1)

    def numbers(self, out: Any) -> list[Any]:
        """What a head puts out, parameter by parameter, in whole precision."""
        return list(ops.split(ops.cast(out, self.variable_dtype), self.n_parameters, axis=-1))

    def _halved(self, x: Any | None) -> Any | None:
        """In the precision that the layers compute in."""
        return None if x is None else ops.cast(x, self.compute_dtype)

    def normalised(self, inputs: dict[str, Any], training: bool) -> tuple[Window, Any, Any]:
        """What a head sees, and the window's level and spread, each (batch, 1, channels)."""
        n = self.shape.n_targets
        past = inputs["past"]
        y = self._each(past[:, :, :n] if self.given.n_past else past)
        x, future, static = self._covariates(inputs)
        mask = self._repeated(inputs["mask"]) if "mask" in inputs else None
        present = None if mask is None else mask[:, :, None]
        loc, scale = self.normalization.statistics(y, present)
        z = self.normalization.apply_to(y, loc, scale)
        teacher = None
        if training and self.wants_teacher:
            teacher = self.normalization.apply_to(self._each(inputs["teacher"]), loc, scale)
        window = Window(
            # A step that is not there is at the level, and no change.
            y=self._halved(z if present is None else z * present),
            x=self._halved(None if x is None else self._repeated(x)),
            future=self._halved(None if future is None else self._repeated(future)),
            static=self._halved(None if static is None else self._repeated(static)),
            teacher=self._halved(teacher),
            differences=tuple(self.spec.differences),
            mask=None if mask is None else mask > 0,
            carry=self._halved(inputs.get("carry")),
        )
        return window, loc, scale

    def _covariates(self, inputs: dict[str, Any]) -> tuple[Any | None, Any | None, Any | None]:
        """Those of the lookback, of the horizon and of the series, categories as channels behind
        the numbers of their kind; None where there is none."""
        given, past = self.given, inputs["past"]
        first_ahead = past.shape[-1] - given.n_future
        parts = []
        if given.n_past > given.n_future:
            parts.append(self._newest(past[:, :, given.n_targets : first_ahead]))
        n = len(given.past_categories)
        if n:
            parts.append(self._newest(self._encoded("past", inputs["past_codes"][:, :, :n])))
        ahead = [past[:, :, first_ahead:] if given.n_future else None]
        future, static = [inputs.get("future")], [inputs.get("static")]
        if given.future_categories:
            ahead.append(self._encoded("future", inputs["past_codes"][:, :, n:]))
            future.append(self._encoded("future", inputs["future_codes"]))
        if given.static_categories:
            static.append(self._encoded("static", inputs["static_codes"]))
        return _joined([*parts, *ahead]), _joined(future), _joined(static)

    def _newest(self, x: Any) -> Any:
        """Nothing but the last past_lookback steps, where the spec says so."""
        steps = self.spec.past_lookback
        return x if steps is None else ops.pad(x[:, -steps:], ((0, 0), (x.shape[1] - steps, 0), (0, 0)))

    def _encoded(self, role: str, codes: Any) -> Any:
        return join([layer(codes[..., i]) for i, layer in enumerate(self.categories[role])])

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
    def own_features(self) -> int:
        """Channels of the lookback that the targets give: their values and differences."""
        return self.channels * (1 + len(self.spec.differences))

    @property
    def features(self) -> int:
        """Channels of the lookback, those of the targets first."""
        return self.own_features + self.shape.n_past + self.shape.n_static

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
        return [*first, PatchEmbedding(patch, self.width, self.own_features)] if patch else first


def join(parts: list[Any | None]) -> Any:
    """Side by side on the last axis, without those that are None."""
    there = [p for p in parts if p is not None]
    return there[0] if len(there) == 1 else ops.concatenate(there, axis=-1)


def _joined(parts: list[Any | None]) -> Any | None:
    """As `join`; None where all are."""
    return None if all(p is None for p in parts) else join(parts)


def _categories(shape: Shape) -> dict[str, tuple[Category, ...]]:
    roles = {
        "past": shape.past_categories,
        "future": shape.future_categories,
        "static": shape.static_categories,
    }
    return {role: columns for role, columns in roles.items() if columns}


def last_channels(x: Any, n: int) -> Any:
    """The last n channels: those known ahead stand behind the past covariates."""
    return x[:, :, x.shape[-1] - n :]


def at_every_step(static: Any | None, y: Any) -> Any | None:
    """Static values at every step of y."""
    return None if static is None else ops.repeat(static[:, None, :], y.shape[1], axis=1)
