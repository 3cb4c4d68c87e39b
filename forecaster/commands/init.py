"""forecaster init: write a commented config for a table, or a shipped example."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from forecaster.errors import UsageError
from forecaster.examples import SHIPPED
from forecaster.system import quoted as as_typed
from forecaster.terminal.console import Reporter, Result
from forecaster.terminal.exits import command_context
from forecaster.terminal.options import Json, NoColor, Quiet, Verbose, examples
from forecaster.text import joined, listed, visible

if TYPE_CHECKING:
    from forecaster.data.draft.infer import Guess
    from forecaster.data.draft.wishes import Wishes
    from forecaster.pipeline.inspect import WrittenExample

EXAMPLES = examples(
    "forecaster init sales.csv",
    "forecaster init sales.csv --target sold --id shop --horizon 14",
    "forecaster init --example departures",
)
STDOUT = "-"
_SHOWN = 8


def command(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="The table: a CSV, Parquet, Arrow, JSON or Excel file, a folder of them, or an address.",
            show_default=False,
        ),
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
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target", metavar="NAME", help="Forecast this column. Can be repeated.", show_default=False
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option("--time", metavar="NAME", help="Take this column as the times.", show_default=False),
    ] = None,
    time_format: Annotated[
        str | None,
        typer.Option(
            "--time-format",
            metavar="FORMAT",
            help="Read the times in this format: strftime codes such as %d/%m/%Y, or a name such as quarter.",
            show_default=False,
        ),
    ] = None,
    series_id: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="NAME", help="Take this column as the names of the series.", show_default=False
        ),
    ] = None,
    no_id: Annotated[
        bool, typer.Option("--no-id", help="Take the whole table as one series, whatever its columns.")
    ] = False,
    freq: Annotated[
        str | None,
        typer.Option(
            "--freq",
            metavar="FREQ",
            help="Take this as the step between rows, such as h, D, W-MON or 1.",
            show_default=False,
        ),
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option("--horizon", min=1, metavar="N", help="Forecast this many steps.", show_default=False),
    ] = None,
    season: Annotated[
        list[int] | None,
        typer.Option(
            "--season",
            min=2,
            metavar="N",
            help="Expect a season of this many steps, such as 24. Can be repeated.",
            show_default=False,
        ),
    ] = None,
    decimal: Annotated[
        str | None,
        typer.Option(
            "--decimal",
            metavar="MARK",
            help="Take this as the decimal mark of a CSV file, '.' or ','; the other one groups thousands.",
            show_default=False,
        ),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            "--timezone",
            metavar="ZONE",
            help="Take this as the time zone of the times, such as Europe/Paris.",
            show_default=False,
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(
            "--sheet", metavar="NAME", help="Read this sheet of an Excel workbook.", show_default=False
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Refuse a table that can be read in several ways, and name the options."
        ),
    ] = False,
    preset: Annotated[
        Literal["fast", "good", "best"],
        typer.Option("--preset", help="Choose how much time the training may take for a better forecast."),
    ] = "good",
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write the config to this file, or to stdout if it is -."
        ),
    ] = Path("config.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write a commented config that is inferred from a table, or a shipped example."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        from forecaster.data.draft.wishes import Wishes, freq_of

        wishes = Wishes(
            targets=tuple(target or ()),
            time=time,
            time_format=time_format,
            id=series_id,
            no_id=no_id,
            freq=freq_of(freq),
            horizon=horizon,
            seasons=tuple(season or ()),
            preset=preset,
            decimal=decimal,
            timezone=timezone,
            sheet=sheet,
        )
        if data is not None and example is None:
            _draft(reporter, data, output, wishes, force=force, strict=strict)
        elif example is not None and data is None:
            _example(reporter, example, output, wishes, force=force, strict=strict)
        else:
            raise UsageError(
                "init needs either DATA or --example",
                hint="name a table, as in forecaster init sales.csv, or use --example departures",
            )


def _draft(reporter: Reporter, data: str, output: Path, wishes: Wishes, *, force: bool, strict: bool) -> None:
    # `fc.inspect` returns no guesses, and the result shows them.
    from forecaster.data.reading.sources import as_source
    from forecaster.pipeline.inspect import inspect, write_draft

    source = as_source(data)

    if str(output) != STDOUT:
        guess = write_draft(source, output, force=force, wishes=wishes, strict=strict).guess
        _note_choices(reporter, guess)
        reporter.result(*_result(guess, output))
        return
    if reporter.json:
        raise UsageError("--output - and --json would both write to stdout", hint="leave one of them out")
    draft = inspect(source, folder=Path(), wishes=wishes, strict=strict)
    reporter.result({}, draft.text)
    _note_choices(reporter, draft.guess)
    for line in _remarks(draft.guess):
        reporter.note(line)


def _note_choices(reporter: Reporter, guess: Guess) -> None:
    """Say where the table could be read in another way, one line each, on stderr."""
    for choice in guess.choices:
        if not choice.said:
            reporter.note(f"note: {choice.sentence}")


def _example(
    reporter: Reporter, name: str, output: Path, wishes: Wishes, *, force: bool, strict: bool
) -> None:
    from forecaster.data.draft.wishes import Wishes
    from forecaster.pipeline.inspect import write_example

    if strict or wishes != Wishes():
        raise UsageError("the config of an example is written as it is", hint="leave the other options out")
    if str(output) == STDOUT:
        raise UsageError("an example is two files, and stdout is one", hint="name a file with --output")
    reporter.result(*_example_result(write_example(name, output, force=force)))


def _result(guess: Guess, output: Path) -> Result:
    facts = {
        "config": str(output),
        "time": guess.time.name,
        "time_format": guess.time.format,
        "time_parts": dict(guess.time.parts),
        "freq": guess.freq,
        "id": guess.id,
        "target": guess.target,
        "targets": list(guess.targets),
        "candidates": list(guess.candidates),
        "horizon": guess.recipe.horizon,
        "series": guess.n_series,
        "rows": guess.rows,
        "remarks": list(guess.remarks),
        "choices": [choice.as_json() for choice in guess.choices],
    }
    series = f"{guess.n_series:,} series by {guess.id}" if guess.id else "one series"
    text = (
        f"{output}: forecasts {joined(guess.targets, word='and')} of {series}, {guess.rows:,} rows, "
        f"every {guess.freq}, time in {joined(guess.time.columns, word='and')}"
    )
    return facts, "\n".join(
        [visible(text), *_remarks(guess), f"next: forecaster validate {as_typed(str(output))}"]
    )


def _remarks(guess: Guess) -> list[str]:
    """Return what a person should look at before training, one line each."""
    lines = [visible(f"note: {remark}") for remark in guess.remarks]
    if guess.candidates:
        names = [visible(name) for name in guess.candidates]
        lines.append(f"other columns to forecast: {listed(names, most=_SHOWN)} (--target NAME)")
    return lines


def _example_result(written: WrittenExample) -> Result:
    facts = {"config": str(written.config), "table": str(written.table)}
    text = (
        f"{written.table}: the table\n{written.config}: forecasts {written.about}\n"
        f"next: forecaster validate {as_typed(str(written.config))}"
    )
    return facts, text
