"""docs/cli.md has a section on every command, and its generated parts are those of the program."""

import re

import pytest

from forecaster.data.reading.formats import FORMATS
from forecaster.data.spec import DataSpec
from tools.cli_reference import PAGE, commands, render

TEXT = PAGE.read_text(encoding="utf-8")


def test_every_command_has_a_section() -> None:
    described = re.findall(r"^### (\w+)$", TEXT, re.MULTILINE)
    assert sorted(described) == sorted(commands())


@pytest.mark.parametrize("name", commands())
def test_every_section_has_the_options_of_its_command(name: str) -> None:
    found = re.search(rf"^### {name}\n(.*?)(?=^##)", TEXT, re.DOTALL | re.MULTILINE)
    assert found is not None
    assert f"<!-- options: {name} -->" in found[1]


def test_tables_are_those_of_the_program() -> None:
    assert render(TEXT) == TEXT, "run `make pages`"


def test_options_named_in_the_notes_are_in_the_table() -> None:
    for section in re.split(r"^### ", TEXT.split("## Options of every command")[0], flags=re.MULTILINE)[1:]:
        table, _, notes = section.partition("<!-- end -->")
        for option in re.findall(r"^- `(--[a-z-]+)`", notes, re.MULTILINE):
            assert f"{option} " in table or f"{option}`" in table, f"{section.split()[0]}: {option}"


@pytest.mark.parametrize("label", [f.label for f in FORMATS])
def test_every_format_of_tables_is_named(label: str) -> None:
    """In the table of formats, at `data.path` and in the help of init, none of which can ask the registry."""
    section = TEXT.split("\n## Tables\n")[1]
    assert re.search(rf"^\| {label}\b", section, re.MULTILINE), "give it a row in docs/cli.md"
    assert label in (DataSpec.model_fields["path"].description or ""), "name it in DataSpec.path"
    help_of_data = next(p.help for p in commands()["init"].params if p.name == "data")
    assert label in help_of_data, "name it in commands/init.py"
