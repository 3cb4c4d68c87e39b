"""Runs on onnxruntime against the same runs on Keras: the largest difference over all windows of their tables.

    python benchmarks/run_parity.py RUN [RUN ...]

Forecasts every window of each run's table, those of training too, with both engines: by the networks of `predict` and,
where there are others, by those that were scored. Differences are in units of the scaler, which are shares of the
forecast where that takes logarithms, and in standard deviations of the training rows of each series and target; all
quantiles count. Prints a table in Markdown, and exits with status 1 where a difference is above 1e-5 units of the
scaler.
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


def difference(fitted: Fitted, opened: OpenedRun, prepared: Prepared) -> tuple[float, float, int]:
    """Return the largest differences, in units of the scaler and in standard deviations, and the number of windows."""
    engines, scaled, worst, counted = with_each(fitted, opened), 0.0, 0.0, 0
    std, known = prepared.scales.train_std, probabilities(opened.spec.evaluation.levels)
    usable = np.where(np.isfinite(std) & (std > 0), std, np.nan)
    groups = fitted.scaler.rows_for(prepared.panel.ids)
    for windows in prepared.windows.values():
        for start in range(0, len(windows), BLOCK):
            some = windows.take(np.arange(start, min(start + BLOCK, len(windows))))
            ours, theirs = (engine.forecast(some, groups[some.series], known) for engine in engines)
            scale = usable[some.series][:, None, :]
            pairs = [(ours.point, theirs.point)]
            if ours.quantiles is not None and theirs.quantiles is not None:
                pairs += zip(
                    np.moveaxis(ours.quantiles, -1, 0), np.moveaxis(theirs.quantiles, -1, 0), strict=True
                )
            for one, other in pairs:
                worst = max(worst, _largest(np.abs(one - other) / scale))
                units = [fitted.scaler.scale_targets(part, groups[some.series]) for part in (one, other)]
                scaled = max(scaled, _largest(np.abs(units[0] - units[1])))
            counted += len(some)
    return scaled, worst, counted


def _largest(values: np.ndarray) -> float:
    return float(np.nanmax(values, initial=0.0))


def compared(run: Path) -> list[tuple[str, float, float, int]]:
    """Return the name of each set of networks of a run, and what `difference` returns of it."""
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
    print("| run | networks | windows | units of the scaler | standard deviations | seconds |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    good = True
    for run in given.runs:
        begun = time.monotonic()
        for name, scaled, worst, windows in compared(run):
            taken = time.monotonic() - begun
            cells = [run.parent.name, name, f"{windows:,}", f"{scaled:.1e}", f"{worst:.1e}", f"{taken:.0f}"]
            print(f"| {' | '.join(cells)} |", flush=True)
            good = good and scaled <= LIMIT
    sys.exit(not good)


if __name__ == "__main__":
    main()
