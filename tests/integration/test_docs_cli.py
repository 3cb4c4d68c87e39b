"""docs/cli.md has a section on every command, and its generated parts are those of the program."""

import re

import pytest

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
