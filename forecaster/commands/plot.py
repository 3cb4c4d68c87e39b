"""forecaster plot: plot the forecast of one series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import forecaster as fc
from forecaster.terminal.console import Reporter, Result
from forecaster.terminal.exits import command_context
from forecaster.terminal.options import Json, NoColor, Quiet, RunDirectory, Verbose, examples

if TYPE_CHECKING:
    from forecaster.pipeline.plot import Plotted

EXAMPLES = examples(
    "forecaster plot runs/mine",
    "forecaster plot runs/mine --series LGA --output lga.svg",
)


def command(
    run_dir: RunDirectory,
    series: Annotated[
        str | None,
        typer.Option(
            "--series", metavar="NAME", help="Plot this series. The default is the first.", show_default=False
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target", metavar="NAME", help="Plot this target. The default is the first.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write PNG or SVG to this file, by its ending. The default is in the run directory.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Plot the last test window of one series: forecast, intervals and actual values."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        plotted = fc.load(run_dir).plot(series=series, target=target, output=output)
        reporter.result(*_result(plotted, reporter))


def _result(plotted: Plotted, reporter: Reporter) -> Result:
    for note in plotted.notes:
        reporter.note(f"note: {note}")
    facts = {"plot": str(plotted.path), "series": plotted.series, "target": plotted.target}
    return facts | {"notes": plotted.notes}, str(plotted.path)
