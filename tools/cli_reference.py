"""Write what `--help` says into docs/cli.md: `python -m tools.cli_reference`.

The page keeps its prose. Between `<!-- commands -->` and `<!-- end -->` stands the list of commands; between
`<!-- options: NAME -->` and `<!-- end -->` stand the usage and the option table of the command NAME.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer

from forecaster.cli import app

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"
# Described once on the page, in a section of their own.
OF_EVERY_COMMAND = {"--json", "--quiet", "--verbose", "--no-color", "--help"}
PART = re.compile(r"(<!-- (commands|options: (\S+)) -->\n).*?(<!-- end -->)", re.DOTALL)
CHOICES = re.compile(r"(.*--[\w-]+) [<\[]?([\w-]+(?:\|[\w-]+)+)[>\]]?$")
BRACKETS = re.compile(r"\s*\[([^\[\]]*)\]$")


def commands() -> dict[str, Any]:
    """The commands of the program by name, in the order of `--help`."""
    found: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return found


def command_list() -> str:
    """The table of all commands, each linked to its section."""
    rows = [f"| [{name}](#{name}) | {_cell(command.help)} |" for name, command in commands().items()]
    return "\n".join(["| Command | What it does |", "| --- | --- |", *rows])


def options(name: str) -> str:
    """The usage of a command, and the table of the options that are its own."""
    command = commands()[name]
    context = typer.Context(command, info_name=name)
    arguments = [
        option.metavar + ("..." if option.nargs != 1 else "")
        for option in command.params
        if option.param_type_name == "argument"
    ]
    usage = " ".join(["forecaster", name, *arguments, "[OPTIONS]"])
    rows = []
    for option in command.params:
        if option.param_type_name != "option" or OF_EVERY_COMMAND & set(option.opts):
            continue
        spelled, meaning = option.get_help_record(context)
        meaning, default = _without_default(meaning)
        rows.append(f"| {_spelled(spelled)} | {default} | {_cell(meaning)} |")
    table = ["", "| Option | Default | Meaning |", "| --- | --- | --- |", *rows] if rows else []
    return "\n".join(["", "```text", usage, "```", *table, ""])


def render(text: str) -> str:
    """The page with its generated parts as the program has them now."""

    def part(match: re.Match[str]) -> str:
        inside = options(match[3]) if match[3] else f"\n{command_list()}\n"
        return f"{match[1]}{inside}\n{match[4]}"

    return PART.sub(part, text)


def _spelled(option: str) -> str:
    """An option as code, its choices apart: in a table not every reader of Markdown takes a bar inside code."""
    found = CHOICES.match(option)
    if found is None:
        return f"`{option}`"
    return f"`{found[1]}` " + " or ".join(f"`{choice}`" for choice in found[2].split("|"))


def _without_default(meaning: str) -> tuple[str, str]:
    """A help text without the brackets that Typer adds, and the default that they name."""
    found = BRACKETS.search(meaning)
    if found is None:
        return meaning, ""
    default = [
        part.removeprefix("default: ") for part in found[1].split("; ") if part.startswith("default: ")
    ]
    return meaning[: found.start()], f"`{default[0]}`" if default else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
