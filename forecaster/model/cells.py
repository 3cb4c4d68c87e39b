"""The layers of the stack: each spec builds the Keras layer that it describes.

To add a recurrent cell, write its class here and name it in `Recurrent`; its docstring and those of its
fields are its text in the config reference. The rest of the package reads what it needs to know about a
cell from the spec: its state, its gates, its loops.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field, model_validator

from forecaster.model.choices import (
    LOOP_ACTIVATIONS,
    Activation,
    Initializer,
    InputInitializer,
    InputRegularizer,
    Rate,
    RegularizerSpec,
    Units,
)
from forecaster.spec import Count, Fault, OneOf, Spec, raise_faults

if TYPE_CHECKING:
    import keras


class RepeatableSpec(Spec):
    repeat: Annotated[int, Field(ge=1, le=64)] = Field(1, examples=[3])
    """How many copies of this layer follow one another. In a search each copy has hyperparameters of its own."""


class RecurrentSpec(RepeatableSpec):
    """What all recurrent layers share."""

    n_gates: ClassVar[int] = 1
    """Products of the input, and of the state where it has weights, with a matrix of (.., units) at each step."""
    n_states: ClassVar[int] = 1
    """Tensors in the state, each (batch, width): h, and c for an LSTM."""
    in_own_loop: ClassVar[bool] = False
    """Whether loops/recurrence has a time loop for this cell."""
    fused: ClassVar[bool] = False
    """Whether a fused (cuDNN) GPU kernel of this cell exists."""

    units: Units
    activation: Activation
    dropout: Rate = Field(0.0, examples=[0.2])
    """The share of the layer's inputs that training sets to 0, a new choice for every window."""
    bidirectional: bool = Field(False, examples=[True])
    """Whether a second copy of the layer reads the window from its end to its beginning. The outputs are then joined,
    2 x `units` wide."""
    kernel_initializer: InputInitializer = "glorot_uniform"
    kernel_regularizer: InputRegularizer = None
    residual: bool = Field(False, examples=[True])
    """Whether the layer's input is added to its output, through a Dense layer where the widths differ. It helps to
    train deep stacks."""
    layer_norm: bool = Field(False, examples=[True])
    """Whether the layer's output is normalised over its units at each step."""
    over: Annotated[
        Literal["steps", "columns"],
        OneOf(
            {
                "steps": "From step to step of the window.",
                "columns": "From target to target in the order of `data.targets`, after the layers over steps; so that "
                "the targets of `channels: independent` see each other. Use it with `residual`.",
            }
        ),
    ] = Field("steps", examples=["columns"])
    """What the layer goes over. [Networks](networks.md#layers-over-columns) says what goes with `columns`."""

    @property
    def width(self) -> int:
        """Features of the layer's output."""
        return 2 * self.units if self.bidirectional else self.units

    def n_weights(self, features: int) -> int:
        """Return the learned numbers of the layer, but for its biases.

        Args:
            features: Those of its input.
        """
        return (2 if self.bidirectional else 1) * self.n_gates * self.units * (features + self._seen_units)

    @property
    def _seen_units(self) -> int:
        """Units of the state that a gate sees."""
        return self.units

    def n_waits(self, steps: int) -> int:
        """Return how many operations wait for each other in a window of so many steps."""
        return steps

    def layer_class(self) -> Any:
        """Return the Keras layer class, or a function that takes its arguments, imported only now."""
        raise NotImplementedError

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the Keras layer, but for its name and what it returns."""
        return {
            "units": self.units,
            "activation": self.activation,
            "dropout": self.dropout,
            "kernel_initializer": self.kernel_initializer,
            "kernel_regularizer": self.kernel_regularizer and self.kernel_regularizer.regularizer(),
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
            and not getattr(self, "recurrent_dropout", 0.0)
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
        if getattr(self, "recurrent_dropout", 0.0):
            found["recurrent_dropout"] = ("has no dropout on the state", False)
        if not getattr(self, "reset_after", True):
            found["reset_after"] = ("applies the reset gate after the product", False)
        return found if self.fused else {}


class StateWeightsSpec(RecurrentSpec):
    """What the layers with weights on their own state share, whose steps have to wait for each other."""

    activation: Activation = Field("tanh", examples=["relu"])
    """The activation of the state. Any other than `tanh` rules out the fused GPU kernel of `lstm` and `gru`."""
    recurrent_dropout: Rate = Field(0.0, examples=[0.1])
    """The share of the state that training sets to 0 on the way from step to step. It rules out the fused GPU kernel
    of `lstm` and `gru`."""
    recurrent_initializer: Initializer = Field("orthogonal", examples=["glorot_uniform"])
    """How the weights on the layer's own state are drawn before training."""
    recurrent_regularizer: RegularizerSpec | None = Field(None, examples=[{"l2": 1.0e-5}])
    """Penalty on the weights on the layer's own state. null: none."""

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {
            "recurrent_dropout": self.recurrent_dropout,
            "recurrent_initializer": self.recurrent_initializer,
            "recurrent_regularizer": self.recurrent_regularizer and self.recurrent_regularizer.regularizer(),
        }


# Elman's recurrent layer: h' = act(W x + R h + b).
class SimpleRnn(StateWeightsSpec):
    """Elman network: the state is a dense layer of the input and the last state. The cheapest cell; it seldom
    remembers more than a few dozen steps."""

    type: Literal["simple_rnn"]
    in_own_loop = True

    def layer_class(self) -> Any:
        from forecaster.model.loops.recurrence import SimpleRNN

        return SimpleRNN


class GatedSpec(StateWeightsSpec):
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


# Beck et al., 2024, "xLSTM: Extended Long Short-Term Memory", section 2.2.
class Slstm(StateWeightsSpec):
    """LSTM whose input gate is exponential, so that one step can outweigh all that the memory holds (sLSTM of
    xLSTM). As many weights as an LSTM, slower on long windows, and without a fused GPU kernel."""

    type: Literal["slstm"]
    n_gates = 4
    n_states = 4
    in_own_loop = True
    activation: Activation = Field("tanh", examples=["softsign"])
    """The activation of what a step adds to the memory."""
    forget_gate: Annotated[
        Literal["sigmoid", "exponential"],
        OneOf(
            {
                "sigmoid": "From 0 to 1: the memory fades.",
                "exponential": "Above 0: older steps may also gain weight.",
            }
        ),
    ] = Field("sigmoid", examples=["exponential"])
    """The form of the gate that decides how much of the memory stays."""
    blocks: Count = Field(1, examples=[4])
    """How many blocks of equal size the units form. The gates of a unit see the states of its own block alone (the
    heads of the paper), which saves weights. It must divide `units`."""

    @property
    def _seen_units(self) -> int:
        return self.units // self.blocks

    @model_validator(mode="after")
    def _whole_blocks(self) -> Slstm:
        if self.units % self.blocks:
            summary = f"{self.blocks} does not divide the {self.units} units"
            near = next(n for n in range(min(self.blocks, self.units), 0, -1) if self.units % n == 0)
            raise_faults([Fault(("blocks",), summary, f"use a divisor of units, such as {near}")])
        return self

    def layer_class(self) -> Any:
        from forecaster.model.loops.slstm import slstm

        return slstm

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"forget_gate": self.forget_gate, "blocks": self.blocks}


class LinearStateSpec(RecurrentSpec):
    """What min_gru and min_lstm share: gates that see the input alone, so that no step waits for the one before."""

    activation: Activation = Field("linear", examples=["tanh"])
    """The activation of the new values that a step mixes into the state."""

    @property
    def _seen_units(self) -> int:
        return 0

    def n_waits(self, steps: int) -> int:
        # The rounds of a scan, each over twice the distance of the one before.
        return (steps - 1).bit_length()

    @property
    def has_own_loop(self) -> bool:
        """True: a layer without a loop is in nobody's way."""
        return True


# Feng et al., 2024, "Were RNNs All We Needed?", section 3.1.
class MinGru(LinearStateSpec):
    """GRU whose gate sees the input alone, so that all steps are computed at once (minGRU). Few weights, and suited to
    windows in patches; what a step does cannot depend on what came before, so stack two or more."""

    type: Literal["min_gru"]
    n_gates = 2

    def layer_class(self) -> Any:
        from forecaster.model.loops.scan import min_gru

        return min_gru


# The same, section 3.2.
class MinLstm(LinearStateSpec):
    """LSTM whose forget and input gates see the input alone and add up to 1 (minLSTM). Like `min_gru`, with half as
    many weights again."""

    type: Literal["min_lstm"]
    n_gates = 3

    def layer_class(self) -> Any:
        from forecaster.model.loops.scan import min_lstm

        return min_lstm


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


Recurrent = SimpleRnn | Lstm | Gru | Slstm | MinGru | MinLstm
Layer = Annotated[Recurrent | DenseSpec | DropoutSpec, Field(discriminator="type")]
# The recurrent layers by the type that the file gives them.
CELLS: dict[str, type[RecurrentSpec]] = {
    get_args(cell.model_fields["type"].annotation)[0]: cell for cell in get_args(Recurrent)
}


def last_over_steps(stack: Sequence[Spec]) -> int:
    """Return the place of the last recurrent layer over steps, whose last output the layers after it see."""
    return max(
        i for i, layer in enumerate(stack) if isinstance(layer, RecurrentSpec) and layer.over == "steps"
    )


def over_steps(stack: Sequence[Spec]) -> list[RecurrentSpec]:
    """Return the recurrent layers over steps, which have a state at the end of the window."""
    return [layer for layer in stack if isinstance(layer, RecurrentSpec) and layer.over == "steps"]


def over_columns(stack: Sequence[Spec]) -> list[RecurrentSpec]:
    """Return the recurrent layers over columns."""
    return [layer for layer in stack if isinstance(layer, RecurrentSpec) and layer.over == "columns"]
