"""What to try next: rules over the numbers of one run.

A rule reads `Facts` and returns an `Advice` with the numbers that it rests on, or None.
Rules find what may be wrong, also on the test range, but none picks the setting with the
best test score: what they suggest is to be compared on validation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from forecaster.reporting.facts import Advice, Facts
from forecaster.reporting.verdict_advice import level_with_the_best, worse_than_a_baseline
from forecaster.text import joined

# Over-fitting: the last validation loss relative to the best.
RISEN = 1.05
# Unfinished training: the share by which the last fifth of the epochs lowered the loss.
STILL_FALLING = 0.01
# Drift: the shift of the mean in training standard deviations, and the ratio of the spreads.
SHIFT, SPREAD = 1.0, 2.0
# Series examined for drift; more would hardly change the median.
DRIFT_SERIES = 1_000
# A hard test range: the test error relative to the validation error.
WORSE_ON_TEST = 1.3
# Bias: the mean error relative to the mean absolute error.
BIASED = 0.3
# Repeating errors: the autocorrelation of one-step errors.
CORRELATED = 0.3
# Intervals: the difference between observed and nominal coverage in percentage points.
OFF_LEVEL = 5.0
# A bad weekday: its error relative to the median weekday.
BAD_WEEKDAY = 1.5
FEW_WINDOWS = 30
# A bad series: its error relative to the median series.
OUTLYING = 4.0


def advice(facts: Sequence[Facts]) -> list[Advice]:
    """Return what stands out, the most serious first.

    Args:
        facts: The facts of each target, which agree in all that is not of one target.
    """
    found = []
    for rule in RULES:
        if rule not in OF_A_TARGET:
            found += [one for one in [rule(facts[0])] if one is not None]
            continue
        for of_target in facts:
            one = rule(of_target)
            if one is not None:
                title = f"{of_target.name}: {one.title}" if of_target.name else one.title
                found.append(replace(one, title=title))
    return found


def _smoke(f: Facts) -> Advice | None:
    if not f.smoke:
        return None
    return Advice(
        "This is a smoke run",
        "64 training windows and one epoch show that the experiment runs, not how good the model is.",
        "Train without --smoke.",
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
        "Over-fitting: the training loss keeps falling while the validation loss rises",
        f"The validation loss is {low:.3g} at epoch {rows[best]['epoch']} and {last:.3g} at epoch "
        f"{rows[-1]['epoch']}. The weights of epoch {rows[best]['epoch']} are kept.",
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
        "Training ended while the loss was still falling",
        f"The last of {len(rows)} epochs is the best, and the last fifth of them lowered the "
        f"{'validation ' if key == 'val_loss' else ''}loss by {100 * (1 - values[-1] / before):.1f} %.",
        f"Try training.epochs: {2 * f.most_epochs}, with training.early_stopping to end earlier where it can.",
    )


def _too_fast(f: Facts) -> Advice | None:
    rows = [r for r in f.epochs if r.get("member", 0) == 0 and r.get("val_loss") is not None]
    if len(rows) < 5 or min(range(len(rows)), key=lambda i: rows[i]["val_loss"]) > 0:
        return None
    return Advice(
        "The first epoch is the best",
        f"None of the {len(rows) - 1} epochs after it lowered the validation loss.",
        "Try a third of the present learning rate, or training.steps_per_epoch to validate more often.",
    )


def _drift(f: Facts) -> Advice | None:
    if f.history is None:
        return None
    shifts, ratios = [], []
    for s in range(min(len(f.history.ids), DRIFT_SERIES)):
        train, test = (f.history.of_split(s, f.target, split) for split in (0, 2))
        if len(train) > 1 and len(test) > 1 and train.std() > 0:
            shifts.append((test.mean() - train.mean()) / train.std())
            ratios.append(test.std() / train.std())
    if not shifts:
        return None
    shift, ratio = float(np.median(shifts)), float(np.median(ratios))
    wide = ratio > SPREAD or ratio < 1 / SPREAD
    if abs(shift) < SHIFT and not wide:
        return None
    seen = f"The mean of the test range lies {abs(shift):.1f} training standard deviations "
    seen += f"{'above' if shift > 0 else 'below'} that of the training range, and its standard deviation is "
    seen += f"{ratio:.2g} times as large (medians over the series)."
    ways = ["training on more recent rows (data.start)", "training more often"]
    if f.normalization == "none":
        ways.insert(0, "model.normalization: mean or last, which removes the level")
    if wide:
        ways.insert(0, "scaling.method: log, where the spread grows with the level")
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
    seen = f"{f.metric_label} is {abs(a):.3g} on validation and {abs(b):.3g} on test. "
    if harder:
        seen += "The errors of the baselines grow as well, so the test range is harder."
        ways = "Before changing the model, look at the errors by weekday and hour, and at the data of the test range."
    else:
        seen += "The errors of the baselines do not."
        ways = "Do not tune further on this validation range alone: lengthen split.val, or run forecaster backtest."
    return Advice("Test errors are much larger than validation errors", seen, ways)


def _biased(f: Facts) -> Advice | None:
    if f.histogram is None or not f.mae or abs(f.histogram.mean) < BIASED * f.mae:
        return None
    mean = f.histogram.mean
    others = [name for name in ("last", "mean") if name != f.normalization]
    ways = [f"Try model.normalization: {joined(others, word='or')}."]
    if f.is_point:
        ways.append(
            "With training.loss: mae the model forecasts the median; with mse it forecasts the mean, which is higher "
            "where large values are rare."
        )
    return Advice(
        f"Forecasts are too {'high' if mean > 0 else 'low'} on average",
        f"The mean error is {mean:+.3g}, with a mean absolute error of {f.mae:.3g}.",
        " ".join(ways),
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
            f"The correlation of one-step errors {lag * found.every} steps apart is {value:.2f}.",
            f"Try {joined(_for_the_season(f), word='or')}.",
        )
    if lags and found.every == 1 and lags[0][1] == 1:
        return Advice(
            "Consecutive errors are correlated",
            f"The correlation of one-step errors at neighbouring cutoffs is {lags[0][0]:.2f}, so the model does not "
            "make full use of recent changes.",
            "Try "
            + ("" if f.normalization == "last" else "model.normalization: last, ")
            + "more epochs, or covariates that explain these changes.",
        )
    return None


def _for_the_season(f: Facts) -> list[str]:
    """Return what may make the model follow the season, as far as the config does not have it."""
    ways = []
    if f.lookback < 2 * f.season:
        ways.append(f"a window.lookback of at least {2 * f.season}")
    if not f.seasonal:
        ways.append(f"model.season: {f.season}")
    if not f.calendar:
        ways.append("calendar features (data.calendar)")
    return [*ways, "a search (forecaster tune)"]


def _off_level(f: Facts) -> Advice | None:
    off = [c for c in f.coverage if c.observed is not None and abs(c.observed - c.level) > OFF_LEVEL]
    if not off:
        return None
    worst = max(off, key=lambda c: abs((c.observed or 0) - c.level))
    narrow = (worst.observed or 0) < worst.level
    ways = ["evaluation.calibration: adaptive, which follows errors that change over time"]
    if f.calibration == "adaptive":
        ways.clear()
    ways.append(
        "evaluation.calibration: conformal" if f.calibration == "none" else "a longer validation range"
    )
    return Advice(
        f"Intervals are too {'narrow' if narrow else 'wide'}",
        f"The {worst.level:g} % interval holds {worst.observed:.1f} % of the test values.",
        f"Try {', or '.join(ways)}.",
    )


def _uneven(f: Facts) -> Advice | None:
    for cycle in f.cycles:
        there = [(m, name) for m, name in zip(cycle.mae, cycle.labels, strict=True) if m is not None]
        high, low = max(there), min(there)
        usual = float(np.median([m for m, _ in there]))
        if (
            cycle.name == "weekday"
            and usual > 0
            and high[0] > BAD_WEEKDAY * usual
            and "dayofweek" not in f.calendar
        ):
            return Advice(
                f"Errors are largest on {high[1]}",
                f"The mean absolute error is {high[0]:.3g} on {high[1]} and {low[0]:.3g} on {low[1]}.",
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
        f"Their error is more than {OUTLYING:g} times the median; the largest is {scores.max() / middle:.1f} times.",
        "Look at the worst series below for gaps, a change of level or unit, or too little history.",
    )


def _few_windows(f: Facts) -> Advice | None:
    table = f.scores.get("test")
    if table is None or f.smoke or table["windows"] >= FEW_WINDOWS:
        return None
    return Advice(
        "Few test windows",
        f"The scores rest on {table['windows']:,} windows, so a difference between two models may be chance.",
        "Lengthen split.test, or run forecaster backtest.",
    )


RULES: tuple[Callable[[Facts], Advice | None], ...] = (
    _smoke, worse_than_a_baseline, level_with_the_best, _over_fitting, _not_done, _too_fast, _drift, _worse_on_test,
    _biased, _structure_left, _off_level, _uneven, _outlying, _few_windows,
)  # fmt: skip
# Rules about the errors or the values of one target.
OF_A_TARGET = (_drift, _biased, _structure_left, _off_level, _uneven)
