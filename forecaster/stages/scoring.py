"""Forecasts of the model and of the baselines, with intervals, scored on the same windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from forecaster.config.evaluation import EvaluationSpec
from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Floats
from forecaster.data.transforms.split import SplitName
from forecaster.evaluation.comparison import ComparedForecast
from forecaster.evaluation.scores import Breakdown, ScoreTable, Scoring, score_table
from forecaster.evaluation.significance import owa, skill
from forecaster.evaluation.verdicts import Verdict, judge, losses_to_test
from forecaster.forecasting.baselines import BaselineInputs
from forecaster.forecasting.baselines import forecast as baseline
from forecaster.forecasting.far_out import ValueRanges, far_out
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.forecast import Forecast
from forecaster.forecasting.levels import probabilities
from forecaster.stages.checks import SCORED
from forecaster.stages.intervals import BySplit, Calibrations, add_intervals
from forecaster.stages.prepared import Prepared

# The baseline that skill and OWA compare with, if it is among those of the config.
REFERENCE = "seasonal_naive"
# The metrics that decide whether one forecast is better than another: the first that both have.
DECISIVE_METRICS = ("mase", "mae")


@dataclass(frozen=True)
class ScoredForecasts:
    """The forecasts of all forecasters, and their scores.

    Attributes:
        forecasts: The forecasts by split, then by forecaster.
        tables: The score table of each split.
        breakdowns: The scores by step and by series, of each split.
        learned: The calibrations of the model.
        notes: Remarks of the baselines, and on forecasts far beyond all values, whose scores mean little.
    """

    forecasts: BySplit
    tables: dict[SplitName, ScoreTable]
    breakdowns: dict[SplitName, Breakdown]
    learned: Calibrations = field(default_factory=Calibrations)
    notes: list[str] = field(default_factory=list)


def forecast_splits(spec: ExperimentSpec, fitted: Fitted, prepared: Prepared) -> dict[SplitName, Forecast]:
    """Forecast the validation and test windows with a fitted network.

    Args:
        spec: The settings of the experiment.
        fitted: The network.
        prepared: The data.

    Returns:
        The forecasts of each split that has windows, in original units.
    """
    known = probabilities(spec.evaluation.levels)
    groups = fitted.scaler.rows_for(prepared.panel.ids)
    return {
        name: fitted.forecast(windows, groups[windows.series], known)
        for name in SCORED
        if len(windows := prepared.windows[name])
    }


def score(spec: ExperimentSpec, prepared: Prepared, model: dict[SplitName, Forecast]) -> ScoredForecasts:
    """Score the model beside every baseline of the config.

    Args:
        spec: The settings of the experiment.
        prepared: The data.
        model: The forecasts of the model for each split that has windows.
    """
    if not model:
        return ScoredForecasts({}, {}, {})
    forecasts: BySplit = {split: {"model": found} for split, found in model.items()}
    known = baseline_inputs(spec, prepared)
    names = spec.evaluation.baselines
    for split, rows in baseline_forecasts(prepared, names, list(model), known).items():
        forecasts[split] |= rows
    forecasts, with_intervals, learned = add_intervals(spec, prepared, forecasts)
    scored = score_tables(spec.evaluation, prepared, forecasts, test=with_intervals)
    notes = [*known.remarks, *_made_up(spec, prepared, list(forecasts)), *scored.notes]
    return replace(scored, learned=learned, notes=notes)


def _made_up(spec: ExperimentSpec, prepared: Prepared, splits: Sequence[SplitName]) -> list[str]:
    """Return a remark on each split whose scores count values that a fill made up.

    Under `zero` no row means that nothing happened, so a filled-in 0 is as good as measured.
    """
    if spec.data.missing not in ("ffill", "interpolate"):
        return []
    said = []
    for split in splits:
        windows = prepared.windows[split]
        n, of = prepared.made_up(windows), len(windows) * windows.horizon * len(prepared.panel.targets)
        if n:
            said.append(
                f"{n:,} of {of:,} {split} values were filled in by data.missing: {spec.data.missing}, and are scored "
                "as if they were measured; data.missing: mask leaves them out"
            )
    return said


def baseline_forecasts(
    prepared: Prepared, names: Sequence[str], splits: Sequence[SplitName], known: BaselineInputs
) -> BySplit:
    """Forecast the windows of some splits with baselines, without intervals.

    Args:
        prepared: The data.
        names: The baselines.
        splits: The splits; each has windows.
        known: The inputs of the baselines.

    Returns:
        The forecasts by split, then by baseline.
    """
    together = [prepared.cutoffs(prepared.windows[split]) for split in splits]
    # One call for all cutoffs, because a baseline that is fitted is fitted again in every call.
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
    """Return what the baselines may use apart from the history."""
    windows = prepared.windows
    return BaselineInputs(
        season=prepared.season,
        lookback=spec.window.lookback,
        train=prepared.cutoffs(windows["train"]),
        val=prepared.cutoffs(windows["val"]),
        train_std=prepared.scales.train_std,
        fit_end=prepared.table.split_bounds.train_end,
    )


def score_tables(
    evaluation: EvaluationSpec,
    prepared: Prepared,
    forecasts: BySplit,
    *,
    test: Mapping[str, Forecast] | None = None,
) -> ScoredForecasts:
    """Score forecasts that already have their intervals.

    Args:
        evaluation: The metrics and levels.
        prepared: The data.
        forecasts: The forecasts by split, then by forecaster.
        test: The test forecasts with their intervals, where those of `forecasts` have none.
    """
    tables, breakdowns = {}, {}
    for split, rows in forecasts.items():
        windows = prepared.windows[split]
        actual = prepared.actual(windows)
        tables[split], breakdowns[split] = score_table(
            actual,
            test if test is not None and split == "test" else rows,
            series=windows.series,
            scales=prepared.scales,
            scoring=Scoring(evaluation.metrics, evaluation.levels),
        )
        tables[split]["verdicts"] = _verdicts(evaluation, prepared, rows, actual)
        reference = tables[split]["scores"].get(REFERENCE)
        if reference is not None:
            tables[split]["relative"] = {
                name: {"skill": skill(row.get("mae"), reference.get("mae")), "owa": owa(row, reference)}
                for name, row in tables[split]["scores"].items()
            }
    return ScoredForecasts(forecasts, tables, breakdowns, notes=_far_out(prepared, forecasts))


def _far_out(prepared: Prepared, forecasts: BySplit) -> list[str]:
    """Return remarks on forecasts far beyond all values of the table, whose scores mean little.

    Args:
        prepared: The data.
        forecasts: The forecasts by split, then by forecaster.
    """
    limits = ValueRanges.of(prepared.panel, prepared.transforms.scaler)
    found = [
        # The intervals of validation are those that calibration has not corrected yet; nobody gets them.
        far_out(
            replace(one, quantiles=None) if split == "val" else one,
            prepared.panel.ids,
            limits,
            by=f" by {name}",
            windows=f"{split} windows",
        )
        for split, rows in forecasts.items()
        for name, one in rows.items()
    ]
    return [str(one.remark) for one in found if one is not None]


def _verdicts(
    evaluation: EvaluationSpec, prepared: Prepared, rows: Mapping[str, Forecast], actual: Floats
) -> dict[str, Verdict]:
    """Compare the model with each baseline on the windows of one split."""
    model = rows["model"]
    own = ComparedForecast(
        "model",
        prepared.panel.time_axis.freq,
        model.series,
        model.positions(prepared.panel),
        actual,
        model.point,
        _error_scale(prepared)[model.series],
    )
    others = {name: forecast.point for name, forecast in rows.items() if name != "model"}
    return judge(own, others, losses=losses_to_test(evaluation.metrics))


def _error_scale(prepared: Prepared) -> Floats:
    """Return (series, targets), what compared errors are divided by: the MASE scale, or 1 where no series has one."""
    scale = prepared.scales.naive_error
    return scale if (np.isfinite(scale) & (scale > 0)).any() else np.ones_like(scale)


def compared(name: str, prepared: Prepared, forecast: Forecast) -> ComparedForecast:
    """Return a forecast in the form that significance tests take, with errors in units of the MASE scale.

    Args:
        name: The name of the forecaster.
        prepared: The data.
        forecast: The forecast.
    """
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
        _error_scale(prepared)[forecast.series],
    )
