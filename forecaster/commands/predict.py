"""forecaster predict: the next steps of every series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.commands.options import Cutoff, Data, Horizon, Json, NoColor, Output, Quiet, Run, Verbose
from forecaster.terminal.console import Reporter, Result
from forecaster.terminal.exits import command_context

if TYPE_CHECKING:
    from forecaster.pipeline.predict import Predicted


def run(
    run_dir: Path,
    *,
    data: Path | None = None,
    cutoff: str | None = None,
    horizon: int | None = None,
    future: Path | None = None,
    output: Path | None = None,
) -> Predicted:
    from forecaster.pipeline.predict import predict
    from forecaster.runs.directory import RunDir
    from forecaster.runs.tables import check_ending, write_table

    if output is not None:
        check_ending(output)
    predicted = predict(RunDir(run_dir), data=data, cutoff=cutoff, horizon=horizon, future=future)
    if output is not None:
        write_table(predicted.table, output)
    return predicted


def command(
    run_dir: Run,
    data: Data = None,
    cutoff: Cutoff = None,
    horizon: Horizon = None,
    future: Annotated[
        Path | None,
        typer.Option(
            "--future", metavar="FILE", help="Covariates known ahead, as `forecaster future` asks for them."
        ),
    ] = None,
    output: Output = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Forecast the next steps of every series. CSV on stdout, or a file."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        predicted = run(run_dir, data=data, cutoff=cutoff, horizon=horizon, future=future, output=output)
        reporter.result(*_result(predicted, reporter, output))


def _result(predicted: Predicted, reporter: Reporter, output: Path | None) -> Result:
    from forecaster.runs.tables import csv_bytes

    reporter.warn(predicted.warnings)
    for note in predicted.notes:
        reporter.note(f"note: {note}")
    facts: dict[str, Any] = {"notes": predicted.notes, "series": predicted.n_series}
    if output is not None:
        return facts | {"output": str(output)}, f"{output}: {predicted.table.num_rows:,} rows"
    if reporter.json:
        return facts | {"forecasts": predicted.table.to_pylist()}, ""
    return facts, csv_bytes(predicted.table).decode()
