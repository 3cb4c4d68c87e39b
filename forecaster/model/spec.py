"""The model section of the YAML file."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from forecaster.model.cells import CELLS, DenseSpec, DropoutSpec, Layer, Recurrent
from forecaster.model.choices import Activation
from forecaster.model.classical import CLASSICAL, OF_A_SEASON
from forecaster.spec import Count, Fault, FaultsError, OneOf, Spec, meanings_of, raise_faults
from forecaster.text import joined


class HeadSpec(Spec):
    """How the last states of the stack become the steps of the horizon."""

    # The network of a head is HEAD of the module in model/heads that has the head's name.
    type: Annotated[
        Literal["direct", "recursive", "encoder_decoder", "sequence", "segments"],
        OneOf(
            {
                "direct": "All steps at once, from the last state. The fastest, and the place to begin.",
                "recursive": "One step, which is fed back to forecast the next. It can forecast beyond the trained "
                "horizon (`predict --horizon`), and cannot use past covariates.",
                "encoder_decoder": "A second stack begins with the last state and goes through the horizon, fed its "
                "own output.",
                "sequence": "The next horizon at every step of the window, so that each step is an example. Needs "
                "`normalization: none`.",
                "segments": "The stack takes one more step for each patch of the horizon, all from its last state, "
                "each with a learned position. Fast for long horizons; needs `model.patch`.",
            }
        ),
    ] = Field("direct", examples=["encoder_decoder"])
    """How the forecast is made. [Networks](networks.md) says which heads go with which options."""
    activation: Activation = Field("linear", examples=["tanh"])
    """The activation of the network's output, before `model.normalization` adds the level of the window again: with
    `normalization: last`, relu could never forecast less than the last value. Leave it `linear` unless
    `normalization` is `none`."""

    @property
    def feeds_back(self) -> bool:
        """Whether the head steps through the horizon, each step fed the forecast of the one before."""
        return self.type in ("recursive", "encoder_decoder")

    @property
    def forecasts_every_step(self) -> bool:
        """Whether training puts out a forecast at every step of the window, not only after the last."""
        return self.type == "sequence"


HEADS: tuple[str, ...] = get_args(HeadSpec.model_fields["type"].annotation)
"""Every head by the name it has in the YAML file."""


class AnchorSpec(Spec):
    """A linear forecast that stands beside the network."""

    type: Literal["ridge"] = Field(examples=["ridge"])
    """The kind of linear forecast. `ridge` is the only one: a ridge regression from the normalised window to the
    horizon, fitted in closed form on the training windows. null disables the anchor, so that a search can choose
    between the two."""
    mode: Annotated[
        Literal["correct", "average"],
        OneOf(
            {
                "correct": "The network starts at 0 and learns what the linear forecast leaves over.",
                "average": "The network learns alone and is then averaged with the linear forecast. Its weight, 1/4 "
                "to 1, is chosen on the validation windows.",
            }
        ),
    ] = Field("correct", examples=["average"])
    """How the network and the linear forecast are combined."""
    lookback: Count | Literal["auto"] | None = Field(None, examples=[96, "auto"])
    """How many of the window's last steps the linear forecast sees. null: all of `window.lookback`. auto: all, the last
    half or the last quarter of them, by the squared error on the validation windows."""
    penalty: Annotated[float, Field(ge=0)] | None = Field(None, examples=[0.1])
    """The ridge penalty, as a share of the mean square of an input. null: chosen on the validation windows."""


def of_a_season(than: str) -> Any:
    """Return the annotation of names such as seasonal_naive_168: another season than that of the setting `than`."""
    example = "seasonal_naive_ with a season of at least 2 steps, such as seasonal_naive_168"
    return Field(
        pattern=OF_A_SEASON,
        description=f"The seasonal naive forecast of another season than {than}, in steps.",
        json_schema_extra={"patternErrorMessage": example},
    )


ClassicalName = Annotated[str, OneOf(meanings_of(CLASSICAL))] | Annotated[str, of_a_season("model.season")]


class PointOutput(Spec):
    """One number per target and step. Intervals come from `evaluation.calibration`."""

    type: Literal["point"] = "point"


def _each_once(names: list[str]) -> list[str]:
    repeated = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if repeated:
        raise FaultsError([Fault((), f"names {repeated} twice", "name each once")])
    return names


def _null_without_type(anchor: Any) -> Any:
    return None if isinstance(anchor, dict) and anchor.get("type", ...) is None else anchor


def _levels(levels: list[float]) -> list[float]:
    fixed = sorted({*levels, 0.5})
    if fixed != levels:
        raise FaultsError(
            [Fault((), "must be in ascending order, each once, with 0.5 among them", f"write {fixed}")]
        )
    return levels


class QuantileOutput(Spec):
    """Several quantiles per target and step, which never cross. Train it with `training.loss: pinball`."""

    type: Literal["quantiles"]
    levels: Annotated[
        list[Annotated[float, Field(gt=0, lt=1)]], Field(min_length=1), AfterValidator(_levels)
    ] = Field([0.025, 0.1, 0.5, 0.9, 0.975], examples=[[0.1, 0.5, 0.9]])
    """The probabilities of the quantiles, in ascending order and with 0.5 among them: the median is the forecast."""


class DistributionOutput(Spec):
    """The parameters of a distribution per target and step. Train it with `training.loss: nll`."""

    type: Literal["distribution"]
    family: Annotated[
        Literal["normal", "student_t", "negative_binomial"],
        OneOf(
            {
                "normal": "Mean and standard deviation.",
                "student_t": "Location, scale and degrees of freedom: like the normal, with room for outliers.",
                "negative_binomial": "For counts: whole numbers from 0. Needs `scaling.method: none`, and "
                "`normalization` `mean` or `none`.",
            }
        ),
    ] = Field(examples=["student_t"])
    """The family of the distribution. Its mean is the forecast; under `scaling.method: log`, its median."""
    samples: Annotated[int, Field(ge=10, le=10000)] = Field(200, examples=[500])
    """How many paths the heads `recursive` and `encoder_decoder` draw to find the quantiles of the forecast. More
    paths give smoother quantiles and take longer. Other heads ignore it."""


NetworkOutput = Annotated[PointOutput | QuantileOutput | DistributionOutput, Field(discriminator="type")]


class ModelSpec(Spec):
    """The network."""

    normalization: Annotated[
        Literal["last", "mean", "revin", "season", "none"],
        OneOf(
            {
                "last": "Subtract the last value. For series that wander.",
                "mean": "Divide by the mean absolute value. For sales and counts, whose swings grow with their level.",
                "revin": "Subtract the mean and divide by the standard deviation, with a learned gain and offset "
                "(reversible instance normalization).",
                "season": "Subtract the mean of the last season and divide by the mean change from one season to the "
                "next. For strong seasons; needs `model.season`.",
                "none": "Leave the window as it is. Needed by the head `sequence` and by `stateful`.",
            }
        ),
    ] = Field("last", examples=["season"])
    """What is removed from the targets of each window inside the network and added to its forecast again. It lets the
    network forecast levels that training never saw."""
    season: Count | None = Field(None, examples=[24])
    """Steps in one season, for `normalization: season`; at most `window.lookback` - 1. null: no season."""
    differences: list[Count] = Field([], examples=[[1, 24]])
    """Lags, in steps, whose differences the network sees too: each adds one input per target, its change over that
    many steps. []: no differences."""
    past_lookback: Count | None = Field(None, examples=[24])
    """How many of the window's last steps show `data.past_covariates` to the network. Lower it where only the newest
    values matter, such as weather: older ones are mostly noise. null: all steps."""
    anchor: Annotated[AnchorSpec | None, BeforeValidator(_null_without_type)] = Field(
        None, examples=[{"type": "ridge"}]
    )
    """A linear forecast beside the network, which often helps on small tables. Set to null to disable it; in a search,
    null as its `type` does the same."""
    blend: Annotated[list[ClassicalName], AfterValidator(_each_once)] = Field(
        [], examples=[["smoothing", "theta"], ["seasonal_naive", "seasonal_naive_168"]]
    )
    """Classical forecasts of the same window that are averaged with the network. The weights are chosen on the
    validation windows, so that the mean is about as good as its best part; where these are few, mostly by the error of
    each forecast alone. They often help on short series. Seasonal ones use `model.season`, and `seasonal_naive_N`, such
    as `seasonal_naive_168`, a season of N steps, which `window.lookback` must hold. []: the network alone."""
    patch: Count | None = Field(None, examples=[24])
    """How many steps of the window are joined into one recurrent step. It must divide `window.lookback`; training is
    faster by about as much. null: every step is a recurrent step."""
    channels: Annotated[
        Literal["joint", "independent"],
        OneOf(
            {
                "joint": "One network sees all targets and forecasts them together.",
                "independent": "One shared network forecasts each target from that target alone. Often better for "
                "many targets that have little to do with each other.",
            }
        ),
    ] = Field("joint", examples=["independent"])
    """How several targets go through the network."""
    cell: Annotated[str, OneOf(meanings_of(CELLS))] | None = Field(None, examples=["gru"])
    """The type of every layer that names none, so that one value (or one search node) changes the whole stack. null:
    every layer names its type."""
    layers: Annotated[list[Layer], Field(min_length=1)] = Field(
        examples=[[{"type": "gru", "units": 64}, {"type": "dense", "units": 32, "activation": "relu"}]]
    )
    """The stack of layers, in the order of the data; at least one is recurrent."""
    head: HeadSpec = Field(HeadSpec(), examples=[{"type": "encoder_decoder"}])
    """How the stack's output becomes a forecast of every step of the horizon."""
    output: NetworkOutput = Field(
        PointOutput(), examples=[{"type": "quantiles"}, {"type": "distribution", "family": "student_t"}]
    )
    """What the network puts out for each target and step."""
    stateful: bool = Field(False, examples=[True])
    """Whether the state at the end of a window is carried to the next window of the series, so that the network
    remembers beyond `window.lookback`. Windows then follow one another, one lookback apart, and `training.batch_size`
    series are read side by side. Needs `normalization: none` and the head `direct`."""

    @model_validator(mode="before")
    @classmethod
    def _types(cls, values: Any) -> Any:
        """Give the cell's type to every layer that names none."""
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
            hint = f"add a {joined(list(CELLS), word='or')}"
            raise_faults([Fault(("layers",), "has no recurrent layer", hint)])
        raise_faults(self._column_faults())
        return self

    def _column_faults(self) -> list[Fault]:
        places = [i for i, x in enumerate(self.layers) if isinstance(x, Recurrent) and x.over == "columns"]
        if not places:
            return []
        first = ("layers", places[0], "over")
        faults = []
        steps = [i for i, x in enumerate(self.layers) if isinstance(x, Recurrent) and x.over == "steps"]
        if not steps or min(steps) > places[0]:
            summary = "columns needs a recurrent layer over steps before it, whose last output it reads"
            faults.append(Fault(first, summary, "put a layer over steps before it"))
        elif max(steps) > places[0]:
            summary = "steps cannot follow a layer over columns, which leaves one output for each target"
            where = next(i for i in steps if i > places[0])
            faults.append(Fault(("layers", where, "over"), summary, "move it before the layers over columns"))
        if self.channels != "independent":
            summary = "columns needs channels independent: a joint network sees all targets as it is"
            faults.append(Fault(first, summary, "set model.channels to independent, or remove the layer"))
        if self.head.type not in ("direct", "segments"):
            summary = f"columns cannot be used with head {self.head.type}, which runs the stack at every step"
            faults.append(Fault(first, summary, "use head direct or segments"))
        return faults

    @model_validator(mode="after")
    def _head_goes_with_the_rest(self) -> ModelSpec:
        head = self.head.type
        # Over columns the other end is there.
        both_ways = [
            i
            for i, x in enumerate(self.layers)
            if isinstance(x, Recurrent) and x.bidirectional and x.over == "steps"
        ]
        faults = []
        if both_ways and head in ("recursive", "sequence"):
            ahead = "the steps ahead are not there yet"
            why = ahead if head == "recursive" else "an earlier step would see its own target"
            summary = f"true cannot be used with head {head}: {why}"
            faults.append(Fault(("layers", both_ways[0], "bidirectional"), summary, "set it to false"))
        if head == "recursive" and self.patch is not None:
            summary = f"{self.patch} cannot be used with head recursive, which feeds back single steps"
            faults.append(Fault(("patch",), summary, "remove it"))
        if head == "sequence" and self.normalization != "none":
            why = "it uses later values of the window, which are targets of its earlier steps"
            summary = f"{self.normalization} cannot be used with head sequence: {why}"
            faults.append(Fault(("normalization",), summary, "set it to none"))
        if head == "segments" and self.patch is None:
            faults.append(Fault(("head", "type"), "segments needs model.patch", "set the steps of a segment"))
        if head == "segments" and both_ways:
            summary = "true cannot be used with head segments: the steps ahead are not there yet"
            faults.append(Fault(("layers", both_ways[0], "bidirectional"), summary, "set it to false"))
        if head in ("recursive", "sequence") and self.differences:
            summary = f"cannot be used with head {head}, whose steps see one value at a time"
            faults.append(Fault(("differences",), summary, "remove them"))
        if head == "sequence" and self.past_lookback:
            summary = f"{self.past_lookback} cannot be used with head sequence, which forecasts at every step"
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
            summary = f"cannot be used with head {self.head.type}: only direct and segments take one"
            faults.append(Fault(("anchor",), summary, "use head direct or segments"))
        if self.anchor is not None and self.normalization == "revin":
            summary = "cannot be used with normalization revin, whose learned gain changes while the anchor stays fixed"
            faults.append(Fault(("anchor",), summary, "use normalization last, mean or season"))
        return faults

    def _output_faults(self) -> list[Fault]:
        output, head, faults = self.output, self.head, []
        if isinstance(output, QuantileOutput) and head.type in ("recursive", "encoder_decoder"):
            why = "a median that is fed back hides how uncertain the earlier steps are"
            summary = f"quantiles cannot be used with head {head.type}: {why}"
            hint = "use output distribution, whose paths are sampled, or head direct"
            faults.append(Fault(("output", "type"), summary, hint))
        if not isinstance(output, PointOutput) and head.activation != "linear":
            summary = f"{head.activation} cannot be used with output {output.type}, whose values are not all forecasts"
            faults.append(Fault(("head", "activation"), summary, "set it to linear"))
        if isinstance(output, DistributionOutput) and output.family == "negative_binomial":
            if self.blend:
                summary = "cannot be used with output negative_binomial, whose quantiles are whole numbers"
                faults.append(Fault(("blend",), summary, "remove it, or use another output"))
            if self.normalization not in ("mean", "none"):
                summary = f"{self.normalization} shifts the level, and a negative binomial starts at 0"
                faults.append(Fault(("normalization",), summary, "set it to mean or none"))
            if self.anchor is not None:
                summary = "cannot be used with negative_binomial, whose mean is never below 0"
                faults.append(Fault(("anchor",), summary, "remove it"))
        return faults

    def _state_faults(self) -> list[Fault]:
        if not self.stateful:
            return []
        faults = []
        if self.head.type != "direct":
            summary = f"true cannot be used with head {self.head.type}: only direct carries its state on"
            faults.append(Fault(("stateful",), summary, "use head direct"))
        if self.normalization != "none":
            why = "the carried state comes from windows of other levels"
            summary = f"{self.normalization} cannot be used with stateful: {why}"
            faults.append(Fault(("normalization",), summary, "set it to none"))
        for key in ("anchor", "differences", "past_lookback"):
            if getattr(self, key):
                summary = "cannot be used with stateful, where a window is only part of what the network sees"
                faults.append(Fault((key,), summary, "remove it"))
        for i, layer in enumerate(self.layers):
            if isinstance(layer, Recurrent) and layer.bidirectional and layer.over == "steps":
                summary = (
                    "true cannot be used with stateful: a state that comes from the future cannot be carried"
                )
                faults.append(Fault(("layers", i, "bidirectional"), summary, "set it to false"))
        return faults

    @property
    def stack(self) -> list[Recurrent | DenseSpec | DropoutSpec]:
        """The layers, with the copies of each `repeat` written out."""
        return [layer for layer in self.layers for _ in range(layer.repeat)]
