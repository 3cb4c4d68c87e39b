"""forecaster schema: the JSON Schema of the YAML file."""

from __future__ import annotations

from typing import Any

from forecaster.commands.options import Json
from forecaster.terminal.exits import command_context


def run() -> dict[str, Any]:
    from forecaster.config.schema import json_schema

    return json_schema()


def command(as_json: Json = False) -> None:
    """Print the JSON Schema of the YAML file, for editors."""
    with command_context(True, False, False, False) as reporter:
        reporter.emit_raw(run())
