"""forecaster plot: one series as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.commands.options import Json, NoColor, Quiet, Run, Verbose
from forecaster.errors import UsageError
from forecaster.terminal.console import Reporter, Result
from forecaster.terminal.exits import command_context

if TYPE_CHECKING:
    from forecaster.pipeline.plot import Plotted


ENDINGS = (".png", ".svg")


def run(
    run_dir: Path, *, series: str | None = None, target: str | None = None, output: Path | None = None
) -> Plotted:
    from forecaster.pipeline.plot import plot
    from forecaster.runs.directory import RunDir

    if output is not None and output.suffix.lower() not in ENDINGS:
        raise UsageError(f"{output}: the ending says the format", hint=f"use one of {', '.join(ENDINGS)}")
    return plot(RunDir(run_dir), series=series, target=target, output=output)


def command(
    run_dir: Run,
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
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        reporter.result(*_result(run(run_dir, series=series, target=target, output=output), reporter))


def _result(plotted: Plotted, reporter: Reporter) -> Result:
    for note in plotted.notes:
        reporter.note(f"note: {note}")
    facts = {"plot": str(plotted.path), "series": plotted.series, "target": plotted.target}
    return facts | {"notes": plotted.notes}, str(plotted.path)
