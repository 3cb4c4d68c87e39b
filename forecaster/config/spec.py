"""The whole YAML file as one spec: all sections, and the rules between sections."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from forecaster.config.evaluation import EvaluationSpec
from forecaster.config.nearest import nearest
from forecaster.config.tune import TuneSpec
from forecaster.data.spec import DataSpec, SplitSpec, WindowSpec
from forecaster.data.transforms.scalers import ScalingSpec
from forecaster.evaluation.metrics import METRICS
from forecaster.model.classical import own_season
from forecaster.model.spec import DistributionOutput, ModelSpec, QuantileOutput
from forecaster.spec import Fault, Spec, raise_faults
from forecaster.tracking.spec import TrackingSpec
from forecaster.training.spec import RuntimeSpec, TrainingSpec


class OutputSpec(Spec):
    """Where runs are written."""

    dir: str = Field("runs", examples=["../runs"])
    """The folder in which `train`, `tune` and `backtest` create run directories, named after the experiment and the
    time. A relative path starts at the folder of the YAML file. `--run-dir` replaces it."""


class ExperimentSpec(Spec):
    """All sections of the YAML file."""

    version: Annotated[int, Field(ge=1, le=1)] = Field(1, examples=[1])
    """The version of the file's format; 1 is the only one."""
    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
            json_schema_extra={
                "patternErrorMessage": "1 to 100 letters, digits, '.', '_' or '-', "
                "beginning with a letter or a digit"
            },
        ),
    ] = Field(examples=["nyc-departures"])
    """The name of the experiment. Run directories begin with it, and reports show it."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = Field(42, examples=[7])
    """The seed of everything random: initial weights, dropout, the order of windows, and what a search draws."""
    data: DataSpec
    """The table, and the role of each of its columns."""
    split: SplitSpec = SplitSpec()
    """How each series is divided in time: training rows first, then validation, then test."""
    window: WindowSpec
    """How many past steps one forecast sees, and how many steps it forecasts."""
    scaling: ScalingSpec = ScalingSpec()
    """How columns are brought to a common scale before they reach the network."""
    model: ModelSpec
    """The network: normalisation of each window, the stack of layers, the head and the output."""
    training: TrainingSpec = TrainingSpec()
    """How the network is fitted: loss, optimizer, learning-rate schedule, epochs and early stopping."""
    evaluation: EvaluationSpec = EvaluationSpec()
    """How forecasts are scored, what they are compared with, and how their intervals are made."""
    tune: TuneSpec = TuneSpec()
    """How `forecaster tune` searches the values that are left open. `train` ignores this section."""
    runtime: RuntimeSpec = RuntimeSpec()
    """How the program uses the machine: threads, precision, determinism."""
    output: OutputSpec = OutputSpec()
    """Where runs are written."""
    tracking: TrackingSpec = TrackingSpec()
    """Where `train`, `tune` and `backtest` are followed while they run, besides the run directory. It changes no number
    and is no part of what `--resume` compares; `resolved.yaml` does not have it."""

    @model_validator(mode="after")
    def _fits_together(self) -> ExperimentSpec:
        faults = []
        patch, lookback = self.model.patch, self.window.lookback
        if patch is not None and lookback % patch:
            summary = f"{patch} does not divide window.lookback, {lookback}"
            near = [n for n in (lookback - lookback % patch, lookback + patch - lookback % patch) if n]
            hint = f"use a lookback of {' or '.join(str(n) for n in near)}"
            faults.append(Fault(("model", "patch"), summary, hint))
        for key, lags in (("season", [self.model.season or 0]), ("differences", self.model.differences)):
            if max(lags, default=0) >= lookback:
                summary = f"{max(lags)} does not fit into window.lookback, {lookback}"
                faults.append(Fault(("model", key), summary, "lengthen the lookback"))
        longest = max((own_season(name) or 0 for name in self.model.blend), default=0)
        if longest > lookback:
            summary = f"seasonal_naive_{longest} does not fit into window.lookback, {lookback}"
            faults.append(Fault(("model", "blend"), summary, "lengthen the lookback, or remove it"))
        if self.model.stateful and self.window.stride not in (1, lookback):
            summary = (
                f"{self.window.stride} cannot be used with model.stateful, whose windows are a lookback apart"
            )
            faults.append(Fault(("window", "stride"), summary, "remove it"))
        if self.window.short == "pad" and self.model.stateful:
            summary = "pad cannot be used with model.stateful, which needs every step"
            faults.append(Fault(("window", "short"), summary, "set it to skip"))
        anchor = self.model.anchor
        shorter: dict[tuple[str, ...], int | None] = {("model", "past_lookback"): self.model.past_lookback}
        if anchor is not None and anchor.lookback != "auto":
            shorter["model", "anchor", "lookback"] = anchor.lookback
        for path, steps in shorter.items():
            if (steps or 0) > lookback:
                summary = f"{steps} is more than window.lookback, {lookback}"
                faults.append(Fault(path, summary, "lower it, or remove it"))
        columns = [i for i, x in enumerate(self.model.layers) if getattr(x, "over", "steps") == "columns"]
        if len(self.data.targets) == 1 and columns:
            summary = "columns goes from target to target, and data.targets names one"
            faults.append(Fault(("model", "layers", columns[0], "over"), summary, "remove the layer"))
        if self.model.past_lookback and not self.data.past_covariates:
            summary = "is set, and data.past_covariates names no column"
            faults.append(Fault(("model", "past_lookback"), summary, "name some, or remove it"))
        if anchor is not None and anchor.mode == "average" and self.split.val == 0:
            summary = "average chooses the network's share on validation windows, and split.val is 0"
            faults.append(
                Fault(("model", "anchor", "mode"), summary, "give validation a share, or set it to correct")
            )
        if self.training.loss == "mase" and self.scaling.method == "log":
            summary = "mase cannot be used with scaling.method log, where an error has no unit"
            faults.append(Fault(("training", "loss"), summary, "use owa or mae"))
        if self.training.loss == "owa" and self.scaling.method != "log":
            summary = "owa is written for logarithms, and scaling.method is " + self.scaling.method
            faults.append(Fault(("training", "loss"), summary, "set scaling.method to log, or use mase"))
        for name in ("val", "test"):
            if isinstance(getattr(self.split, name), str) and isinstance(self.data.freq, int):
                summary = "is text, but data.freq is a whole number"
                faults.append(Fault(("split", name), summary, "give a share or a number of steps"))
        if self.model.head.type == "recursive" and self.data.past_covariates:
            summary = "cannot be used with head recursive: they are not known at the steps that it feeds back"
            faults.append(Fault(("data", "past_covariates"), summary, "use another head, or leave them out"))
        if self.training.loss == "smape" and self.scaling.method == "log":
            summary = "smape cannot be used with scaling.method log"
            faults.append(
                Fault(("training", "loss"), summary, "use mae: on logarithms it is nearly the same")
            )
        raise_faults(faults + self._monitor_faults() + self._output_faults())
        return self

    def _output_faults(self) -> list[Fault]:
        """Return faults of output, loss, scaling and intervals that do not fit together."""
        output, loss, faults = self.model.output, self.training.loss, []
        needed = {"quantiles": "pinball", "distribution": "nll"}.get(output.type)
        if needed is not None and loss != needed:
            summary = f"{loss} cannot train output {output.type}"
            faults.append(Fault(("training", "loss"), summary, f"set it to {needed}"))
        if needed is None and loss in ("pinball", "nll"):
            other = "quantiles" if loss == "pinball" else "distribution"
            summary = f"{loss} needs model.output: {other}"
            faults.append(
                Fault(("training", "loss"), summary, "set it, or use mae, which is that of the median")
            )
        counts = isinstance(output, DistributionOutput) and output.family == "negative_binomial"
        if counts and self.scaling.method != "none":
            summary = (
                f"{self.scaling.method} changes counts, and output negative_binomial needs them unchanged"
            )
            hint = "set it to none, with model.normalization: mean"
            faults.append(Fault(("scaling", "method"), summary, hint))
        if isinstance(output, QuantileOutput) and self.evaluation.calibration == "none":
            known = {round(level, 9) for level in output.levels}
            for i, level in enumerate(self.evaluation.levels):
                ends = [round((100 - level) / 200, 9), round((100 + level) / 200, 9)]
                if not known.issuperset(ends):
                    summary = f"{level} lies between the quantiles {ends[0]:g} and {ends[1]:g}, which are not trained"
                    hint = "add them to model.output.levels, or set calibration: conformal"
                    faults.append(Fault(("evaluation", "levels", i), summary, hint))
        return faults

    def _monitor_faults(self) -> list[Fault]:
        # The best bias is the one nearest to 0, not the least.
        known = ["val_loss", *(f"val_{name}" for name in METRICS if name != "bias")]
        faults = []
        metric = self.tune.objective.metric
        if metric not in known:
            place = ("tune", "objective", "metric")
            faults.append(_unknown_metric(place, metric, known))
        stopping = self.training.early_stopping
        if stopping is not None and stopping.monitor != "loss":
            path = ("training", "early_stopping", "monitor")
            if stopping.monitor not in known:
                faults.append(_unknown_metric(path, stopping.monitor, known))
            elif self.split.val == 0:
                summary = f"is 0, so early stopping has no {stopping.monitor} to watch"
                hint = "give validation a share, or set training.early_stopping: null"
                faults.append(Fault(("split", "val"), summary, hint))
        return faults


def _unknown_metric(path: tuple[str, ...], name: str, known: list[str]) -> Fault:
    near = nearest(name, known)
    hint = f"did you mean {near}?" if near else f"use one of {', '.join(known)}"
    return Fault(path, f"no metric is called {name!r}", hint)
