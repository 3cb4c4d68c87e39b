"""Intervals around the forecasts of the model and of every baseline, learned from their own past errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

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


class OneAtATime(Mapping[str, Forecast]):
    """Forecasts by forecaster, whose intervals are made when they are looked up, and not kept.

    Those of all forecasters at once take several times the memory of their forecasts.

    Args:
        make: Returns the forecast of a forecaster, by the name.
        names: The forecasters, in order.
    """

    def __init__(self, make: Callable[[str], Forecast], names: tuple[str, ...]) -> None:
        self.make, self.names = make, names

    def __getitem__(self, name: str) -> Forecast:
        if name not in self.names:
            raise KeyError(name)
        return self.make(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def error_units(scaling: ScalingSpec) -> ScalingSpec:
    """Return the scaling in whose units errors of different series are pooled: that of the network if per series."""
    if scaling.per_series and scaling.method != "none":
        return scaling
    return ScalingSpec(method="standard", per_series=True)


def error_scaler(prepared: Prepared, scaling: ScalingSpec) -> Scaler:
    """Return the scaler for the units of `error_units`, fitted on the training rows.

    Args:
        prepared: The data.
        scaling: The scaling section of the config, by which prepared was scaled.
    """
    units = error_units(scaling)
    if units == scaling:
        return prepared.transforms.scaler
    train_end, bounds = prepared.table.split_bounds.train_end, prepared.transforms.scaler.bounds
    return fit_panel_scaler(prepared.panel, train_end, units, bounds=bounds)


class Calibrations(NamedTuple):
    """What one forecaster's intervals have learned.

    Attributes:
        later: The calibration for windows after the table; None without intervals.
        of_validation: The one for windows of the test range, which has not learned from these; None where it is the
            same, and in runs of 0.2.0 and before, which do not hold it.
    """

    later: Calibration | None = None
    of_validation: Calibration | None = None

    def of_panel(self, scaling: ScalingSpec, panel: Panel, known: Ints) -> Calibrations:
        """Return both with a scale for every series; see `calibration_for`."""
        return Calibrations(*(calibration_for(scaling, one, panel, known) for one in self))

    def applied(self, forecast: Forecast, is_later: npt.NDArray[np.bool_], ids: Sequence[str]) -> Forecast:
        """Return a forecast with calibrated quantiles, whose intervals hold it.

        Args:
            forecast: The forecast.
            is_later: (windows,), whether their targets come after those that were learned from.
            ids: The ids of the series of the panel, in its order.
        """
        if self.later is None or self.of_validation is None or is_later.all():
            return forecast.calibrated(self.later, ids)
        shape = (*forecast.point.shape, len(self.later.probabilities))
        quantiles = np.empty(shape)
        for calibration, windows in ((self.later, is_later), (self.of_validation, ~is_later)):
            some = np.flatnonzero(windows)
            if len(some):
                quantiles[some] = forecast.take(some).calibrated(calibration, ids).quantiles
        return forecast.with_quantiles(quantiles, self.later.probabilities)


class WithIntervals(NamedTuple):
    """Forecasts with their intervals.

    Attributes:
        forecasts: The forecasts by split and forecaster, with the intervals of the model.
        test: The test forecasts, each with its intervals as it is looked up.
        learned: The calibrations of the model.
    """

    forecasts: BySplit
    test: Mapping[str, Forecast]
    learned: Calibrations


def add_intervals(spec: ExperimentSpec, prepared: Prepared, forecasts: BySplit) -> WithIntervals:
    """Add calibrated quantiles to the test forecasts.

    Validation forecasts keep the quantiles of the network. Calibration learns from their errors, so a score of
    calibrated validation forecasts would be too good.

    Args:
        spec: The settings of the experiment.
        prepared: The data.
        forecasts: The forecasts, with the quantiles of the network if it has any.
    """
    evaluation, test = spec.evaluation, forecasts.get("test", {})
    if not evaluation.levels or not len(prepared.windows["val"]) or "val" not in forecasts:
        if not test:
            return WithIntervals(forecasts, test, Calibrations())
        test = {**test, "model": test["model"].held()}
        return WithIntervals(forecasts | {"test": test}, test, Calibrations())
    scaler, learned = error_scaler(prepared, spec.scaling), Calibrations()

    def with_intervals(name: str) -> Forecast:
        windows = _Calibrated(evaluation, prepared, forecasts, name, scaler)
        found = test[name].with_quantiles(windows.test_quantiles(), windows.probabilities)
        return found.held(in_place=True)

    model = None
    if evaluation.calibration == "none":
        model = test["model"].held() if test else None
    else:
        learned = _Calibrated(evaluation, prepared, forecasts, "model", scaler).learned()
        model = with_intervals("model") if test else None
    if model is None:
        return WithIntervals(forecasts, test, learned)
    shown = model

    def made(name: str) -> Forecast:
        return shown if name == "model" else with_intervals(name)

    return WithIntervals(
        forecasts | {"test": {**test, "model": shown}}, OneAtATime(made, tuple(test)), learned
    )


def learned_intervals(
    spec: ExperimentSpec, prepared: Prepared, forecasts: BySplit, name: str
) -> Calibrations:
    """Return the calibrations of one forecaster.

    Args:
        spec: The settings of the experiment.
        prepared: The data.
        forecasts: The forecasts, without calibrated quantiles.
        name: The name of the forecaster.
    """
    scaler = error_scaler(prepared, spec.scaling)
    return _Calibrated(spec.evaluation, prepared, forecasts, name, scaler).learned()


def calibration_for(
    scaling: ScalingSpec, calibration: Calibration | None, panel: Panel, known: Ints
) -> Calibration | None:
    """Return the calibration of a run with a scale for every series, including new ones.

    Args:
        scaling: The scaling section of the run.
        calibration: The calibration of the training; None stays None.
        panel: The series to forecast, without missing values.
        known: (series,), the number of rows of each series that are known.
    """
    if calibration is None:
        return None
    scaler, _ = with_new_series(calibration.scaler, error_units(scaling), panel, known)
    return replace(calibration, scaler=scaler)


class _Calibrated:
    """The validation and test windows of one forecaster, and their calibration."""

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
        self.stretch = evaluation.calibration == "scaled"
        self.probabilities = probabilities(evaluation.levels)
        self.forecasts = {split: rows[name] for split, rows in forecasts.items()}

    def _grouped(self, split: SplitName) -> GroupedQuantiles:
        return self.forecasts[split].grouped(self.scaler.rows_for(self.prepared.panel.ids))

    def _part(self, split: SplitName) -> tuple[GroupedQuantiles, npt.NDArray[Any], Ints]:
        windows = self.prepared.windows[split]
        return self._grouped(split), self.prepared.actual(windows), self.prepared.positions(windows)

    def _fixed(self) -> Calibration:
        return self._learned("val")

    def _learned(self, *splits: SplitName) -> Calibration:
        """Calibrate on all windows of some splits."""
        parts = [self._part(split) for split in splits]
        return calibrate(
            GroupedQuantiles(
                np.concatenate([forecast.quantiles for forecast, _, _ in parts]),
                np.concatenate([forecast.group for forecast, _, _ in parts]),
            ),
            np.concatenate([actual for _, actual, _ in parts]),
            probabilities=self.probabilities,
            scaler=self.scaler,
            ids=self.ids,
            stretch=self.stretch,
        )

    def _moving(self) -> AdaptiveCalibration:
        return AdaptiveCalibration(
            self._part("val"),
            self._part("test"),
            probabilities=self.probabilities,
            scaler=self.scaler,
            ids=self.ids,
        )

    def test_quantiles(self) -> npt.NDArray[np.float64]:
        """Return the calibrated quantiles of the test windows."""
        if self.adaptive:
            return self._moving().apply()
        return self._fixed().apply(self._grouped("test"), self.ids)

    def learned(self) -> Calibrations:
        """Return the calibration for windows after the table, and that of validation where it is another."""
        fixed = self._fixed()
        if "test" not in self.forecasts or not (self.stretch or self.adaptive):
            return Calibrations(fixed)
        # The newest errors are known too once the table has ended.
        return Calibrations(self._learned("val", "test") if self.stretch else self._moving().newest(), fixed)
