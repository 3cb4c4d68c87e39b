"""forecaster predict: the next steps of every series."""

from __future__ import annotations

from pathlib import Path

from forecaster.artifacts.run_dir import RunDir
from forecaster.pipeline.predict import Predicted, predict


def run(
    run_dir: Path,
    *,
    data: Path | None = None,
    origin: str | None = None,
    horizon: int | None = None,
    future: Path | None = None,
    output: Path | None = None,
) -> Predicted:
    from forecaster.artifacts.tables import check_ending, write_table

    if output is not None:
        check_ending(output)
    predicted = predict(RunDir(run_dir), data=data, origin=origin, horizon=horizon, future=future)
    if output is not None:
        write_table(predicted.table, output)
    return predicted
