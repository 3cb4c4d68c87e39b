"""README.md and docs/getting-started.md say the same as what they quote. That their blocks run: test_code_blocks.py."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def test_config_shown_in_getting_started_is_the_shipped_one() -> None:
    [shown] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "getting-started.md").read_text(), re.DOTALL)
    assert yaml.safe_load(shown) == yaml.safe_load((ROOT / "configs" / "sine.yaml").read_text())


def test_scores_in_the_table_are_those_of_the_output() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    test = text[text.index("\ntest: 5,187 windows") :]
    for shown, name in (
        ("model", "model"),
        ("ridge", "ridge"),
        ("seasonal naive", "seasonal_naive"),
        ("naive:", "naive"),
    ):
        [row] = re.findall(rf"^\| \**{shown}.*\|$", text, re.MULTILINE)
        mae, rmse, mase = (cell.strip(" *") for cell in row.split("|")[2:5])
        [line] = re.findall(rf"^{name} .*$", test, re.MULTILINE)[:1]
        columns = [cell for cell in line.split() if cell not in ("better", "worse", "unclear")]
        assert (mae, rmse) == (columns[1], columns[2])
        assert float(mase) == pytest.approx(float(columns[5]), abs=5e-4)
