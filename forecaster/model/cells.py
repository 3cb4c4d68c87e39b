"""The layers of the stack: each spec makes the Keras layer that it describes.

A new cell is a subclass of `RecurrentSpec` here, named in the unions at the end of the file. The rest of
the package reads what it needs to know about a cell from the spec: its state, its gates, its loops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from forecaster.spec import Spec

if TYPE_CHECKING:
    import keras

Activation = Literal[
    "linear",
    "tanh",
    "relu",
    "sigmoid",
    "hard_sigmoid",
    "elu",
    "selu",
    "gelu",
    "silu",
    "softplus",
    "softsign",
]
Initializer = Literal[
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "orthogonal",
    "zeros",
    "ones",
    "random_normal",
    "random_uniform",
    "truncated_normal",
]
# Activations that the time loops of loops/recurrence implement.
LOOP_ACTIVATIONS = frozenset({"tanh", "sigmoid", "relu", "linear"})
Rate = Annotated[float, Field(ge=0, lt=1)]
Units = Annotated[
    int,
    Field(ge=1, le=65536, description="Numbers that the layer puts out at each step."),
]
OfInputs = Annotated[Initializer, Field(description="First weights of the inputs.")]


# A penalty on weights (Keras' L1L2).
class RegularizerSpec(Spec):
    l1: Annotated[float, Field(ge=0)] = 0.0
    """Times the sum of the weights' sizes, added to the training loss (not to val_loss)."""
    l2: Annotated[float, Field(ge=0)] = 0.0
    """Times the sum of their squares, likewise."""

    def regularizer(self) -> keras.Regularizer:
        """Return the Keras regularizer."""
        import keras

        return keras.regularizers.L1L2(l1=self.l1, l2=self.l2)


PenaltyOnInputs = Annotated[
    RegularizerSpec | None, Field(description="Penalty on the weights of the inputs; null = none.")
]


class RepeatableSpec(Spec):
    """What all layers share."""

    repeat: Annotated[int, Field(ge=1, le=64)] = 1
    """Copies of this layer, one after another."""


class RecurrentSpec(RepeatableSpec):
    """What all recurrent layers share."""

    n_gates: ClassVar[int] = 1
    """Products of the input, and of the state, with a matrix of (.., units) at each step."""
    n_states: ClassVar[int] = 1
    """Tensors in the state, each (batch, width): h, and c for an LSTM."""
    in_own_loop: ClassVar[bool] = False
    """Whether loops/recurrence has a time loop for this cell."""
    fused: ClassVar[bool] = False
    """Whether a fused (cuDNN) GPU kernel of this cell exists."""

    units: Units
    activation: Activation = "tanh"
    """Of the state."""
    dropout: Rate = 0.0
    """On the layer's inputs."""
    recurrent_dropout: Rate = 0.0
    """On the state, at every step; takes the layer off the fused GPU kernel."""
    bidirectional: bool = False
    """Reads the window both ways; the outputs are joined, so 2 x units wide."""
    kernel_initializer: OfInputs = "glorot_uniform"
    recurrent_initializer: Initializer = "orthogonal"
    """First weights of the state."""
    kernel_regularizer: PenaltyOnInputs = None
    recurrent_regularizer: RegularizerSpec | None = None
    """Penalty on the weights of the state; null = none."""
    residual: bool = False
    """Adds the layer's input to its output, through a Dense layer where the widths differ."""
    layer_norm: bool = False
    """Normalises the layer's output."""

    @property
    def width(self) -> int:
        """Features of the layer's output."""
        return 2 * self.units if self.bidirectional else self.units

    def layer_class(self) -> Any:
        """Return the Keras layer class, imported only now."""
        raise NotImplementedError

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the Keras layer, but for its name and what it returns."""
        return {
            "units": self.units,
            "activation": self.activation,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "kernel_initializer": self.kernel_initializer,
            "recurrent_initializer": self.recurrent_initializer,
            "kernel_regularizer": self.kernel_regularizer and self.kernel_regularizer.regularizer(),
            "recurrent_regularizer": self.recurrent_regularizer and self.recurrent_regularizer.regularizer(),
        }

    def layer(self, name: str, *, sequences: bool, unroll: bool = False, states: bool = False) -> keras.Layer:
        """Return the Keras layer.

        Args:
            name: Of the layer, and so a part of the paths of its saved weights.
            sequences: Whether the output has every step, (batch, steps, width), or the last one alone,
                (batch, width).
            unroll: Whether the steps become one flat graph.
            states: Whether the output is followed by the final state.
        """
        import keras

        inner = f"{name}_inner" if self.bidirectional else name
        layer: keras.Layer = self.layer_class()(
            **self.arguments(), return_sequences=sequences, return_state=states, unroll=unroll, name=inner
        )
        if self.bidirectional:
            layer = keras.layers.Bidirectional(layer, name=name)
        return layer

    @property
    def has_own_loop(self) -> bool:
        """Whether loops/recurrence can run this layer with these settings."""
        activations = {self.activation, getattr(self, "recurrent_activation", "tanh")}
        return (
            self.in_own_loop
            and activations <= LOOP_ACTIVATIONS
            and not self.recurrent_dropout
            and getattr(self, "reset_after", True)
        )

    def off_fused_kernel(self) -> dict[str, tuple[str, bool]]:
        """Return the keys whose values keep this layer off the fused GPU kernel.

        Returns:
            Key -> what that kernel does instead, and whether loops/recurrence implements the value on a
            CPU. Empty where the cell has no fused kernel at all.
        """
        found = {}
        for key, usual in (("activation", "tanh"), ("recurrent_activation", "sigmoid")):
            given = getattr(self, key, usual)
            if given != usual:
                found[key] = (f"has {usual} here, not {given}", given in LOOP_ACTIVATIONS)
        if self.recurrent_dropout:
            found["recurrent_dropout"] = ("has no dropout on the state", False)
        if not getattr(self, "reset_after", True):
            found["reset_after"] = ("applies the reset gate after the product", False)
        return found if self.fused else {}


# Elman's recurrent layer: h' = act(W x + R h + b).
class SimpleRnn(RecurrentSpec):
    type: Literal["simple_rnn"]
    in_own_loop = True

    def layer_class(self) -> Any:
        from forecaster.model.loops.recurrence import SimpleRNN

        return SimpleRNN


class GatedSpec(RecurrentSpec):
    """What lstm and gru share."""

    in_own_loop = True
    fused = True
    recurrent_activation: Activation = "sigmoid"
    """Of the gates."""

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"recurrent_activation": self.recurrent_activation}


# Long short-term memory (Hochreiter & Schmidhuber, 1997), with the forget gate of Gers et al., 2000.
class Lstm(GatedSpec):
    type: Literal["lstm"]
    n_gates = 4
    n_states = 2

    def layer_class(self) -> Any:
        from forecaster.model.loops.recurrence import LSTM

        return LSTM


# Gated recurrent unit (Cho et al., 2014).
class Gru(GatedSpec):
    type: Literal["gru"]
    n_gates = 3
    reset_after: bool = True
    """Apply the reset gate after the matrix product (the fused GPU kernel's form) or before it."""

    def layer_class(self) -> Any:
        from forecaster.model.loops.recurrence import GRU

        return GRU

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"reset_after": self.reset_after}


# A dense layer, applied to every step before the last recurrent layer.
class DenseSpec(RepeatableSpec):
    type: Literal["dense"]
    units: Units
    activation: Activation = "linear"
    kernel_initializer: OfInputs = "glorot_uniform"
    kernel_regularizer: PenaltyOnInputs = None

    def layer(self, name: str) -> keras.Layer:
        """Return the Keras layer."""
        import keras

        return keras.layers.Dense(
            self.units,
            name=name,
            activation=self.activation,
            kernel_initializer=self.kernel_initializer,
            kernel_regularizer=self.kernel_regularizer and self.kernel_regularizer.regularizer(),
        )


# Dropout between two layers.
class DropoutSpec(RepeatableSpec):
    type: Literal["dropout"]
    rate: Rate

    def layer(self, name: str) -> keras.Layer:
        """Return the Keras layer."""
        import keras

        return keras.layers.Dropout(self.rate, name=name)


# A new cell is named in these three.
CellType = Literal["simple_rnn", "lstm", "gru"]
Recurrent = SimpleRnn | Lstm | Gru
Layer = Annotated[SimpleRnn | Lstm | Gru | DenseSpec | DropoutSpec, Field(discriminator="type")]
