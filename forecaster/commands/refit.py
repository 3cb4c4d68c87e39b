"""forecaster refit: train the networks of a run once more on every row, and write a new run directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import forecaster as fc
from forecaster.terminal.console import Result, wrapped
from forecaster.terminal.exits import command_context
from forecaster.terminal.named_run import named_run
from forecaster.terminal.next_steps import closing_lines
from forecaster.terminal.options import (
    Json,
    NewRun,
    NoColor,
    Overwrite,
    Quiet,
    RunDirectory,
    Verbose,
    examples,
)
from forecaster.terminal.training_progress import progress_for

if TYPE_CHECKING:
    from forecaster.api.run import Run

EXAMPLES = examples(
    "forecaster refit runs/mine",
    "forecaster refit runs/mine --data newer.csv --run-dir runs/newer",
    "forecaster refit runs/mine --data newer.csv --run-dir runs/newer --resume",
)


def command(
    run: RunDirectory,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Learn the rows of this table. The default is the table of the run, as it is now.",
            show_default=False,
        ),
    ] = None,
    run_dir: NewRun = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the interrupted refit in --run-dir.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Train the networks of a run once more on every row, of newer tables too, and write a new run directory."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        before = fc.load(named_run(run, reporter))
        with progress_for(reporter) as listener:
            found = before.refit(
                data,
                run_dir=run_dir,
                resume=resume,
                overwrite=overwrite,
                on_note=reporter.remark,
                listener=listener,
            )
        reporter.result(*_result(found, run))
        if not found.already_complete and reporter.draws:
            reporter.show_forecast(found.next_horizon(), time_label=found.experiment.spec.data.time)


def _result(run: Run, before: Path) -> Result:
    lines = wrapped(run.notes)
    if run.already_complete:
        lines.append("The run was already complete; nothing was trained.")
    lines += closing_lines(run)
    facts = {
        "run": str(run.path),
        "before": str(before),
        "learned": run.show()["learned"],
        "notes": run.notes,
        "splits": run.metrics,
    }
    return facts, "\n".join(lines)
