"""forecaster future: the table of covariates that must be known ahead, to be filled in."""

from __future__ import annotations

from pathlib import Path

from forecaster.artifacts.run_dir import RunDir
from forecaster.pipeline.ahead import Ahead, future_table


def run(
    run_dir: Path,
    *,
    data: Path | None = None,
    origin: str | None = None,
    horizon: int | None = None,
    output: Path | None = None,
) -> Ahead:
    from forecaster.artifacts.tables import check_ending, write_table

    if output is not None:
        check_ending(output)
    ahead = future_table(RunDir(run_dir), data=data, origin=origin, horizon=horizon)
    if output is not None:
        write_table(ahead.table, output)
    return ahead
