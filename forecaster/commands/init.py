"""forecaster init: a commented config, inferred from a table, or a shipped example."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.commands.options import Json, NoColor, Quiet, Verbose, examples
from forecaster.terminal.console import Result
from forecaster.terminal.exits import command_context

if TYPE_CHECKING:
    from forecaster.data.draft.infer import Guess

EXAMPLES = examples("forecaster init sales.csv", "forecaster init sales.csv --output sales.yaml --force")


def command(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="The table: CSV or Parquet.", show_default=False)
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Write the config to this file.")
    ] = Path("config.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write a commented config inferred from a table."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        # Not by `fc.inspect`: the text is written as it is, and what was guessed is shown.
        from forecaster.pipeline.inspect import write_draft

        reporter.result(*_result(write_draft(data, output, force=force).guess, output))


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
