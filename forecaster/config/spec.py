"""The composed schema: every room's spec in one file."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field, model_validator

from forecaster.config.nearest import nearest
from forecaster.config.tune import TuneSpec
from forecaster.data.spec import DataSpec, ScalingSpec, SplitSpec, WindowSpec
from forecaster.evaluation.spec import EvaluationSpec, MetricName
from forecaster.model.spec import DistributionOutput, ModelSpec, QuantileOutput
from forecaster.spec import Fault, Spec, raise_faults
from forecaster.training.spec import RuntimeSpec, TrainingSpec


class OutputSpec(Spec):
    dir: str = "runs"
    """Folder of run directories, relative to this file."""


class ExperimentSpec(Spec):
    version: Annotated[int, Field(ge=1, le=1)] = 1
    """Of this file's format."""
    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
            json_schema_extra={
                "patternErrorMessage": "1 to 100 letters, digits, '.', '_' or '-', "
                "beginning with a letter or a digit"
            },
        ),
    ]
    """Begins the run directory's name."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 42
    """Of the first weights, dropout and the order of the windows."""
    data: DataSpec
    split: SplitSpec = SplitSpec()
    window: WindowSpec
    scaling: ScalingSpec = ScalingSpec()
    model: ModelSpec
    training: TrainingSpec = TrainingSpec()
    evaluation: EvaluationSpec = EvaluationSpec()
    tune: TuneSpec = TuneSpec()
    runtime: RuntimeSpec = RuntimeSpec()
    output: OutputSpec = OutputSpec()

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
        if self.model.stateful and self.window.stride not in (1, lookback):
            summary = (
                f"{self.window.stride} does not go with model.stateful, whose windows are a lookback apart"
            )
            faults.append(Fault(("window", "stride"), summary, "remove it"))
        if self.window.short == "pad" and self.model.stateful:
            summary = "pad does not go with model.stateful, which needs every step"
            faults.append(Fault(("window", "short"), summary, "set it to skip"))
        anchor = self.model.anchor
        shorter: dict[tuple[str, ...], int | None] = {("model", "past_lookback"): self.model.past_lookback}
        if anchor is not None:
            shorter["model", "anchor", "lookback"] = anchor.lookback
        for path, steps in shorter.items():
            if (steps or 0) > lookback:
                summary = f"{steps} is more than window.lookback, {lookback}"
                faults.append(Fault(path, summary, "lower it, or remove it"))
        if self.model.past_lookback and not self.data.past_covariates:
            summary = "is set, and data.past_covariates names no column"
            faults.append(Fault(("model", "past_lookback"), summary, "name some, or remove it"))
        if anchor is not None and anchor.mode == "average" and self.split.val == 0:
            summary = "average chooses the network's share on validation windows, and split.val is 0"
            faults.append(
                Fault(("model", "anchor", "mode"), summary, "give validation a share, or set it to correct")
            )
        if self.training.loss == "mase" and self.scaling.method == "log":
            summary = "mase does not go with scaling.method log, where an error has no unit"
            faults.append(Fault(("training", "loss"), summary, "use owa or mae"))
        if self.training.loss == "owa" and self.scaling.method != "log":
            summary = "owa is written for logarithms, and scaling.method is " + self.scaling.method
            faults.append(Fault(("training", "loss"), summary, "set scaling.method to log, or use mase"))
        for name in ("val", "test"):
            if isinstance(getattr(self.split, name), str) and isinstance(self.data.freq, int):
                summary = "is text, but data.freq is a whole number"
                faults.append(Fault(("split", name), summary, "give a share or a number of steps"))
        if self.model.head.type == "recursive" and self.data.past_covariates:
            summary = "do not go with head recursive: they are not known at the steps that it feeds back"
            faults.append(Fault(("data", "past_covariates"), summary, "use another head, or leave them out"))
        if self.training.loss == "smape" and self.scaling.method == "log":
            summary = "smape does not go with scaling.method log"
            faults.append(
                Fault(("training", "loss"), summary, "use mae: on logarithms it is nearly the same")
            )
        raise_faults(faults + self._monitor_faults() + self._output_faults())
        return self

    def _output_faults(self) -> list[Fault]:
        """What the network puts out, what it is trained with, and the intervals that come of it."""
        output, loss, faults = self.model.output, self.training.loss, []
        needed = {"quantiles": "pinball", "distribution": "nll"}.get(output.type)
        if needed is not None and loss != needed:
            summary = f"{loss} does not teach output {output.type}"
            faults.append(Fault(("training", "loss"), summary, f"set it to {needed}"))
        if needed is None and loss in ("pinball", "nll"):
            other = "quantiles" if loss == "pinball" else "distribution"
            summary = f"{loss} needs model.output: {other}"
            faults.append(
                Fault(("training", "loss"), summary, "set it, or use mae, which is that of the median")
            )
        counts = isinstance(output, DistributionOutput) and output.family == "negative_binomial"
        if counts and self.scaling.method != "none":
            summary = f"{self.scaling.method} leaves no counts, and output negative_binomial needs them"
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
        # The bias closest to nothing is the best, and the least is not.
        known = ["val_loss", *(f"val_{m}" for m in get_args(MetricName) if m != "bias")]
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
