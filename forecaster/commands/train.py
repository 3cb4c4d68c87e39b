"""forecaster train: train a network and write a run directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

import forecaster as fc
from forecaster.terminal.console import Result, wrapped
from forecaster.terminal.exits import command_context
from forecaster.terminal.next_steps import closing_lines
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
from forecaster.terminal.score_text import scores_text
from forecaster.terminal.training_progress import progress_for

if TYPE_CHECKING:
    from forecaster.api.run import Run

EXAMPLES = examples(
    "forecaster train config.yaml",
    "forecaster train config.yaml --run-dir runs/mine --set training.epochs=20",
    "forecaster train config.yaml --run-dir runs/mine --resume",
)


def command(
    config: ConfigFile,
    overrides: Overrides = None,
    run_dir: NewRun = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the interrupted run in --run-dir.")
    ] = False,
    overwrite: Overwrite = False,
    smoke: Smoke = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Train a network, score it beside the baselines, and write a run directory."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        with progress_for(reporter) as listener:
            run = fc.train(
                fc.Experiment.from_yaml(config, overrides or ()),
                run_dir=run_dir,
                resume=resume,
                overwrite=overwrite,
                smoke=smoke,
                on_note=reporter.remark,
                listener=listener,
            )
        reporter.result(*_result(run))
        if not run.already_complete and reporter.draws:
            reporter.show_forecast(run.next_horizon(), time_label=run.experiment.spec.data.time)


def _result(run: Run) -> Result:
    from forecaster.evaluation.headline import judged_split
    from forecaster.evaluation.scores import remarks

    path, splits = run.path, run.metrics
    judged = judged_split(splits)
    lines = [*wrapped(run.verdict), ""]
    for block in scores_text(splits, judged=judged):
        lines += [block, ""]
    lines += wrapped([*(remarks(splits[judged]["left_out"]) if judged else []), *run.notes])
    if run.already_complete:
        lines.append("The run was already complete; nothing was trained.")
    lines += closing_lines(run)
    facts = {"run": str(path), "verdict": run.verdict, "notes": run.notes, "splits": splits}
    return facts, "\n".join(lines)
