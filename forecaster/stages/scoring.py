"""The model's forecasts beside those of the baselines, with intervals, scored on the same windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from forecaster.config.experiment import Experiment
from forecaster.data.panel import Panel
from forecaster.data.transforms.split import SplitBounds, SplitName, target_rows
from forecaster.evaluation.scores import Breakdown, Forecasts, ScoreTable, Scoring, score_table
from forecaster.evaluation.significance import owa, skill
from forecaster.forecasting import stats
from forecaster.forecasting.baselines import BaselineInputs
from forecaster.forecasting.baselines import forecast as baseline
from forecaster.forecasting.calibration import Calibration
from forecaster.stages.intervals import BySplit, add_intervals
from forecaster.stages.prepared import Prepared

# What skill and OWA compare with, where it is among the baselines.
REFERENCE = "seasonal_naive"


@dataclass(frozen=True)
class Scores:
    """forecasts: per split and forecaster. breakdowns: per split. calibration: the model's, for what comes
    after the table. notes: what the baselines have to say."""

    forecasts: BySplit
    tables: dict[SplitName, ScoreTable]
    breakdowns: dict[SplitName, Breakdown]
    calibration: Calibration | None
    notes: list[str] = field(default_factory=list)


def score(prepared: Prepared, model: dict[SplitName, Forecasts]) -> Scores:
    """model: the network's forecasts of each split that has windows."""
    if not model:
        return Scores({}, {}, {}, None)
    forecasts: BySplit = {split: {"model": found} for split, found in model.items()}
    known = baseline_inputs(prepared)
    for split, rows in baseline_forecasts(prepared, list(model), known).items():
        forecasts[split] |= rows
    forecasts, calibration = add_intervals(prepared, forecasts)
    return replace(tabled(prepared, forecasts, calibration), notes=known.remarks)


def baseline_forecasts(prepared: Prepared, splits: Sequence[SplitName], known: BaselineInputs) -> BySplit:
    """Every baseline of the config, without intervals, on the windows of some splits."""
    together = [prepared.cutoffs(prepared.windows[name]) for name in splits]
    # All origins at once, because a baseline that learns does so in every call.
    joined = replace(
        together[0],
        series=np.concatenate([o.series for o in together]),
        row=np.concatenate([o.row for o in together]),
    )
    ends = np.cumsum([len(o.row) for o in together])[:-1]
    out: BySplit = {split: {} for split in splits}
    for name in prepared.experiment.evaluation.baselines:
        for split, part in zip(splits, np.split(baseline(name, joined, known), ends), strict=True):
            out[split][name] = Forecasts(part)
    return out


def tabled(prepared: Prepared, forecasts: BySplit, calibration: Calibration | None) -> Scores:
    """The score tables of forecasts that have their intervals."""
    evaluation, tables, breakdowns = prepared.experiment.evaluation, {}, {}
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
    return Scores(forecasts, tables, breakdowns, calibration)


def check_baselines(experiment: Experiment, panel: Panel, split_bounds: SplitBounds) -> None:
    """Raises EnvironmentError_ or DataError for a baseline that cannot be had, before anything is trained."""
    splits: tuple[SplitName, ...] = ("val", "test")
    consecutive = experiment.model.stateful
    windows = sum(
        int(target_rows(split_bounds, name, experiment.window, consecutive=consecutive)[1].sum())
        for name in splits
    )
    n = len(panel.targets)
    stats.check_models(experiment.evaluation.baselines, n_models=n * len(panel.ids), n_forecasts=n * windows)


def baseline_inputs(prepared: Prepared) -> BaselineInputs:
    windows = prepared.windows
    return BaselineInputs(
        season=prepared.season,
        lookback=prepared.experiment.window.lookback,
        train=prepared.cutoffs(windows["train"]),
        val=prepared.cutoffs(windows["val"]),
        train_std=prepared.scales.train_std,
        fit_end=prepared.split_bounds.train_end,
    )
