"""forecaster future: write the table of future covariates to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import forecaster as fc
from forecaster.system import quoted as as_typed
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
    Verbose,
    examples,
)
from forecaster.text import without_secrets

if TYPE_CHECKING:
    from forecaster.pipeline.future import FutureTable
    from forecaster.runs.outputs import Output

EXAMPLES = examples(
    "forecaster future runs/mine --output promotions.csv",
    "forecaster predict runs/mine --future promotions.csv",
)


def command(
    run_dir: RunDirectory,
    data: DataFile = None,
    cutoff: CutoffTime = None,
    horizon: Horizon = None,
    output: OutputFile = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write the table of future covariates, with empty cells to fill in, for every step of the horizon."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        from forecaster.runs.outputs import Output

        place = Output.of(output)
        if place is not None:
            place.only_a_file("future")
        found = fc.load(named_run(run_dir, reporter)).future_table(data, cutoff=cutoff, horizon=horizon)
        if place is not None:
            place.write(found.table)
        given = {"data": data and without_secrets(data), "from": cutoff, "horizon": horizon}
        reporter.result(*_result(found, reporter, run_dir, place, given), is_table=place is None)


def _result(
    found: FutureTable,
    reporter: Reporter,
    run_dir: Path,
    output: Output | None,
    given: dict[str, str | int | None],
) -> Result:
    from forecaster.runs.tables import csv_bytes

    reporter.warn(found.warnings)
    for note in found.notes:
        reporter.note(f"note: {note}")
    facts: dict[str, Any] = {"notes": found.notes, "series": found.n_series, "empty": found.empty}
    where = str(output or "FILE")
    # A forecast from other rows, or from another time, would use none of the table.
    same = [f" --{name} {as_typed(str(value))}" for name, value in given.items() if value is not None]
    following = f"forecaster predict {as_typed(str(run_dir))}{''.join(same)} --future {as_typed(where)}"
    if found.empty:
        reporter.note(f"note: fill in {found.empty:,} empty cells, then run: {following}")
    else:
        reporter.note(f"note: no cell is empty; next: {following}")
    if output is not None:
        return facts | {"output": where, "next": following}, f"{output}: {found.table.num_rows:,} rows"
    if reporter.json:
        return facts | {"rows": found.table.to_pylist()}, ""
    return facts, csv_bytes(found.table).decode()
