"""Score tables, and the sentences that say what the scores mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from forecaster.data.arrays import AnyFloats, Floats
from forecaster.evaluation.intervals import LEVEL_METRICS, QUANTILE_METRICS, interval_metrics
from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.scales import Scales
from forecaster.evaluation.scored import Metric, MetricResult, ScaleName, Scored, broken_down
from forecaster.evaluation.verdicts import Verdict
from forecaster.text import joined

if TYPE_CHECKING:
    from forecaster.forecasting.forecast import Forecast

Scores = Mapping[str, Mapping[str, float | None]]
"""Metrics by name, for each forecaster by name; None where one cannot be computed."""

WHY_UNUSABLE: dict[ScaleName, str] = {
    "naive_error": "training rows repeat every season, or span only one",
    "naive_sq_error": "training rows repeat every season, or span only one",
    "train_std": "training rows are constant, or absent",
}
"""Why each scale can be 0 or missing."""


class LeftOut(TypedDict):
    """How many elements or series a metric leaves out, of how many."""

    count: int
    of: int


class ScoreTable(TypedDict):
    """The scores of one split, as in metrics.json; None stands for NaN and for infinity."""

    windows: int
    scores: dict[str, dict[str, float | None]]
    intervals: dict[str, dict[str, float | None]]
    """Only of forecasters that have intervals."""
    left_out: dict[str, LeftOut]
    verdicts: NotRequired[dict[str, Verdict]]
    """The model against each baseline."""
    relative: NotRequired[dict[str, dict[str, float | None]]]
    """Skill and OWA against the seasonal naive forecast, where that is scored too."""


@dataclass(frozen=True)
class Scoring:
    """How every forecaster is scored.

    Attributes:
        metrics: Names of point metrics, in the order of the columns.
        levels: Coverage of each interval in percent.
    """

    metrics: Sequence[str]
    levels: Sequence[float] = ()


Breakdown = dict[str, dict[str, MetricResult]]
"""Results by forecaster, then by metric; point metrics before those of intervals."""


def score_table(
    actual: AnyFloats,
    forecasts: Mapping[str, Forecast],
    *,
    series: NDArray[np.integer[Any]],
    scales: Scales,
    scoring: Scoring,
) -> tuple[ScoreTable, Breakdown]:
    """Score every forecaster on the same windows.

    Args:
        actual: (windows, horizon, targets), NaN where not observed.
        forecasts: The model's and each baseline's, in the order of the table.
        series: (windows,), the index of each window's series.
        scales: What scaled metrics divide by.
        scoring: The metrics and the levels of the intervals.

    Returns:
        The table, and the same scores by series and by step. In the table, left_out has only
        what occurs: "unobserved" counts elements, a metric that omits zeros counts observed
        elements equal to 0, and a scaled metric counts pairs of series and target without a
        usable scale, among those that have a window here.
    """
    of_points = {name: METRICS[name] for name in scoring.metrics}
    of_intervals = interval_metrics(scoring.levels)
    breakdown: Breakdown = {}
    table: ScoreTable = {"windows": len(actual), "scores": {}, "intervals": {}, "left_out": {}}

    def of_forecaster(name: str) -> dict[str, MetricResult]:
        # Looked up here, so that its intervals are gone before those of the next one are made.
        forecast = forecasts[name]
        scored = Scored(
            actual,
            forecast.point,
            series,
            *scales,
            quantiles=forecast.quantiles,
            probabilities=forecast.probabilities,
        )
        return broken_down(of_points if forecast.quantiles is None else of_points | of_intervals, scored)

    for name in forecasts:
        found = breakdown[name] = of_forecaster(name)
        table["scores"][name] = {key: _plain(found[key].overall) for key in of_points}
        if found.keys() > of_points.keys():
            table["intervals"][name] = {key: _plain(found[key].overall) for key in of_intervals}
    table["left_out"] = _left_out(actual, series, scales=scales, metrics=scoring.metrics)
    return table, breakdown


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _left_out(
    actual: AnyFloats, series: NDArray[np.integer[Any]], *, scales: Scales, metrics: Sequence[str]
) -> dict[str, LeftOut]:
    unobserved = int(np.count_nonzero(np.isnan(actual)))
    out: dict[str, LeftOut] = {"unobserved": {"count": unobserved, "of": actual.size}}
    present = np.unique(series)
    for name in metrics:
        metric = METRICS[name]
        if metric.omits_zeros:
            zeros = actual.size - int(np.count_nonzero(actual))
            out[name] = {"count": zeros, "of": actual.size - unobserved}
        elif metric.scale is not None:
            scale: Floats = getattr(scales, metric.scale)[present]
            unusable = int(np.count_nonzero(~(np.isfinite(scale) & (scale > 0))))
            out[name] = {"count": unusable, "of": scale.size}
    return {name: part for name, part in out.items() if part["count"]}


def remarks(left_out: Mapping[str, LeftOut]) -> list[str]:
    """Return a sentence about each thing that the scores leave out.

    Args:
        left_out: From a ScoreTable.
    """
    sentences = []
    for name, part in left_out.items():
        share = f"{part['count']:,} of {part['of']:,}"
        if name == "unobserved":
            sentences.append(f"{share} values were not observed and are not scored.")
            continue
        metric = metric_named(name)
        if metric.scale is None:
            sentences.append(f"{metric.label} leaves out {share} values, which are 0.")
        else:
            why = WHY_UNUSABLE[metric.scale]
            sentences.append(f"{metric.label} leaves out {share} series (each target counted): {why}.")
    return sentences


def metric_named(name: str) -> Metric:
    """Return a metric by its name in metrics.json, such as mase or coverage_80.

    Raises:
        KeyError: There is no such metric.
    """
    if name in METRICS:
        return METRICS[name]
    if name in QUANTILE_METRICS:
        return QUANTILE_METRICS[name]
    kind, _, level = name.partition("_")
    return LEVEL_METRICS[kind].at(float(level))


def label(metric: str) -> str:
    """Return the name of a metric as people write it, such as MASE, sMAPE or coverage 80."""
    return metric_named(metric).label


def legend(metrics: Iterable[str]) -> dict[str, str]:
    """Return what metrics mean in a few words each, by label; one entry for all levels of an interval metric.

    Args:
        metrics: Names of metrics, in the order of the entries.
    """
    found: dict[str, str] = {}
    for name in metrics:
        kind = LEVEL_METRICS.get(name.partition("_")[0])
        metric = metric_named(name)
        found[metric.label if kind is None else kind.label] = metric.brief
    return found


# Observed coverage that differs from its level by more than this many percentage points is remarked on.
COVERAGE_TOLERANCE = 5.0


def coverage_remarks(
    intervals: Scores, *, levels: Sequence[float], calibration: str, split: str = "test"
) -> list[str]:
    """Return a sentence where the model's intervals hold clearly more or fewer values than their level.

    Args:
        intervals: From a ScoreTable.
        levels: Coverage of each interval in percent.
        calibration: The method of evaluation.calibration.
        split: The name of the split in the sentence.

    Returns:
        One sentence for all levels, or none.
    """
    model = intervals.get("model", {})
    found = {level: model.get(f"coverage_{level:g}") for level in levels}
    off = {lv: c for lv, c in found.items() if c is not None and abs(c - lv) > COVERAGE_TOLERANCE}
    if not off:
        return []
    shares = joined([f"{c:.1f} % of the values at level {lv:g}" for lv, c in off.items()], word="and")
    advice = ""
    if calibration == "conformal":
        advice = " Errors have changed since validation; evaluation.calibration: adaptive follows them."
    return [f"The model's {split} intervals hold {shares}.{advice}"]
