"""forecaster schema: the JSON Schema of the YAML file."""

from __future__ import annotations

from typing import Any


def run() -> dict[str, Any]:
    from forecaster.config.schema import json_schema

    return json_schema()
