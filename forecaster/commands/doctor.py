"""forecaster doctor: look whether this machine is fit for training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import forecaster as fc
from forecaster.errors import EnvironmentError_
from forecaster.terminal.console import Reporter, Result
from forecaster.terminal.exits import command_context
from forecaster.terminal.options import Json, NoColor, Quiet, Verbose, examples

if TYPE_CHECKING:
    from forecaster.pipeline.doctor import Checkup

EXAMPLES = examples("forecaster doctor", "forecaster doctor /data/runs --smoke")
MARKS = {"ok": "ok", "warning": "warn", "error": "FAIL"}


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder in which runs are to be written.")
    ] = Path("runs"),
    smoke: Annotated[
        bool, typer.Option("--smoke", help="Train on a few windows too, which takes about ten seconds.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Look at versions, processors, memory, disks and environment, and exit with status 3 if something fails."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        found = fc.doctor(folder, smoke=smoke)
        reporter.result(*_result(found, reporter))
    if not found.ok:
        raise typer.Exit(EnvironmentError_.exit_code)


def _result(found: Checkup, reporter: Reporter) -> Result:
    shown = [c for c in found.checks if reporter.verbosity >= 0 or c.level != "ok"]
    lines = []
    for check in shown:
        lines.append(f"{MARKS[check.level]:4}  {check.name}: {check.value}")
        if check.hint:
            lines.append(f"      {check.hint}")
    return {"ok": found.ok, "checks": [c.as_json() for c in found.checks]}, "\n".join(lines)
