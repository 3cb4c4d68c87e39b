"""forecaster init: a commented config, inferred from a table, or a shipped example."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from forecaster.commands.options import Json, NoColor, Quiet, Verbose
from forecaster.errors import EnvironmentError_, RunTakenError, UsageError
from forecaster.examples import EXAMPLES
from forecaster.terminal.console import Result
from forecaster.terminal.exits import command_context


@dataclass(frozen=True)
class InitResult:
    """What was written, and the guesses a person should look at."""

    output: Path
    text: str
    time: str
    freq: str | int
    id: str | None
    target: str
    n_series: int
    rows: int


def run(data: Path, output: Path, *, force: bool = False) -> InitResult:
    """Write a config for the table to output.

    Raises DataError when the table cannot be guessed, RunTakenError when output exists and force is not
    given, EnvironmentError_ when output cannot be written.
    """
    from forecaster.data.draft.infer import infer
    from forecaster.data.draft.text import draft

    if output.exists() and not force:
        raise RunTakenError(f"{output} exists", hint="name another --output, or give --force to replace it")
    guess = infer(data)
    text = draft(guess, path=_relative(data, output.parent), name=_name(data))
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EnvironmentError_(
            f"{output} cannot be written ({error.strerror})", hint="name another --output"
        ) from None
    return InitResult(
        output=output,
        text=text,
        time=guess.time.name,
        freq=guess.freq,
        id=guess.id,
        target=guess.target,
        n_series=guess.n_series,
        rows=guess.rows,
    )


@dataclass(frozen=True)
class ExampleResult:
    """The two files of an example. about: what it forecasts."""

    output: Path
    table: Path
    about: str


def run_example(name: str, output: Path, *, force: bool = False) -> ExampleResult:
    """Write the config of a shipped example to output, and its table beside it.

    Raises UsageError when there is no such example, RunTakenError when one of the files exists and force is
    not given, EnvironmentError_ when one cannot be written; then neither is left there anew.
    """
    from forecaster.runs.files import write_text, write_whole

    if name not in EXAMPLES:
        raise UsageError(f"there is no example {name!r}", hint=f"choose from {', '.join(EXAMPLES)}")
    example = EXAMPLES[name]
    table = output.parent / example.table
    if output == table:
        raise UsageError(f"{output} is the name of the table", hint="give --output a name that ends in .yaml")
    there = [path for path in (table, output) if path.exists()]
    if there and not force:
        raise RunTakenError(
            f"{there[0]} exists", hint="work in another folder, or give --force to replace the files"
        )
    write_whole(table, example.read_table())
    try:
        write_text(output, example.read_config())
    except BaseException:
        if table not in there:
            table.unlink()
        raise
    return ExampleResult(output, table, example.about)


def _relative(data: Path, folder: Path) -> str:
    """The table's path as seen from the config's folder; absolute where there is none (another drive)."""
    table = data.parent.resolve() / data.name
    try:
        return Path(os.path.relpath(table, folder.resolve())).as_posix()
    except ValueError:
        return table.as_posix()


def _name(data: Path) -> str:
    stem = data.name.split(".")[0]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:100] or "experiment"


def command(
    data: Annotated[
        Path | None, typer.Argument(metavar="DATA", help="CSV or Parquet.", show_default=False)
    ] = None,
    example: Annotated[
        str | None,
        typer.Option(
            "--example",
            metavar="NAME",
            help=f"Instead of DATA: write a shipped table and its config; {' or '.join(EXAMPLES)}.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to.")] = Path(
        "config.yaml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write a commented config inferred from a table, or a shipped example."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        if data is not None and example is None:
            reporter.result(*_result(run(data, output, force=force)))
        elif example is not None and data is None:
            reporter.result(*_example_result(run_example(example, output, force=force)))
        else:
            raise UsageError(
                "init needs either DATA or --example",
                hint="name a table, as in forecaster init sales.csv, or give --example departures",
            )


def _result(result: InitResult) -> Result:
    facts = {
        "config": str(result.output),
        "time": result.time,
        "freq": result.freq,
        "id": result.id,
        "target": result.target,
        "series": result.n_series,
        "rows": result.rows,
    }
    series = f"{result.n_series:,} series by {result.id}" if result.id else "one series"
    text = (
        f"{result.output}: forecasts {result.target} of {series}, {result.rows:,} rows, every {result.freq}, "
        f"time in {result.time}\nnext: forecaster validate {result.output}"
    )
    return facts, text


def _example_result(result: ExampleResult) -> Result:
    facts = {"config": str(result.output), "table": str(result.table)}
    text = (
        f"{result.table}: the table\n{result.output}: forecasts {result.about}\n"
        f"next: forecaster validate {result.output}"
    )
    return facts, text
