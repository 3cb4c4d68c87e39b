"""docs/cli.md says what `--help` says: every command, every option, and nothing else."""

import re
from pathlib import Path

import click
import pytest
import typer

from forecaster.cli import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
EVERYWHERE = {"--json", "--quiet", "--verbose", "--no-color", "--help"}


def options(command: click.Command) -> set[str]:
    names = {name for p in command.params for name in (*p.opts, *p.secondary_opts) if name.startswith("--")}
    return names - EVERYWHERE


def section(command: str) -> str:
    found = re.search(rf"^### {command}\n(.*?)(?=^##)", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None, f"docs/cli.md has no section on {command}"
    return found[1]


def test_every_command_has_a_section() -> None:
    described = re.findall(r"^### (\w+)$", PAGE, re.MULTILINE)
    assert sorted(described) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_described(name: str) -> None:
    described = set(re.findall(r"^- `(--[a-z-]+)`", section(name), re.MULTILINE))
    assert described == options(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_synopsis_names_every_option(name: str) -> None:
    [line] = re.findall(rf"^forecaster {name}\b.*$", PAGE, re.MULTILINE)
    assert set(re.findall(r"--[a-z-]+", line)) == options(COMMANDS[name])
