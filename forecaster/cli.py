"""The command line: the only place that exits."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

import forecaster
from forecaster.console import Screen
from forecaster.errors import EnvironmentError_, ForecasterError, UsageError

app = typer.Typer(
    name="forecaster",
    help="Recurrent networks for time series, from one YAML file.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="The YAML file.", show_default=False)]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run directory.", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override one value, such as model.layers.0.units=64. Repeatable."
    ),
]
RunDirOption = Annotated[
    Path | None,
    typer.Option("--run-dir", metavar="DIR", help="Where the run goes. Default: output.dir/name-time."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only results and errors.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="More detail.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")]


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        print(forecaster.__version__)
        raise typer.Exit


@app.command()
def init(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="CSV or Parquet.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to.")] = Path(
        "config.yaml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write a commented config inferred from a table."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import init as command
        from forecaster.console import init_result

        screen.result(*init_result(command.run(data, output, force=force)))


@app.command()
def validate(
    config: Config,
    overrides: Set = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Check config and data, and show what would be trained on. Loads no TensorFlow."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import validate as command
        from forecaster.console import validate_result

        validated = command.run(config, overrides or ())
        screen.warn(validated.warnings)
        screen.result(*validate_result(validated, screen))


@app.command()
def train(
    config: Config,
    overrides: Set = None,
    run_dir: RunDirOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Begin again in --run-dir.")] = False,
    smoke: Annotated[bool, typer.Option("--smoke", help="A few windows, one epoch: for CI.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Fit, score beside the baselines, and write a run directory."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import train as command
        from forecaster.console import train_result
        from forecaster.progress import progress_for

        if resume and overwrite:
            raise UsageError("--resume and --overwrite exclude each other", hint="give one of them")
        if resume and run_dir is None:
            raise UsageError("--resume needs --run-dir", hint="name the run that is to go on")
        options = command.Options(run_dir=run_dir, resume=resume, overwrite=overwrite, smoke=smoke)
        with progress_for(screen) as listener:
            result = command.run(config, overrides or (), options, listener=listener, report=screen.report)
        screen.result(*train_result(result))


@app.command()
def tune(
    config: Config,
    overrides: Set = None,
    run_dir: RunDirOption = None,
    workers: Annotated[int, typer.Option("--workers", min=1, metavar="N", help="Trials at a time.")] = 1,
    engine: Annotated[
        str, typer.Option("--engine", metavar="local|ray", help="Where trials run: this machine, or Ray.")
    ] = "local",
    time_budget: Annotated[
        str | None,
        typer.Option(
            "--time-budget", metavar="TIME", help="End after 90s, 30m or 2h; over tune.time_budget."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a search that was stopped.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Begin again in --run-dir.")] = False,
    smoke: Annotated[bool, typer.Option("--smoke", help="A few windows, two trials: for CI.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Search the spaces of a config, and write its best.yaml and the best run."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import tune as command
        from forecaster.console import tune_result
        from forecaster.search_progress import search_progress_for

        if resume and overwrite:
            raise UsageError("--resume and --overwrite exclude each other", hint="give one of them")
        if resume and run_dir is None:
            raise UsageError("--resume needs --run-dir", hint="name the search that is to go on")
        if engine not in ("local", "ray"):
            raise UsageError(f"--engine {engine}: there is no such engine", hint="use local or ray")
        options = command.Options(run_dir, resume, overwrite, smoke, workers, engine, time_budget)
        with contextlib.ExitStack() as stack:
            result = command.run(
                config,
                overrides or (),
                options,
                watch=lambda plan: stack.enter_context(search_progress_for(screen, plan)),
                report=screen.report,
            )
        screen.result(*tune_result(result))


@app.command()
def predict(
    run: Run,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Newer rows, or other series.")
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help="Last timestamp taken as known; the forecast begins one step later.",
        ),
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option(
            "--horizon",
            min=1,
            metavar="STEPS",
            help="Steps to forecast; beyond the trained ones with head recursive.",
        ),
    ] = None,
    future: Annotated[
        Path | None,
        typer.Option(
            "--future", metavar="FILE", help="Covariates known ahead, as `forecaster future` asks for them."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="CSV, Parquet or JSON, by its ending."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Forecast the next steps of every series. CSV on stdout, or a file."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import predict as command
        from forecaster.console import predict_result

        predicted = command.run(run, data=data, origin=origin, horizon=horizon, future=future, output=output)
        screen.result(*predict_result(predicted, screen, output))


@app.command()
def future(
    run: Run,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Newer rows, or other series.")
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help="Last timestamp taken as known; the forecast begins one step later.",
        ),
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option(
            "--horizon",
            min=1,
            metavar="STEPS",
            help="Steps to forecast; beyond the trained ones with head recursive.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="CSV, Parquet or JSON, by its ending."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write the table of future covariates to fill in: every series and step of the horizon."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import future as command
        from forecaster.console import future_result

        ahead = command.run(run, data=data, origin=origin, horizon=horizon, output=output)
        screen.result(*future_result(ahead, screen, run, output))


@app.command()
def evaluate(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run directories, compared where several.", show_default=False),
    ],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Rows that training did not see.")
    ] = None,
    split: Annotated[
        Literal["test", "val"], typer.Option("--split", help="The windows of the run's own table.")
    ] = "test",
    worse_than: Annotated[
        str | None,
        typer.Option(
            "--fail-if-worse-than",
            metavar="BASELINE",
            help="Exit with 1 where the model's MASE is above the baseline's: for CI.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The forecasts beside what happened."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Score a run again beside its baselines, on its own or new rows; compare several."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import evaluate as command
        from forecaster.console_scores import evaluate_result

        options = command.Options(data=data, split=split, worse_than=worse_than, output=output)
        result = command.run(runs, options)
        screen.result(*evaluate_result(result))
    for sentence in result.worse:
        print(f"error: {sentence}", file=sys.stderr)
    if result.worse:
        raise typer.Exit(1)


@app.command()
def backtest(
    config: Config,
    overrides: Set = None,
    folds: Annotated[int, typer.Option("--folds", min=1, metavar="N", help="Forecast origins.")] = 5,
    step: Annotated[
        int | None,
        typer.Option("--step", min=1, metavar="S", help="Steps between origins. Default: the horizon."),
    ] = None,
    refit: Annotated[
        bool, typer.Option("--refit/--no-refit", help="Train anew at every origin, or only at the first.")
    ] = False,
    window: Annotated[
        Literal["expanding", "sliding"],
        typer.Option("--window", help="Training rows grow, or keep their number and move on."),
    ] = "expanding",
    run_dir: RunDirOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Begin again in --run-dir.")] = False,
    smoke: Annotated[bool, typer.Option("--smoke", help="A few windows, one epoch: for CI.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Train and score at rolling origins, as if each were now."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import backtest as command
        from forecaster.console_scores import backtest_result
        from forecaster.pipeline.backtest import Plan
        from forecaster.progress import progress_for

        plan = Plan(folds=folds, step=step, refit=refit, window=window)
        options = command.Options(plan=plan, run_dir=run_dir, overwrite=overwrite, smoke=smoke)
        with progress_for(screen) as listener:
            result = command.run(config, overrides or (), options, listener=listener, report=screen.report)
        screen.result(*backtest_result(result))


@app.command()
def report(
    run: Run,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to. Default: report.html in the run."),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser, too.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write the page that shows a run: one HTML file that opens offline."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import report as command
        from forecaster.console import report_result

        screen.result(*report_result(command.run(run, output=output, show=open_it), screen))


@app.command()
def explain(
    run: Run,
    windows: Annotated[
        int, typer.Option("--windows", min=2, metavar="N", help="Validation windows at most.")
    ] = 256,
    repeats: Annotated[
        int, typer.Option("--repeats", min=1, metavar="N", help="Shuffles of each input.")
    ] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of the shuffles.")] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Measure what each input and each stretch of the past is worth, and add it to the report."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import explain as command
        from forecaster.console import explain_result

        screen.result(*explain_result(command.run(run, windows=windows, repeats=repeats, seed=seed)))


@app.command()
def plot(
    run: Run,
    series: Annotated[
        str | None, typer.Option("--series", metavar="NAME", help="Default: the first.")
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="NAME", help="Default: the first.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="PNG or SVG, by its ending.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Draw one series: its newest test window, with intervals and what happened."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import plot as command
        from forecaster.console import plot_result

        screen.result(*plot_result(command.run(run, series=series, target=target, output=output), screen))


@app.command()
def show(
    run: Run,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Show what a run is: data, scores, versions. With -v its config too."""
    with _speaking(as_json, quiet, verbose, no_color) as screen:
        from forecaster.commands import show as command
        from forecaster.console import show_result

        screen.result(*show_result(command.run(run), screen))


@app.command()
def schema(as_json: Json = False) -> None:
    """Print the JSON Schema of the YAML file, for editors."""
    with _speaking(True, False, False, False) as screen:
        from forecaster.commands import schema as command

        screen.emit_raw(command.run())


@contextlib.contextmanager
def _speaking(as_json: bool, quiet: bool, verbose: bool, no_color: bool) -> Iterator[Screen]:
    """Gives a command its Screen and turns what it raises into an exit status."""
    screen = Screen(json=as_json, verbosity=int(verbose) - int(quiet), color=False if no_color else None)
    try:
        yield screen
    except ForecasterError as error:
        screen.fail(error)
        raise typer.Exit(error.exit_code) from None
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(128 + signal.SIGPIPE) from None
    except MemoryError:
        lack = EnvironmentError_("memory ran out", hint="lower training.batch_size or window.lookback")
        screen.fail(lack)
        raise typer.Exit(lack.exit_code) from None
    except OSError as cause:
        where = f"{cause.filename}: " if cause.filename else ""
        lack = EnvironmentError_(f"{where}{cause.strerror or cause}", hint="check space and rights there")
        screen.fail(lack)
        raise typer.Exit(lack.exit_code) from None
    except KeyboardInterrupt:
        print("interrupted; a run that was under way can go on with --resume", file=sys.stderr)
        raise typer.Exit(128 + signal.SIGINT) from None
    except Exception as bug:
        if type(bug).__name__ == "ResourceExhaustedError":
            # TensorFlow's own word for a lack of memory.
            lack = EnvironmentError_("memory ran out", hint="lower training.batch_size or window.lookback")
            screen.fail(lack)
            raise typer.Exit(lack.exit_code) from None
        traceback.print_exc()
        print(
            f"\nThis is a bug in forecaster {forecaster.__version__}. Please report it with the lines above, the "
            "command and the config.",
            file=sys.stderr,
        )
        raise typer.Exit(1) from None


def main() -> None:
    """Entry point. Exit status: see docs/cli.md."""
    signal.signal(signal.SIGTERM, _terminated)
    app()


def _terminated(signum: int, frame: Any) -> NoReturn:
    print("terminated; a run that was under way can go on with --resume", file=sys.stderr)
    sys.exit(128 + signum)


if __name__ == "__main__":
    main()
