"""forecaster tune: search for the best config, and train it."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Annotated, cast

import typer

import forecaster as fc
from forecaster.system import quoted as as_typed
from forecaster.terminal.console import Result, number, table, wrapped
from forecaster.terminal.exits import command_context
from forecaster.terminal.options import (
    ConfigFile,
    Json,
    NewRun,
    NoColor,
    Overrides,
    Overwrite,
    Quiet,
    Verbose,
    examples,
)
from forecaster.terminal.score_text import scores_text
from forecaster.terminal.search_progress import search_progress_for

if TYPE_CHECKING:
    from typing import Literal

    from forecaster.api.results import Search

EXAMPLES = examples(
    "forecaster tune config.yaml --run-dir runs/search --time-budget 30m",
    "forecaster tune config.yaml --run-dir runs/search --resume",
    "forecaster tune search.yaml --workers 2",
)


def command(
    config: ConfigFile,
    overrides: Overrides = None,
    run_dir: NewRun = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, metavar="N", help="Run this many trials at the same time.")
    ] = 1,
    engine: Annotated[
        str, typer.Option("--engine", metavar="local|ray", help="Run trials on this machine or on Ray.")
    ] = "local",
    time_budget: Annotated[
        str | None,
        typer.Option(
            "--time-budget",
            metavar="TIME",
            help="End after this time, such as 90s, 30m or 2h. The default is tune.time_budget; 15m for a config "
            "without search nodes.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the interrupted search in --run-dir.")
    ] = False,
    overwrite: Overwrite = False,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Run two trials on a few windows, as a quick check in CI.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Search the open values of a config, or around its values where none is open, and train the best config."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        with contextlib.ExitStack() as stack:
            found = fc.tune(
                fc.Experiment.from_yaml(config, overrides or ()),
                run_dir=run_dir,
                resume=resume,
                overwrite=overwrite,
                smoke=smoke,
                workers=workers,
                # An unknown engine is an error of `fc.tune`, with the names of the known ones.
                engine=cast("Literal['local', 'ray']", engine),
                time_budget=time_budget,
                overrides=overrides or (),
                on_note=reporter.remark,
                watch=lambda plan: stack.enter_context(search_progress_for(reporter, plan)),
            )
        reporter.result(*_result(found))


def _result(search: Search) -> Result:
    from forecaster.evaluation.headline import judged_split

    found, path = search.result.facts(), search.run.path
    best, counts = found["best"], found["trials"]
    title = f"{counts['completed']} trials completed, {counts['failed']} failed; ended by: {found['ended']}"
    # Values are shown as in the YAML file: null, not None.
    rows = [[name, v if isinstance(v, str) else json.dumps(v)] for name, v in best["values"].items()]
    lines = [title, "", f"best: trial {best['trial']}, {best['metric']} {number(best['score'])}"]
    lines += [table(["hyperparameter", "value"], rows), ""]
    lines += [*wrapped(search.run.verdict), ""]
    for block in scores_text(found["splits"], judged=judged_split(found["splits"])):
        lines += [block, ""]
    lines += [
        *found["notes"],
        f"config: {found['config']}",
        f"run:    {path}",
        f"plots:  {path / 'tune'}",
        f"next:   forecaster predict {as_typed(str(path))}",
    ]
    return found, "\n".join(lines)
