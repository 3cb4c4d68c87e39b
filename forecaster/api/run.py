"""A complete run, as Python programs use it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from forecaster.api.evaluation import Evaluation
from forecaster.api.frames import DEFAULT_KIND, has_native_times, kind_of, to_kind
from forecaster.api.listeners import OnEpoch
from forecaster.api.new_run import check_count, check_resume, listener_of, path_of
from forecaster.api.remarks import OnNote, deliver
from forecaster.arguments import checked
from forecaster.config.experiment import Experiment
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import TableSource, as_source
from forecaster.errors import UsageError
from forecaster.runs.directory import RunDir, RunReplacedError
from forecaster.runs.folder import located
from forecaster.runs.forecast_parts import check_goes_with_parts
from forecaster.runs.outputs import Output
from forecaster.spec import MOST_COUNT
from forecaster.stages.metrics import splits_of
from forecaster.stages.opened import OpenedRun, open_run
from forecaster.stages.settled import settings_of_a_run

if TYPE_CHECKING:
    import pyarrow as pa

    from forecaster.parts.predict import PredictedParts
    from forecaster.pipeline.explain import Explained
    from forecaster.pipeline.export import Exported
    from forecaster.pipeline.future import FutureTable
    from forecaster.pipeline.monitor import Watched
    from forecaster.pipeline.plot import Plotted
    from forecaster.pipeline.predict import Predicted
    from forecaster.reporting.newest import NewestForecasts
    from forecaster.stages.report import Reported
    from forecaster.training.progress import Listener

# More would take years, and more steps ahead than this would not fit into memory.
MOST_REPEATS, MOST_STEPS = 1_000, 1_000_000


@dataclass(frozen=True)
class Run:
    """A complete run: the directory that `train`, `tune` or `refit` wrote, and the forecaster in it.

    Attributes:
        path: The run directory.
        experiment: The experiment of the run, with every default.
        metrics: The scores by split, as in metrics.json, such as `metrics["test"]["scores"]["model"]["mase"]`.
        notes: Remarks of the training, in plain sentences.
        needs_future: Whether `predict` needs future covariates that the table did not hold; see `future`.
        already_complete: Whether `train` or `refit` found the run complete, so that nothing was trained.
        sha256: The SHA-256 of manifest.json, which holds those of all files: it names this run and no other.
    """

    path: Path
    experiment: Experiment
    metrics: dict[str, Any] = field(repr=False)
    notes: list[str] = field(default_factory=list, repr=False)
    needs_future: bool = field(default=False, repr=False)
    already_complete: bool = field(default=False, repr=False)
    sha256: str = ""
    _table: TableSource | None = field(default=None, repr=False)
    _kind: str = field(default=DEFAULT_KIND, repr=False)

    @property
    def verdict(self) -> list[str]:
        """Whether the model is better than its baselines, in sentences; the first is about the best baseline.

        `metrics[split]["verdicts"]` has the same for every baseline, with the numbers of the tests.
        """
        from forecaster.evaluation.verdict_sentences import run_verdict

        return run_verdict(self.metrics)

    @checked
    def predict(
        self,
        data: Any = None,
        *,
        cutoff: Any = None,
        horizon: int | None = None,
        future: Any = None,
        plot: str | Path | None = None,
        series: str | Sequence[str] = (),
        strict: bool = False,
        expect_until: Any = None,
        leave_out: str | Sequence[str] = (),
        output: str | Path | None = None,
        table: str | None = None,
        engine: Literal["local", "ray"] = "local",
        on_note: OnNote | None = None,
    ) -> Any:
        """Forecast the next steps of every series.

        Args:
            data: Newer rows, or other series: a path, an address, or a table of pandas, polars, DuckDB or pyarrow.
                None continues from the last training rows or, with a cutoff, from the rows of the run's own table.
            cutoff: The last time that the forecast takes as known; the forecast begins one step later. Text, a
                date, a timestamp or, on an integer time axis, a number. None is the last row of each series.
            horizon: The number of steps; None is the trained horizon. Only the head `recursive` forecasts more.
            future: The values of the future covariates over the horizon: a path or a table. `future` returns
                the table to fill in.
            plot: A file, PNG or SVG by its ending, for a picture of the last rows and the forecast with its
                intervals.
            series: The id or the ids of the series in the picture; none takes the first few.
            strict: Whether to refuse a table in which series end before others or before expect_until, are too short
                or are missing, and a forecast far beyond all values of its series.
            expect_until: The time up to which every series is expected to have rows: like cutoff, or text such as
                "-1d", "-6h", "today" and "today-1h". Series that end before are a remark or, with strict, an error.
            leave_out: The id or the ids of series that have ended, or are not wanted: they are not forecast, and strict
                does not miss them.
            output: A file or an address to write the forecast to as well, as `forecaster predict --output` does: CSV,
                Parquet, JSON or Excel by its ending; or `env:NAME`, a database.
            table: The table of the database. Rows of the same series, cutoff, time and target are replaced.
            engine: Where the forecast is made: in this process ("local"), or in parts on Ray ("ray"), from Parquet.
                `predict_to` does the same for tables whose forecasts do not fit into memory.
            on_note: A function that takes each remark. None issues each as a `ForecasterWarning`.

        Returns:
            A table with a row for each series, target and step, and the columns forecast, forecast-lo-80,
            forecast-hi-80 and so on. Its library is that of data: pandas for a path or None.

        Raises:
            DataError: When a table cannot be read, no series is long enough, or a future value is missing; with
                strict also when series end early, are left out or are missing.
            UsageError: When the horizon is too long, the cutoff is not in the table, expect_until is no time, leave_out
                names an unknown series, future is of no use, or the picture names an unknown series or format.
        """
        if engine != "local":
            check_goes_with_parts(
                future=future,
                plot=plot,
                series=series or None,
                leave_out=leave_out or None,
                output=output,
                table=table,
            )
            return self._predict_in_parts(
                data,
                on_note,
                engine=engine,
                cutoff=cutoff,
                horizon=horizon,
                strict=strict,
                expect_until=expect_until,
            )
        place = Output.of(output, table)
        source, kind = self._source(data)
        found = self.prediction(
            source,
            cutoff=cutoff,
            horizon=horizon,
            future=future,
            plot=plot,
            series=series,
            strict=strict,
            expect_until=expect_until,
            leave_out=leave_out,
            native_times=self._native_times(source),
        )
        if place is not None:
            assert found.form is not None
            replace(found, table=found.form(False, False)).write(place)
        deliver(on_note, found.warnings, found.notes)
        return to_kind(found.table, kind, self._schema(source))

    @checked
    @settings_of_a_run()
    def predict_to(
        self,
        data: Any,
        output: str | Path,
        *,
        engine: Literal["local", "ray"] = "local",
        workers: int | None = None,
        cutoff: Any = None,
        horizon: int | None = None,
        strict: bool = False,
        expect_until: Any = None,
        native_times: bool = False,
        on_note: OnNote | None = None,
        on_block: Callable[[int, int], None] | None = None,
    ) -> PredictedParts:
        """Forecast a Parquet table of any number of series in parts, a block of series at a time.

        The rows are those of `predict`, in the same order. A series that cannot be forecast costs the others nothing:
        it is named in a file of errors. After a kill the same call goes on from the parts that are written.

        Args:
            data: A Parquet file, or a folder of such files.
            output: A new folder of Parquet files, or a file that ends in .parquet.
            engine: Where blocks are forecast: in this process ("local"), or in actors of Ray ("ray"), of the cluster
                that RAY_ADDRESS names or of one that is started here.
            workers: The number of actors; None is one per processor.
            cutoff: See `predict`.
            horizon: See `predict`.
            strict: Whether series that are not forecast, missing or late raise an error, after all others are written.
            expect_until: See `predict`.
            native_times: Whether times are timestamps; if not, they are text, as `forecaster predict` writes them.
            on_note: A function that takes each remark. None issues each as a `ForecasterWarning`.
            on_block: A function that takes the number of finished blocks and that of all blocks.

        Returns:
            The output, and the numbers of series, rows, errors and parts.

        Raises:
            DataError: When the table cannot be read, no series can be forecast or, with strict, some are not.
            UsageError: When the table is not Parquet, the run has one series, or an option is not possible.
            RunTakenError: When another process writes the output.
            EnvironmentError_: When the disk is full, the extra ray is not installed, or workers are lost.
        """
        from forecaster.parts.predict import PartsOptions, predict_parts
        from forecaster.runs.forecast_parts import ForecastParts

        check_count("horizon", horizon, most=MOST_STEPS)
        check_count("workers", workers, most=MOST_COUNT)
        options = PartsOptions(
            engine,
            workers,
            _cutoff_text(cutoff),
            horizon,
            strict,
            _cutoff_text(expect_until),
            native_times,
        )
        source = as_source(data, self.experiment.spec.data)
        found = predict_parts(self._opened, source, ForecastParts.of(output), options, on_block=on_block)
        deliver(on_note, (), found.notes)
        return found

    def _predict_in_parts(self, data: Any, on_note: OnNote | None, **options: Any) -> Any:
        """Return the forecast of `predict_to` as the table that `predict` returns."""
        from pyarrow import parquet

        if data is None:
            raise UsageError("engine ray: needs a table", hint="pass a Parquet file or a folder as data")
        with tempfile.TemporaryDirectory(prefix="forecaster-") as folder:
            path = Path(folder, "forecast.parquet")
            self.predict_to(data, path, native_times=True, on_note=on_note, **options)
            table = parquet.ParquetFile(path).read()
        return to_kind(table, DEFAULT_KIND, None)

    @checked
    @settings_of_a_run()
    def prediction(
        self,
        data: Any = None,
        *,
        cutoff: Any = None,
        horizon: int | None = None,
        future: Any = None,
        plot: str | Path | None = None,
        series: str | Sequence[str] = (),
        strict: bool = False,
        expect_until: Any = None,
        leave_out: str | Sequence[str] = (),
        native_times: bool = False,
    ) -> Predicted:
        """Forecast as `predict` does, and return the Arrow table together with the remarks.

        Args:
            data: See `predict`.
            cutoff: See `predict`.
            horizon: See `predict`.
            future: See `predict`.
            plot: See `predict`.
            series: See `predict`.
            strict: See `predict`.
            expect_until: See `predict`.
            leave_out: See `predict`.
            native_times: Whether times are Arrow timestamps; if not, they are text.

        Returns:
            The table, the remarks and the warnings.

        Raises:
            DataError: See `predict`.
            UsageError: See `predict`.
        """
        from forecaster.pipeline.predict import predict
        from forecaster.stages.drawing import drawing_of

        check_count("horizon", horizon, most=MOST_STEPS)

        return predict(
            self._opened,
            data=None if data is None else as_source(data, self.experiment.spec.data),
            cutoff=_cutoff_text(cutoff),
            horizon=horizon,
            future=None if future is None else as_source(future),
            native_times=native_times,
            drawing=drawing_of(plot, _ids(series)),
            strict=strict,
            expect_until=_cutoff_text(expect_until),
            leave_out=_ids(leave_out),
        )

    @checked
    def future(
        self,
        data: Any = None,
        *,
        cutoff: Any = None,
        horizon: int | None = None,
        on_note: OnNote | None = None,
    ) -> Any:
        """Return the table of future covariates to fill in, with a row for each series and step of the horizon.

        Args:
            data: See `predict`.
            cutoff: See `predict`.
            horizon: See `predict`.
            on_note: See `predict`.

        Returns:
            A table with an empty cell wherever a value is not known yet. Fill it in, and pass it to `predict` as
            future.

        Raises:
            DataError: When a table cannot be read, or no series is long enough.
            UsageError: When the run has no future covariates, or the horizon or the cutoff is not possible.
        """
        source, kind = self._source(data)
        found = self.future_table(
            source, cutoff=cutoff, horizon=horizon, native_times=self._native_times(source)
        )
        deliver(on_note, found.warnings, found.notes)
        return to_kind(found.table, kind, self._schema(source))

    @checked
    @settings_of_a_run()
    def future_table(
        self,
        data: Any = None,
        *,
        cutoff: Any = None,
        horizon: int | None = None,
        native_times: bool = False,
    ) -> FutureTable:
        """Return the Arrow table of `future` together with the remarks.

        Args:
            data: See `predict`.
            cutoff: See `predict`.
            horizon: See `predict`.
            native_times: Whether times are Arrow timestamps; if not, they are text.

        Returns:
            The table, the number of empty cells, the remarks and the warnings.

        Raises:
            DataError: See `future`.
            UsageError: See `future`.
        """
        from forecaster.pipeline.future import future_table

        check_count("horizon", horizon, most=MOST_STEPS)
        return future_table(
            self._opened,
            data=None if data is None else as_source(data, self.experiment.spec.data),
            cutoff=_cutoff_text(cutoff),
            horizon=horizon,
            native_times=native_times,
        )

    @checked
    @settings_of_a_run()
    def evaluate(
        self,
        data: Any = None,
        *,
        split: Literal["test", "val"] | None = None,
        also: Sequence[str] = (),
        on_note: OnNote | None = None,
    ) -> Evaluation:
        """Score the run again beside its baselines, on its own table or on new rows.

        Args:
            data: Rows that training did not see: a path or a table. None scores the run's own table.
            split: The windows of the run's own table to score; None is "test". Not together with data.
            also: Baselines to add to those of the config.
            on_note: A function that takes each remark. None issues each as a `ForecasterWarning`.

        Returns:
            The forecasts and the scores.

        Raises:
            DataError: When the run's own table is missing or has changed, or there is no window to score.
            UsageError: When a baseline or the split is unknown, the split has no windows, or both data and a split are
                given.
        """
        from forecaster.pipeline.evaluate import evaluate

        source, kind = self._source(data)
        found = evaluate(self._opened, data=source, split=split, also=also)
        deliver(on_note, (), found.notes)
        return Evaluation(str(self.path), found, kind, self._schema(source))

    @checked
    @settings_of_a_run(takes_rows=False)
    def explain(self, *, windows: int = 256, repeats: int = 5, seed: int = 0) -> Explained:
        """Measure how much each input and each part of the lookback contributes, and add it to the report.

        The measure is permutation importance: how much the error grows when an input is shuffled.

        Args:
            windows: The largest number of validation windows to use.
            repeats: How often each input is shuffled.
            seed: The seed of the shuffles.

        Returns:
            The importance of each input and of each range of lags, and the report.

        Raises:
            DataError: When the run's own table is missing or has changed, or the run has no validation windows.
            UsageError: When a number is not possible, or the network is stateful, so that its windows cannot be
                shuffled.
        """
        from forecaster.pipeline.explain import explain

        check_count("windows", windows, most=MOST_COUNT)
        check_count("repeats", repeats, most=MOST_REPEATS)
        if seed < 0:
            raise UsageError(f"seed {seed}: needs a whole number that is not below 0")
        return explain(self._opened, windows=windows, repeats=repeats, seed=seed)

    @checked
    @settings_of_a_run(takes_rows=False)
    def plot(
        self,
        *,
        series: str | Sequence[str] | None = None,
        target: str | None = None,
        output: str | Path | None = None,
        future: bool = False,
    ) -> Plotted:
        """Plot the forecast of the last test window of a series, with its intervals and the actual values.

        Args:
            series: The id or the ids of the series; None is the first series or, of the next horizon, the first few.
            target: The name of the target; None is the first target or, of the next horizon, all of them.
            output: The file, PNG or SVG by its ending; None is a file in plots/ of the run directory.
            future: Whether to plot the next horizon instead, after the last row of each series.

        Returns:
            The file, what is in it, and the remarks.

        Raises:
            DataError: When the run has no test windows, or a future covariate of the next horizon is missing.
            UsageError: When a series, the target or the ending of the file is unknown.
        """
        from forecaster.pipeline.plot import plot

        path = None if output is None else Path(output)
        return plot(self._opened, series=_ids(series), target=target, output=path, future=future)

    @settings_of_a_run(takes_rows=False)
    def next_horizon(self) -> NewestForecasts | None:
        """Return the forecast of the next horizon that the report shows, after the last lookback of each series.

        Returns:
            The forecast of at most 200 series; None when the run has none, as without the future covariates of the
            horizon.

        Raises:
            DataError: When a file of the run is damaged.
        """
        from forecaster.stages.next_horizon import read_next_horizon

        return read_next_horizon(self._opened)

    @checked
    @settings_of_a_run()
    def refit(
        self,
        data: Any = None,
        *,
        run_dir: str | Path | None = None,
        resume: bool = False,
        overwrite: bool = False,
        on_epoch: OnEpoch | None = None,
        on_note: OnNote | None = None,
        listener: Listener | None = None,
    ) -> Run:
        """Train the networks once more on every row of a table, and write a new run directory.

        Nothing is chosen again: each network trains for as many epochs as it needed, and scores, intervals and
        everything that validation chose are those of this run, which stays as it is.

        Args:
            data: The table, with newer rows or other series: a path or a table. None is the run's own table as it
                is now.
            run_dir: The new run directory; None is a new directory in output.dir.
            resume: Continue the interrupted refit in run_dir.
            overwrite: Replace the run in run_dir.
            on_epoch: A function that takes each epoch as it ends.
            on_note: A function that takes each remark. None issues each as a `ForecasterWarning`.
            listener: An object that takes batches and epochs; replaces on_epoch.

        Returns:
            The new run.

        Raises:
            DataError: When the table cannot be used, a file of this run is damaged, or there is nothing to resume.
            UsageError: When resume and overwrite are both given, resume without run_dir, or run_dir is not apart
                from this run.
            RunTakenError: When the new run directory exists, or another process is using it.
            TrainingError: When the loss becomes NaN or infinite.
            EnvironmentError_: When the disk is full.
        """
        from forecaster.pipeline.refit import refit
        from forecaster.stages.renewed import NewRunOptions

        check_resume(resume=resume, overwrite=overwrite, run_dir=run_dir, what="run")
        source, kind = self._source(data)
        found = refit(
            self._opened,
            NewRunOptions(path_of(run_dir), resume, overwrite),
            data=source,
            listener=listener or listener_of(on_epoch),
            notify=lambda warnings, notes: deliver(on_note, warnings, notes),
        )
        return new_run(found.run, found.experiment, found, found.source, kind)

    @checked
    @settings_of_a_run()
    def monitor(
        self,
        data: Any,
        *,
        last: int | None = None,
        false_alarms: float = 0.005,
        output: str | Path | None = None,
        on_note: OnNote | None = None,
    ) -> Watched:
        """Look whether the run forecasts newer rows as it did, and whether these are like the rows before.

        Error, bias and coverage of the newest steps are held against those of the run's test windows; level, spread
        and calendar against the rows that the run knows. Each is compared with stretches of the same length.

        Args:
            data: The table, with rows after those of the run and, for level, spread and calendar, the rows before:
                a path or a table.
            last: The number of newest steps to look at; None is two horizons.
            false_alarms: The probability that the checks raise an alarm where nothing has changed.
            output: An HTML file for the page; None writes none.
            on_note: A function that takes each remark. None issues each as a `ForecasterWarning`.

        Returns:
            The checks; `alarms` holds what is amiss, in sentences.

        Raises:
            DataError: When the table cannot be read, or has fewer new rows than the horizon.
            UsageError: When last is less than the horizon, false_alarms is no probability, or output is not HTML.
        """
        from forecaster.pipeline.monitor import monitor

        check_count("last", last, most=MOST_STEPS)
        if not 0 < false_alarms < 1:
            raise UsageError(f"--false-alarms {false_alarms}: needs a number between 0 and 1")
        found = monitor(
            self._opened,
            as_source(data, self.experiment.spec.data),
            last=last,
            rate=false_alarms,
            output=path_of(output),
        )
        deliver(on_note, (), found.notes)
        return found

    @checked
    @settings_of_a_run()
    def update(
        self,
        data: Any = None,
        *,
        run_dir: str | Path | None = None,
        resume: bool = False,
        overwrite: bool = False,
        on_epoch: OnEpoch | None = None,
        on_note: OnNote | None = None,
        listener: Listener | None = None,
    ) -> Update:
        """Train the networks on with old and newer rows, and publish a new run where they are not worse than this one.

        Training goes on from the weights, for a part of the epochs and at a lower learning rate. The intervals are
        calibrated again. Both runs forecast the test windows of the table that neither has learned; the new run is
        written where its networks are not worse by the test of Diebold and Mariano or, with too few windows for a
        test, by 1 %. This run stays as it is.

        Args:
            data: The table, with the old rows and newer ones: a path or a table. None is the run's own table as it is
                now.
            run_dir: The new run directory; None is a new directory in output.dir.
            resume: Continue the interrupted update in run_dir.
            overwrite: Replace the run in run_dir, where the new one is published.
            on_epoch: A function that takes each epoch as it ends.
            on_note: A function that takes each remark. None issues each as a `ForecasterWarning`.
            listener: An object that takes batches and epochs; replaces on_epoch.

        Returns:
            The new run, or None in its place, and the comparison.

        Raises:
            DataError: When the table cannot be used or has no new rows, a file of this run is damaged, or there is
                nothing to resume.
            UsageError: When resume and overwrite are both given, resume without run_dir, run_dir is not apart from
                this run, or the run has no test range.
            RunTakenError: When the new run directory exists, or another process is using it.
            TrainingError: When the loss becomes NaN or infinite.
            EnvironmentError_: When the disk is full.
        """
        from forecaster.pipeline.update import update
        from forecaster.stages.renewed import NewRunOptions

        check_resume(resume=resume, overwrite=overwrite, run_dir=run_dir, what="run")
        source, kind = self._source(data)
        found = update(
            self._opened,
            NewRunOptions(path_of(run_dir), resume, overwrite),
            data=source,
            listener=listener or listener_of(on_epoch),
            notify=lambda warnings, notes: deliver(on_note, warnings, notes),
        )
        if found.run is None:
            return Update(None, dict(found.gate), found.sentence, found.notes)
        new = new_run(found.run, found.experiment, found, found.source, kind)
        return Update(new, dict(found.gate), found.sentence, found.notes)

    @checked
    def export(
        self,
        output: str | Path,
        *,
        format: Literal["onnx", "saved_model"] = "onnx",  # noqa: A002  the name of the option
    ) -> Exported:
        """Write the networks of the run for other programs, with everything that a forecast needs besides them.

        Args:
            output: The folder to write, which must not exist yet or be empty.
            format: onnx for any language, or saved_model for TensorFlow.

        Returns:
            The folder, its files and their size.

        Raises:
            UsageError: When the folder holds something, or the network does not have this format; the message says why.
            DataError: When a file of the run is damaged.
            EnvironmentError_: When the folder cannot be written, as on a full disk.
        """
        from forecaster.pipeline.export import export

        return export(self._opened, Path(output), form=format)

    @checked
    def report(self, output: str | Path | None = None) -> Reported:
        """Write the report of the run: one HTML file that opens offline.

        Args:
            output: The file; None is report.html in the run directory.

        Returns:
            The file, its size and the remarks.

        Raises:
            UsageError: When output does not end in .html or .htm.
            DataError: When a file of the run is damaged.
        """
        from forecaster.pipeline.report import report

        return report(self._opened, output=None if output is None else Path(output))

    def show(self) -> dict[str, Any]:
        """Return the manifest, the verdict, the scores and the resolved config as plain values."""
        from forecaster.pipeline.show import show

        return show(self._opened.run)

    @property
    def _opened(self) -> OpenedRun:
        run = RunDir(self.path).opened()
        if run.sha256 != self.sha256:
            raise RunReplacedError(
                f"{self.path}: was replaced by another run since it was loaded", hint="load it again"
            )
        return open_run(run, self._table)

    def _source(self, data: Any) -> tuple[TableSource | None, str]:
        if data is None:
            return None, self._kind
        return as_source(data, self.experiment.spec.data), kind_of(data)

    def _native_times(self, source: TableSource | None) -> bool:
        return has_native_times(self._schema(source), self.experiment.spec.data.time)

    def _schema(self, source: TableSource | None) -> pa.Schema | None:
        """Return the schema whose types the result gets: that of the table in memory, if there is one."""
        table = self._table if source is None else source
        return table.table.schema if isinstance(table, ArrowTable) else None


@dataclass(frozen=True)
class Update:
    """The result of `Run.update`.

    Attributes:
        run: The new run; None where its networks were worse, so that it was not written.
        comparison: The new networks (`challenger`) against those of the run (`champion`): the MASE of both, the number
            of windows, and the test of the difference.
        sentence: The comparison in words; empty where the run was already complete.
        notes: Remarks of the training, in plain sentences.
    """

    run: Run | None
    comparison: dict[str, Any]
    sentence: str
    notes: list[str] = field(default_factory=list, repr=False)

    @property
    def published(self) -> bool:
        """Whether there is a new run."""
        return self.run is not None


@checked
def load(path: str | Path, *, data: Any = None, expect_sha256: str | None = None) -> Run:
    """Open a complete run.

    Args:
        path: The run directory. Where nothing is called so, "latest" is the newest complete run in `runs`, and
            "FOLDER/latest" that of another folder; backtests do not count.
        data: The table that the run was trained on, if that was in memory or has moved since.
        expect_sha256: The `Run.sha256` that the run must have; None takes any. A run with another one, such as one
            that was replaced or changed by somebody, is refused before anything else in it is read.

    Returns:
        The run. The network is loaded by the first forecast.

    Raises:
        DataError: When the directory is not a complete run, or one of its files is damaged.
        UsageError: When the directory is that of a backtest.
    """
    opened = open_run(RunDir(located(Path(path))).opened(expect_sha256=expect_sha256))
    table = None if data is None else as_source(data, opened.spec.data)
    run = opened.run
    return Run(
        run.path, opened.experiment, splits_of(run), sha256=run.sha256, _table=table, _kind=kind_of(data)
    )


class Made(Protocol):
    """What a use case that made a run returns."""

    @property
    def metrics(self) -> dict[str, Any]:
        """The content of metrics.json."""

    @property
    def notes(self) -> list[str]:
        """Remarks for the user."""

    @property
    def needs_future(self) -> bool:
        """Whether a forecast needs future covariates that the table does not hold."""

    @property
    def already_complete(self) -> bool:
        """Whether the directory held the complete run, so that nothing was trained."""


def new_run(run: RunDir, experiment: Experiment, made: Made, source: TableSource, kind: str) -> Run:
    """Return a run that was just made.

    Args:
        run: Its directory.
        experiment: Its settings.
        made: What the use case returned.
        source: Its table.
        kind: The kind of table to answer with.
    """
    return Run(
        run.path,
        experiment,
        made.metrics["splits"],
        made.notes,
        made.needs_future,
        made.already_complete,
        run.sha256,
        source,
        kind,
    )


def _cutoff_text(cutoff: Any) -> str | None:
    """Return a date, a timestamp or a number as text."""
    if cutoff is None or isinstance(cutoff, str):
        return cutoff
    iso: Callable[[], str] | None = getattr(cutoff, "isoformat", None)
    return str(cutoff) if iso is None else iso()


def _ids(series: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return one name, several or none as a tuple, each once."""
    if series is None:
        return ()
    return (series,) if isinstance(series, str) else tuple(dict.fromkeys(series))
