"""The verbs of the Python API: what makes runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from forecaster.api.frames import kind_of, to_kind
from forecaster.api.run import Run, load
from forecaster.api.said import OnNote, tell
from forecaster.config.experiment import Experiment
from forecaster.data.reading.sources import TableSource, as_source
from forecaster.data.spec import IN_MEMORY
from forecaster.errors import UsageError

if TYPE_CHECKING:
    from forecaster.pipeline.tune import SearchPlan, SearchResult
    from forecaster.pipeline.validate import Validated
    from forecaster.search.driver import SearchListener
    from forecaster.training.progress import EpochRow, Listener

OnEpoch = Callable[["EpochRow"], None]
OnTrial = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Backtest:
    """A complete backtest.

    Attributes:
        path: Its directory.
        metrics: The scores of every fold, their spread and the tests, as in metrics.json.
        notes: Remarks.
    """

    path: Path
    metrics: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    already_complete: bool = field(default=False, repr=False)
    _kind: str = field(default="pandas", repr=False)

    @property
    def forecasts(self) -> Any:
        """Every forecast of every fold beside what happened, as a table."""
        from pyarrow import csv

        return to_kind(csv.read_csv(self.path / "forecasts.csv"), self._kind)


@dataclass(frozen=True)
class Search:
    """A search that has ended.

    Attributes:
        run: The best run.
        best: The values that won, by hyperparameter.
        score: Of the best trial.
        ended: What ended the search.
        config: The YAML file of the best experiment.
    """

    run: Run
    best: dict[str, Any]
    score: float
    ended: str
    config: Path
    result: SearchResult = field(repr=False)

    @property
    def trials(self) -> list[dict[str, Any]]:
        """A row for each trial: its values, score, state and reason."""
        from forecaster.search.summary import trial_rows

        return trial_rows(self.result.tuned.trials, self.result.experiment.search_space)


def inspect(data: Any, *, folder: str | Path | None = None) -> Experiment:
    """Draft an experiment for a table, as `forecaster init` does.

    Args:
        data: A path, or a table of pandas, polars, DuckDB or pyarrow.
        folder: What data.path is relative to; None is the working directory.

    Returns:
        A draft: `print(draft)` shows it with a comment on every guess; `with_` changes it.

    Raises:
        DataError: When the table cannot be guessed, with the next move.
    """
    from forecaster.pipeline.inspect import inspect as inspect_table

    return inspect_table(as_source(data), folder=Path.cwd() if folder is None else Path(folder)).experiment


def example(name: str, folder: str | Path = ".", *, force: bool = False) -> Experiment:
    """Write a table that ships with the package and its config, as `forecaster init --example` does.

    Args:
        name: "departures" (three hourly series) or "sunspots" (one monthly series).
        folder: Where to write the table and config.yaml.
        force: Replace files that exist.

    Returns:
        The experiment of the config.

    Raises:
        UsageError: There is no such example.
        RunTakenError: One of the files exists and force is not given.
        EnvironmentError_: One of the files cannot be written.
    """
    from forecaster.pipeline.inspect import write_example

    return Experiment.from_yaml(write_example(name, Path(folder) / "config.yaml", force=force).config)


def validate(experiment: Experiment, data: Any = None) -> Validated:
    """Check an experiment and its table, and say what would be trained on. Loads no TensorFlow.

    Args:
        experiment: What to check.
        data: The table, as in `train`.

    Raises:
        ConfigError, DataError: With every problem found.
    """
    from forecaster.pipeline.validate import validate as validate_table

    return validate_table(*with_table(experiment, data))


def train(
    experiment: Experiment,
    data: Any = None,
    *,
    run_dir: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    smoke: bool = False,
    on_epoch: OnEpoch | None = None,
    on_note: OnNote | None = None,
    listener: Listener | None = None,
) -> Run:
    """Fit, score beside the baselines, and write a run directory.

    Args:
        experiment: What to train.
        data: The table: a path, or a table of pandas, polars, DuckDB or pyarrow, which is read without a
            copy through a file. None is the one that data.path names.
        run_dir: Where to; None is a new directory in output.dir.
        resume: Go on with the run that was stopped there; it ends in the same bytes.
        overwrite: Begin again there.
        smoke: A few windows and one epoch, to see that everything fits together.
        on_epoch: Takes each epoch as it ends.
        on_note: Takes each remark; None issues it as a `ForecasterWarning`.
        listener: Takes batches and epochs, in place of on_epoch.

    Raises:
        ConfigError, DataError, UsageError: Before anything is written.
        RunTakenError: When the run directory exists, or another process works on it.
        TrainingError: When the loss becomes NaN or infinite.
        EnvironmentError_: When the disk is full, or an extra is not installed.
    """
    from forecaster.pipeline.train import TrainOptions
    from forecaster.pipeline.train import train as train_run

    _check_resume(resume=resume, overwrite=overwrite, run_dir=run_dir, what="run")
    experiment, source = with_table(experiment, data)
    options = TrainOptions(_path(run_dir), resume, overwrite, smoke)
    result = train_run(
        experiment,
        source,
        options,
        listener=listener or _listener(on_epoch),
        notify=lambda warnings, notes: tell(on_note, warnings, notes),
    )
    return Run(
        result.run.path,
        experiment,
        result.metrics["splits"],
        result.notes,
        result.needs_future,
        result.already_complete,
        source,
        kind_of(data),
    )


def backtest(
    experiment: Experiment,
    data: Any = None,
    *,
    folds: int = 5,
    step: int | None = None,
    refit: bool = False,
    window: Literal["expanding", "sliding"] = "expanding",
    run_dir: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    smoke: bool = False,
    on_epoch: OnEpoch | None = None,
    on_note: OnNote | None = None,
    listener: Listener | None = None,
) -> Backtest:
    """Train and score at rolling cutoffs, as if each were now.

    Args:
        experiment: As in `train`.
        data: As in `train`.
        folds: How many cutoffs.
        step: Steps from one cutoff to the next; None is the horizon.
        refit: Train again at every cutoff, or only at the first.
        window: Training rows grow, or keep their number and move on.
        run_dir: As in `train`.
        resume: As in `train`.
        overwrite: As in `train`.
        smoke: As in `train`.
        on_epoch: As in `train`.
        on_note: As in `train`.
        listener: As in `train`.
    """
    from forecaster.pipeline.backtest import BacktestOptions
    from forecaster.pipeline.backtest import backtest as backtest_run
    from forecaster.stages.folds import BacktestPlan

    _check_resume(resume=resume, overwrite=overwrite, run_dir=run_dir, what="backtest")
    experiment, source = with_table(experiment, data)
    plan = BacktestPlan(folds=folds, step=step, refit=refit, window=window)
    result = backtest_run(
        experiment,
        source,
        BacktestOptions(plan, _path(run_dir), resume, overwrite, smoke),
        listener=listener or _listener(on_epoch),
        notify=lambda warnings, notes: tell(on_note, warnings, notes),
    )
    metrics = {key: value for key, value in result.metrics.items() if key != "format_version"}
    return Backtest(result.run.path, metrics, result.notes, result.already_complete, kind_of(data))


def tune(
    experiment: Experiment,
    data: Any = None,
    *,
    run_dir: str | Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    smoke: bool = False,
    workers: int = 1,
    engine: Literal["local", "ray"] = "local",
    time_budget: str | None = None,
    overrides: Sequence[str] = (),
    on_trial: OnTrial | None = None,
    on_note: OnNote | None = None,
    watch: Callable[[SearchPlan], SearchListener] | None = None,
) -> Search:
    """Search the spaces of an experiment, and train the best.

    Trials run in processes of their own. A search that was stopped goes on with `resume=True`.

    Args:
        experiment: With search nodes, such as `{"int": {"min": 32, "max": 128, "default": 64}}` for units.
        data: As in `train`. A table in memory is written into the run directory, where the trials' processes
            find it.
        run_dir: As in `train`.
        resume: As in `train`.
        overwrite: As in `train`.
        smoke: As in `train`.
        workers: Trials at a time.
        engine: Where trials run: this machine, or Ray.
        time_budget: When to end: 90s, 30m or 2h.
        overrides: The --set options that the experiment was read with, for the command that resumes it.
        on_trial: Takes each trial as it ends: number, state, score, values.
        on_note: As in `train`.
        watch: Makes what is told about trials, in place of on_trial.

    Raises:
        TrainingError: When no trial completed. Else as `train`.
    """
    from forecaster.pipeline.tune import SearchOptions
    from forecaster.pipeline.tune import tune as tune_run

    _check_resume(resume=resume, overwrite=overwrite, run_dir=run_dir, what="search")
    experiment, source = with_table(experiment, data)
    options = SearchOptions(_path(run_dir), resume, overwrite, smoke, workers, engine, time_budget, overrides)
    result = tune_run(
        experiment,
        source,
        options,
        watch=watch or (lambda plan: _Trials(on_trial)),
        notify=lambda warnings, notes: tell(on_note, warnings, notes),
    )
    tuned, path = result.tuned, result.run.path
    own = source if isinstance(source, Path) else None
    run = Run(path, result.experiment, tuned.metrics["splits"], tuned.notes, _table=own, _kind=kind_of(data))
    best = tuned.best
    return Search(
        run,
        best.proposal.values,
        float(best.score or 0.0),
        tuned.ended,
        result.run.file("tune/best.yaml"),
        result,
    )


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the YAML file, which `Experiment.from_dict` takes too."""
    from forecaster.config.schema import json_schema

    return json_schema()


def with_table(experiment: Experiment, data: Any) -> tuple[Experiment, TableSource]:
    """The experiment with the table that was handed over, and that table.

    Args:
        experiment: As given.
        data: A path or a table; None is the table that data.path names.
    """
    if data is None:
        return experiment, experiment.data_path
    source = as_source(data)
    path = str(source.resolve()) if isinstance(source, Path) else IN_MEMORY
    if experiment.spec.data.path == path:
        return experiment, source
    return experiment.with_({"data.path": path}), source


def _path(run_dir: str | Path | None) -> Path | None:
    return None if run_dir is None else Path(run_dir)


def _check_resume(*, resume: bool, overwrite: bool, run_dir: str | Path | None, what: str) -> None:
    if resume and overwrite:
        raise UsageError("--resume and --overwrite exclude each other", hint="give one of them")
    if resume and run_dir is None:
        raise UsageError("--resume needs --run-dir", hint=f"name the {what} that is to go on")


class _Epochs:
    """Tells a function about epochs."""

    def __init__(self, on_epoch: OnEpoch) -> None:
        self.on_epoch = on_epoch

    def batch_done(self, member: int, epoch: int, step: int, n_steps: int, loss: float) -> None:
        pass

    def epoch_done(self, row: EpochRow, epochs: int) -> None:
        self.on_epoch(row)


def _listener(on_epoch: OnEpoch | None) -> Listener | None:
    return None if on_epoch is None else _Epochs(on_epoch)


class _Trials:
    """Tells a function about trials that end."""

    def __init__(self, on_trial: OnTrial | None) -> None:
        self.on_trial = on_trial

    def began(self, proposal: Any) -> None:
        pass

    def reported(self, proposal: Any, said: dict[str, Any]) -> None:
        pass

    def ended(self, record: Any, *, work: float, left: float | None) -> None:
        if self.on_trial is not None:
            self.on_trial(
                {
                    "trial": record.proposal.number,
                    "state": record.state,
                    "score": record.score,
                    "values": record.proposal.values,
                    "reason": record.reason,
                }
            )

    def looked(self) -> None:
        pass


__all__ = [
    "Backtest",
    "Search",
    "backtest",
    "example",
    "inspect",
    "load",
    "train",
    "tune",
    "validate",
    "with_table",
]
