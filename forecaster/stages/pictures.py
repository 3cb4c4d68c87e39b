"""The plots of a run directory."""

from __future__ import annotations

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.transforms.split import SplitName
from forecaster.reporting.plots import Stretch, plot_forecasts, plot_loss
from forecaster.runs.directory import RunDir
from forecaster.stages.checks import SCORED
from forecaster.stages.fitting import Trained
from forecaster.stages.prepared import Prepared
from forecaster.stages.scoring import DECISIVE_METRICS, ScoredForecasts

PLOTTED_SERIES = 3


def draw_run(spec: ExperimentSpec, prepared: Prepared, trained: Trained, run: RunDir) -> None:
    """Write plots/loss.png and, if there are test or validation windows, plots/forecast.png."""
    plot_loss(
        [row.flat() for row in trained.history],
        run.file("plots/loss.png"),
        loss=f"{spec.training.loss}, scaled",
    )
    for split in reversed(SCORED):
        if split in trained.scored.forecasts:
            stretches = _stretches(spec, prepared, split, trained.scored)
            plot_forecasts(stretches, run.file("plots/forecast.png"), time_label=spec.data.time)
            return


def _stretches(
    spec: ExperimentSpec, prepared: Prepared, split: SplitName, scored: ScoredForecasts
) -> list[Stretch]:
    """Return the last window of a few series, with the model and the best baseline on the first target."""
    panel, windows = prepared.panel, prepared.windows[split]
    forecasts = scored.forecasts[split]
    best = _best_baseline(scored, split)
    shown = {"model": forecasts["model"]} | ({best: forecasts[best]} if best else {})
    intervals = forecasts["model"].intervals(spec.evaluation.levels)
    last = np.searchsorted(windows.series, np.unique(windows.series), side="right") - 1
    actual = prepared.actual(windows.take(last[:PLOTTED_SERIES]))
    stretches = []
    for n, index in enumerate(last[:PLOTTED_SERIES]):
        s, row = int(windows.series[index]), int(windows.target_row[index])
        begin = max(int(panel.offsets[s]), row - windows.lookback)
        positions = panel.first[s] + np.arange(begin, row + windows.horizon) - panel.offsets[s]
        time = panel.time_axis.local(positions)
        stretches.append(
            Stretch.of_window(
                panel.ids[s],
                panel.targets[0],
                time=time if panel.time_axis.is_integer else time.view("M8[ns]"),
                past=panel.values[begin:row, 0],
                actual=actual[n, :, 0],
                forecasts={name: f.point[index, :, 0] for name, f in shown.items()},
                bands={i.level: (i.low[index, :, 0], i.high[index, :, 0]) for i in intervals},
            )
        )
    return stretches


def _best_baseline(scored: ScoredForecasts, split: SplitName) -> str | None:
    """Return the baseline with the smallest MASE, or MAE if the model has no MASE; None if there is neither."""
    scores = scored.tables[split]["scores"]
    metric = next((m for m in DECISIVE_METRICS if scores["model"].get(m) is not None), None)
    found = {
        name: row[metric]
        for name, row in scores.items()
        if name != "model" and metric and row.get(metric) is not None
    }
    return min(found, key=lambda name: found[name] or 0.0) if found else None
