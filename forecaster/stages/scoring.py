"""The model's forecasts beside those of the baselines, with intervals, scored on the same windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from forecaster.config.evaluation import EvaluationSpec
from forecaster.config.spec import ExperimentSpec
from forecaster.data.transforms.split import SplitName
from forecaster.evaluation.comparison import ComparedForecast
from forecaster.evaluation.scores import Breakdown, ScoreTable, Scoring, score_table
from forecaster.evaluation.significance import owa, skill
from forecaster.forecasting.baselines import BaselineInputs
from forecaster.forecasting.baselines import forecast as baseline
from forecaster.forecasting.calibration import Calibration
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.forecast import Forecast
from forecaster.forecasting.levels import probabilities
from forecaster.stages.intervals import BySplit, add_intervals
from forecaster.stages.prepared import Prepared

# What skill and OWA compare with, where it is among the baselines.
REFERENCE = "seasonal_naive"
SCORED: tuple[SplitName, ...] = ("val", "test")


@dataclass(frozen=True)
class ScoredForecasts:
    """Forecasts and their scores.

    Attributes:
        forecasts: By split, then by forecaster.
        tables: The score table of each split.
        breakdowns: Scores by step and by series, of each split.
        calibration: The model's, for windows that come after the table.
        notes: What the baselines remark.
    """

    forecasts: BySplit
    tables: dict[SplitName, ScoreTable]
    breakdowns: dict[SplitName, Breakdown]
    calibration: Calibration | None
    notes: list[str] = field(default_factory=list)


def forecast_splits(spec: ExperimentSpec, fitted: Fitted, prepared: Prepared) -> dict[SplitName, Forecast]:
    """A fitted network's forecasts of the validation and test windows, where there are any."""
    known = probabilities(spec.evaluation.levels)
    groups = fitted.scaler.rows_for(prepared.panel.ids)
    return {
        name: fitted.forecast(windows, groups[windows.series], known)
        for name in SCORED
        if len(windows := prepared.windows[name])
    }


def score(spec: ExperimentSpec, prepared: Prepared, model: dict[SplitName, Forecast]) -> ScoredForecasts:
    """Score the model beside every baseline.

    Args:
        spec: Of the experiment.
        prepared: The table.
        model: The network's forecasts of each split that has windows.
    """
    if not model:
        return ScoredForecasts({}, {}, {}, None)
    forecasts: BySplit = {split: {"model": found} for split, found in model.items()}
    known = baseline_inputs(spec, prepared)
    names = spec.evaluation.baselines
    for split, rows in baseline_forecasts(prepared, names, list(model), known).items():
        forecasts[split] |= rows
    forecasts, calibration = add_intervals(spec, prepared, forecasts)
    scored = score_tables(spec.evaluation, prepared, forecasts)
    return replace(scored, calibration=calibration, notes=known.remarks)


def baseline_forecasts(
    prepared: Prepared, names: Sequence[str], splits: Sequence[SplitName], known: BaselineInputs
) -> BySplit:
    """The forecasts of baselines, without intervals, on the windows of some splits."""
    together = [prepared.cutoffs(prepared.windows[split]) for split in splits]
    # All cutoffs at once, because a baseline that learns does so in every call.
    joined = replace(
        together[0],
        series=np.concatenate([c.series for c in together]),
        row=np.concatenate([c.row for c in together]),
    )
    ends = np.cumsum([len(c.row) for c in together])[:-1]
    out: BySplit = {split: {} for split in splits}
    for name in names:
        for split, part in zip(splits, np.split(baseline(name, joined, known), ends), strict=True):
            out[split][name] = Forecast.of(prepared.windows[split], part)
    return out


def baseline_inputs(spec: ExperimentSpec, prepared: Prepared) -> BaselineInputs:
    """What the baselines may use beside the history."""
    windows = prepared.windows
    return BaselineInputs(
        season=prepared.season,
        lookback=spec.window.lookback,
        train=prepared.cutoffs(windows["train"]),
        val=prepared.cutoffs(windows["val"]),
        train_std=prepared.scales.train_std,
        fit_end=prepared.table.split_bounds.train_end,
    )


def score_tables(evaluation: EvaluationSpec, prepared: Prepared, forecasts: BySplit) -> ScoredForecasts:
    """The score tables of forecasts that have their intervals."""
    tables, breakdowns = {}, {}
    for split, rows in forecasts.items():
        windows = prepared.windows[split]
        tables[split], breakdowns[split] = score_table(
            prepared.actual(windows),
            rows,
            series=windows.series,
            scales=prepared.scales,
            scoring=Scoring(evaluation.metrics, evaluation.levels),
        )
        reference = tables[split]["scores"].get(REFERENCE)
        if reference is not None:
            tables[split]["relative"] = {
                name: {"skill": skill(row.get("mae"), reference.get("mae")), "owa": owa(row, reference)}
                for name, row in tables[split]["scores"].items()
            }
    return ScoredForecasts(forecasts, tables, breakdowns, None)


def compared(name: str, prepared: Prepared, forecast: Forecast) -> ComparedForecast:
    """A forecast ready to be tested against another one of the same windows, errors in units of MASE."""
    scale = prepared.scales.naive_error
    if not (np.isfinite(scale) & (scale > 0)).any():
        # Nothing to scale by: errors are compared as they are.
        scale = np.ones_like(scale)
    rows = forecast.target_row[:, None] + np.arange(forecast.point.shape[1])
    actual = prepared.targets[rows]
    actual[~prepared.observed[rows]] = np.nan
    return ComparedForecast(
        name,
        prepared.panel.time_axis.freq,
        np.array(prepared.panel.ids, dtype=object)[forecast.series],
        forecast.positions(prepared.panel),
        actual,
        forecast.point,
        scale[forecast.series],
    )
