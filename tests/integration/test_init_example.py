"""`forecaster init --example`: two files that work where they are written, or none."""

import json
from pathlib import Path

import pytest

from forecaster.examples import SHIPPED
from tests.integration.tiny_runs import call, done, refused


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_writes_table_and_config_and_says_what_is_next(folder: Path) -> None:
    assert done("init", "--example", "sunspots") == (
        "sunspots.csv: the table\n"
        "config.yaml: forecasts monthly sunspot numbers since 1749, two years ahead\n"
        "next: forecaster validate config.yaml\n"
    )
    assert names(folder) == ["config.yaml", "sunspots.csv"]


@pytest.mark.parametrize("name", SHIPPED)
def test_what_it_writes_is_valid(folder: Path, name: str) -> None:
    done("init", "--example", name, "--output", "here/c.yaml")
    assert names(folder / "here") == sorted(["c.yaml", SHIPPED[name].table])
    assert done("validate", "here/c.yaml").endswith("here/c.yaml is valid\n")


def test_json_names_both_files(folder: Path) -> None:
    said = json.loads(done("init", "--example", "sunspots", "--json"))
    assert (said["config"], said["table"]) == ("config.yaml", "sunspots.csv")


@pytest.mark.parametrize("taken", ["config.yaml", "sunspots.csv"])
def test_it_replaces_neither_file_unless_told(folder: Path, taken: str) -> None:
    (folder / taken).write_text("mine")
    assert refused(4, "init", "--example", "sunspots") == (
        f"{taken} exists; work in another folder, or use --force to replace the files"
    )
    assert names(folder) == [taken]
    assert (folder / taken).read_text() == "mine"
    done("init", "--example", "sunspots", "--force")
    assert names(folder) == ["config.yaml", "sunspots.csv"]
    assert (folder / taken).read_text() != "mine"


def test_an_unknown_name_is_answered_with_the_known_ones(folder: Path) -> None:
    assert refused(2, "init", "--example", "tides") == (
        "there is no example 'tides'; choose from departures, sunspots"
    )
    assert names(folder) == []


@pytest.mark.parametrize("arguments", [[], ["sunspots.csv", "--example", "sunspots"]])
def test_a_table_and_an_example_exclude_each_other(folder: Path, arguments: list[str]) -> None:
    assert refused(2, "init", *arguments) == (
        "init needs either DATA or --example; name a table, as in forecaster init sales.csv, "
        "or use --example departures"
    )


def test_the_config_cannot_take_the_name_of_the_table(folder: Path) -> None:
    assert refused(2, "init", "--example", "sunspots", "--output", "sunspots.csv") == (
        "sunspots.csv is the name of the table; choose an --output that ends in .yaml"
    )


def test_a_config_that_cannot_be_written_leaves_no_table(folder: Path) -> None:
    (folder / "config.yaml").mkdir()
    result = call("init", "--example", "sunspots", "--force")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: config.yaml is a folder; name a file in it, such as --output config.yaml/config.yaml\n"
    )
    assert names(folder) == ["config.yaml"]
