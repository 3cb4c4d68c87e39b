"""forecaster predict: the next steps of every series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.commands.options import Data, Horizon, Json, NoColor, Origin, Output, Quiet, Run, Verbose
from forecaster.terminal.console import Result, Screen
from forecaster.terminal.exits import speaking

if TYPE_CHECKING:
    from forecaster.pipeline.predict import Predicted


def run(
    run_dir: Path,
    *,
    data: Path | None = None,
    origin: str | None = None,
    horizon: int | None = None,
    future: Path | None = None,
    output: Path | None = None,
) -> Predicted:
    from forecaster.pipeline.predict import predict
    from forecaster.runs.directory import RunDir
    from forecaster.runs.tables import check_ending, write_table

    if output is not None:
        check_ending(output)
    predicted = predict(RunDir(run_dir), data=data, origin=origin, horizon=horizon, future=future)
    if output is not None:
        write_table(predicted.table, output)
    return predicted


def command(
    run_dir: Run,
    data: Data = None,
    origin: Origin = None,
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
    with speaking(as_json, quiet, verbose, no_color) as screen:
        predicted = run(run_dir, data=data, origin=origin, horizon=horizon, future=future, output=output)
        screen.result(*_result(predicted, screen, output))


def _result(predicted: Predicted, screen: Screen, output: Path | None) -> Result:
    from forecaster.runs.tables import csv_bytes

    screen.warn(predicted.warnings)
    for note in predicted.notes:
        screen.note(f"note: {note}")
    facts: dict[str, Any] = {"notes": predicted.notes, "series": predicted.n_series}
    if output is not None:
        return facts | {"output": str(output)}, f"{output}: {predicted.table.num_rows:,} rows"
    if screen.json:
        return facts | {"forecasts": predicted.table.to_pylist()}, ""
    return facts, csv_bytes(predicted.table).decode()
