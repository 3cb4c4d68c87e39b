"""Verdicts: whether the model is better than each baseline, worse, or cannot be told apart from it.

A verdict is made when a run is scored, on the absolute errors, on the squared errors, or on
both, as the metrics of the table have it. It is stored in metrics.json, so that everything
that shows a run says the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

import numpy as np

from forecaster.data.arrays import AnyFloats
from forecaster.evaluation.comparison import ComparedForecast, Grouped
from forecaster.evaluation.headline import LOSSES, Loss
from forecaster.evaluation.metrics import METRICS
from forecaster.evaluation.significance import (
    MIN_SERIES,
    Comparison,
    WindowLosses,
    cutoffs_needed,
    window_losses,
)

Outcome = Literal["better", "worse", "undecided"]
"""What a test says of the model: its losses are lower, higher, or cannot be told apart from those of the other."""


class LossTest(TypedDict):
    """The test of one loss, as in metrics.json: a `Comparison`, its `origins` called cutoffs, and what it says."""

    verdict: Outcome
    difference: float | None
    statistic: float | None
    p: float | None
    cutoffs: int
    series: int | None


class Verdict(TypedDict):
    """The verdict on the model against one baseline, as in metrics.json."""

    verdict: Literal["better", "worse", "undecided", "mixed"]
    """What all tests say; "mixed" where they do not agree."""
    absolute: NotRequired[LossTest]
    squared: NotRequired[LossTest]
    cutoffs_needed: int
    """The fewest cutoffs that the test over cutoffs takes."""
    series_needed: int
    """The fewest series that the test over series takes."""


def losses_to_test(metrics: Iterable[str]) -> list[Loss]:
    """Return the losses that a table of these point metrics is about; absolute errors where none is."""
    found = {METRICS[name].loss for name in metrics}
    return [loss for loss in LOSSES if loss in found] or ["absolute"]


def judge(
    model: ComparedForecast, baselines: Mapping[str, AnyFloats], *, losses: Sequence[Loss]
) -> dict[str, Verdict]:
    """Compare the model with every baseline on the same windows.

    Args:
        model: The forecasts of the model, with the actual values and the scales of the errors.
        baselines: (windows, horizon, targets) of each, original units.
        losses: The losses to test.

    Returns:
        A verdict for each baseline.
    """
    grouped = Grouped.of(model)

    def losses_of(forecast: AnyFloats) -> dict[Loss, WindowLosses]:
        return {
            loss: window_losses(model.actual, forecast, model.scale, squared=loss == "squared")
            for loss in losses
        }

    own = losses_of(model.forecast)
    found: dict[str, Verdict] = {}
    for name, forecast in baselines.items():
        other = losses_of(forecast)
        tests = {loss: _loss_test(_compared(grouped, own[loss], other[loss])) for loss in losses}
        outcomes = {test["verdict"] for test in tests.values()}
        verdict: Verdict = {
            "verdict": outcomes.pop() if len(outcomes) == 1 else "mixed",
            "cutoffs_needed": cutoffs_needed(grouped.horizon),
            "series_needed": MIN_SERIES,
        }
        for loss, test in tests.items():
            verdict[loss] = test
        found[name] = verdict
    return found


def outcome(test: Comparison) -> Outcome:
    """Return what a test says of the first forecast."""
    if not test.real:
        return "undecided"
    return "better" if test.difference < 0 else "worse"


def _compared(grouped: Grouped, own: WindowLosses, other: WindowLosses) -> Comparison:
    """Test the losses; a forecast that is missing anywhere cannot be judged by the rest."""
    if np.isfinite(own.total).all() and np.isfinite(other.total).all():
        return grouped.test(own, other)
    return Comparison(math.nan, None, None, 0)


def _loss_test(test: Comparison) -> LossTest:
    def plain(value: float | None) -> float | None:
        return value if value is not None and math.isfinite(value) else None

    return {
        "verdict": outcome(test),
        "difference": plain(test.difference),
        "statistic": plain(test.statistic),
        "p": test.p,
        "cutoffs": test.origins,
        "series": test.series,
    }
