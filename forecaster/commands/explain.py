"""forecaster explain: what the forecasts of a run rest on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.commands.options import Json, NoColor, Quiet, Run, Verbose
from forecaster.terminal.console import Result, number, table, without_version
from forecaster.terminal.exits import command_context

if TYPE_CHECKING:
    from forecaster.pipeline.explain import Explained


def run(run_dir: Path, *, windows: int = 256, repeats: int = 5, seed: int = 0) -> Explained:
    from forecaster.pipeline.explain import explain
    from forecaster.runs.directory import RunDir

    return explain(RunDir(run_dir), windows=windows, repeats=repeats, seed=seed)


def command(
    run_dir: Run,
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
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        reporter.result(*_result(run(run_dir, windows=windows, repeats=repeats, seed=seed)))


def _result(explained: Explained) -> Result:
    found = explained.importance
    header = ["growth of the error, %", "mean", "spread"]
    lines = []
    for title, rows in (("inputs", found["inputs"]), ("steps before the origin", found["lags"])):
        body = [[row["name"], f"{row['mean']:.1f}", f"{row['std']:.1f}"] for row in rows]
        lines += [table([f"{title}: {header[0]}", *header[1:]], body), ""]
    lines.append(
        f"{found['windows']:,} validation windows, {found['repeats']} shuffles, seed {found['seed']}; "
        f"scaled MAE as it is: {number(found['scaled_mae'])}"
    )
    lines.append(f"report: {explained.reported.path}")
    return {**without_version(found), "report": str(explained.reported.path)}, "\n".join(lines)
