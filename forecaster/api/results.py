"""The results of a backtest and of a search, as Python programs use them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.api.frames import DEFAULT_KIND, to_kind
from forecaster.api.run import Run

if TYPE_CHECKING:
    from forecaster.pipeline.tune import SearchResult


@dataclass(frozen=True)
class Backtest:
    """A complete backtest.

    Attributes:
        path: The directory of the backtest.
        metrics: The scores of every fold, their mean and spread, and the tests, as in metrics.json.
        notes: Remarks about the folds, in plain sentences.
        already_complete: Whether the directory held the complete backtest, so that nothing was trained.
    """

    path: Path
    metrics: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    already_complete: bool = field(default=False, repr=False)
    _kind: str = field(default=DEFAULT_KIND, repr=False)

    @property
    def forecasts(self) -> Any:
        """A table with every forecast of every fold: cutoff, forecast, intervals and actual value.

        Its library is that of the table that was passed to `backtest`, or pandas.
        """
        from pyarrow import csv

        return to_kind(csv.read_csv(self.path / "forecasts.csv"), self._kind)


@dataclass(frozen=True)
class Search:
    """A finished search.

    Attributes:
        run: The run of the best config.
        best: The values of the best trial, by hyperparameter.
        score: The score of the best trial, in the metric of tune.objective.
        ended: The reason why the search ended.
        config: The YAML file of the best config.
        result: The search with all its trials, for further computation.
    """

    run: Run
    best: dict[str, Any]
    score: float
    ended: str
    config: Path
    result: SearchResult = field(repr=False)

    @property
    def space(self) -> dict[str, Any]:
        """What was searched: the search nodes by hyperparameter, those of a built-in space too."""
        return self.result.space

    @property
    def trials(self) -> list[dict[str, Any]]:
        """A row for each trial: its values, score, state and, if it failed, the reason."""
        from forecaster.search.summary import trial_rows

        return trial_rows(self.result.tuned.trials, self.result.experiment.search_space)
