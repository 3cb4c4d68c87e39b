"""forecaster backtest: train and score at several cutoffs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

import forecaster as fc
from forecaster.terminal.console import Result
from forecaster.terminal.exits import command_context
from forecaster.terminal.options import (
    ConfigFile,
    Json,
    NewRun,
    NoColor,
    Overrides,
    Overwrite,
    Quiet,
    Smoke,
    Verbose,
    examples,
)
from forecaster.terminal.score_text import folds_text
from forecaster.terminal.training_progress import progress_for

if TYPE_CHECKING:
    from forecaster.api.results import Backtest

EXAMPLES = examples(
    "forecaster backtest config.yaml --folds 8 --step 168",
    "forecaster backtest config.yaml --folds 4 --refit --window sliding",
)


def command(
    config: ConfigFile,
    overrides: Overrides = None,
    folds: Annotated[
        int, typer.Option("--folds", min=1, metavar="N", help="Forecast from this many cutoffs.")
    ] = 5,
    step: Annotated[
        int | None,
        typer.Option(
            "--step",
            min=1,
            metavar="STEPS",
            help="Leave this many steps between cutoffs. The default is the horizon.",
            show_default=False,
        ),
    ] = None,
    refit: Annotated[
        bool,
        typer.Option("--refit/--no-refit", help="Train again at every cutoff, not at the first one only."),
    ] = False,
    window: Annotated[
        Literal["expanding", "sliding"],
        typer.Option(
            "--window", help="Let the training rows grow from cutoff to cutoff, or keep their number."
        ),
    ] = "expanding",
    run_dir: NewRun = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the interrupted backtest in --run-dir.")
    ] = False,
    overwrite: Overwrite = False,
    smoke: Smoke = False,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="local|ray",
            help="Train the folds of --refit one after the other here, or at the same time on Ray.",
        ),
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            metavar="N",
            help="Train this many folds at the same time, with --engine ray. The default is all.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Train and score at several cutoffs in the past, as if each were now."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        with progress_for(reporter) as listener:
            found = fc.backtest(
                fc.Experiment.from_yaml(config, overrides or ()),
                folds=folds,
                step=step,
                refit=refit,
                window=window,
                run_dir=run_dir,
                resume=resume,
                overwrite=overwrite,
                smoke=smoke,
                # An unknown engine is an error of `fc.backtest`, with the names of the known ones.
                engine=cast("Literal['local', 'ray']", engine),
                workers=workers,
                on_note=reporter.remark,
                listener=listener,
            )
        reporter.result(*_result(found))


def _result(found: Backtest) -> Result:
    lines = [*folds_text(found.metrics), *found.notes]
    if found.already_complete:
        lines.append("The backtest was already complete; nothing was trained.")
    lines.append(f"run: {found.path}")
    return {"run": str(found.path), "notes": found.notes, **found.metrics}, "\n".join(lines)
