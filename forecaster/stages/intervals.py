"""Intervals around the forecasts of the model and of every baseline, from their own past errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from forecaster.config.evaluation import EvaluationSpec
from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.transforms.fitted import fit_panel_scaler, with_new_series
from forecaster.data.transforms.scalers import Scaler, ScalingSpec
from forecaster.data.transforms.split import SplitName
from forecaster.forecasting.adaptive import AdaptiveCalibration
from forecaster.forecasting.calibration import Calibration, GroupedQuantiles, calibrate
from forecaster.forecasting.forecast import Forecast
from forecaster.forecasting.levels import probabilities
from forecaster.stages.prepared import Prepared

BySplit = dict[SplitName, dict[str, Forecast]]
"""Forecasts by split, then by forecaster."""


def error_units(scaling: ScalingSpec) -> ScalingSpec:
    """The scaling whose units errors are pooled in: the network's own where it is per series."""
    if scaling.per_series and scaling.method != "none":
        return scaling
    return ScalingSpec(method="standard", per_series=True)


def error_scaler(prepared: Prepared, scaling: ScalingSpec) -> Scaler:
    """The scaler that gives those units.

    Args:
        prepared: The table.
        scaling: The scaling section, by which prepared was scaled.
    """
    units = error_units(scaling)
    if units == scaling:
        return prepared.transforms.scaler
    return fit_panel_scaler(prepared.panel, prepared.table.split_bounds.train_end, units)


def add_intervals(
    spec: ExperimentSpec, prepared: Prepared, forecasts: BySplit
) -> tuple[BySplit, Calibration | None]:
    """Give the test forecasts their calibrated quantiles.

    Validation forecasts keep the quantiles that the network itself puts out: calibrated ones would be judged
    by what they learned from.

    Args:
        spec: Of the experiment.
        prepared: The table.
        forecasts: With the quantiles that the network itself puts out, where it does.

    Returns:
        The forecasts, and the model's calibration for windows that come after the table.
    """
    evaluation = spec.evaluation
    if not evaluation.levels or not len(prepared.windows["val"]) or "val" not in forecasts:
        return forecasts, None
    scaler, calibration = error_scaler(prepared, spec.scaling), None
    out: BySplit = {split: dict(rows) for split, rows in forecasts.items()}
    for name in forecasts["val"]:
        if name == "model" and evaluation.calibration == "none":
            continue
        windows = _Calibrated(evaluation, prepared, forecasts, name, scaler)
        if "test" in forecasts:
            known = windows.probabilities
            out["test"][name] = forecasts["test"][name].with_quantiles(windows.test_quantiles(), known)
        if name == "model":
            calibration = windows.for_later()
    return out, calibration


def calibration_for_later(
    spec: ExperimentSpec, prepared: Prepared, forecasts: BySplit, name: str
) -> Calibration:
    """One forecaster's calibration for windows that come after the table.

    Args:
        spec: Of the experiment.
        prepared: The table.
        forecasts: Without calibrated quantiles.
        name: Of the forecaster.
    """
    scaler = error_scaler(prepared, spec.scaling)
    return _Calibrated(spec.evaluation, prepared, forecasts, name, scaler).for_later()


def calibration_for(
    scaling: ScalingSpec, calibration: Calibration | None, panel: Panel, known: Ints
) -> Calibration | None:
    """A run's calibration with a unit for every series, also for those that training never saw.

    Args:
        scaling: The scaling section of the run.
        calibration: As training left it.
        panel: The series to forecast, without missing values.
        known: (series,), the rows of each that may be looked at.
    """
    if calibration is None:
        return None
    scaler, _ = with_new_series(calibration.scaler, error_units(scaling), panel, known)
    return replace(calibration, scaler=scaler)


class _Calibrated:
    """One forecaster's validation and test windows, ready to be calibrated."""

    def __init__(
        self,
        evaluation: EvaluationSpec,
        prepared: Prepared,
        forecasts: BySplit,
        name: str,
        scaler: Scaler,
    ) -> None:
        self.prepared, self.scaler = prepared, scaler
        self.ids = scaler.ids or ()
        self.adaptive = evaluation.calibration == "adaptive"
        self.probabilities = probabilities(evaluation.levels)
        self.parts = {split: self._part(split, forecasts[split][name]) for split in forecasts}

    def _part(self, split: SplitName, forecast: Forecast) -> tuple[GroupedQuantiles, npt.NDArray[Any], Ints]:
        windows = self.prepared.windows[split]
        grouped = forecast.grouped(self.scaler.rows_for(self.prepared.panel.ids))
        return grouped, self.prepared.actual(windows), self.prepared.positions(windows)

    def _fixed(self) -> Calibration:
        forecast, actual, _ = self.parts["val"]
        return calibrate(forecast, actual, probabilities=self.probabilities, scaler=self.scaler, ids=self.ids)

    def _moving(self) -> AdaptiveCalibration:
        return AdaptiveCalibration(
            self.parts["val"],
            self.parts["test"],
            probabilities=self.probabilities,
            scaler=self.scaler,
            ids=self.ids,
        )

    def test_quantiles(self) -> npt.NDArray[np.float32]:
        if self.adaptive:
            return self._moving().apply()
        return self._fixed().apply(self.parts["test"][0], self.ids)

    def for_later(self) -> Calibration:
        return self._moving().newest() if self.adaptive and "test" in self.parts else self._fixed()
