"""Write a finished run as plain files."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

import numpy as np
import numpy.typing as npt

from forecaster.config.spec import ExperimentSpec
from forecaster.data.profile.split_facts import describe_splits, taken_windows
from forecaster.data.transforms.split import SplitName
from forecaster.errors import FORMAT_VERSION
from forecaster.evaluation.scores import Breakdown, coverage_remarks
from forecaster.forecasting.calibration import shortfall
from forecaster.forecasting.fitted import CONTEXT, Fitted
from forecaster.forecasting.table import context_table
from forecaster.runs.directory import RunDir
from forecaster.runs.files import write_json, write_long_json, write_text, write_whole
from forecaster.runs.session import Session
from forecaster.runs.tables import csv_bytes, rows_csv
from forecaster.stages.fitting import Trained
from forecaster.stages.graphs import save_network
from forecaster.stages.learned import RANGES, learned_by
from forecaster.stages.next_horizon import save_next_horizon
from forecaster.stages.pictures import draw_run
from forecaster.stages.prepared import Prepared
from forecaster.version import __version__

# The largest number of rows of forecasts.csv. A larger one keeps evenly spaced cutoffs, and a note says so.
MAX_FORECAST_ROWS = 1_000_000
SERIES_TOGETHER = 10_000
PACKAGES = ("keras", "tensorflow", "numpy", "pandas", "pyarrow", "onnx", "onnxruntime")


def save_splits(spec: ExperimentSpec, prepared: Prepared, run: RunDir) -> None:
    """Write splits.json: the rows and windows of each split, by series.

    Args:
        spec: The settings of the experiment.
        prepared: The data.
        run: The run directory.
    """
    head = {
        "format_version": FORMAT_VERSION,
        "windows": {name: len(windows) for name, windows in prepared.windows.items()},
    }
    write_long_json(run.file(RANGES), head, "series", _splits(spec, prepared))


def _splits(spec: ExperimentSpec, prepared: Prepared) -> Iterator[dict[str, Any]]:
    """Yield the rows and windows that the run uses, series by series."""
    panel = prepared.panel
    taken = taken_windows(prepared.table.split_bounds, prepared.windows)
    for start in range(0, len(panel.ids), SERIES_TOGETHER):
        some = slice(start, min(start + SERIES_TOGETHER, len(panel.ids)))
        for name, one in zip(panel.ids[some], describe_splits(panel, taken, spec.window, some), strict=True):
            yield {"id": name, **one}


def save(
    spec: ExperimentSpec,
    prepared: Prepared,
    trained: Trained,
    session: Session,
    *,
    final: Fitted | None = None,
    updated: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write all files of a complete run, and seal it.

    Args:
        spec: The settings of the experiment.
        prepared: The data.
        trained: The fitted forecaster and its scores.
        session: The session of the run directory.
        final: The forecaster of `predict`, where it was trained once more after the scores; None for the same one.
        updated: What the manifest holds of the run that this one went on from.

    Returns:
        Remarks for the user.
    """
    run, scored = session.run, trained.scored
    save_network(spec, final or trained.fitted, run)
    if final is not None:
        save_network(spec, trained.fitted, run, scored=True)
    save_context(spec, prepared, run)
    write_text(run.file("history.csv"), rows_csv([row.flat() for row in trained.history]))
    splits = {name: dict(table) for name, table in scored.tables.items()}
    write_json(run.file("metrics.json"), {"format_version": FORMAT_VERSION, "splits": splits})
    by_step, by_series = score_rows(scored.breakdowns, prepared)
    write_text(run.file("scores/by_step.csv"), rows_csv(by_step))
    write_text(run.file("scores/by_series.csv"), rows_csv(by_series))
    notes = [*interval_notes(spec, trained), *scored.notes, *_save_forecasts(spec, prepared, trained, run)]
    notes += save_next_horizon(spec, prepared, final or trained.fitted, run)
    notes.append(learned_by(spec, prepared.panel, prepared.table.split_bounds).sentence())
    draw_run(spec, prepared, trained, run)
    facts = run_facts(spec, session.inputs.data_sha256, int(prepared.table.findings.rows.sum()))
    session.seal(facts if updated is None else {**facts, "updated": dict(updated)}, notes=notes)
    return notes


def save_context(spec: ExperimentSpec, prepared: Prepared, run: RunDir) -> None:
    """Write model/context.csv: the rows that `predict` starts from.

    Args:
        spec: The settings of the experiment.
        prepared: The data.
        run: The run directory.
    """
    # A stateful network needs the whole history of each series.
    rows = None if spec.model.stateful else spec.window.lookback
    context = context_table(prepared.panel, spec.data, rows=rows, with_future=prepared.table.with_future)
    write_whole(run.file(CONTEXT), csv_bytes(context))


def _save_forecasts(spec: ExperimentSpec, prepared: Prepared, trained: Trained, run: RunDir) -> list[str]:
    """Write forecasts.csv with at most MAX_FORECAST_ROWS rows, and return a remark if windows are left out."""
    if "test" not in trained.scored.forecasts:
        return []
    forecast, windows = trained.scored.forecasts["test"]["model"], prepared.windows["test"]
    kept = _kept(len(windows), rows_each=windows.horizon * prepared.shape.n_targets)
    table = forecast.take(kept).table(
        prepared.panel,
        spec.data,
        levels=spec.evaluation.levels,
        actual=prepared.actual(windows.take(kept)),
    )
    write_whole(run.file("forecasts.csv"), csv_bytes(table))
    if len(kept) == len(windows):
        return []
    return [
        f"forecasts.csv holds {len(kept):,} of the {len(windows):,} test windows, evenly spaced: all of "
        f"them would be more than {MAX_FORECAST_ROWS:,} rows. The scores are of all of them."
    ]


def _kept(n_windows: int, *, rows_each: int) -> npt.NDArray[np.int64]:
    """Return the indices of the windows that forecasts.csv holds."""
    most = max(1, MAX_FORECAST_ROWS // rows_each)
    if n_windows <= most:
        return np.arange(n_windows)
    return np.linspace(0, n_windows - 1, most).astype(np.int64)


def run_facts(spec: ExperimentSpec, data_sha256: str, rows: int) -> dict[str, Any]:
    """Return the facts of the manifest: name, versions, data and seed.

    Args:
        spec: The settings of the experiment.
        data_sha256: The fingerprint of the table.
        rows: The number of rows of the table.
    """
    return {
        "name": spec.name,
        "versions": {
            "forecaster": __version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
        "data": {"path": spec.data.place, "sha256": data_sha256, "rows": rows},
        "seed": spec.seed,
    }


def interval_notes(spec: ExperimentSpec, trained: Trained) -> list[str]:
    """Return remarks about missing intervals, and about intervals whose coverage differs from their level."""
    evaluation, calibration = spec.evaluation, trained.fitted.calibration
    if not evaluation.levels or not trained.scored.tables:
        return []
    if evaluation.calibration != "none" and calibration is None:
        return ["There are no intervals: split.val is 0, and they are learned from validation errors."]
    few = calibration and shortfall(calibration)
    notes = [f"Note that {few}."] if few else []
    if "test" in trained.scored.tables:
        intervals = trained.scored.tables["test"]["intervals"]
        notes += coverage_remarks(intervals, levels=evaluation.levels, calibration=evaluation.calibration)
    return notes


def score_rows(
    breakdowns: Mapping[SplitName, Breakdown], prepared: Prepared
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of scores/by_step.csv and of scores/by_series.csv.

    Args:
        breakdowns: The scores by step and by series, of each split and forecaster.
        prepared: The data. Series without a window get no row.
    """
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
