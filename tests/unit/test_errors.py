import tomllib
from pathlib import Path

import pytest

from forecaster.errors import DISTRIBUTION, install_hint

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_hint_names_the_distribution_that_pyproject_builds() -> None:
    assert PROJECT["name"] == DISTRIBUTION == "keras-forecaster"


@pytest.mark.parametrize("extra", ["holidays", "ray", "stats"])
def test_an_extra_is_installed_by_its_name(extra: str) -> None:
    assert install_hint(extra) == f"pip install 'keras-forecaster[{extra}]'"
    assert extra in PROJECT["optional-dependencies"]
