"""A finished run as plain files."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

import forecaster
from forecaster.config.experiment import Experiment
from forecaster.config.load import Loaded
from forecaster.data.profile.split_facts import describe_splits, taken_windows
from forecaster.data.transforms.split import SplitName
from forecaster.data.transforms.windows import Windows
from forecaster.errors import FORMAT_VERSION, DataError
from forecaster.evaluation.intervals import probabilities
from forecaster.evaluation.scores import Breakdown, coverage_remarks
from forecaster.forecasting.calibration import shortfall
from forecaster.forecasting.fitted import CONTEXT
from forecaster.forecasting.table import Interval, context_table, forecast_table
from forecaster.reporting.plots import Stretch, plot_forecasts, plot_loss
from forecaster.runs.directory import RunDir
from forecaster.runs.files import read_whole, write_json, write_long_json, write_text, write_whole
from forecaster.runs.tables import csv_bytes, rows_csv
from forecaster.stages.fitting import Trained
from forecaster.stages.prepared import Prepared
from forecaster.stages.scoring import Scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

# Rows of forecasts.csv; beyond them evenly spaced origins are kept, and the run says so.
MAX_FORECAST_ROWS = 1_000_000
PLOTTED_SERIES = 3
SERIES_TOGETHER = 10_000
PACKAGES = ("keras", "tensorflow", "numpy", "pandas", "pyarrow")


def save_inputs(loaded: Loaded, prepared: Prepared, run: RunDir) -> None:
    """What the run is: written before training, so that a stopped run can be resumed."""
    # First, because it is what tells a run that was stopped from a folder of somebody's own.
    write_text(run.file("resolved.yaml"), loaded.resolved_yaml(relative_to=run.path))
    write_text(run.file("config.yaml"), loaded.text)
    head = {
        "format_version": FORMAT_VERSION,
        "windows": {name: len(windows) for name, windows in prepared.windows.items()},
    }
    write_long_json(run.file("splits.json"), head, "series", _splits(prepared))


def _splits(prepared: Prepared) -> Iterator[dict[str, Any]]:
    """Of each series, the windows that the run uses."""
    panel, window = prepared.panel, prepared.experiment.window
    taken = taken_windows(prepared.split_bounds, prepared.windows)
    for start in range(0, len(panel.ids), SERIES_TOGETHER):
        some = slice(start, min(start + SERIES_TOGETHER, len(panel.ids)))
        for name, one in zip(panel.ids[some], describe_splits(panel, taken, window, some), strict=True):
            yield {"id": name, **one}


def check_same_inputs(run: RunDir, loaded: Loaded, started: dict[str, Any], now: dict[str, Any]) -> None:
    """Raises DataError when the run that is to be resumed was started from something else.

    started: the event it began with. now: what of it must be the same.
    """
    names = {"data_sha256": "the data", "smoke": "--smoke", "options": "--folds, --step, --refit or --window"}
    differ = [names[key] for key, value in now.items() if started.get(key) != value]
    if read_whole(run.file("resolved.yaml")).decode() != loaded.resolved_yaml(relative_to=run.path):
        differ.insert(0, "the config (resolved.yaml)")
    if differ:
        raise DataError(
            f"{run.path}: was started with other inputs; {' and '.join(differ)} changed since",
            hint="resume with the same inputs, or begin again with --overwrite",
        )


def save(loaded: Loaded, prepared: Prepared, trained: Trained, run: RunDir, *, fingerprint: str) -> list[str]:
    """Write everything that a complete run holds and seal it. Returns notes for the user.

    fingerprint: sha256 of the data that was read.
    """
    notes = []
    experiment = loaded.experiment
    trained.fitted.save(run)
    # A carried state is made of the whole history.
    rows = None if experiment.model.stateful else experiment.window.lookback
    context = context_table(prepared.panel, experiment.data, rows=rows, ahead=prepared.ahead)
    write_whole(run.file(CONTEXT), csv_bytes(context))
    write_text(run.file("history.csv"), rows_csv([row.flat() for row in trained.history]))
    scores, evaluation = trained.scores, experiment.evaluation
    splits = {name: dict(table) for name, table in scores.tables.items()}
    write_json(run.file("metrics.json"), {"format_version": FORMAT_VERSION, "splits": splits})
    by_step, by_series = score_rows(scores.breakdowns, prepared)
    write_text(run.file("scores/by_step.csv"), rows_csv(by_step))
    write_text(run.file("scores/by_series.csv"), rows_csv(by_series))
    notes += interval_notes(prepared, trained)
    notes += trained.scores.notes
    if "test" in scores.forecasts:
        windows = prepared.windows["test"]
        kept = _kept(windows, prepared.shape.n_targets)
        if len(kept) < len(windows):
            notes.append(
                f"forecasts.csv holds {len(kept):,} of the {len(windows):,} test windows, evenly spaced: all of "
                f"them would be more than {MAX_FORECAST_ROWS:,} rows. The scores are of all of them."
            )
        found = scores.forecasts["test"]["model"]
        quantiles = None if found.quantiles is None else found.quantiles[kept]
        table = forecast_table(
            prepared.panel,
            experiment.data,
            found.point[kept],
            series=windows.series[kept],
            target_row=windows.target_row[kept],
            actual=prepared.actual(windows.take(kept)),
            intervals=Interval.of(quantiles, probabilities(evaluation.levels), evaluation.levels),
        )
        write_whole(run.file("forecasts.csv"), csv_bytes(table))
    _plots(prepared, trained, run)
    run.event("done", notes=notes)
    run.seal(run_facts(experiment, fingerprint, int(prepared.findings.rows.sum())))
    return notes


def run_facts(experiment: Experiment, fingerprint: str, rows: int) -> dict[str, Any]:
    """What the manifest says beside its files. fingerprint: sha256 of the data; rows: of it."""
    return {
        "name": experiment.name,
        "versions": {
            "forecaster": forecaster.__version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
        "data": {"path": experiment.data.path, "sha256": fingerprint, "rows": rows},
        "seed": experiment.seed,
    }


def _kept(windows: Windows, n_targets: int) -> npt.NDArray[np.int64]:
    most = max(1, MAX_FORECAST_ROWS // (windows.horizon * n_targets))
    if len(windows) <= most:
        return np.arange(len(windows))
    return np.linspace(0, len(windows) - 1, most).astype(np.int64)


def interval_notes(prepared: Prepared, trained: Trained) -> list[str]:
    """Where intervals are missing, or do not hold what they say."""
    evaluation, calibration = prepared.experiment.evaluation, trained.fitted.calibration
    if not evaluation.levels or not trained.scores.tables:
        return []
    if evaluation.calibration != "none" and calibration is None:
        return ["There are no intervals: split.val is 0, and they are learned from validation errors."]
    few = calibration and shortfall(calibration)
    notes = [f"Note that {few}."] if few else []
    if "test" in trained.scores.tables:
        intervals = trained.scores.tables["test"]["intervals"]
        notes += coverage_remarks(intervals, levels=evaluation.levels, calibration=evaluation.calibration)
    return notes


def score_rows(
    breakdowns: Mapping[SplitName, Breakdown], prepared: Prepared
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of scores/by_step.csv and of scores/by_series.csv; series without a window are not there."""
    by_step, by_series = [], []
    for split, forecasters in breakdowns.items():
        series, count = np.unique(prepared.windows[split].series, return_counts=True)
        for name, metrics in forecasters.items():
            who: dict[str, Any] = {"split": split, "forecaster": name}
            for step in range(prepared.windows[split].horizon):
                found = {key: _csv_number(broken.by_step[step]) for key, broken in metrics.items()}
                by_step.append(who | {"step": step + 1} | found)
            for s, n in zip(series.tolist(), count.tolist(), strict=True):
                found = {key: _csv_number(broken.by_series[s]) for key, broken in metrics.items()}
                by_series.append(who | {"id": prepared.panel.ids[s], "windows": n} | found)
    return by_step, by_series


def _csv_number(value: float) -> float | None:
    return float(f"{value:.9g}") if np.isfinite(value) else None


def _plots(prepared: Prepared, trained: Trained, run: RunDir) -> None:
    run.file("plots").mkdir(exist_ok=True)
    loss = f"{prepared.experiment.training.loss}, scaled"
    plot_loss([row.flat() for row in trained.history], run.file("plots/loss.png"), loss=loss)
    for split in ("test", "val"):
        if split in trained.scores.forecasts:
            stretches = _stretches(prepared, split, trained.scores)
            plot_forecasts(
                stretches, run.file("plots/forecast.png"), time_label=prepared.experiment.data.time
            )
            return


def _stretches(prepared: Prepared, split: SplitName, found: Scores) -> list[Stretch]:
    """The last window of a few series: the model and the best baseline on the first target."""
    panel, windows = prepared.panel, prepared.windows[split]
    forecasts, scores = found.forecasts[split], found.tables[split]["scores"]
    levels = prepared.experiment.evaluation.levels
    metric = next((m for m in ("mase", "mae") if scores["model"].get(m) is not None), None)
    rivals = {
        n: s[metric] for n, s in scores.items() if n != "model" and metric and s.get(metric) is not None
    }
    best = min(rivals, key=lambda name: rivals[name] or 0.0) if rivals else None
    shown = {"model": forecasts["model"]} | ({best: forecasts[best]} if best else {})
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
                bands={
                    i.level: (i.low[index, :, 0], i.high[index, :, 0])
                    for i in Interval.of(forecasts["model"].quantiles, probabilities(levels), levels)
                },
            )
        )
    return stretches
