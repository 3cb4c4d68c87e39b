"""Intervals around the forecasts of the model and of every baseline, from their own past errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from forecaster.config.experiment import Experiment
from forecaster.data.spec import ScalingSpec
from forecaster.data.transforms.scalers import Scaler, fit_scaler
from forecaster.data.transforms.split import SplitName
from forecaster.evaluation.intervals import probabilities
from forecaster.evaluation.scores import Forecasts
from forecaster.forecasting.adaptive import AdaptiveCalibration
from forecaster.forecasting.calibration import Calibration, GroupedQuantiles, calibrate
from forecaster.stages.prepared import Prepared

Ints = npt.NDArray[np.int64]
BySplit = dict[SplitName, dict[str, Forecasts]]


def error_units(experiment: Experiment) -> ScalingSpec:
    """The scaling whose units errors are pooled in: the network's own where it is per series."""
    scaling = experiment.scaling
    if scaling.per_series and scaling.method != "none":
        return scaling
    return ScalingSpec(method="standard", per_series=True)


def error_scaler(prepared: Prepared) -> Scaler:
    spec = error_units(prepared.experiment)
    if spec == prepared.experiment.scaling:
        return prepared.scaler
    panel = prepared.panel
    return fit_scaler(
        spec,
        panel.numbers,
        panel.offsets,
        prepared.split_bounds.train_end,
        ids=panel.ids,
        n_targets=len(panel.targets),
    )


def add_intervals(prepared: Prepared, forecasts: BySplit) -> tuple[BySplit, Calibration | None]:
    """Gives the test forecasts their calibrated quantiles, and returns the model's calibration.

    forecasts: with the quantiles that the network itself puts out, where it does.
    Validation forecasts keep only those: they would be judged by what they learned from.
    """
    evaluation = prepared.experiment.evaluation
    if not evaluation.levels or not len(prepared.windows["val"]) or "val" not in forecasts:
        return forecasts, None
    scaler, calibration = error_scaler(prepared), None
    out: BySplit = {split: dict(rows) for split, rows in forecasts.items()}
    for name in forecasts["val"]:
        if name == "model" and evaluation.calibration == "none":
            continue
        rolling = _Windows(prepared, forecasts, name, scaler)
        if "test" in forecasts:
            point = forecasts["test"][name].point
            out["test"][name] = Forecasts(point, rolling.test_quantiles(evaluation.calibration == "adaptive"))
        if name == "model":
            calibration = rolling.for_later(evaluation.calibration == "adaptive")
    return out, calibration


def calibration_for_later(prepared: Prepared, forecasts: BySplit, name: str) -> Calibration:
    """One forecaster's calibration for windows that come after the table. forecasts: without calibrated quantiles."""
    windows = _Windows(prepared, forecasts, name, error_scaler(prepared))
    return windows.for_later(prepared.experiment.evaluation.calibration == "adaptive")


class _Windows:
    """One forecaster's validation and test windows, ready to be calibrated."""

    def __init__(self, prepared: Prepared, forecasts: BySplit, name: str, scaler: Scaler) -> None:
        self.prepared, self.scaler = prepared, scaler
        self.ids = scaler.ids or ()
        self.probabilities = probabilities(prepared.experiment.evaluation.levels)
        self.parts = {split: self._part(split, forecasts[split][name]) for split in forecasts}

    def _part(self, split: SplitName, forecast: Forecasts) -> tuple[GroupedQuantiles, npt.NDArray[Any], Ints]:
        windows, panel = self.prepared.windows[split], self.prepared.panel
        quantiles = forecast.point[..., None] if forecast.quantiles is None else forecast.quantiles
        group = self.scaler.rows_for(panel.ids)[windows.series]
        return (
            GroupedQuantiles(quantiles, group),
            self.prepared.actual(windows),
            self.prepared.position(windows),
        )

    def _fixed(self) -> Calibration:
        forecast, actual, _ = self.parts["val"]
        return calibrate(forecast, actual, probabilities=self.probabilities, scaler=self.scaler, ids=self.ids)

    def _rolling(self) -> AdaptiveCalibration:
        return AdaptiveCalibration(
            self.parts["val"],
            self.parts["test"],
            probabilities=self.probabilities,
            scaler=self.scaler,
            ids=self.ids,
        )

    def test_quantiles(self, adaptive: bool) -> npt.NDArray[np.float32]:
        if adaptive:
            return self._rolling().apply()
        return self._fixed().apply(self.parts["test"][0], self.ids)

    def for_later(self, adaptive: bool) -> Calibration:
        return self._rolling().newest() if adaptive and "test" in self.parts else self._fixed()
