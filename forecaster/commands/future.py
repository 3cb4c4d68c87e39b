"""forecaster future: the table of covariates that must be known ahead, to be filled in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.commands.options import Cutoff, Data, Horizon, Json, NoColor, Output, Quiet, Run, Verbose
from forecaster.terminal.console import Reporter, Result
from forecaster.terminal.exits import command_context

if TYPE_CHECKING:
    from forecaster.stages.future import Ahead


def run(
    run_dir: Path,
    *,
    data: Path | None = None,
    cutoff: str | None = None,
    horizon: int | None = None,
    output: Path | None = None,
) -> Ahead:
    from forecaster.runs.directory import RunDir
    from forecaster.runs.tables import check_ending, write_table
    from forecaster.stages.future import future_table

    if output is not None:
        check_ending(output)
    ahead = future_table(RunDir(run_dir), data=data, cutoff=cutoff, horizon=horizon)
    if output is not None:
        write_table(ahead.table, output)
    return ahead


def command(
    run_dir: Run,
    data: Data = None,
    cutoff: Cutoff = None,
    horizon: Horizon = None,
    output: Output = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write the table of future covariates to fill in: every series and step of the horizon."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        ahead = run(run_dir, data=data, cutoff=cutoff, horizon=horizon, output=output)
        reporter.result(*_result(ahead, reporter, run_dir, output))


def _result(ahead: Ahead, reporter: Reporter, run_dir: Path, output: Path | None) -> Result:
    from forecaster.runs.tables import csv_bytes

    reporter.warn(ahead.warnings)
    for note in ahead.notes:
        reporter.note(f"note: {note}")
    facts: dict[str, Any] = {"notes": ahead.notes, "series": ahead.n_series, "empty": ahead.empty}
    where = str(output or "FILE")
    following = f"forecaster predict {run_dir} --future {where}"
    if ahead.empty:
        reporter.note(f"note: {ahead.empty:,} empty cells to fill in; then {following}")
    else:
        reporter.note(f"note: every cell is known; go on with {following}")
    if output is not None:
        return facts | {"output": where, "next": following}, f"{output}: {ahead.table.num_rows:,} rows"
    if reporter.json:
        return facts | {"rows": ahead.table.to_pylist()}, ""
    return facts, csv_bytes(ahead.table).decode()
