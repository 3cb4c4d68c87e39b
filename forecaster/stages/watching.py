"""The newest rows of a table beside the time before them: errors, intervals, level, spread and calendar."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from forecaster.data.arrays import AnyFloats, Floats, Ints
from forecaster.data.panel import Panel
from forecaster.evaluation.drift import Look, Side, Sums, look
from forecaster.forecasting.fitted import TrainingScales


@dataclass(frozen=True)
class Checked:
    """What is checked.

    Attributes:
        meaning: What its value says, for the page.
        side: Which deviations count.
        least: The least standard deviation that is believed.
    """

    meaning: str
    side: Side
    least: float


CHECKS: dict[str, Checked] = {
    "error": Checked("mean absolute error, in units of MASE", "above", 0.05),
    "bias": Checked("mean error of the forecasts, forecast less actual, in units of MASE", "either", 0.02),
    "coverage": Checked("share of the actual values inside the interval", "below", 0.02),
    "level": Checked("change against the four seasons before, in units of MASE", "either", 0.02),
    "spread": Checked("size of the steps from row to row, over that of the seasons before", "either", 0.02),
    "calendar": Checked(
        "how far the course from row to row differs from that of the seasons before", "above", 0.02
    ),
}
# The seasons before that a row is held against, by their median: one of them may have been unusual.
SEASONS = 4
# Those whose logarithm is tested: ratios and sizes.
_LOGS = ("error", "spread", "calendar")


@dataclass(frozen=True)
class Quantities:
    """The quantities of one stretch after the other, from the newest back.

    Attributes:
        values: By check, (stretches,), the value of each stretch of the same length; logarithms where those are tested.
        ages: By check, the number of steps that these stretches cover.
    """

    values: Mapping[str, Floats]
    ages: Mapping[str, int]


def of_forecasts(
    actual: AnyFloats,
    forecast: AnyFloats,
    interval: tuple[AnyFloats, AnyFloats] | None,
    scale: Floats,
    age: Ints,
    *,
    length: int,
) -> Quantities:
    """Return the errors, the bias and the coverage of forecasts, by stretch.

    Args:
        actual: (windows, horizon, targets), NaN where not observed.
        forecast: (windows, horizon, targets).
        interval: The lower and the upper ends of an interval, each (windows, horizon, targets); None without one.
        scale: (windows, targets), what errors are divided by.
        age: (windows,), the steps from the last target of each window to the last row of its series.
        length: The steps of a stretch; windows whose targets all lie within it belong to it.
    """
    usable = np.where(np.isfinite(scale) & (scale > 0), scale, np.nan)[:, None]
    error = (forecast.astype(np.float64) - actual) / usable
    ages = int(age.max()) + 1 if len(age) else 0
    starts = length - actual.shape[1] + 1
    at = np.broadcast_to(age[:, None, None], error.shape).ravel()
    absolute = Sums.of(np.abs(error).ravel(), at, ages).middles(starts)
    found = {"error": _log(absolute), "bias": Sums.of(error.ravel(), at, ages).middles(starts)}
    if interval is not None:
        low, high = interval
        inside = np.where(np.isnan(actual), np.nan, (low <= actual) & (actual <= high)).astype(np.float64)
        found["coverage"] = Sums.of(inside.ravel(), at, ages).stretches(starts)
    return Quantities(found, dict.fromkeys(found, ages + actual.shape[1] - 1))


def of_rows(panel: Panel, ends: Ints, scale: Floats, *, lag: int, length: int, most: int) -> Quantities:
    """Return the level, the spread, the calendar and the missing share of the rows, by stretch.

    Args:
        panel: The series, with missing values.
        ends: (series,), the number of rows of each up to its last one that counts.
        scale: (series, targets), what differences are divided by.
        lag: The steps from a row to the one that it is compared with: whole seasons, and at least a stretch.
        length: The steps of a stretch.
        most: The largest number of steps before the end to look at.
    """
    n = len(panel.targets)
    series = np.repeat(np.arange(len(panel.ids)), panel.lengths)
    local = np.arange(len(series)) - panel.offsets[series]
    age = ends[series] - 1 - local
    usable = np.where(np.isfinite(scale) & (scale > 0), scale, np.nan)
    y = panel.values[:, :n] / usable[series]
    step = y - _shifted(y, 1, local)
    change, then = y - _as_before(y, lag, local), _as_before(step, lag, local)
    both = np.isfinite(step) & np.isfinite(then)
    at = np.broadcast_to(age[:, None], y.shape).ravel()

    def sums(values: Floats) -> Floats:
        return Sums.of(values.ravel(), at, most).stretches(length)

    now, before, off = (sums(np.where(both, np.abs(part), np.nan)) for part in (step, then, step - then))
    missing = np.isnan(panel.values[:, :n]).astype(np.float64)
    level = Sums.of(change.ravel(), at, most).middles(length)
    found = {
        "level": level,
        "spread": _log(now) - _log(before),
        "calendar": _log(off) - _log(now + before),
        "missing": sums(missing),
    }
    known = Sums.of(change.ravel(), at, most).count
    reached = int(np.flatnonzero(known).max()) + 1 if known.any() else 0
    return Quantities(found, dict.fromkeys(found, reached))


def looks(newest: Quantities, before: Quantities, *, length: int, rate: float) -> list[Look]:
    """Hold every check of the newest stretch against the stretches before.

    Args:
        newest: The quantities of the newest rows; the first stretch is looked at.
        before: Those of the time before.
        length: The steps of a stretch.
        rate: The probability of any alarm at all where nothing has changed, which the checks share.
    """
    names = [name for name in CHECKS if name in newest.values and len(newest.values[name])]
    found = []
    for name in names:
        check, past = CHECKS[name], before.values.get(name, np.empty(0))
        one = look(
            name,
            float(newest.values[name][0]),
            past,
            stretches=before.ages.get(name, 0) // length,
            side=check.side,
            least=check.least,
            limit=rate / len(names),
        )
        if name == "coverage":
            # A share ends at 1.
            one = replace(one, high=min(one.high, 1.0))
        found.append(_in_units(one) if name in _LOGS else one)
    return found


def scales_of(training: TrainingScales | None, ids: tuple[str, ...], n_targets: int) -> Floats:
    """Return (series, targets), the MASE scale of each series in the training; NaN for one that training never saw.

    Args:
        training: The scales of the training rows.
        ids: The series.
        n_targets: The number of targets.
    """
    found = np.full((len(ids), n_targets), np.nan)
    if training is None:
        return found
    place = {name: i for i, name in enumerate(training.ids)}
    rows = np.array([place.get(name, -1) for name in ids], dtype=np.int64)
    found[rows >= 0] = training.naive_error[rows[rows >= 0]]
    return found


def _in_units(one: Look) -> Look:
    """Return a look at a logarithm with the numbers themselves."""
    value, usual, low, high = (
        math.exp(min(x, 700.0)) if not math.isnan(x) else x for x in (one.value, one.usual, one.low, one.high)
    )
    return Look(one.name, value, usual, low, high, one.stretches, one.p, one.limit)


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log(values), np.nan)


def _as_before(values: Floats, lag: int, local: Ints) -> Floats:
    """Return the median of the values one to SEASONS lags before each, of those that there are."""
    past = np.stack([_shifted(values, k * lag, local) for k in range(1, SEASONS + 1)])
    there = np.isfinite(past).sum(axis=0)
    # What is not there is sorted to the end.
    ordered = np.sort(np.where(np.isfinite(past), past, np.inf), axis=0)
    places = (np.maximum(there - 1, 0) // 2, np.minimum(there // 2, SEASONS - 1))
    low, high = (np.take_along_axis(ordered, place[None], axis=0)[0] for place in places)
    found: Floats = np.where(there > 0, 0.5 * (low + np.where(there > 0, high, 0.0)), np.nan)
    return found


def _shifted(values: Floats, lag: int, local: Ints) -> Floats:
    """Return the value `lag` rows before each, in the same series; NaN where there is none."""
    out = np.full_like(values, np.nan)
    if lag < len(values):
        out[lag:] = values[:-lag]
    out[local < lag] = np.nan
    return out
