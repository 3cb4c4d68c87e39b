"""forecaster report: write the report of a run."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

import forecaster as fc
from forecaster.terminal.console import Result
from forecaster.terminal.exits import command_context
from forecaster.terminal.named_run import named_run
from forecaster.terminal.options import Json, NoColor, Quiet, RunDirectory, Verbose, examples

EXAMPLES = examples(
    "forecaster report runs/mine --open",
    "forecaster report runs/mine --output report.html",
)


def command(
    run_dir: RunDirectory,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write the report to this file. The default is report.html in the run directory.",
            show_default=False,
        ),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write the report of a run: one HTML file that opens offline."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        reported = fc.load(named_run(run_dir, reporter)).report(output)
        notes = list(reported.notes)
        if open_it and not webbrowser.open(reported.path.resolve().as_uri()):
            notes.append(f"no browser was found; open {reported.path} yourself")
        for note in notes:
            reporter.note(f"note: {note}")
        reporter.result(*_result(reported.path, reported.n_bytes, notes))


def _result(path: Path, n_bytes: int, notes: list[str]) -> Result:
    facts = {"report": str(path), "bytes": n_bytes, "notes": notes}
    return facts, f"{path}: {n_bytes / 1024:,.0f} KiB"
