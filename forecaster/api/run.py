"""A run, as Python programs use it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from forecaster.api.frames import DEFAULT_KIND, kind_of, to_kind
from forecaster.api.said import OnNote, tell
from forecaster.config.experiment import Experiment
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import TableSource, as_source
from forecaster.runs.directory import RunDir
from forecaster.runs.files import read_json
from forecaster.stages.opened import OpenedRun, open_run

if TYPE_CHECKING:
    import pyarrow as pa

    from forecaster.evaluation.significance import Comparison
    from forecaster.pipeline.evaluate import Evaluated
    from forecaster.pipeline.explain import Explained
    from forecaster.pipeline.future import FutureTable
    from forecaster.pipeline.plot import Plotted
    from forecaster.pipeline.predict import Predicted
    from forecaster.stages.report import Reported


@dataclass(frozen=True)
class Run:
    """A complete run of `train` or `tune`: a directory, and what can be asked of it.

    Attributes:
        path: The run directory.
        experiment: What the run was made from.
        metrics: The scores: `metrics["test"]["scores"]["model"]["mase"]` and the like, as in metrics.json.
        notes: What training remarked.
    """

    path: Path
    experiment: Experiment
    metrics: dict[str, Any] = field(repr=False)
    notes: list[str] = field(default_factory=list, repr=False)
    needs_future: bool = field(default=False, repr=False)
    already_complete: bool = field(default=False, repr=False)
    _table: TableSource | None = field(default=None, repr=False)
    _kind: str = field(default=DEFAULT_KIND, repr=False)

    def predict(
        self,
        data: Any = None,
        *,
        cutoff: Any = None,
        horizon: int | None = None,
        future: Any = None,
        on_note: OnNote | None = None,
    ) -> Any:
        """Forecast the next steps of every series.

        Args:
            data: Newer rows, or other series: a path, or a table of pandas, polars, DuckDB or pyarrow. None
                takes the rows that training ended with or, with a cutoff, the run's own table.
            cutoff: The last timestamp taken as known; the forecast begins one step later. A text, a date, a
                timestamp or, on an axis of integers, a number.
            horizon: Steps; None is the trained horizon. Only head recursive forecasts more.
            future: The covariates that are known ahead, as `future` asks for them: a path or a table.
            on_note: Takes each remark; None issues it as a `ForecasterWarning`.

        Returns:
            A row for each series, target and step, with the columns forecast, forecast-lo-80,
            forecast-hi-80 and so on, in the kind of table that data is (pandas for a path or None).

        Raises:
            DataError: When the table cannot be read, or holds too few rows.
            UsageError: When the horizon or the cutoff cannot be had.
        """
        source, kind = self._source(data)
        found = self.prediction(source, cutoff=cutoff, horizon=horizon, future=future, native_times=True)
        tell(on_note, found.warnings, found.notes)
        return to_kind(found.table, kind, self._schema(source))

    def prediction(
        self,
        data: Any = None,
        *,
        cutoff: Any = None,
        horizon: int | None = None,
        future: Any = None,
        native_times: bool = False,
    ) -> Predicted:
        """Forecast as `predict` does; return the Arrow table with everything that was remarked.

        Args:
            data: As in `predict`.
            cutoff: As in `predict`.
            horizon: As in `predict`.
            future: As in `predict`.
            native_times: Times as Arrow timestamps, not as text.
        """
        from forecaster.pipeline.predict import predict

        return predict(
            self._opened,
            data=None if data is None else as_source(data),
            cutoff=_text(cutoff),
            horizon=horizon,
            future=None if future is None else as_source(future),
            native_times=native_times,
        )

    def future(
        self,
        data: Any = None,
        *,
        cutoff: Any = None,
        horizon: int | None = None,
        on_note: OnNote | None = None,
    ) -> Any:
        """The table of future covariates to fill in: every series and step of the horizon.

        Args:
            data: As in `predict`.
            cutoff: As in `predict`.
            horizon: As in `predict`.
            on_note: As in `predict`.

        Returns:
            A table with an empty cell wherever a value is not known yet; give it to `predict` as `future`.

        Raises:
            UsageError: When the run has no future covariates.
        """
        source, kind = self._source(data)
        found = self.future_table(source, cutoff=cutoff, horizon=horizon, native_times=True)
        tell(on_note, found.warnings, found.notes)
        return to_kind(found.table, kind, self._schema(source))

    def future_table(
        self,
        data: Any = None,
        *,
        cutoff: Any = None,
        horizon: int | None = None,
        native_times: bool = False,
    ) -> FutureTable:
        """The same as `future`, as an Arrow table with everything that was remarked."""
        from forecaster.pipeline.future import future_table

        return future_table(
            self._opened,
            data=None if data is None else as_source(data),
            cutoff=_text(cutoff),
            horizon=horizon,
            native_times=native_times,
        )

    def evaluate(
        self,
        data: Any = None,
        *,
        split: Literal["test", "val"] = "test",
        also: Sequence[str] = (),
        on_note: OnNote | None = None,
    ) -> Evaluation:
        """Score the run again, beside its baselines.

        Args:
            data: Rows that training did not see: a path or a table. None takes the run's own table.
            split: The windows of the run's own table.
            also: Further baselines.
            on_note: Takes each remark; None issues it as a `ForecasterWarning`.

        Raises:
            DataError: When the run's own table is gone or was changed, or no window is left.
            UsageError: For an unknown baseline, or a split without windows.
        """
        from forecaster.pipeline.evaluate import evaluate

        source, kind = self._source(data)
        found = evaluate(self._opened, data=source, split=split, also=also)
        tell(on_note, (), found.notes)
        return Evaluation(str(self.path), found, kind, self._schema(source))

    def explain(self, *, windows: int = 256, repeats: int = 5, seed: int = 0) -> Explained:
        """Measure what each input and each stretch of the past is worth, and add it to the report.

        Args:
            windows: Validation windows at most.
            repeats: Shuffles of each input.
            seed: Of the shuffles.
        """
        from forecaster.pipeline.explain import explain

        return explain(self._opened, windows=windows, repeats=repeats, seed=seed)

    def plot(
        self, *, series: str | None = None, target: str | None = None, output: str | Path | None = None
    ) -> Plotted:
        """Draw one series: its newest test window, with intervals and what happened.

        Args:
            series: Its name; None is the first.
            target: Its name; None is the first.
            output: PNG or SVG by its ending; None is plots/NAME.png in the run directory.
        """
        from forecaster.pipeline.plot import plot

        path = None if output is None else Path(output)
        return plot(self._opened, series=series, target=target, output=path)

    def report(self, output: str | Path | None = None) -> Reported:
        """Write the page that shows the run: one HTML file that opens offline.

        Args:
            output: Where to; None is report.html in the run directory.
        """
        from forecaster.pipeline.report import report

        return report(self._opened, output=None if output is None else Path(output))

    def show(self) -> dict[str, Any]:
        """The manifest, the scores and the resolved config as plain values."""
        from forecaster.pipeline.show import show

        return show(RunDir(self.path))

    @property
    def _opened(self) -> OpenedRun:
        return open_run(RunDir(self.path), self._table)

    def _source(self, data: Any) -> tuple[TableSource | None, str]:
        if data is None:
            return None, self._kind
        return as_source(data), kind_of(data)

    def _schema(self, source: TableSource | None) -> pa.Schema | None:
        """The types that an answer is to have: those of the table that was asked about."""
        table = self._table if source is None else source
        return table.table.schema if isinstance(table, ArrowTable) else None


@dataclass(frozen=True)
class Evaluation:
    """A run judged again.

    Attributes:
        name: What messages call the run.
        evaluated: Forecasts and scores as the rooms below hold them.
    """

    name: str
    evaluated: Evaluated
    _kind: str = DEFAULT_KIND
    _like: pa.Schema | None = None

    @property
    def split(self) -> str:
        return self.evaluated.split

    @property
    def scores(self) -> dict[str, Any]:
        """The score table, as in metrics.json: windows, scores and intervals by forecaster."""
        return dict(self.evaluated.scores)

    @property
    def notes(self) -> list[str]:
        return self.evaluated.notes

    @property
    def forecasts(self) -> Any:
        """Every forecast of the windows, with cutoff, intervals and actual values, as a table."""
        return to_kind(self.evaluated.table(native_times=True), self._kind, self._like)

    def comparisons(self) -> list[tuple[str, str, Comparison]]:
        """The Diebold-Mariano test of the model against each baseline."""
        return compare([self])

    def worse_than(self, baseline: str) -> str | None:
        """A sentence where the model has a larger MASE (or MAE) than a baseline; None where it has not."""
        return self.evaluated.worse_than(baseline, self.name)


def compare(evaluations: Sequence[Evaluation]) -> list[tuple[str, str, Comparison]]:
    """Test whether forecasts differ by more than chance.

    Args:
        evaluations: One is compared with its baselines; of several, the best with the others.

    Returns:
        The names of each pair, and the Diebold-Mariano test of the first against the second.

    Raises:
        UsageError: When the runs have no window in common.
    """
    from forecaster.pipeline.evaluate import compare_runs

    return compare_runs([(e.name, e.evaluated) for e in evaluations])


def load(path: str | Path, *, data: Any = None) -> Run:
    """Open a complete run.

    Args:
        path: The run directory.
        data: The table it was trained on, where that was in memory or is elsewhere by now.

    Raises:
        DataError: When it is no complete run, or a file of it is damaged.
        UsageError: When it is a backtest.
    """
    run = RunDir(Path(path))
    table = None if data is None else as_source(data)
    opened = open_run(run, table)
    run.check("metrics.json")
    splits = read_json(run.file("metrics.json"))["splits"]
    return Run(run.path, opened.experiment, splits, _table=table, _kind=kind_of(data))


def _text(cutoff: Any) -> str | None:
    """A cutoff as people write it: a date, a timestamp or a number as text."""
    if cutoff is None or isinstance(cutoff, str):
        return cutoff
    iso: Callable[[], str] | None = getattr(cutoff, "isoformat", None)
    return str(cutoff) if iso is None else iso()
