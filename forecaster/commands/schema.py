"""forecaster schema: the JSON Schema of the YAML file."""

from __future__ import annotations

from forecaster.commands.options import Json, examples
from forecaster.terminal.exits import command_context

EXAMPLES = examples("forecaster schema > forecaster.schema.json")


def command(as_json: Json = False) -> None:
    """Print the JSON Schema of the YAML file, for editors."""
    with command_context(True, False, False, False) as reporter:
        from forecaster.config.schema import json_schema

        reporter.emit_raw(json_schema())
