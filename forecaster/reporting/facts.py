"""What the rules of `advice` read and return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forecaster.data.arrays import Floats
from forecaster.reporting.diagnosis import Autocorrelation, Coverage, Cycle, Histogram
from forecaster.reporting.history import History

# The losses of the tests in a verdict of metrics.json.
LOSSES = ("absolute", "squared")


@dataclass(frozen=True)
class Advice:
    """Something that stands out.

    Attributes:
        title: What it is, in a few words.
        seen: The numbers that show it, as a sentence.
        next: What to try, as a sentence.
    """

    title: str
    seen: str
    next: str


@dataclass(frozen=True)
class Facts:
    """The numbers of a run that rules read.

    The breakdowns of errors are those of one target, and None or empty where unknown.

    Attributes:
        epochs: The rows of history.csv, numbers as numbers.
        most_epochs: The value of training.epochs.
        scores: The splits of metrics.json.
        metric: The metric that the verdict is about; None where none can be computed.
        metric_label: Its name in sentences.
        lookback: Steps that the model sees.
        season: Steps in one season.
        normalization: The value of model.normalization.
        calendar: The value of data.calendar.
        calibration: The value of evaluation.calibration.
        cycles: Errors by calendar unit.
        histogram: Distribution of the errors.
        mae: Mean absolute error.
        autocorrelation: Autocorrelation of the errors one step ahead.
        coverage: Coverage of the intervals of each level.
        line_scores: The error of every target of every series, NaN where unknown.
        history: The table that the run was trained on.
        smoke: Whether this is a smoke run.
        target: The number of the target.
        name: Its name, where there are several; empty for the only one.
        anchored: Whether model.anchor is set.
        seasonal: Whether model.season is set.
        metrics: The label of each metric of the scores, and whether it is about absolute or squared errors.
        is_point: Whether the network forecasts a point, which is what training.loss makes of it.
    """

    epochs: Sequence[Mapping[str, Any]]
    most_epochs: int
    scores: Mapping[str, Mapping[str, Any]]
    metric: str | None
    metric_label: str
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
    line_scores: Floats
    history: History | None
    smoke: bool = False
    target: int = 0
    name: str = ""
    anchored: bool = False
    seasonal: bool = False
    is_point: bool = True
    metrics: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)


def outcomes_of(verdict: Mapping[str, Any]) -> list[str]:
    """Return what the tests of a verdict of metrics.json say of the model: better, worse or undecided, by loss."""
    return [verdict[loss]["verdict"] for loss in LOSSES if loss in verdict]
