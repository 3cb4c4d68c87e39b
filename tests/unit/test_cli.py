"""`--help` of the program and of each command: whole sentences at any width, and examples."""

from typing import Any

import pytest
import typer

from forecaster.cli import VERBS, app

GROUP: Any = typer.main.get_command(app)


def help_of(name: str | None, *, columns: int) -> str:
    command = GROUP if name is None else GROUP.commands[name]
    text: str = command.get_help(typer.Context(command, info_name="forecaster", terminal_width=columns))
    return text


@pytest.mark.parametrize("columns", [50, 80])
def test_the_list_of_commands_is_not_cut(columns: int) -> None:
    commands = " ".join(help_of(None, columns=columns).partition("Commands:")[2].split())
    for name in VERBS:
        summary = " ".join(help_of(name, columns=columns).split("\n\n")[1].split())
        assert summary.endswith(".")
        assert f"{name} {summary}" in commands


@pytest.mark.parametrize("columns", [50, 80])
@pytest.mark.parametrize("name", VERBS)
def test_no_line_of_options_is_cut_or_too_long(name: str, columns: int) -> None:
    text, _, examples = help_of(name, columns=columns).partition("  Examples:\n")
    assert "…" not in text
    assert "..." not in text.replace("{RUN}...", "")
    assert max(len(line) for line in text.splitlines()) <= columns
    lines = examples.splitlines()
    assert 1 <= len(lines) <= 3
    assert all(line.startswith("    forecaster ") for line in lines)
