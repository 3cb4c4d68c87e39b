"""What the report shows: the files of a run directory and its table, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from forecaster.data.spec import DataSpec, WindowSpec
from forecaster.data.time_axis.axis import TimeAxis
from forecaster.reporting.forecasts import StoredForecasts
from forecaster.reporting.history import History
from forecaster.reporting.newest import NewestForecasts


class MetricFacts(Protocol):
    """What the report needs to know about a metric."""

    @property
    def label(self) -> str:
        """The name in table headings and sentences."""

    @property
    def meaning(self) -> str:
        """What it measures and in which unit, as a phrase."""

    @property
    def loss(self) -> str | None:
        """Whether it is a mean of absolute or of squared errors, up to units; None where it is neither."""

    @property
    def ideal(self) -> float | None:
        """The value that the best forecast comes closest to; None where no value is better by itself."""


@dataclass(frozen=True)
class Contents:
    """A run as the report shows it. See docs/run-directory.md for the files.

    Attributes:
        experiment_name: The name in the YAML file.
        run_name: The name of the run directory.
        manifest: The content of manifest.json.
        data: The data section of the YAML file.
        window: The window section of the YAML file.
        settings: Those that the advice depends on; see `Facts`.
        config: The text of resolved.yaml.
        season: Steps in one season.
        splits: The splits of metrics.json.
        judged: The split that the verdict is about; None where the run has no windows outside
            training.
        headline: The metric that the verdict is about; None where none can be computed.
        metric: Finds what there is to know about a metric by its name in metrics.json.
        best: The best baseline on that metric; None where nothing can be compared.
        verdict_title: The verdict in a few words.
        verdict_cells: The verdict on the model against each baseline, in a word or two; empty where there is none.
        verdicts: The verdict in sentences, the best baseline first.
        remarks: Sentences about what the scores leave out.
        epochs: The rows of history.csv.
        ranges: The series of splits.json.
        time_axis: The time axis of the training rows.
        forecasts: The content of forecasts.csv, or None.
        history: The table that the run was trained on, or None where it is gone or changed.
        ahead: The forecast of the next horizon, or None.
        events: The event that the run began with.
        by_step: Mean absolute error of every baseline at each step.
        importance: The content of importance.json, or None.
        notes: Why something is left out.
    """

    experiment_name: str
    run_name: str
    manifest: Mapping[str, Any]
    data: DataSpec
    window: WindowSpec
    settings: Mapping[str, Any]
    config: str
    season: int
    splits: Mapping[str, Mapping[str, Any]]
    judged: str | None
    headline: str | None
    metric: Callable[[str], MetricFacts]
    best: str | None
    verdict_title: str
    verdict_cells: Mapping[str, str]
    verdicts: Sequence[str]
    remarks: Sequence[str]
    epochs: Sequence[Mapping[str, Any]]
    ranges: Sequence[Mapping[str, Any]]
    time_axis: TimeAxis
    forecasts: StoredForecasts | None
    history: History | None
    ahead: NewestForecasts | None
    events: Mapping[str, Any]
    by_step: Mapping[str, Sequence[float | None]]
    importance: Mapping[str, Any] | None
    notes: Sequence[str]
