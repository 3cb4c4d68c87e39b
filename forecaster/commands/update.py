"""forecaster update: train the networks of a run on with newer rows, and publish them where they are not worse."""

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
    from forecaster.api.run import Update

EXAMPLES = examples(
    "forecaster update runs/mine --data newer.csv",
    "forecaster update runs/mine --data newer.csv --run-dir runs/newer",
    "forecaster update runs/mine --data newer.csv --run-dir runs/newer --resume",
)


def command(
    run: RunDirectory,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Learn the rows of this table: the old ones and newer ones. The default is the table of the run, as "
            "it is now.",
            show_default=False,
        ),
    ] = None,
    run_dir: NewRun = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the interrupted update in --run-dir.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Train the networks of a run on with newer rows, and write a new run unless they are worse (exit status 1)."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        before = fc.load(named_run(run, reporter))
        with progress_for(reporter) as listener:
            found = before.update(
                data,
                run_dir=run_dir,
                resume=resume,
                overwrite=overwrite,
                on_note=reporter.remark,
                listener=listener,
            )
        reporter.result(*_result(found, run))
        if found.run is None:
            reporter.error(f"{run}: stays as it is, because the new networks are worse: {found.sentence}")
        elif not found.run.already_complete and reporter.draws:
            reporter.show_forecast(found.run.next_horizon(), time_label=found.run.experiment.spec.data.time)
    if not found.published:
        raise typer.Exit(1)


def _result(found: Update, before: Path) -> Result:
    facts = {
        "published": found.published,
        "run": None if found.run is None else str(found.run.path),
        "before": str(before),
        "comparison": found.comparison,
        "notes": found.notes,
    }
    lines = wrapped(found.notes)
    if found.run is None:
        return facts, "\n".join(lines)
    run = found.run
    if run.already_complete:
        lines.append("The run was already complete; nothing was trained.")
    else:
        lines += wrapped([f"The new networks are not worse: {found.sentence}."])
    lines += closing_lines(run)
    return {**facts, "learned": run.show()["learned"], "splits": run.metrics}, "\n".join(lines)
