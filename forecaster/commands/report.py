"""forecaster report: one page that shows a run."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.commands.options import Json, NoColor, Quiet, Run, Verbose
from forecaster.errors import UsageError
from forecaster.terminal.console import Reporter, Result
from forecaster.terminal.exits import command_context

if TYPE_CHECKING:
    from forecaster.pipeline.report import Reported


def run(run_dir: Path, *, output: Path | None = None, show: bool = False) -> Reported:
    """show: open it in the browser, too."""
    from forecaster.pipeline.report import write_report
    from forecaster.runs.directory import RunDir

    if output is not None and output.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{output}: the report is HTML", hint="let the name end in .html")
    reported = write_report(RunDir(run_dir), output=output)
    if show and not webbrowser.open(reported.path.resolve().as_uri()):
        reported.notes.append(f"no browser could be opened; open {reported.path} yourself")
    return reported


def command(
    run_dir: Run,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to. Default: report.html in the run."),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser, too.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write the page that shows a run: one HTML file that opens offline."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        reporter.result(*_result(run(run_dir, output=output, show=open_it), reporter))


def _result(reported: Reported, reporter: Reporter) -> Result:
    for note in reported.notes:
        reporter.note(f"note: {note}")
    facts = {"report": str(reported.path), "bytes": reported.n_bytes, "notes": reported.notes}
    return facts, f"{reported.path}: {reported.n_bytes / 1024:,.0f} KiB"
