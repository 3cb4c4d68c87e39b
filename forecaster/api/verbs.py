"""The functions of the Python API that check, train, search and backtest an experiment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from forecaster.api.frames import kind_of
from forecaster.api.listeners import OnEpoch, OnTrial, TrialAdapter
from forecaster.api.new_run import check_count, check_resume, listener_of, path_of
from forecaster.api.remarks import OnNote, deliver
from forecaster.api.results import Backtest, Search
from forecaster.api.run import Run, new_run
from forecaster.arguments import checked
from forecaster.config.experiment import Experiment
from forecaster.data.reading.sources import TableSource, as_source, held_in_memory, place_of
from forecaster.errors import UsageError
from forecaster.spec import MOST_COUNT

if TYPE_CHECKING:
    from forecaster.pipeline.tune import SearchPlan
    from forecaster.pipeline.validate import Validated
    from forecaster.search.trial_runner import SearchListener
    from forecaster.training.progress import Listener


@checked
def inspect(
    data: Any,
    *,
    folder: str | Path | None = None,
    target: str | Sequence[str] | None = None,
    time: str | None = None,
    time_format: str | None = None,
    id: str | None = None,  # noqa: A002  as in data.id
    no_id: bool = False,
    freq: str | int | None = None,
    horizon: int | None = None,
    season: int | Sequence[int] | None = None,
    preset: Literal["fast", "good", "best"] = "good",
    decimal: Literal[".", ","] | None = None,
    timezone: str | None = None,
    sheet: str | None = None,
    strict: bool = False,
    on_note: OnNote | None = None,
) -> Experiment:
    """Draft an experiment for a table, as `forecaster init` does.

    What is given is not guessed. Where the table can be read in several ways, the likeliest is taken and a remark says
    so.

    Args:
        data: A path, an address, or a table of pandas, polars, DuckDB or pyarrow.
        folder: The folder that data.path is relative to; None is the working directory.
        target: The column to forecast, or several.
        time: The column of times.
        time_format: The format of the times, as in data.csv.time_format.
        id: The column that names the series.
        no_id: Whether the whole table is one series, whatever its columns.
        freq: The frequency, such as "h" or "W-MON", or a whole number for a column of step numbers.
        horizon: The number of steps to forecast.
        season: The steps of a season, or of several.
        preset: How much time the training may take for a better forecast: "fast", "good" or "best".
        decimal: The decimal mark of a CSV file, "." or ","; the other one groups thousands.
        timezone: The time zone of the times, such as "Europe/Paris".
        sheet: The sheet of an Excel workbook.
        strict: Whether to refuse a table that can be read in several ways, instead of taking the likeliest.
        on_note: A function that takes each remark. None issues each as a `ForecasterWarning`.

    Returns:
        A draft. `print(draft)` shows it with a comment on every guess; `with_` changes it.

    Raises:
        DataError: When the roles of the columns cannot be inferred, or do not fit what is given. The hint says what
            to do.
        UsageError: When an argument is not valid, or two exclude each other.
    """
    from forecaster.data.draft.wishes import Wishes
    from forecaster.pipeline.inspect import inspect as inspect_table

    wishes = Wishes(
        targets=() if target is None else (target,) if isinstance(target, str) else tuple(target),
        time=time,
        time_format=time_format,
        id=id,
        no_id=no_id,
        freq=freq,
        horizon=horizon,
        seasons=() if season is None else (season,) if isinstance(season, int) else tuple(season),
        preset=preset,
        decimal=decimal,
        timezone=timezone,
        sheet=sheet,
    )
    folder = Path.cwd() if folder is None else Path(folder)
    draft = inspect_table(as_source(data), folder=folder, wishes=wishes, strict=strict)
    deliver(on_note, (), [choice.sentence for choice in draft.guess.choices if not choice.said])
    return draft.experiment


@checked
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


@checked
def validate(experiment: Experiment, data: Any = None) -> Validated:
    """Check an experiment and its table without training. Does not load TensorFlow.

    Args:
        experiment: The experiment.
        data: The table; see `train`.

    Returns:
        The facts about the table and its windows, an estimate of time and memory, and warnings.

    Raises:
        ConfigError: When the settings do not fit together; lists every problem.
        DataError: When the table cannot be used; lists every problem.
    """
    from forecaster.pipeline.validate import validate as validate_table

    return validate_table(*with_table(experiment, data))


@checked
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
    """Train a network, score it beside the baselines, and write a run directory.

    Args:
        experiment: The experiment.
        data: The table: a path, or a table of pandas, polars, DuckDB or pyarrow, which is read from memory.
            None is the table that data.path names.
        run_dir: The run directory; None is a new directory in output.dir.
        resume: Continue the interrupted run in run_dir. The result is the same as that of a run that was not
            interrupted, byte for byte.
        overwrite: Replace the run in run_dir.
        smoke: Train on a few windows for one epoch, as a quick check that everything works together.
        on_epoch: A function that takes each epoch as it ends.
        on_note: A function that takes each remark. None issues each as a `ForecasterWarning`.
        listener: An object that takes batches and epochs; replaces on_epoch.

    Returns:
        The complete run.

    Raises:
        ConfigError: When the settings do not fit together. Nothing is written.
        DataError: When the table cannot be used, or there is nothing to resume. Nothing is written.
        UsageError: When resume and overwrite are both given, or resume without run_dir. Nothing is written.
        RunTakenError: When the run directory exists, or another process is using it.
        TrainingError: When the loss becomes NaN or infinite.
        EnvironmentError_: When the disk is full, or an extra is not installed.
    """
    from forecaster.pipeline.train import TrainOptions
    from forecaster.pipeline.train import train as train_run

    check_resume(resume=resume, overwrite=overwrite, run_dir=run_dir, what="run")
    experiment, source = with_table(experiment, data)
    options = TrainOptions(path_of(run_dir), resume, overwrite, smoke)
    result = train_run(
        experiment,
        source,
        options,
        listener=listener or listener_of(on_epoch),
        notify=lambda warnings, notes: deliver(on_note, warnings, notes),
    )
    return new_run(result.run, experiment, result, source, kind_of(data))


@checked
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
    engine: Literal["local", "ray"] = "local",
    workers: int | None = None,
    on_epoch: OnEpoch | None = None,
    on_note: OnNote | None = None,
    listener: Listener | None = None,
) -> Backtest:
    """Train and score at several cutoffs in the past, as if each were now.

    Args:
        experiment: The experiment.
        data: The table; see `train`.
        folds: The number of cutoffs.
        step: The number of steps from one cutoff to the next; None is the horizon.
        refit: Whether to train again at every cutoff. If not, the network of the first cutoff forecasts at all.
        window: Whether the training rows grow from cutoff to cutoff ("expanding") or keep their number and
            move forward ("sliding").
        run_dir: The directory of the backtest; None is a new directory in output.dir.
        resume: Continue the interrupted backtest in run_dir.
        overwrite: Replace the backtest in run_dir.
        smoke: See `train`.
        engine: Where the folds of refit are trained: in this process ("local"), or at the same time on Ray ("ray").
            on_epoch hears of an epoch on Ray when all folds are trained.
        workers: The number of folds that Ray trains at the same time; None is all of them.
        on_epoch: See `train`.
        on_note: See `train`.
        listener: See `train`.

    Returns:
        The complete backtest.

    Raises:
        ConfigError: See `train`.
        DataError: See `train`; also when the series are too short for the folds.
        UsageError: See `train`.
        RunTakenError: See `train`.
        TrainingError: See `train`.
        EnvironmentError_: See `train`.
    """
    from forecaster.pipeline.backtest import BacktestOptions
    from forecaster.pipeline.backtest import backtest as backtest_run
    from forecaster.stages.folds import BacktestPlan

    check_resume(resume=resume, overwrite=overwrite, run_dir=run_dir, what="backtest")
    if window not in ("expanding", "sliding"):
        raise UsageError(f"window {window}: there is no such window", hint="use expanding or sliding")
    check_count("folds", folds, most=1_000)
    check_count("step", step, most=MOST_COUNT)
    check_count("workers", workers, most=MOST_COUNT)
    experiment, source = with_table(experiment, data)
    plan = BacktestPlan(folds=folds, step=step, refit=refit, window=window)
    result = backtest_run(
        experiment,
        source,
        BacktestOptions(plan, path_of(run_dir), resume, overwrite, smoke, engine, workers),
        listener=listener or listener_of(on_epoch),
        notify=lambda warnings, notes: deliver(on_note, warnings, notes),
    )
    metrics = {key: value for key, value in result.metrics.items() if key != "format_version"}
    return Backtest(result.run.path, metrics, result.notes, result.already_complete, kind_of(data))


@checked
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
    """Search the spaces of an experiment for the best config, and train it.

    Each trial runs in a process of its own. Continue an interrupted search with `resume=True`.

    Args:
        experiment: An experiment with search nodes, such as `{"int": {"min": 32, "max": 128, "default": 64}}`
            as the units of a layer. Without any, a built-in space around its values is searched.
        data: The table; see `train`. A table in memory is written into the run directory, where the processes
            of the trials read it.
        run_dir: The directory of the search and of its best run; None is a new directory in output.dir.
        resume: Continue the interrupted search in run_dir.
        overwrite: Replace the search in run_dir.
        smoke: Make two trials on a few windows, as a quick check that everything works together.
        workers: The number of trials that run at the same time.
        engine: Where trials run: on this machine ("local") or on Ray ("ray").
        time_budget: The time after which the search ends, such as "90s", "30m" or "2h"; None is
            tune.time_budget or, for a built-in space without tune.max_trials, 15 minutes.
        overrides: The `--set` options that the experiment was read with, for the hint that says how to resume.
        on_trial: A function that takes each trial as it ends: a dictionary with the keys trial, state, score,
            values and reason.
        on_note: See `train`.
        watch: A function that returns the listener of the search; replaces on_trial.

    Returns:
        The search with its best run.

    Raises:
        ConfigError: See `train`; also when a search node is not valid.
        DataError: See `train`; also when the table does not fit both ends of a range, or the directory holds
            another search.
        UsageError: See `train`; also when the engine or the time budget is not valid.
        RunTakenError: See `train`.
        TrainingError: When no trial completed.
        EnvironmentError_: See `train`.
    """
    from forecaster.pipeline.tune import SearchOptions
    from forecaster.pipeline.tune import tune as tune_run

    check_resume(resume=resume, overwrite=overwrite, run_dir=run_dir, what="search")
    check_count("workers", workers, most=256)
    experiment, source = with_table(experiment, data)
    options = SearchOptions(
        path_of(run_dir), resume, overwrite, smoke, workers, engine, time_budget, overrides
    )
    result = tune_run(
        experiment,
        # Trials read the table again and again, in processes of their own.
        held_in_memory(source, experiment.spec.data),
        options,
        watch=watch or (lambda plan: TrialAdapter(on_trial)),
        notify=lambda warnings, notes: deliver(on_note, warnings, notes),
    )
    tuned, path = result.tuned, result.run.path
    own = source if isinstance(source, Path) else None
    run = Run(
        path,
        result.experiment,
        tuned.metrics["splits"],
        tuned.notes,
        sha256=result.run.sha256,
        _table=own,
        _kind=kind_of(data),
    )
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
    """Return the experiment with data.path set to the table that was passed in, and the table.

    Args:
        experiment: The experiment.
        data: A path or a table; None is the table that data.path names.

    Raises:
        DataError: When data is None and the experiment was made for a table in memory.
        UsageError: When the experiment is something else, such as the path of a config.
    """
    if not isinstance(experiment, Experiment):
        raise _no_experiment(experiment)
    if data is None:
        return experiment, experiment.table
    source = as_source(data, experiment.spec.data)
    changes = place_of(source, experiment.spec.data)
    return (experiment.with_(changes) if changes else experiment), source


def _no_experiment(given: Any) -> UsageError:
    way = "from_dict(values)" if isinstance(given, Mapping) else "from_yaml(path)"
    return UsageError(
        f"experiment: is a {type(given).__name__}, needs a forecaster.Experiment",
        hint=f"make one with forecaster.Experiment.{way}",
    )
