"""forecaster diff: two runs side by side."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import forecaster as fc
from forecaster.terminal.console import Result, fitted_table, line_width, number, wrapped
from forecaster.terminal.exits import command_context
from forecaster.terminal.named_run import named_run
from forecaster.terminal.options import Json, NoColor, Quiet, Verbose, examples
from forecaster.text import one_line, plain_json, shortened

if TYPE_CHECKING:
    from forecaster.pipeline.diff import RunDiff

EXAMPLES = examples("forecaster diff runs/monday latest", "forecaster diff runs/one runs/other --exit-code")
# The most characters of a key, and the least that a value gets where lines are short; --json has them whole.
KEY, VALUE = 34, 20


def command(
    one: Annotated[
        Path, typer.Argument(metavar="RUN", help="The directory of a complete run.", show_default=False)
    ],
    other: Annotated[
        Path, typer.Argument(metavar="RUN", help="The one to compare it with.", show_default=False)
    ],
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with status 1 if config, data or scores differ.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Show in what two runs differ: the keys of their configs, their data and their scores."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        found = fc.diff(named_run(one, reporter), named_run(other, reporter))
        reporter.result(*_result(found))
    if exit_code and not found.same:
        raise typer.Exit(1)


def _result(found: RunDiff) -> Result:
    heads = [f"run {letter}" for letter in "AB"]
    lines = [f"{head}: {run}" for head, run in zip(heads, found.runs, strict=True)]
    if found.same:
        return found.as_json(), "\n".join([*lines, "", "Config, data and scores are the same."])
    width = line_width()
    for title, pairs in (("config", found.config), ("data", found.data)):
        keys = max((len(shortened(key, KEY)) for key in pairs), default=0)
        most = max(VALUE, (width - keys - 4) // 2)
        body = [
            [shortened(key, KEY), *(_cell(key, value, most) for value in pair)] for key, pair in pairs.items()
        ]
        lines += ["", fitted_table([title, *heads], body, width=width) if body else f"{title}: the same"]
    if found.scores:
        title = f"{found.split} scores" if found.split else "scores"
        body = [[metric, *(number(value) for value in pair)] for metric, pair in found.scores.items()]
        lines += ["", fitted_table([title, *heads], body, width=width)]
    return found.as_json(), "\n".join([*lines, "", *wrapped(_remarks(found))])


def _remarks(found: RunDiff) -> list[str]:
    remarks = [
        f"run {letter}: {score.verdict} than {score.baseline}, its best baseline"
        if score.verdict in ("better", "worse")
        else f"run {letter}: {score.verdict} against {score.baseline}, its best baseline"
        for letter, score in zip("AB", found.summaries, strict=True)
        if score.verdict
    ]
    if not found.comparable:
        return [*remarks, "The scores are not of the same windows, so their difference says little."]
    return [*remarks, "Whether the scores differ by more than chance: forecaster evaluate with both runs."]


def _cell(key: str, value: Any, most: int) -> str:
    if key.endswith(("path", "dir")) and isinstance(value, str) and Path(value).is_absolute():
        # From here, as the runs are named.
        return one_line(min(value, os.path.relpath(value), key=len), most)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value}"
    return one_line(value if isinstance(value, str) else plain_json(value), most)
