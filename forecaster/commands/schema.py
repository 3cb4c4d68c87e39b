"""forecaster schema: print the JSON Schema of the YAML file."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.terminal.exits import command_context
from forecaster.terminal.options import NoColor, Quiet, Verbose, examples

EXAMPLES = examples("forecaster schema > forecaster.schema.json")


def command(
    as_json: Annotated[
        bool,
        typer.Option("--json", hidden=True, help="Has no effect: the output is always JSON."),
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Print the JSON Schema of the YAML file, which editors use to complete and explain keys."""
    with command_context(True, quiet, verbose, no_color) as reporter:
        from forecaster.config.schema import json_schema

        reporter.emit_raw(json_schema())
