"""The layers of the stack: each spec knows the Keras layer it stands for.

Adding a cell is adding a class here and naming it in `Layer`.
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
# Those that the time loops of model/recurrence know.
LOOP_ACTIVATIONS = frozenset({"tanh", "sigmoid", "relu", "linear"})
Rate = Annotated[float, Field(ge=0, lt=1)]
Units = Annotated[
    int,
    Field(ge=1, le=65536, description="Numbers that the layer puts out at each step."),
]
OfInputs = Annotated[Initializer, Field(description="First weights of the inputs.")]


class RegularizerSpec(Spec):
    l1: Annotated[float, Field(ge=0)] = 0.0
    """Times the sum of the weights' sizes, added to the training loss (not to val_loss)."""
    l2: Annotated[float, Field(ge=0)] = 0.0
    """Times the sum of their squares, likewise."""

    def regularizer(self) -> keras.Regularizer:
        import keras

        return keras.regularizers.L1L2(l1=self.l1, l2=self.l2)


PenaltyOnInputs = Annotated[
    RegularizerSpec | None, Field(description="Penalty on the weights of the inputs; null = none.")
]


class RepeatableSpec(Spec):
    repeat: Annotated[int, Field(ge=1, le=64)] = 1
    """Copies of this layer, one after another."""


class RecurrentSpec(RepeatableSpec):
    """What simple_rnn, lstm and gru share."""

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
        """Features that the layer puts out."""
        return 2 * self.units if self.bidirectional else self.units

    @property
    def n_states(self) -> int:
        """Tensors of its state: h, and for the LSTM c."""
        return 1

    def cell_class(self) -> Any:
        raise NotImplementedError

    def arguments(self) -> dict[str, Any]:
        """Keras arguments, those of every recurrent layer."""
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
        """The Keras layer.

        sequences: put out every step (batch, steps, width), else the last (batch, width).
        states: put out the final state as well.
        """
        import keras

        inner = f"{name}_inner" if self.bidirectional else name
        layer: keras.Layer = self.cell_class()(
            **self.arguments(), return_sequences=sequences, return_state=states, unroll=unroll, name=inner
        )
        if self.bidirectional:
            layer = keras.layers.Bidirectional(layer, name=name)
        return layer

    @property
    def has_own_loop(self) -> bool:
        """Whether model/recurrence has a time loop of its own for it."""
        activations = {self.activation, getattr(self, "recurrent_activation", "tanh")}
        return (
            activations <= LOOP_ACTIVATIONS
            and not self.recurrent_dropout
            and getattr(self, "reset_after", True)
        )

    # Whether there is a fused (cuDNN) GPU kernel of this cell at all.
    fused: ClassVar[bool] = False

    def off_fused_kernel(self) -> dict[str, tuple[str, bool]]:
        """The keys whose values keep this layer from the fused GPU kernel: what that kernel does
        instead, and whether the loops of model/recurrence can do it on a processor."""
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


class SimpleRnn(RecurrentSpec):
    type: Literal["simple_rnn"]

    def cell_class(self) -> Any:
        from forecaster.model.loops.recurrence import SimpleRNN

        return SimpleRNN


class GatedSpec(RecurrentSpec):
    fused = True
    recurrent_activation: Activation = "sigmoid"
    """Of the gates."""

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"recurrent_activation": self.recurrent_activation}


class Lstm(GatedSpec):
    type: Literal["lstm"]

    @property
    def n_states(self) -> int:
        return 2

    def cell_class(self) -> Any:
        from forecaster.model.loops.recurrence import LSTM

        return LSTM


class Gru(GatedSpec):
    type: Literal["gru"]
    reset_after: bool = True
    """Apply the reset gate after the matrix product (the fused GPU kernel's form) or before it."""

    def cell_class(self) -> Any:
        from forecaster.model.loops.recurrence import GRU

        return GRU

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"reset_after": self.reset_after}


class DenseSpec(RepeatableSpec):
    type: Literal["dense"]
    units: Units
    activation: Activation = "linear"
    kernel_initializer: OfInputs = "glorot_uniform"
    kernel_regularizer: PenaltyOnInputs = None

    def layer(self, name: str) -> keras.Layer:
        import keras

        return keras.layers.Dense(
            self.units,
            name=name,
            activation=self.activation,
            kernel_initializer=self.kernel_initializer,
            kernel_regularizer=self.kernel_regularizer and self.kernel_regularizer.regularizer(),
        )


class DropoutSpec(RepeatableSpec):
    type: Literal["dropout"]
    rate: Rate

    def layer(self, name: str) -> keras.Layer:
        import keras

        return keras.layers.Dropout(self.rate, name=name)


Recurrent = SimpleRnn | Lstm | Gru
Layer = Annotated[SimpleRnn | Lstm | Gru | DenseSpec | DropoutSpec, Field(discriminator="type")]
