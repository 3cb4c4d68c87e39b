"""The network around every head: window normalisation before it, and its inverse after it."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from forecaster.model.cells import RecurrentSpec
from forecaster.model.execution import Execution
from forecaster.model.heads.window import Window, join, joined_or_none
from forecaster.model.layers.categories import CategoryEncoding
from forecaster.model.layers.normalization import WindowNormalization
from forecaster.model.layers.parameters import assemble
from forecaster.model.layers.stack import PatchEmbedding
from forecaster.model.loops.graphs import as_graph
from forecaster.model.loops.recurrence import OwnLoopLayer
from forecaster.model.outputs import order
from forecaster.model.shape import Category, Shape
from forecaster.model.spec import ModelSpec


class Forecaster(keras.Model):
    """A Keras model from windows to forecasts, both in the units of the scaler's output.

    A subclass is a head: it lists the layers of the Sequential, builds what it adds to them, and computes
    normalised forecasts from a `Window`.

    The input is a dict of arrays. A part that the windows do not have is absent:

    - past: (batch, lookback, n_targets + n_past), targets first.
    - future: (batch, horizon, n_future).
    - static: (batch, n_static).
    - past_codes, future_codes: (batch, lookback or horizon, categories), whole numbers. In past_codes the
      categories known ahead come last.
    - static_codes: (batch, static categories), whole numbers.
    - teacher: (batch, horizon, n_targets), in training of a head with `wants_teacher`.
    - mask: (batch, lookback), with padded windows; 0 where a step does not exist.
    - carry: (batch, 1), with a carried state; see `Window`.

    The output is (batch, horizon, n_targets x parameters), parameter by parameter; see `model.outputs`.
    """

    wants_teacher = False
    """Whether training feeds the head the true targets of the horizon (teacher forcing)."""
    carries_state = False
    """Whether the state goes on from one window of a series to the next."""
    half: int | None = None
    """Windows of a training batch that run beside the others, on a core of their own; None runs all at once."""

    def __init__(self, spec: ModelSpec, shape: Shape, *, unroll: bool = False) -> None:
        # Half precision would round a level by more than the change that is forecast, so windows are
        # normalised, and forecasts denormalised, in float32: see `_in_compute_dtype`.
        super().__init__(name="forecaster", autocast=False)
        self.spec = spec
        self.given = shape
        # What heads see: categories encoded as channels.
        self.shape = shape = shape.encoded()
        self.categories = {
            role: [CategoryEncoding(c, name=f"{role}_{i}") for i, c in enumerate(columns)]
            for role, columns in _categories(self.given).items()
        }
        self.channels = 1 if spec.channels == "independent" else shape.n_targets
        self.n_parameters = len(order(spec.output))
        self.normalization = WindowNormalization(spec.normalization, spec.season, name="normalization")
        self.network = keras.Sequential(self.layers_of_network(unroll), name="network")
        # The recurrent layers consume the mask; otherwise Keras warns that the Sequential loses it.
        self.network.supports_masking = True
        # What training keeps about the compiled step, so that it need not be compiled again.
        self.compiled_way: Any = None
        self._forecast_batch: Any = None
        self.first_optimizer_state: Any = None
        if shape.padded:
            # The fused GPU kernel supports masks on the right only, and padding is on the left.
            for layer in self.network._flatten_layers():
                if hasattr(layer, "use_cudnn"):
                    layer.use_cudnn = False

    def run_as(self, execution: Execution, batch_size: int) -> None:
        """Choose how later training steps run.

        Args:
            execution: The way to run; `unroll` and `jit` are decided when a network is built and compiled.
            batch_size: Windows in every batch.
        """
        self._forecast_batch = None
        self.half = batch_size // 2 if execution.split else None
        for layer in self.network._flatten_layers():
            if isinstance(layer, OwnLoopLayer):
                layer.by_own_loop = execution.own_loop

    # -- what a head defines -------------------------------------------------------

    def layers_of_network(self, unroll: bool) -> list[keras.Layer]:
        """Return the layers of the Sequential that the YAML file describes, its Input first."""
        raise NotImplementedError

    def build_head(self) -> None:
        """Build the layers and weights that the head adds to the Sequential."""

    def forward(self, window: Window, training: bool) -> Any:
        """Return the head's numbers, (batch, horizon, channels x parameters).

        The first `channels` are normalised forecasts, the others raw parameters; see
        `layers.parameters.assemble`. The sequence head has one more axis in training.
        """
        raise NotImplementedError

    # -- what all heads share ------------------------------------------------------

    def kept_weights(self) -> list[Any]:
        """Return the weights that are saved and restored."""
        return list(self.weights)

    def set_anchor(self, weights: Any) -> None:
        """Set the weights of the anchor.

        Args:
            weights: (lookback, horizon), applied to the normalised window; see `model.anchor`.

        Raises:
            ValueError: The spec has no anchor.
        """
        if self.anchor is None:
            raise ValueError("this network has no anchor")
        self.anchor.assign(weights)

    def build(self, input_shape: Any = None) -> None:
        # All sizes are known from the spec, so weights exist before the first batch.
        self.normalization.build((None, self.shape.lookback, self.channels))
        for layers in self.categories.values():
            for layer in layers:
                layer.build()
        self.anchor = None
        if self.spec.anchor is not None:
            size = (self.shape.lookback, self.shape.horizon)
            fixed: dict[str, Any] = {"trainable": False, "autocast": False}
            self.anchor = self.add_weight(name="anchor", shape=size, initializer="zeros", **fixed)
            # Factors of the network and of the anchor. With mode average the network learns alone first.
            alone = self.spec.anchor.mode == "average"
            self.blend_weight = self.add_weight(name="share", shape=(2,), initializer="ones", **fixed)
            self.blend_weight.assign([1.0, 0.0 if alone else 1.0])
        self.build_head()
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        if not training or self.half is None:
            return self._forecast(inputs, training)
        # Two chains of recurrent steps that do not wait for each other.
        parts = [
            {k: v[: self.half] for k, v in inputs.items()},
            {k: v[self.half :] for k, v in inputs.items()},
        ]
        return ops.concatenate([self._forecast(part, training) for part in parts], axis=0)

    def forecast_batch(self, inputs: dict[str, Any]) -> Any:
        """Return the forecasts of a batch, (batch, horizon, parameters x targets), by a graph that is made once.

        Args:
            inputs: The input of the network; every batch has the same shapes.
        """
        if self._forecast_batch is None:
            self._forecast_batch = as_graph(lambda x: self(x, training=False), jit=bool(self.jit_compile))
        return self._forecast_batch(inputs)

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
        """Split the output of `forward` into its parameters, each (batch, horizon, channels), in float32."""
        return list(ops.split(ops.cast(out, self.variable_dtype), self.n_parameters, axis=-1))

    def _in_compute_dtype(self, x: Any | None) -> Any | None:
        return None if x is None else ops.cast(x, self.compute_dtype)

    def normalised(self, inputs: dict[str, Any], training: bool) -> tuple[Window, Any, Any]:
        """Return the normalised window, and its location and scale, each (batch, 1, channels).

        Args:
            inputs: The input of the network; see the class.
            training: Whether the teacher is wanted.
        """
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
            # A step that does not exist has the value 0, the window's location.
            y=self._in_compute_dtype(z if present is None else z * present),
            x=self._in_compute_dtype(None if x is None else self._repeated(x)),
            future=self._in_compute_dtype(None if future is None else self._repeated(future)),
            static=self._in_compute_dtype(None if static is None else self._repeated(static)),
            teacher=self._in_compute_dtype(teacher),
            differences=tuple(self.spec.differences),
            mask=None if mask is None else mask > 0,
            carry=self._in_compute_dtype(inputs.get("carry")),
        )
        return window, loc, scale

    def _covariates(self, inputs: dict[str, Any]) -> tuple[Any | None, Any | None, Any | None]:
        """Return the covariates of the lookback, of the horizon and of the series; None where there are none.

        Encoded categories follow the numeric channels of their kind.
        """
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
        return joined_or_none([*parts, *ahead]), joined_or_none(future), joined_or_none(static)

    def _newest(self, x: Any) -> Any:
        """Set all but the last `past_lookback` steps to zero."""
        steps = self.spec.past_lookback
        return x if steps is None else ops.pad(x[:, -steps:], ((0, 0), (x.shape[1] - steps, 0), (0, 0)))

    def _encoded(self, role: str, codes: Any) -> Any:
        return join([layer(codes[..., i]) for i, layer in enumerate(self.categories[role])])

    def _each(self, y: Any) -> Any:
        """Make each target a row: (batch, steps, targets) -> (batch x targets, steps, 1), if independent."""
        if self.channels == self.shape.n_targets:
            return y
        return ops.reshape(ops.transpose(y, (0, 2, 1)), (-1, y.shape[1], 1))

    def _together(self, y: Any) -> Any:
        """Invert `_each`, also where each step of the window has a forecast."""
        n = self.shape.n_targets
        if self.channels == n:
            return y
        apart = ops.reshape(y, (-1, n, *y.shape[1:-1]))
        return ops.moveaxis(apart, 1, -1)

    def _repeated(self, x: Any) -> Any:
        return x if self.channels == self.shape.n_targets else ops.repeat(x, self.shape.n_targets, axis=0)

    @property
    def own_features(self) -> int:
        """Channels of the lookback that come from the targets: their values and differences."""
        return self.channels * (1 + len(self.spec.differences))

    @property
    def features(self) -> int:
        """Channels of the lookback, those of the targets first."""
        return self.own_features + self.shape.n_past + self.shape.n_static

    def output_layer(self, units: int, name: str = "head") -> keras.layers.Dense:
        """Return the Dense at the end.

        Where it corrects an anchor its kernel starts at zero, so training starts from the anchor's forecast.
        """
        corrects = self.spec.anchor is not None and self.spec.anchor.mode == "correct"
        initializer = "zeros" if corrects else "glorot_uniform"
        activation = self.spec.head.activation
        return keras.layers.Dense(units, activation=activation, kernel_initializer=initializer, name=name)

    @property
    def width(self) -> int:
        """Units of the first recurrent layer."""
        return next(s.units for s in self.spec.stack if isinstance(s, RecurrentSpec))

    def opening(self) -> list[keras.Layer]:
        """Return the Input and, with `patch`, the embedding of segments."""
        shape, patch = self.shape, self.spec.patch
        first: list[keras.Layer] = [keras.Input((shape.lookback, self.features))]
        return [*first, PatchEmbedding(patch, self.width, self.own_features)] if patch else first


def _categories(shape: Shape) -> dict[str, tuple[Category, ...]]:
    roles = {
        "past": shape.past_categories,
        "future": shape.future_categories,
        "static": shape.static_categories,
    }
    return {role: columns for role, columns in roles.items() if columns}
