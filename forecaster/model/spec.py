"""The model section of the YAML file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from forecaster.model.cells import Activation, DenseSpec, DropoutSpec, Layer, Recurrent
from forecaster.spec import Fault, Spec, refuse


class HeadSpec(Spec):
    type: Literal["direct", "recursive", "encoder_decoder", "sequence"] = "direct"
    """direct: all steps at once. recursive: one step, fed back. encoder_decoder: a second stack unrolls the
    horizon. sequence: the next horizon at every step of the window."""
    activation: Activation = "linear"


class PointOutput(Spec):
    type: Literal["point"] = "point"


class QuantileOutput(Spec):
    type: Literal["quantiles"]
    levels: Annotated[list[Annotated[float, Field(gt=0, lt=1)]], Field(min_length=1)]


class DistributionOutput(Spec):
    type: Literal["distribution"]
    family: Literal["normal", "student_t", "negative_binomial"]


Output = Annotated[PointOutput | QuantileOutput | DistributionOutput, Field(discriminator="type")]


class ModelSpec(Spec):
    normalization: Literal["last", "mean", "revin", "none"] = "last"
    """Of each window, inside the model. last: subtract the last value. mean: divide by the mean size.
    revin: subtract the mean, divide by the spread, with learned gains."""
    patch: Annotated[int, Field(ge=1)] | None = None
    """Steps per segment; divides the lookback, which becomes lookback / patch recurrent steps."""
    channels: Literal["joint", "independent"] = "joint"
    """joint: one network sees all targets. independent: one shared network sees each alone."""
    layers: Annotated[list[Layer], Field(min_length=1)]
    """The Sequential stack, first layer first."""
    head: HeadSpec = HeadSpec()
    output: Output = PointOutput()
    stateful: bool = False
    """Carry the state from one window to the next."""

    @model_validator(mode="after")
    def _has_recurrence(self) -> ModelSpec:
        if not any(isinstance(layer, Recurrent) for layer in self.layers):
            refuse([Fault(("layers",), "has no recurrent layer", "add a simple_rnn, lstm or gru")])
        return self

    @model_validator(mode="after")
    def _head_goes_with_the_rest(self) -> ModelSpec:
        head = self.head.type
        both_ways = [i for i, x in enumerate(self.layers) if isinstance(x, Recurrent) and x.bidirectional]
        faults = []
        if both_ways and head in ("recursive", "sequence"):
            ahead = "the steps ahead are not there yet"
            why = ahead if head == "recursive" else "an earlier step would see its own target"
            summary = f"true does not go with head {head}: {why}"
            faults.append(Fault(("layers", both_ways[0], "bidirectional"), summary, "set it to false"))
        if head == "recursive" and self.patch is not None:
            summary = f"{self.patch} does not go with head recursive, which feeds back single steps"
            faults.append(Fault(("patch",), summary, "remove it"))
        if head == "sequence" and self.normalization != "none":
            why = "it uses later values of the window, which are targets of its earlier steps"
            summary = f"{self.normalization} does not go with head sequence: {why}"
            faults.append(Fault(("normalization",), summary, "set it to none"))
        refuse(faults)
        return self

    @property
    def stack(self) -> list[Recurrent | DenseSpec | DropoutSpec]:
        """The layers with every repeat written out."""
        return [layer for layer in self.layers for _ in range(layer.repeat)]
