"""forecaster plot: one series as a picture."""

from __future__ import annotations

from pathlib import Path

from forecaster.artifacts.run_dir import RunDir
from forecaster.errors import UsageError
from forecaster.pipeline.plot import Plotted, plot

ENDINGS = (".png", ".svg")


def run(
    run_dir: Path, *, series: str | None = None, target: str | None = None, output: Path | None = None
) -> Plotted:
    if output is not None and output.suffix.lower() not in ENDINGS:
        raise UsageError(f"{output}: the ending says the format", hint=f"use one of {', '.join(ENDINGS)}")
    return plot(RunDir(run_dir), series=series, target=target, output=output)
