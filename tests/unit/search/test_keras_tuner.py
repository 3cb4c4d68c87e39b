"""KerasTuner stands behind one interface, in one version, without tensorboard."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]


def importing(package: str) -> set[str]:
    pattern = re.compile(rf"^\s*(import|from) {package}\b", re.MULTILINE)
    files = (ROOT / "forecaster").rglob("*.py")
    return {str(p.relative_to(ROOT)) for p in files if pattern.search(p.read_text(encoding="utf-8"))}


def test_three_modules_know_it() -> None:
    assert importing("keras_tuner") == {
        f"forecaster/search/{name}.py" for name in ("logged_oracle", "loop", "oracles")
    }
    assert importing("tensorboard") == set()


def test_the_version_that_was_tested_is_the_one_that_is_installed() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    pinned = [line for line in needed if line.startswith("keras-tuner")]
    assert pinned == [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line in pinned]
    assert len(pinned) == 1
    assert "==" in pinned[0]
    assert not any(line.startswith("tensorboard") for line in needed)
