"""forecaster explain: measure how much each input contributes to the forecasts of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

import forecaster as fc
from forecaster.terminal.console import Result, number, table, without_version
from forecaster.terminal.exits import command_context
from forecaster.terminal.named_run import named_run
from forecaster.terminal.options import Json, NoColor, Quiet, RunDirectory, Verbose, examples

if TYPE_CHECKING:
    from forecaster.pipeline.explain import Explained

EXAMPLES = examples(
    "forecaster explain runs/mine",
    "forecaster explain runs/mine --windows 1000 --repeats 10",
)


def command(
    run_dir: RunDirectory,
    windows: Annotated[
        int, typer.Option("--windows", min=2, metavar="N", help="Use at most this many validation windows.")
    ] = 256,
    repeats: Annotated[
        int, typer.Option("--repeats", min=1, metavar="N", help="Shuffle each input this many times.")
    ] = 5,
    seed: Annotated[
        int, typer.Option("--seed", min=0, metavar="N", help="Use this seed for the shuffles.")
    ] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Measure how much each input and each part of the lookback contributes, and update the report."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        explained = fc.load(named_run(run_dir, reporter)).explain(windows=windows, repeats=repeats, seed=seed)
        reporter.detail(explained.engine.sentence)
        reporter.result(*_result(explained))


def _result(explained: Explained) -> Result:
    found = explained.importance
    lines = ["growth of the error when an input is shuffled, in percent", ""]
    for title, rows in (("input", found["inputs"]), ("steps before the cutoff", found["lags"])):
        body = [[row["name"], f"{row['mean']:.1f}", f"{row['std']:.1f}"] for row in rows]
        lines += [table([title, "mean", "std"], body), ""]
    lines.append(
        f"{found['windows']:,} validation windows, {found['repeats']} shuffles, seed {found['seed']}; "
        f"scaled MAE without shuffling: {number(found['scaled_mae'])}"
    )
    lines.append(f"report: {explained.reported.path}")
    return {
        **without_version(found),
        "engine": explained.engine.name,
        "report": str(explained.reported.path),
    }, "\n".join(lines)
