"""forecaster plot: one series as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.commands.options import Json, NoColor, Quiet, Run, Verbose
from forecaster.errors import UsageError
from forecaster.terminal.console import Result, Screen
from forecaster.terminal.exits import speaking

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
    with speaking(as_json, quiet, verbose, no_color) as screen:
        screen.result(*_result(run(run_dir, series=series, target=target, output=output), screen))


def _result(plotted: Plotted, screen: Screen) -> Result:
    for note in plotted.notes:
        screen.note(f"note: {note}")
    facts = {"plot": str(plotted.path), "series": plotted.series, "target": plotted.target}
    return facts | {"notes": plotted.notes}, str(plotted.path)
