"""The layers of the stack: each spec builds the Keras layer that it describes.

To add a recurrent cell, write its class here and name it in `Recurrent`; its docstring and those of its
fields are its text in the config reference. The rest of the package reads what it needs to know about a
cell from the spec: its state, its gates, its loops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from forecaster.spec import OneOf, Spec

if TYPE_CHECKING:
    import keras

Activation = Annotated[
    Literal[
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
    ],
    OneOf(
        {
            "linear": "x itself.",
            "tanh": "Hyperbolic tangent, from -1 to 1.",
            "relu": "x above 0, else 0. Unbounded, so a recurrent layer often needs gradient clipping.",
            "sigmoid": "1 / (1 + exp(-x)), from 0 to 1.",
            "hard_sigmoid": "Straight-line approximation of sigmoid; cheaper.",
            "elu": "x above 0, else exp(x) - 1.",
            "selu": "elu, scaled so that mean and variance stay near 0 and 1 from layer to layer.",
            "gelu": "x times the normal distribution function of x: a smooth relu.",
            "silu": "x times sigmoid(x), also called swish: a smooth relu.",
            "softplus": "log(1 + exp(x)): a smooth relu that is always positive.",
            "softsign": "x / (1 + |x|), from -1 to 1; saturates more slowly than tanh.",
        }
    ),
]
Initializer = Annotated[
    Literal[
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
    ],
    OneOf(
        {
            "glorot_uniform": "Uniform; variance 2 / (inputs + outputs). Suits tanh and sigmoid.",
            "glorot_normal": "Truncated normal; variance 2 / (inputs + outputs).",
            "he_uniform": "Uniform; variance 2 / inputs. Suits relu.",
            "he_normal": "Truncated normal; variance 2 / inputs.",
            "lecun_uniform": "Uniform; variance 1 / inputs. Suits selu.",
            "lecun_normal": "Truncated normal; variance 1 / inputs.",
            "orthogonal": "A random orthogonal matrix, which keeps the length of a state from step to step.",
            "zeros": "All 0.",
            "ones": "All 1.",
            "random_normal": "Normal with standard deviation 0.05.",
            "random_uniform": "Uniform from -0.05 to 0.05.",
            "truncated_normal": "Normal with standard deviation 0.05, without values beyond two of them.",
        }
    ),
]
# Activations that the time loops of loops/recurrence implement.
LOOP_ACTIVATIONS = frozenset({"tanh", "sigmoid", "relu", "linear"})
Rate = Annotated[float, Field(ge=0, lt=1)]
Units = Annotated[
    int,
    Field(
        ge=1,
        le=65536,
        description="The width of the layer: how many numbers it puts out at each step.",
        examples=[64],
    ),
]
InputInitializer = Annotated[
    Initializer,
    Field(
        description="How the weights on the layer's inputs are drawn before training.", examples=["he_normal"]
    ),
]


class RegularizerSpec(Spec):
    """A penalty on weights that is added to the training loss, but not to val_loss."""

    l1: Annotated[float, Field(ge=0)] = Field(0.0, examples=[1.0e-5])
    """Factor of the sum of the absolute weights. It drives small weights to 0."""
    l2: Annotated[float, Field(ge=0)] = Field(0.0, examples=[1.0e-5])
    """Factor of the sum of the squared weights. It keeps all weights small."""

    def regularizer(self) -> keras.Regularizer:
        """Return the Keras regularizer."""
        import keras

        return keras.regularizers.L1L2(l1=self.l1, l2=self.l2)


InputRegularizer = Annotated[
    RegularizerSpec | None,
    Field(description="Penalty on the weights on the layer's inputs. null: none.", examples=[{"l2": 1.0e-5}]),
]


class RepeatableSpec(Spec):
    repeat: Annotated[int, Field(ge=1, le=64)] = Field(1, examples=[3])
    """How many copies of this layer follow one another. In a search each copy has hyperparameters of its own."""


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
    activation: Activation = Field("tanh", examples=["relu"])
    """The activation of the state. Any other than `tanh` rules out the fused GPU kernel of `lstm` and `gru`."""
    dropout: Rate = Field(0.0, examples=[0.2])
    """The share of the layer's inputs that training sets to 0, a new choice for every window."""
    recurrent_dropout: Rate = Field(0.0, examples=[0.1])
    """The share of the state that training sets to 0 on the way from step to step. It rules out the fused GPU
    kernel."""
    bidirectional: bool = Field(False, examples=[True])
    """Whether a second copy of the layer reads the window from its end to its beginning. The outputs are then joined,
    2 x `units` wide."""
    kernel_initializer: InputInitializer = "glorot_uniform"
    recurrent_initializer: Initializer = Field("orthogonal", examples=["glorot_uniform"])
    """How the weights on the layer's own state are drawn before training."""
    kernel_regularizer: InputRegularizer = None
    recurrent_regularizer: RegularizerSpec | None = Field(None, examples=[{"l2": 1.0e-5}])
    """Penalty on the weights on the layer's own state. null: none."""
    residual: bool = Field(False, examples=[True])
    """Whether the layer's input is added to its output, through a Dense layer where the widths differ. It helps to
    train deep stacks."""
    layer_norm: bool = Field(False, examples=[True])
    """Whether the layer's output is normalised over its units at each step."""

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
    """Elman network: the state is a dense layer of the input and the last state. The cheapest cell; it seldom
    remembers more than a few dozen steps."""

    type: Literal["simple_rnn"]
    in_own_loop = True

    def layer_class(self) -> Any:
        from forecaster.model.loops.recurrence import SimpleRNN

        return SimpleRNN


class GatedSpec(RecurrentSpec):
    """What lstm and gru share."""

    in_own_loop = True
    fused = True
    recurrent_activation: Activation = Field("sigmoid", examples=["hard_sigmoid"])
    """The activation of the gates. Any other than `sigmoid` rules out the fused GPU kernel."""

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"recurrent_activation": self.recurrent_activation}


# Long short-term memory (Hochreiter & Schmidhuber, 1997), with the forget gate of Gers et al., 2000.
class Lstm(GatedSpec):
    """Long short-term memory: three gates and a separate memory. It remembers longest, with the most weights."""

    type: Literal["lstm"]
    n_gates = 4
    n_states = 2

    def layer_class(self) -> Any:
        from forecaster.model.loops.recurrence import LSTM

        return LSTM


# Gated recurrent unit (Cho et al., 2014).
class Gru(GatedSpec):
    """Gated recurrent unit: two gates and no separate memory. Usually as accurate as an LSTM of the same width,
    with three quarters of its weights."""

    type: Literal["gru"]
    n_gates = 3
    reset_after: bool = Field(True, examples=[False])
    """Whether the reset gate is applied after the matrix product, as the fused GPU kernel does. false: before it, as
    in the original paper; this rules out the kernel."""

    def layer_class(self) -> Any:
        from forecaster.model.loops.recurrence import GRU

        return GRU

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"reset_after": self.reset_after}


class DenseSpec(RepeatableSpec):
    """Fully connected layer, the same at every step."""

    type: Literal["dense"]
    units: Units
    activation: Activation = Field("linear", examples=["relu"])
    """The activation of the output."""
    kernel_initializer: InputInitializer = "glorot_uniform"
    kernel_regularizer: InputRegularizer = None

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


class DropoutSpec(RepeatableSpec):
    """Sets a random share of its inputs to 0, in training only."""

    type: Literal["dropout"]
    rate: Rate = Field(examples=[0.2])
    """The share of the inputs that is set to 0."""

    def layer(self, name: str) -> keras.Layer:
        """Return the Keras layer."""
        import keras

        return keras.layers.Dropout(self.rate, name=name)


Recurrent = SimpleRnn | Lstm | Gru
Layer = Annotated[Recurrent | DenseSpec | DropoutSpec, Field(discriminator="type")]
# The recurrent layers by the type that the file gives them.
CELLS: dict[str, type[RecurrentSpec]] = {
    get_args(cell.model_fields["type"].annotation)[0]: cell for cell in get_args(Recurrent)
}
