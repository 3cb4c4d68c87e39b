"""forecaster plot: plot the forecast of some series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import forecaster as fc
from forecaster.terminal.console import Reporter, Result
from forecaster.terminal.exits import command_context
from forecaster.terminal.named_run import named_run
from forecaster.terminal.options import Json, NoColor, Quiet, RunDirectory, Verbose, examples

if TYPE_CHECKING:
    from forecaster.pipeline.plot import Plotted

EXAMPLES = examples(
    "forecaster plot runs/mine",
    "forecaster plot runs/mine --series LGA --output lga.svg",
    "forecaster plot runs/mine --future --series LGA --series JFK",
)


def command(
    run_dir: RunDirectory,
    series: Annotated[
        list[str] | None,
        typer.Option(
            "--series",
            metavar="NAME",
            help="Plot this series. Can be repeated. The default is the first; with --future, the first few.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="NAME",
            help="Plot this target. The default is the first; with --future, all.",
            show_default=False,
        ),
    ] = None,
    future: Annotated[
        bool,
        typer.Option(
            "--future",
            help="Plot the next horizon, after the last row of each series, instead of the last test window.",
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write PNG or SVG to this file, by its ending. The default is a file in RUN/plots.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Plot the last test window of a series or, with --future, the next horizon, with intervals."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        plotted = fc.load(named_run(run_dir, reporter)).plot(
            series=series, target=target, output=output, future=future
        )
        reporter.result(*_result(plotted, reporter))


def _result(plotted: Plotted, reporter: Reporter) -> Result:
    for note in plotted.notes:
        reporter.note(f"note: {note}")
    facts: dict[str, Any] = {"plot": str(plotted.path), "series": plotted.series, "target": plotted.target}
    facts |= {"all_series": list(plotted.all_series), "all_targets": list(plotted.all_targets)}
    return facts | {"notes": plotted.notes}, str(plotted.path)
