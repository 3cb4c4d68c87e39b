# ruff: noqa: UP013  A key that is no name, or that the code has another word for, stands in a functional TypedDict.
"""The forms of metrics.json, backtest.json and importance.json."""

from __future__ import annotations

from typing import Literal, NotRequired

from pydantic import TypeAdapter

# On Python 3.11 pydantic takes no TypedDict of the standard library.
from typing_extensions import TypedDict

from forecaster.runs.schemas.base import Finite, FormatVersion, Number, Stamp, Whole, closed

ScoresEntry = dict[str, dict[str, Number]]


@closed
class LeftOutEntry(TypedDict):
    """How much a metric leaves out."""

    count: Whole
    of: Whole


@closed
class LossTestEntry(TypedDict):
    """The test of one loss."""

    verdict: Literal["better", "worse", "undecided"]
    difference: Number
    statistic: Number
    p: Number
    cutoffs: Whole
    series: Whole | None


@closed
class VerdictEntry(TypedDict):
    """The verdict on the model against one baseline."""

    verdict: Literal["better", "worse", "undecided", "mixed"]
    absolute: NotRequired[LossTestEntry]
    squared: NotRequired[LossTestEntry]
    cutoffs_needed: Whole
    series_needed: Whole


@closed
class SplitScores(TypedDict):
    """The scores of a split."""

    windows: Whole
    scores: ScoresEntry
    intervals: NotRequired[ScoresEntry]
    left_out: dict[str, LeftOutEntry]
    verdicts: NotRequired[dict[str, VerdictEntry]]
    relative: NotRequired[ScoresEntry]


@closed
class MetricsFile(TypedDict):
    """metrics.json of a run."""

    format_version: FormatVersion
    splits: dict[Literal["val", "test"], SplitScores]


@closed
class PlanEntry(TypedDict):
    """The plan of a backtest."""

    folds: Whole
    step: Whole
    refit: bool
    window: str


@closed
class FoldScores(SplitScores):
    """The scores of a fold."""

    fold: Whole
    first_cutoff: str
    last_cutoff: str


@closed
class SpreadEntry(TypedDict):
    """A metric over the folds."""

    mean: Number
    std: Number
    min: Number
    max: Number


# The test of a difference between two forecasts. Cutoffs are called origins in the file.
ComparisonEntry = TypedDict(
    "ComparisonEntry",
    {
        "difference": Number,
        "statistic": Number,
        "p": Number,
        "origins": Whole,
        "series": NotRequired[Whole | None],
    },
)
closed(ComparisonEntry)


Spreads = dict[str, dict[str, SpreadEntry | None]]


@closed
class SummaryEntry(TypedDict):
    """The scores over the folds."""

    scores: Spreads
    intervals: Spreads


@closed
class BacktestFile(TypedDict):
    """metrics.json of a backtest."""

    format_version: FormatVersion
    plan: PlanEntry
    folds: list[FoldScores]
    summary: SummaryEntry
    comparisons: dict[str, ComparisonEntry]


@closed
class PartImportance(TypedDict):
    """The importance of an input or of a range of lags."""

    name: str
    mean: Finite
    std: Finite


@closed
class ImportanceFile(TypedDict):
    """importance.json."""

    format_version: FormatVersion
    split: str
    windows: Whole
    repeats: Whole
    seed: Stamp
    scaled_mae: Finite
    inputs: list[PartImportance]
    lags: list[PartImportance]


METRICS = TypeAdapter(MetricsFile)
BACKTEST = TypeAdapter(BacktestFile)
IMPORTANCE = TypeAdapter(ImportanceFile)
