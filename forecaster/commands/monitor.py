"""forecaster monitor: whether a run still forecasts newer rows as it did; exit status 1 is an alarm."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import forecaster as fc
from forecaster.terminal.console import Result, fitted_table, line_width, number, wrapped
from forecaster.terminal.exits import command_context
from forecaster.terminal.named_run import named_run
from forecaster.terminal.options import Json, NoColor, Quiet, RunDirectory, Verbose, examples

if TYPE_CHECKING:
    from forecaster.pipeline.monitor import Watched

EXAMPLES = examples(
    "forecaster monitor runs/mine --data newer.csv",
    "forecaster monitor runs/mine --data newer.csv --last 168 --output monitor.html",
)


def command(
    run: RunDirectory,
    data: Annotated[
        str,
        typer.Option(
            "--data",
            metavar="FILE",
            help="The table with newer rows, and with the rows before them.",
            show_default=False,
        ),
    ],
    last: Annotated[
        int | None,
        typer.Option(
            "--last",
            metavar="STEPS",
            help="Look at this many of the newest steps. The default is two horizons.",
            show_default=False,
        ),
    ] = None,
    false_alarms: Annotated[
        float,
        typer.Option(
            "--false-alarms",
            metavar="SHARE",
            help="The share of looks with an alarm where nothing has changed.",
        ),
    ] = 0.005,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write a page to this HTML file.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Look whether a run forecasts newer rows as it did, and whether they are like those before (exit status 1: no)."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        # The result shows the notes.
        found = fc.load(named_run(run, reporter)).monitor(
            data, last=last, false_alarms=false_alarms, output=output, on_note=lambda note: None
        )
        reporter.result(*_result(found))
        for alarm in found.alarms:
            reporter.error(alarm)
    if found.alarms:
        raise typer.Exit(1)


def _result(found: Watched) -> Result:
    header = ["check", "now", "usual", "from", "to", "p", "alarm"]
    body = [
        [
            one.name,
            *(number(None if isnan(x) else x) for x in (one.value, one.usual, one.low, one.high)),
            "-" if one.p is None else f"{one.p:.2g}" if one.p >= 1e-4 else "< 0.0001",
            "yes" if one.alarm else "no" if one.p is not None else "not judged",
        ]
        for one in found.looks
    ]
    lines = [
        *wrapped([f"The newest {found.steps:,} steps of {found.table}, {found.first} to {found.last}:"]),
        *(["", fitted_table(header, body, width=line_width()), ""] if body else []),
        *wrapped(found.notes),
    ]
    if not found.alarms:
        lines += wrapped(["No alarm: they are like those that the run knows."])
    if found.page is not None:
        lines.append(f"page: {found.page}")
    return found.as_json(), "\n".join(lines)
