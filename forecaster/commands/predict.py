"""forecaster predict: forecast the next steps of every series."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import forecaster as fc
from forecaster.errors import UsageError
from forecaster.remote.address import STDIO
from forecaster.terminal.console import Reporter, Result
from forecaster.terminal.exits import command_context
from forecaster.terminal.named_run import named_run
from forecaster.terminal.options import (
    CutoffTime,
    DataFile,
    Horizon,
    Json,
    NoColor,
    OutputFile,
    Quiet,
    RunDirectory,
    SpreadsheetSafe,
    Verbose,
    examples,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from forecaster.pipeline.predict import Predicted
    from forecaster.runs.outputs import Output

EXAMPLES = examples(
    "forecaster predict runs/mine --output forecast.csv --plot forecast.png",
    "forecaster predict runs/mine --data newer.parquet --json",
    'forecaster predict runs/mine --from "2024-05-31 23:00"',
)


def command(
    run_dir: RunDirectory,
    data: DataFile = None,
    cutoff: CutoffTime = None,
    horizon: Horizon = None,
    future: Annotated[
        str | None,
        typer.Option(
            "--future",
            metavar="FILE",
            help="Read the future covariates from this table, which `forecaster future` prepares.",
            show_default=False,
        ),
    ] = None,
    output: OutputFile = None,
    table_name: Annotated[
        str | None,
        typer.Option(
            "--table",
            metavar="NAME",
            help="Write to this table of the database that --output names, in place of rows of the same forecast.",
            show_default=False,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Plot the last rows and the forecast with its intervals, as PNG or SVG by the ending.",
            show_default=False,
        ),
    ] = None,
    series: Annotated[
        list[str] | None,
        typer.Option(
            "--series",
            metavar="NAME",
            help="Plot this series with --plot. Can be repeated. The default is the first few.",
            show_default=False,
        ),
    ] = None,
    expect_sha256: Annotated[
        str | None,
        typer.Option(
            "--expect-sha256",
            metavar="DIGEST",
            help="Refuse a run that does not have this sha256, which `forecaster show` prints.",
            show_default=False,
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Refuse a table in which series end before others, are too short or are missing."
        ),
    ] = False,
    expect_until: Annotated[
        str | None,
        typer.Option(
            "--expect-until",
            metavar="TIME",
            help="Expect rows of every series up to this time, such as 2026-11-25, -1d, -6h or today; see --strict.",
            show_default=False,
        ),
    ] = None,
    spreadsheet: SpreadsheetSafe = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Forecast the next steps of every series, and print them as CSV or write them to a file."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        from forecaster.data.reading.sources import read_once
        from forecaster.runs.outputs import Output
        from forecaster.runs.tables import check_spreadsheet_safe, spreadsheet_safe
        from forecaster.terminal.again import again_if_replaced

        place = Output.of(output, table_name)
        if data == future == STDIO:
            raise UsageError(
                "--data - and --future - would both read stdin", hint="name a file for one of them"
            )
        # Where the run is replaced meanwhile, it is read again.
        rows, ahead = read_once(data), read_once(future)
        if spreadsheet:
            check_spreadsheet_safe(None if place is None else place.path, as_json=as_json)

        path = named_run(run_dir, reporter)

        def read() -> tuple[fc.Run, Predicted]:
            run = fc.load(path, expect_sha256=expect_sha256)
            found = run.prediction(
                rows,
                cutoff=cutoff,
                horizon=horizon,
                future=ahead,
                plot=plot,
                series=series or (),
                strict=strict,
                expect_until=expect_until,
            )
            return run, found

        run, predicted = again_if_replaced(read)
        table = spreadsheet_safe(predicted.table) if spreadsheet else predicted.table
        n_rows = table.num_rows
        if place is not None:
            n_rows = replace(predicted, table=table).write(place)
        reporter.result(*_result(predicted, table, reporter, place, n_rows), is_table=place is None)
        reporter.show_forecast(predicted.newest, time_label=run.experiment.spec.data.time)


def _result(
    predicted: Predicted, table: pa.Table, reporter: Reporter, output: Output | None, n_rows: int
) -> Result:
    from forecaster.runs.tables import csv_bytes

    reporter.warn(predicted.warnings)
    for note in predicted.notes:
        reporter.note(f"note: {note}")
    reporter.detail(predicted.engine.sentence)
    facts: dict[str, Any] = {
        "notes": predicted.notes,
        "series": predicted.n_series,
        "engine": predicted.engine.name,
    }
    if predicted.drawn is not None:
        reporter.note(f"plot: {predicted.drawn.path}")
        facts |= {"plot": str(predicted.drawn.path), "plotted": list(predicted.drawn.series)}
    if output is not None:
        return facts | {"output": str(output)}, f"{output}: {n_rows:,} rows"
    if reporter.json:
        return facts | {"forecasts": table.to_pylist()}, ""
    return facts, csv_bytes(table).decode()
