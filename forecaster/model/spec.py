"""The model section of the YAML file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from forecaster.model.cells import Activation, CellType, DenseSpec, DropoutSpec, Layer, Recurrent
from forecaster.spec import Fault, FaultsError, Spec, raise_faults


class HeadSpec(Spec):
    type: Literal["direct", "recursive", "encoder_decoder", "sequence", "segments"] = "direct"
    """direct: all steps at once. recursive: one step, fed back. encoder_decoder: a second stack unrolls the
    horizon. sequence: the next horizon at every step of the window. segments: the stack takes one more step for
    each patch of the horizon, all from its last state, told apart by a learned place."""
    activation: Activation = "linear"
    """Of the forecast as the network makes it, before model.normalization puts it back on the window's level:
    with normalization last, relu never forecasts below the last value."""

    @property
    def feeds_back(self) -> bool:
        """Whether the head steps through the horizon, each step fed the forecast of the one before."""
        return self.type in ("recursive", "encoder_decoder")

    @property
    def forecasts_every_step(self) -> bool:
        """Whether training puts out a forecast at every step of the window, not only after the last."""
        return self.type == "sequence"


class AnchorSpec(Spec):
    type: Literal["ridge"]
    """ridge: a linear forecast from the normalised window, fitted in closed form on the training windows."""
    mode: Literal["correct", "average"] = "correct"
    """correct: the network learns what the anchor leaves, beginning at nothing. average: the network learns alone,
    and its share of the mean with the anchor (a quarter to all) is chosen on the validation windows."""
    lookback: Annotated[int, Field(ge=1)] | None = None
    """Last steps of the window that the anchor sees; null = all."""
    penalty: Annotated[float, Field(ge=0)] | None = None
    """Share of the mean square of an input; null = chosen on the validation windows."""


class PointOutput(Spec):
    type: Literal["point"] = "point"


def _null_without_type(anchor: Any) -> Any:
    return None if isinstance(anchor, dict) and anchor.get("type", ...) is None else anchor


def _levels(levels: list[float]) -> list[float]:
    fixed = sorted({*levels, 0.5})
    if fixed != levels:
        raise FaultsError([Fault((), "must rise, each once, with 0.5 among them", f"write {fixed}")])
    return levels


class QuantileOutput(Spec):
    type: Literal["quantiles"]
    levels: Annotated[
        list[Annotated[float, Field(gt=0, lt=1)]], Field(min_length=1), AfterValidator(_levels)
    ] = [
        0.025,
        0.1,
        0.5,
        0.9,
        0.975,
    ]
    """Probabilities, rising, 0.5 among them: the median is the forecast. Trained with loss pinball."""


class DistributionOutput(Spec):
    type: Literal["distribution"]
    family: Literal["normal", "student_t", "negative_binomial"]
    """negative_binomial is for counts. The mean is the forecast (under scaling.method log the median). Trained with
    loss nll."""
    samples: Annotated[int, Field(ge=10, le=10000)] = 200
    """Paths drawn by the heads that feed back, whose quantiles are those of the forecast."""


NetworkOutput = Annotated[PointOutput | QuantileOutput | DistributionOutput, Field(discriminator="type")]


class ModelSpec(Spec):
    normalization: Literal["last", "mean", "revin", "season", "none"] = "last"
    """Of each window, inside the model. last: subtract the last value. mean: divide by the mean size.
    revin: subtract the mean, divide by the spread, with learned gains. season: subtract the mean of the last
    season, divide by the mean change from season to season."""
    season: Annotated[int, Field(ge=1)] | None = None
    """Steps in one season; of normalization season."""
    differences: list[Annotated[int, Field(ge=1)]] = []
    """Lags: each adds the change of the targets over so many steps as an input."""
    past_lookback: Annotated[int, Field(ge=1)] | None = None
    """Last steps of the window at which the network sees data.past_covariates; null = all. Where only the newest
    values matter (weather, a queue), the older ones are mostly noise to fit."""
    anchor: Annotated[AnchorSpec | None, BeforeValidator(_null_without_type)] = None
    """A linear forecast beside the network; null, or a type of null, which a search can choose = it forecasts alone."""
    patch: Annotated[int, Field(ge=1)] | None = None
    """Steps per segment; divides the lookback, which becomes lookback / patch recurrent steps."""
    channels: Literal["joint", "independent"] = "joint"
    """joint: one network sees all targets. independent: one shared network sees each alone."""
    cell: CellType | None = None
    """The type of every layer that names none."""
    layers: Annotated[list[Layer], Field(min_length=1)]
    """The Sequential stack, first layer first."""
    head: HeadSpec = HeadSpec()
    output: NetworkOutput = PointOutput()
    stateful: bool = False
    """Carry the state from each window of a series to the next. Windows then follow one another, a lookback
    apart, and batch_size series are read side by side."""

    @model_validator(mode="before")
    @classmethod
    def _types(cls, values: Any) -> Any:
        """Fill in the type of layers that name none."""
        if not isinstance(values, dict) or not isinstance(values.get("cell"), str):
            return values
        layers = values.get("layers")
        if not isinstance(layers, list):
            return values
        typed = [{"type": values["cell"], **x} if isinstance(x, dict) else x for x in layers]
        return {**values, "layers": typed}

    @model_validator(mode="after")
    def _has_recurrence(self) -> ModelSpec:
        if not any(isinstance(layer, Recurrent) for layer in self.layers):
            raise_faults([Fault(("layers",), "has no recurrent layer", "add a simple_rnn, lstm or gru")])
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
        if head == "segments" and self.patch is None:
            faults.append(Fault(("head", "type"), "segments needs model.patch", "set the steps of a segment"))
        if head == "segments" and both_ways:
            summary = "true does not go with head segments: the steps ahead are not there yet"
            faults.append(Fault(("layers", both_ways[0], "bidirectional"), summary, "set it to false"))
        if head in ("recursive", "sequence") and self.differences:
            summary = f"do not go with head {head}, whose steps see single values"
            faults.append(Fault(("differences",), summary, "remove them"))
        if head == "sequence" and self.past_lookback:
            summary = f"{self.past_lookback} does not go with head sequence, which forecasts at every step"
            faults.append(Fault(("past_lookback",), summary, "remove it"))
        faults += self._anchor_faults() + self._state_faults() + self._output_faults()
        raise_faults(faults)
        return self

    def _anchor_faults(self) -> list[Fault]:
        faults = []
        if self.normalization == "season" and self.season is None:
            faults.append(
                Fault(("normalization",), "season needs model.season", "set the steps of one season")
            )
        if self.anchor is not None and self.head.type not in ("direct", "segments"):
            summary = f"does not go with head {self.head.type}, which forecasts one step after the other"
            faults.append(Fault(("anchor",), summary, "use head direct or segments"))
        if self.anchor is not None and self.normalization == "revin":
            summary = "does not go with normalization revin, whose gains change while it stands still"
            faults.append(Fault(("anchor",), summary, "use normalization last, mean or season"))
        return faults

    def _output_faults(self) -> list[Fault]:
        output, head, faults = self.output, self.head, []
        if isinstance(output, QuantileOutput) and head.type in ("recursive", "encoder_decoder"):
            why = "fed back, the median hides how uncertain the steps before are"
            summary = f"quantiles does not go with head {head.type}: {why}"
            hint = "use output distribution, whose paths are sampled, or head direct"
            faults.append(Fault(("output", "type"), summary, hint))
        if not isinstance(output, PointOutput) and head.activation != "linear":
            summary = f"{head.activation} does not go with output {output.type}, whose numbers are not all forecasts"
            faults.append(Fault(("head", "activation"), summary, "set it to linear"))
        if isinstance(output, DistributionOutput) and output.family == "negative_binomial":
            if self.normalization not in ("mean", "none"):
                summary = f"{self.normalization} moves the level, and a negative binomial begins at 0"
                faults.append(Fault(("normalization",), summary, "set it to mean or none"))
            if self.anchor is not None:
                summary = "does not go with negative_binomial, whose mean is never below 0"
                faults.append(Fault(("anchor",), summary, "remove it"))
        return faults

    def _state_faults(self) -> list[Fault]:
        if not self.stateful:
            return []
        faults = []
        if self.head.type != "direct":
            summary = f"true does not go with head {self.head.type}, which makes states of its own"
            faults.append(Fault(("stateful",), summary, "use head direct"))
        if self.normalization != "none":
            summary = f"{self.normalization} does not go with stateful: a carried state has seen other levels"
            faults.append(Fault(("normalization",), summary, "set it to none"))
        for key in ("anchor", "differences", "past_lookback"):
            if getattr(self, key):
                summary = "does not go with stateful, where a window is only a piece of what is seen"
                faults.append(Fault((key,), summary, "remove it"))
        for i, layer in enumerate(self.layers):
            if isinstance(layer, Recurrent) and layer.bidirectional:
                summary = "true does not go with stateful: a state of the future cannot be carried"
                faults.append(Fault(("layers", i, "bidirectional"), summary, "set it to false"))
        return faults

    @property
    def stack(self) -> list[Recurrent | DenseSpec | DropoutSpec]:
        """The layers with every repeat written out."""
        return [layer for layer in self.layers for _ in range(layer.repeat)]
