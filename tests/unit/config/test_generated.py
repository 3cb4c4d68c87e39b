"""configs/forecaster.schema.json, which editors read, is what the code gives today."""

import json
from pathlib import Path

from forecaster.config.schema import json_schema

ROOT = Path(__file__).parents[3]


def test_shipped_schema_is_current() -> None:
    shipped = json.loads((ROOT / "configs" / "forecaster.schema.json").read_text(encoding="utf-8"))
    assert shipped == json_schema(), "run `make pages`"
