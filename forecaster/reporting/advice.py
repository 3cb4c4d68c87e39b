"""What to try next: rules over a run's own numbers, each with the numbers it rests on.

A rule sees Facts and returns an Advice or None. Nothing here looks at a test score to
choose a setting: what a rule suggests is to be compared on validation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecaster.reporting.diagnosis import Autocorrelation, Coverage, Cycle, Histogram
from forecaster.reporting.history import History

Array = NDArray[np.float64]

# A validation loss this much above its best at the end says over-fitting.
RISEN = 1.05
# An improvement of the last fifth of the epochs that says there is more to gain.
STILL_FALLING = 0.01
# A shift of the mean in training standard deviations, and a ratio of spreads, that say drift.
SHIFT, SPREAD = 1.0, 2.0
# Series looked at for drift; more would not change the share.
DRIFT_SERIES = 1_000
WORSE_ON_TEST = 1.3
BIASED = 0.3
CORRELATED = 0.3
OFF_LEVEL = 5.0
UNEVEN = 3.0
FEW_WINDOWS = 30
OUTLYING = 4.0


@dataclass(frozen=True)
class Advice:
    title: str
    seen: str
    """The numbers."""
    next: str
    """What to try."""


@dataclass(frozen=True)
class Facts:
    """epochs: rows of history.csv, numbers as numbers. scores: by split, as in metrics.json. metric: the one
    the verdict is about. For each of the other parts: of the first target, None or empty where unknown."""

    epochs: Sequence[Mapping[str, Any]]
    most_epochs: int
    scores: Mapping[str, Mapping[str, Any]]
    metric: str | None
    lookback: int
    season: int
    normalization: str
    calendar: Sequence[str]
    calibration: str
    cycles: Sequence[Cycle]
    histogram: Histogram | None
    mae: float | None
    autocorrelation: Autocorrelation | None
    coverage: Sequence[Coverage]
    line_scores: Array
    history: History | None
    smoke: bool = False


def advice(facts: Facts) -> list[Advice]:
    """What stands out, the gravest first."""
    return [found for rule in RULES if (found := rule(facts)) is not None]


def _smoke(f: Facts) -> Advice | None:
    if not f.smoke:
        return None
    return Advice(
        "This was a smoke run",
        "64 training windows and one epoch: it shows that the path works, not how good the model is.",
        "Train without --smoke.",
    )


def _lost(f: Facts) -> Advice | None:
    table = f.scores.get("test") or f.scores.get("val")
    if table is None or f.metric is None:
        return None
    own = table["scores"]["model"].get(f.metric)
    rivals = {n: row.get(f.metric) for n, row in table["scores"].items() if n != "model"}
    ahead = {n: v for n, v in rivals.items() if v is not None and own is not None and abs(v) < abs(own)}
    if not ahead:
        return None
    best = min(ahead, key=lambda n: abs(ahead[n]))
    ways = [f"model.anchor (ridge) or model.season: {f.season}, which the network then corrects"]
    if f.lookback < f.season:
        ways.insert(0, f"window.lookback: {2 * f.season}, which covers a season ({f.lookback} does not)")
    ways.append("a search for learning rate, units and lookback (forecaster tune)")
    return Advice(
        f"The model loses to {best}",
        f"{ahead[best]:.3g} against the model's {own:.3g} on {f.metric.upper()}: use {best} until that changes.",
        f"Try {'; '.join(ways)}.",
    )


def _over_fitting(f: Facts) -> Advice | None:
    rows = [r for r in f.epochs if r.get("member", 0) == 0 and r.get("val_loss") is not None]
    if len(rows) < 4:
        return None
    best = min(range(len(rows)), key=lambda i: rows[i]["val_loss"])
    low, last = rows[best]["val_loss"], rows[-1]["val_loss"]
    if not (low > 0 and last > RISEN * low and rows[-1]["loss"] < rows[best]["loss"]):
        return None
    return Advice(
        "Over-fitting: training goes on falling while validation rises",
        f"Validation loss {low:.3g} at epoch {rows[best]['epoch']}, {last:.3g} at epoch {rows[-1]['epoch']}; the "
        f"weights of epoch {rows[best]['epoch']} are the ones kept.",
        "Try dropout on the layers, fewer units, weight decay, or a lower learning rate with a schedule.",
    )


def _not_done(f: Facts) -> Advice | None:
    rows = [r for r in f.epochs if r.get("member", 0) == 0]
    key = "val_loss" if rows and rows[-1].get("val_loss") is not None else "loss"
    if f.smoke or len(rows) < 2 or len(rows) < f.most_epochs:
        return None
    values = [r[key] for r in rows]
    before = min(values[: max(1, len(values) - max(1, len(values) // 5))])
    if values[-1] > min(values) or before <= 0 or 1 - values[-1] / before < STILL_FALLING:
        return None
    return Advice(
        "Training stopped while it was still getting better",
        f"The last of {len(rows)} epochs is the best, and the last fifth of them improved the "
        f"{'validation ' if key == 'val_loss' else ''}loss by {100 * (1 - values[-1] / before):.1f} %.",
        f"Try training.epochs: {2 * f.most_epochs}, with early_stopping to end it.",
    )


def _too_fast(f: Facts) -> Advice | None:
    rows = [r for r in f.epochs if r.get("member", 0) == 0 and r.get("val_loss") is not None]
    if len(rows) < 5 or min(range(len(rows)), key=lambda i: rows[i]["val_loss"]) > 0:
        return None
    return Advice(
        "The first epoch was the best",
        f"{len(rows) - 1} more epochs improved validation by nothing.",
        "Try a learning rate of a third of the present one, or steps_per_epoch to look more often.",
    )


def _drift(f: Facts) -> Advice | None:
    if f.history is None:
        return None
    shifts, ratios = [], []
    for s in range(min(len(f.history.ids), DRIFT_SERIES)):
        train, test = f.history.of_split(s, 0, 0), f.history.of_split(s, 0, 2)
        if len(train) > 1 and len(test) > 1 and train.std() > 0:
            shifts.append((test.mean() - train.mean()) / train.std())
            ratios.append(test.std() / train.std())
    if not shifts:
        return None
    shift, ratio = float(np.median(shifts)), float(np.median(ratios))
    wide = ratio > SPREAD or ratio < 1 / SPREAD
    if abs(shift) < SHIFT and not wide:
        return None
    seen = f"The test range lies {abs(shift):.1f} training standard deviations {'above' if shift > 0 else 'below'} "
    seen += f"the training range, and its spread is {ratio:.2g} times as large (median of the series)."
    ways = ["train on more recent rows (data.start)", "train again more often"]
    if f.normalization == "none":
        ways.insert(0, "model.normalization: mean or last, so that levels do not matter")
    if wide:
        ways.insert(0, "scaling.method: log, where values grow with their level")
    return Advice("The series drift between training and test", seen, f"Try {'; '.join(ways)}.")


def _worse_on_test(f: Facts) -> Advice | None:
    if f.metric is None or not {"val", "test"} <= f.scores.keys():
        return None
    val, test = (f.scores[s]["scores"] for s in ("val", "test"))
    a, b = val["model"].get(f.metric), test["model"].get(f.metric)
    if not a or not b or abs(b) < WORSE_ON_TEST * abs(a):
        return None
    others = [
        abs(test[n][f.metric] / val[n][f.metric])
        for n in test
        if n != "model" and n in val and test[n].get(f.metric) and val[n].get(f.metric)
    ]
    harder = bool(others) and float(np.median(others)) > 1 + (WORSE_ON_TEST - 1) / 2
    why = (
        "the baselines are worse there too, so the test range is harder"
        if harder
        else "the baselines are not"
    )
    return Advice(
        "Test errors are much larger than validation errors",
        f"{f.metric.upper()} {abs(a):.3g} on validation, {abs(b):.3g} on test; {why}.",
        "Do not tune further on this validation range alone: lengthen split.val, or judge by rolling origins."
        if not harder
        else "Look at the error by weekday and hour, and at the data of the test range, before changing the model.",
    )


def _biased(f: Facts) -> Advice | None:
    if f.histogram is None or not f.mae or abs(f.histogram.mean) < BIASED * f.mae:
        return None
    mean = f.histogram.mean
    return Advice(
        f"Forecasts are too {'high' if mean > 0 else 'low'} on average",
        f"The mean error is {mean:+.3g}, with a mean absolute error of {f.mae:.3g}.",
        "Try model.normalization: last or mean; a loss of mae forecasts the median, mse the mean, which lies "
        "higher where values are skewed.",
    )


def _structure_left(f: Facts) -> Advice | None:
    found = f.autocorrelation
    if found is None:
        return None
    lags = [
        (abs(v), k + 1)
        for k, v in enumerate(found.values)
        if v is not None and abs(v) > max(CORRELATED, found.bound)
    ]
    at_season = [(v, k) for v, k in lags if f.season > 1 and k * found.every % f.season == 0]
    if at_season:
        value, lag = max(at_season)
        return Advice(
            "Errors repeat with the season",
            f"One-step errors {lag * found.every} steps apart correlate with {value:.2f}.",
            f"Try a window.lookback of at least {2 * f.season}, model.season: {f.season}, or calendar features.",
        )
    if lags and found.every == 1 and lags[0][1] == 1:
        return Advice(
            "One error tells the next",
            f"One-step errors of neighbouring origins correlate with {lags[0][0]:.2f}: recent changes are not used up.",
            "Try model.normalization: last, a longer training, or covariates that explain the runs.",
        )
    return None


def _off_level(f: Facts) -> Advice | None:
    off = [c for c in f.coverage if c.observed is not None and abs(c.observed - c.level) > OFF_LEVEL]
    if not off:
        return None
    worst = max(off, key=lambda c: abs((c.observed or 0) - c.level))
    narrow = (worst.observed or 0) < worst.level
    return Advice(
        f"Intervals are too {'narrow' if narrow else 'wide'}",
        f"The {worst.level:g} % interval holds {worst.observed:.1f} % of the test values.",
        "Try evaluation.calibration: adaptive, which follows errors that change over time"
        + (", or a longer validation range." if f.calibration != "none" else "; or conformal."),
    )


def _uneven(f: Facts) -> Advice | None:
    for cycle in f.cycles:
        there = [(m, name) for m, name in zip(cycle.mae, cycle.labels, strict=True) if m is not None]
        high, low = max(there), min(there)
        usual = float(np.median([m for m, _ in there]))
        if (
            cycle.name == "weekday"
            and usual > 0
            and high[0] > UNEVEN / 2 * usual
            and "dayofweek" not in f.calendar
        ):
            return Advice(
                f"{high[1]} is forecast worst",
                f"A mean absolute error of {high[0]:.3g} against {low[0]:.3g} on {low[1]}.",
                "Try data.calendar: [dayofweek], and holidays where they matter.",
            )
    return None


def _outlying(f: Facts) -> Advice | None:
    scores = f.line_scores[np.isfinite(f.line_scores)]
    if len(scores) < 8:
        return None
    middle = float(np.median(scores))
    far = int((scores > OUTLYING * middle).sum())
    if not far or middle <= 0:
        return None
    return Advice(
        f"{far:,} of {len(scores):,} series {'is' if far == 1 else 'are'} forecast far worse than the rest",
        f"More than {OUTLYING:g} times the median error; the worst has {scores.max() / middle:.1f} times.",
        "Look at the worst series below: gaps, a change of level or of unit, or too little history.",
    )


def _few_windows(f: Facts) -> Advice | None:
    table = f.scores.get("test")
    if table is None or f.smoke or table["windows"] >= FEW_WINDOWS:
        return None
    return Advice(
        "Few test windows",
        f"The scores rest on {table['windows']:,}: a difference between two models may be chance.",
        "Lengthen split.test, or judge by rolling origins.",
    )


RULES: tuple[Callable[[Facts], Advice | None], ...] = (
    _smoke, _lost, _over_fitting, _not_done, _too_fast, _drift, _worse_on_test, _biased, _structure_left,
    _off_level, _uneven, _outlying, _few_windows,
)  # fmt: skip
