"""What ships as an example is whole, and its config finds its table in one folder."""

import tomllib
from pathlib import Path

import pytest
import yaml

from forecaster.examples import SHIPPED

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", SHIPPED)
def test_config_names_the_table_beside_it_and_leads_nowhere_else(name: str) -> None:
    example = SHIPPED[name]
    config = yaml.safe_load(example.read_config())
    assert config["data"]["path"] == example.table
    assert config["output"] == {"dir": "runs"}
    assert "../" not in example.read_config()


@pytest.mark.parametrize("name", SHIPPED)
def test_table_is_the_shipped_one(name: str) -> None:
    example = SHIPPED[name]
    assert example.read_table() == (ROOT / "data" / example.table).read_bytes()


def test_all_that_an_example_reads_goes_into_the_wheel() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert all(target == f"forecaster/examples/{source}" for source, target in shipped.items())
    needed = {f"{folder}/{name}" for e in SHIPPED.values() for folder, name in _files(e)}
    assert needed <= set(shipped)


def _files(example):
    return ("configs", example.config), ("data", example.table)
