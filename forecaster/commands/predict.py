"""forecaster predict: forecast the next steps of every series."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

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

    from forecaster.parts.predict import PredictedParts
    from forecaster.pipeline.predict import Predicted
    from forecaster.runs.outputs import Output

EXAMPLES = examples(
    "forecaster predict runs/mine --output forecast.csv --plot forecast.png",
    'forecaster predict runs/mine --data newer.parquet --from "2024-05-31 23:00"',
    "forecaster predict runs/mine --data sales.parquet --engine ray --output forecasts/",
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
            "--strict",
            help="Refuse a table in which series end before others, are too short or are missing, and a forecast far "
            "beyond all values.",
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
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            "--leave-out",
            metavar="NAME",
            help="Do not forecast this series, such as one that has ended, and do not miss it with --strict. Can be "
            "repeated.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="local|ray",
            help="Forecast here or, in parts, on Ray. Both write parts where --output is a folder, as forecasts/.",
        ),
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            metavar="N",
            help="Forecast this many blocks of series at the same time, with --engine ray. The default is one per "
            "processor.",
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
        from forecaster.runs.forecast_parts import check_goes_with_parts, in_parts
        from forecaster.runs.outputs import Output
        from forecaster.runs.tables import check_spreadsheet_safe, spreadsheet_safe
        from forecaster.terminal.again import again_if_replaced

        if in_parts(engine, output):
            check_goes_with_parts(
                future=future,
                plot=plot,
                series=series,
                leave_out=leave_out,
                table=table_name,
                spreadsheet_safe=spreadsheet,
            )
            found = fc.load(named_run(run_dir, reporter), expect_sha256=expect_sha256).predict_to(
                *_files(data, output),
                engine=cast("Literal['local', 'ray']", engine),
                workers=workers,
                cutoff=cutoff,
                horizon=horizon,
                strict=strict,
                expect_until=expect_until,
                on_note=lambda remark: reporter.note(f"note: {remark}"),
                on_block=lambda done, blocks: reporter.detail(f"{done:,} of {blocks:,} blocks are forecast"),
            )
            reporter.result(*_parts_result(found))
            return
        if workers is not None:
            raise UsageError("--workers: needs --engine ray", hint="add --engine ray, or leave out --workers")
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
                leave_out=leave_out or (),
            )
            return run, found

        run, predicted = again_if_replaced(read)
        table = spreadsheet_safe(predicted.table) if spreadsheet else predicted.table
        n_rows = table.num_rows
        if place is not None:
            n_rows = replace(predicted, table=table).write(place)
        reporter.result(*_result(predicted, table, reporter, place, n_rows), is_table=place is None)
        reporter.show_forecast(predicted.newest, time_label=run.experiment.spec.data.time)


def _files(data: str | None, output: str | None) -> tuple[str, str]:
    """Return --data and --output. Raises UsageError where one of them is no file."""
    if data is None or data == STDIO:
        raise UsageError(
            "a forecast in parts needs a table in files", hint="name a Parquet file or a folder with --data"
        )
    if output is None or output == STDIO:
        raise UsageError(
            "a forecast in parts needs files to write",
            hint="name a folder, or a file that ends in .parquet, with --output",
        )
    return data, output


def _parts_result(found: PredictedParts) -> Result:
    facts = {
        "output": str(found.output),
        "series": found.n_series,
        "rows": found.n_rows,
        "not_forecast": found.n_errors,
        "errors": None if found.errors is None else str(found.errors),
        "parts": found.n_parts,
        "parts_kept": found.n_kept,
        "notes": found.notes,
    }
    kept = f", {found.n_kept:,} of them from before" if found.n_kept else ""
    blocks = "1 block" if found.n_parts == 1 else f"{found.n_parts:,} blocks"
    text = f"{found.output}: {found.n_rows:,} rows of {found.n_series:,} series in {blocks}{kept}"
    return facts, text


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
