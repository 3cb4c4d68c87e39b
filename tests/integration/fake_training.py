"""A training that takes no time: stands for the networks, pictures and pages of `train` and `backtest`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import forecaster.pipeline.update
import forecaster.stages.fitting
import forecaster.stages.refitting
import forecaster.stages.report
import forecaster.stages.saving
from forecaster.config.spec import ExperimentSpec
from forecaster.data.transforms.windows import Windows
from forecaster.evaluation.gate import Gate
from forecaster.evaluation.significance import Comparison
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.forecast import Forecast
from forecaster.model.cost import least_weights
from forecaster.runs.directory import RunDir
from forecaster.runs.files import write_whole
from forecaster.stages.fitting import Carried, MemberStore
from forecaster.stages.prepared import Prepared
from forecaster.training.progress import EpochRow


def install(patch: pytest.MonkeyPatch) -> None:
    """Put the fakes in place of what loads TensorFlow, draws, or renders."""
    patch.setattr(forecaster.stages.fitting, "fit_members", fit_members)
    patch.setattr(forecaster.stages.refitting, "fit_members", fit_members)
    patch.setattr(forecaster.stages.saving, "draw_run", draw_run)
    patch.setattr(forecaster.pipeline.update, "against_the_run", against_the_run)
    patch.setattr(forecaster.stages.report, "page", lambda contents: contents.experiment_name)


@dataclass(frozen=True)
class FakeFitted(Fitted):
    """Forecasts the sum of its weights, so that scores tell one training from another."""

    def forecast(self, windows: Windows, groups: Any, probabilities: Any = ()) -> Forecast:
        shape = (len(windows), self.shape.horizon, self.shape.n_targets)
        total = sum(float(array.sum()) for weights in self.members for array in weights.values())
        return Forecast.of(windows, np.full(shape, total))


def fit_members(
    spec: ExperimentSpec,
    prepared: Prepared,
    store: MemberStore,
    *,
    listener: Any = None,
    smoke: bool = False,
    until: int | None = None,
    carried: Carried | None = None,
) -> tuple[Fitted, list[EpochRow]]:
    """Weights that follow from the seed and the number of epochs, by way of checkpoints as `fit` keeps them."""
    history, members = [], []
    for member in range(spec.training.ensemble):
        checkpoints = store.checkpoints(member)
        saved = checkpoints.load()
        size = least_weights(spec.model, prepared.shape)
        weights = {"w": np.full(size, spec.seed + member, np.float32)} if saved is None else saved[0]
        for epoch in range(0 if saved is None else saved[1]["epoch"], spec.training.epochs):
            weights = {"w": weights["w"] * 2 + spec.seed}
            checkpoints.save(weights, {"epoch": epoch + 1})
        members.append(weights)
        history += [
            EpochRow(member, epoch, 1 / epoch, 0.01, 0.0, True)
            for epoch in range(1, spec.training.epochs + 1)
        ]
        store.done(member, spec.training.epochs, None)
    scaler, encoders = prepared.transforms
    fitted = FakeFitted(spec.model, prepared.shape, scaler, members, prepared.panel.time_axis, encoders)
    return fitted, history


def against_the_run(*parts: Any) -> Gate:
    """As good as the run before, whose network is none that could be loaded."""
    return Gate("new", "old", (1.0, 1.0), 1, Comparison(0.0, None, None, 1))


def draw_run(spec: ExperimentSpec, prepared: Prepared, trained: Any, run: RunDir) -> None:
    """The same files, of one byte each."""
    for name in ("loss.png", "forecast.png"):
        write_whole(run.file(f"plots/{name}"), b"-")
