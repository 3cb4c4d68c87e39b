"""Runs on onnxruntime against the same runs on Keras: the largest difference over all windows of their tables.

    python benchmarks/run_parity.py RUN [RUN ...]

Forecasts every window of each run's table, those of training too, with both engines: by the networks of `predict` and,
where there are others, by those that were scored. Differences are in standard deviations of the training rows of each
series and target; all quantiles count. Prints a table in Markdown, and exits with status 1 where a difference is above
1e-5.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np

from forecaster.data.reading.sources import TableSource
from forecaster.errors import UsageError
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.levels import probabilities
from forecaster.runs.directory import RunDir
from forecaster.stages.graphs import ENGINE_VARIABLE, with_engine
from forecaster.stages.loaded import fitted_of
from forecaster.stages.opened import OpenedRun, open_run
from forecaster.stages.prepared import Prepared, prepare

LIMIT = 1e-5
# Windows that are forecast at a time.
BLOCK = 2_048


def with_each(fitted: Fitted, opened: OpenedRun) -> list[Fitted]:
    """Return a forecaster with each of the two engines."""
    found = []
    for engine in ("onnxruntime", "keras"):
        os.environ[ENGINE_VARIABLE] = engine
        found.append(with_engine(fitted, opened.spec.runtime))
    return found


def difference(fitted: Fitted, opened: OpenedRun, prepared: Prepared) -> tuple[float, int]:
    """Return the largest difference between the engines, in standard deviations, and the number of windows."""
    engines, worst, counted = with_each(fitted, opened), 0.0, 0
    std, known = prepared.scales.train_std, probabilities(opened.spec.evaluation.levels)
    usable = np.where(np.isfinite(std) & (std > 0), std, np.nan)
    groups = fitted.scaler.rows_for(prepared.panel.ids)
    for windows in prepared.windows.values():
        for start in range(0, len(windows), BLOCK):
            some = windows.take(np.arange(start, min(start + BLOCK, len(windows))))
            ours, theirs = (engine.forecast(some, groups[some.series], known) for engine in engines)
            scale = usable[some.series][:, None, :]
            worst = max(worst, _largest(np.abs(ours.point - theirs.point) / scale))
            if ours.quantiles is not None and theirs.quantiles is not None:
                worst = max(worst, _largest(np.abs(ours.quantiles - theirs.quantiles) / scale[..., None]))
            counted += len(some)
    return worst, counted


def _largest(values: np.ndarray) -> float:
    return float(np.nanmax(values, initial=0.0))


def compared(run: Path) -> list[tuple[str, float, int]]:
    """Return, of each set of networks of a run, its name, the largest difference and the number of windows."""
    opened = open_run(RunDir(run).opened())
    source: TableSource | None = opened.source
    if source is None:
        raise UsageError(f"{run}: the table of the run is gone")
    prepared = prepare(opened.spec, source, smoke=opened.smoke)
    found = [("predict", *difference(fitted_of(opened), opened, prepared))]
    if opened.spec.training.refit != "none":
        found.append(("scored", *difference(fitted_of(opened, scored=True), opened, prepared)))
    return found


def main() -> None:
    """Compare the engines on every run, and print a row for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path)
    given = parser.parse_args()
    print("| run | networks | windows | largest difference | seconds |")
    print("| --- | --- | ---: | ---: | ---: |")
    good = True
    for run in given.runs:
        begun = time.monotonic()
        for name, worst, windows in compared(run):
            print(
                f"| {run.parent.name} | {name} | {windows:,} | {worst:.1e} | {time.monotonic() - begun:.0f} |",
                flush=True,
            )
            good = good and worst <= LIMIT
    sys.exit(not good)


if __name__ == "__main__":
    main()
