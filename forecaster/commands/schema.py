"""forecaster schema: the JSON Schema of the YAML file."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from forecaster.terminal.exits import command_context


def run() -> dict[str, Any]:
    from forecaster.config.schema import json_schema

    return json_schema()


def command(
    as_json: Annotated[
        bool,
        typer.Option("--json", hidden=True, help="Accepted and without effect: the output is always JSON."),
    ] = False,
) -> None:
    """Print the JSON Schema of the YAML file, from which editors complete and explain keys.

    The output is always JSON, as in `forecaster schema > forecaster.schema.json`.
    """
    with command_context(True, False, False, False) as reporter:
        reporter.emit_raw(run())
