"""forecaster init: write a commented config for a table, or a shipped example."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.errors import UsageError
from forecaster.examples import SHIPPED
from forecaster.terminal.console import Result
from forecaster.terminal.exits import command_context
from forecaster.terminal.options import Json, NoColor, Quiet, Verbose, examples

if TYPE_CHECKING:
    from forecaster.data.draft.infer import Guess
    from forecaster.pipeline.inspect import WrittenExample

EXAMPLES = examples(
    "forecaster init sales.csv",
    "forecaster init sales.csv --output sales.yaml --force",
    "forecaster init --example departures",
)


def command(
    data: Annotated[
        Path | None,
        typer.Argument(metavar="DATA", help="The table: a CSV, Parquet or Arrow file.", show_default=False),
    ] = None,
    example: Annotated[
        str | None,
        typer.Option(
            "--example",
            metavar="NAME",
            help=f"Write a shipped table and its config, {' or '.join(SHIPPED)}, instead of reading DATA.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Write the config to this file.")
    ] = Path("config.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write a commented config that is inferred from a table, or a shipped example."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        # `fc.inspect` returns no guesses, and the result shows them.
        from forecaster.pipeline.inspect import write_draft, write_example

        if data is not None and example is None:
            reporter.result(*_result(write_draft(data, output, force=force).guess, output))
        elif example is not None and data is None:
            reporter.result(*_example_result(write_example(example, output, force=force)))
        else:
            raise UsageError(
                "init needs either DATA or --example",
                hint="name a table, as in forecaster init sales.csv, or use --example departures",
            )


def _result(guess: Guess, output: Path) -> Result:
    facts = {
        "config": str(output),
        "time": guess.time.name,
        "freq": guess.freq,
        "id": guess.id,
        "target": guess.target,
        "series": guess.n_series,
        "rows": guess.rows,
    }
    series = f"{guess.n_series:,} series by {guess.id}" if guess.id else "one series"
    text = (
        f"{output}: forecasts {guess.target} of {series}, {guess.rows:,} rows, every {guess.freq}, "
        f"time in {guess.time.name}\nnext: forecaster validate {output}"
    )
    return facts, text


def _example_result(written: WrittenExample) -> Result:
    facts = {"config": str(written.config), "table": str(written.table)}
    text = (
        f"{written.table}: the table\n{written.config}: forecasts {written.about}\n"
        f"next: forecaster validate {written.config}"
    )
    return facts, text
