"""The score table of a split, and what it says about the model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from forecaster.evaluation.intervals import interval_metrics
from forecaster.evaluation.metrics import METRICS, Array, Broken, Floats, Scored
from forecaster.evaluation.scales import Scales
from forecaster.forecasting.forecast import Forecast

Scores = Mapping[str, Mapping[str, float | None]]

# What each metric divides by, and why that can be 0 or missing.
SCALE_OF = {
    "mase": "naive_error",
    "rmsse": "naive_sq_error",
    "scaled_mae": "train_std",
    "scaled_mse": "train_std",
}
WHY = {
    "naive_error": "training rows repeat every season, or span only one",
    "naive_sq_error": "training rows repeat every season, or span only one",
    "train_std": "training rows are constant, or absent",
}


class LeftOut(TypedDict):
    """How many of how many."""

    count: int
    of: int


class ScoreTable(TypedDict):
    """One split of metrics.json. Plain data: None stands where a number would be NaN or infinite."""

    windows: int
    scores: dict[str, dict[str, float | None]]
    intervals: dict[str, dict[str, float | None]]
    """Of the forecasters that have any."""
    left_out: dict[str, LeftOut]
    relative: NotRequired[dict[str, dict[str, float | None]]]
    """Skill and OWA against the seasonal naive, where it is scored too."""


@dataclass(frozen=True)
class Scoring:
    """How every forecaster is scored: metrics by name in the order of the columns, and the levels of
    the intervals, in percent."""

    metrics: Sequence[str]
    levels: Sequence[float] = ()


Breakdown = dict[str, dict[str, Broken]]
"""By forecaster, then metric; scores before intervals."""


def score_table(
    actual: Floats,
    forecasts: Mapping[str, Forecast],
    *,
    series: NDArray[np.integer[Any]],
    scales: Scales,
    scoring: Scoring,
) -> tuple[ScoreTable, Breakdown]:
    """Score every forecast on the same windows.

    actual: (windows, horizon, targets), NaN where not observed; forecasts: the model's
    and each baseline's, in the order of the table; series: (windows,).
    left_out names only what happened: "unobserved" counts elements; "mape" observed
    elements equal to 0; a scaled metric pairs of series and target, among those with a
    window here, without a usable scale.
    """
    of_points = {name: METRICS[name] for name in scoring.metrics}
    of_intervals = interval_metrics(scoring.levels)
    breakdown: Breakdown = {}
    table: ScoreTable = {"windows": len(actual), "scores": {}, "intervals": {}, "left_out": {}}
    for name, forecast in forecasts.items():
        quantiles = forecast.quantiles
        scored = Scored(
            actual,
            forecast.point,
            series,
            *scales,
            quantiles=quantiles,
            probabilities=forecast.probabilities,
        )
        metrics = of_points if quantiles is None else of_points | of_intervals
        breakdown[name] = {key: metric.broken_down(scored) for key, metric in metrics.items()}
        table["scores"][name] = {key: _plain(breakdown[name][key].overall) for key in of_points}
        if quantiles is not None:
            table["intervals"][name] = {key: _plain(breakdown[name][key].overall) for key in of_intervals}
    table["left_out"] = _left_out(actual, series, scales=scales, metrics=scoring.metrics)
    return table, breakdown


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _left_out(
    actual: Floats, series: NDArray[np.integer[Any]], *, scales: Scales, metrics: Sequence[str]
) -> dict[str, LeftOut]:
    unobserved = int(np.count_nonzero(np.isnan(actual)))
    out: dict[str, LeftOut] = {"unobserved": {"count": unobserved, "of": actual.size}}
    present = np.unique(series)
    for metric in metrics:
        if metric == "mape":
            zeros = actual.size - int(np.count_nonzero(actual))
            out[metric] = {"count": zeros, "of": actual.size - unobserved}
        elif metric in SCALE_OF:
            scale: Array = getattr(scales, SCALE_OF[metric])[present]
            unusable = int(np.count_nonzero(~(np.isfinite(scale) & (scale > 0))))
            out[metric] = {"count": unusable, "of": scale.size}
    return {name: part for name, part in out.items() if part["count"]}


def remarks(left_out: Mapping[str, LeftOut]) -> list[str]:
    """What the scores leave out, a sentence each, for people."""
    sentences = []
    for name, part in left_out.items():
        share = f"{part['count']:,} of {part['of']:,}"
        if name == "unobserved":
            sentences.append(f"{share} values were not observed and are not scored.")
        elif name == "mape":
            sentences.append(f"MAPE leaves out {share} values, which are 0.")
        else:
            sentences.append(
                f"{label(name)} leaves out {share} series (each target counted): {WHY[SCALE_OF[name]]}."
            )
    return sentences


def label(metric: str) -> str:
    """The metric's name as people write it: MASE, sMAPE, scaled MAE."""
    if metric.startswith("scaled_"):
        return "scaled " + metric.removeprefix("scaled_").upper()
    name, _, level = metric.partition("_")
    if level:
        return f"{name.upper() if name == 'msis' else name} {level}"
    return {"smape": "sMAPE", "bias": "bias", "pinball": "pinball"}.get(metric, metric.upper())


# Observed coverage further from its level than this many percent is remarked on.
COVERAGE_TOLERANCE = 5.0


def coverage_remarks(
    intervals: Scores, *, levels: Sequence[float], calibration: str, split: str = "test"
) -> list[str]:
    """Where the model's intervals hold fewer or more values than they say; a sentence for all levels."""
    model = intervals.get("model", {})
    found = {level: model.get(f"coverage_{level:g}") for level in levels}
    off = {lv: c for lv, c in found.items() if c is not None and abs(c - lv) > COVERAGE_TOLERANCE}
    if not off:
        return []
    shares = _and(f"{c:.1f} % of the values at level {lv:g}" for lv, c in off.items())
    advice = ""
    if calibration == "conformal":
        advice = " Errors changed since validation: evaluation.calibration: adaptive follows them."
    return [f"The model's {split} intervals hold {shares}.{advice}"]


def verdicts(scores: Scores, *, split: str = "test", metric: str | None = None) -> list[str]:
    """Which baselines beat the model, a plain sentence each; one sentence when none does.

    scores: of a ScoreTable, "model" among them. metric: None takes MASE, or the first
    of the model's that can be computed where MASE is absent or cannot. Bias is judged by
    its size. Without a baseline there is nothing to say.
    """
    model = scores["model"]
    chosen = metric or next((m for m in ("mase", *model) if model.get(m) is not None), "mase")
    what, own = f"{split} {label(chosen)}", model.get(chosen)
    baselines = {name: row.get(chosen) for name, row in scores.items() if name != "model"}
    if not baselines:
        return []
    if own is None:
        return [f"No verdict: the model's {what} cannot be computed."]

    sentences, beaten = [], {}
    for name, other in baselines.items():
        if other is None:
            sentences.append(f"No verdict against {name}: its {what} cannot be computed.")
        elif abs(other) < abs(own):
            sentences.append(f"The model loses to {name} on {what}: {_against(own, [other])}.")
        elif abs(other) == abs(own):
            sentences.append(f"The model is no better than {name} on {what}: both {_digits(own, 3)}.")
        else:
            beaten[name] = other
    lost_none = not any(s.startswith("The model") for s in sentences)
    if beaten and lost_none:
        sentences.insert(0, f"The model beats {_and(beaten)} on {what}: {_against(own, [*beaten.values()])}.")
    return sentences


def _against(own: float, others: Sequence[float]) -> str:
    """The numbers with the fewest digits, at least three, that tell the model's from the others."""
    digits = next((d for d in range(3, 17) if _digits(own, d) not in [_digits(v, d) for v in others]), 17)
    return f"{_digits(own, digits)} against {_and(_digits(value, digits) for value in others)}"


def _digits(value: float, digits: int) -> str:
    """Significant digits, trailing zeros kept: 1.20; 1,234; 1.20e-07."""
    power = math.floor(math.log10(abs(value))) if value else 0
    if -5 < power < 9:
        return f"{value:,.{max(0, digits - 1 - power)}f}"
    return f"{value:.{digits - 1}e}"


def _and(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
