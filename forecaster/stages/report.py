"""The report of a complete run: its facts are collected here and rendered by reporting/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.panel import Panel
from forecaster.data.reading.elsewhere import Elsewhere
from forecaster.data.transforms.split import SplitBounds
from forecaster.evaluation.headline import best_baseline, cell, headline_metric, judged_split
from forecaster.evaluation.scales import in_sample_scales
from forecaster.evaluation.scores import metric_named, remarks
from forecaster.evaluation.verdict_sentences import run_verdict, verdict_title
from forecaster.forecasting.fitted import time_axis_of
from forecaster.reporting.contents import Contents
from forecaster.reporting.forecasts import read_forecasts
from forecaster.reporting.history import History
from forecaster.reporting.page import page
from forecaster.runs import schemas
from forecaster.runs.directory import RESOLVED, RunDir
from forecaster.runs.files import write_whole
from forecaster.runs.reading import MIB, parse_json, read_file
from forecaster.runs.rows import read_rows
from forecaster.stages.learned import learned_of, learned_series, scored_bounds, series_of
from forecaster.stages.metrics import splits_of
from forecaster.stages.next_horizon import read_next_horizon
from forecaster.stages.opened import OpenedRun
from forecaster.stages.prepared import Prepared, read_and_split, season_of

REPORT, IMPORTANCE, BY_STEP = "report.html", "importance.json", "scores/by_step.csv"
HISTORY = "history.csv"


@dataclass(frozen=True)
class Reported:
    """A report that was written.

    Attributes:
        path: The file.
        n_bytes: The size of the file in bytes.
        notes: Remarks about what the report leaves out.
    """

    path: Path
    n_bytes: int
    notes: list[str]


def write_missing_report(opened: OpenedRun, prepared: Prepared) -> None:
    """Write the report of a complete run that has none.

    Args:
        opened: The run.
        prepared: The data that the run was trained on.
    """
    if not opened.run.file(REPORT).is_file():
        write_report(opened, prepared=prepared)


def write_report(
    opened: OpenedRun, *, output: Path | None = None, prepared: Prepared | None = None
) -> Reported:
    """Write the report of a complete run.

    Args:
        opened: The run.
        output: The file; None is report.html in the run directory.
        prepared: The data, if the caller has it. Otherwise the table is read again, unless it has changed.

    Raises:
        DataError: When a file of the run is damaged.
    """
    run, spec = opened.run, opened.spec
    time_axis = time_axis_of(run)
    history, notes = (history_of(prepared), []) if prepared is not None else read_history(opened)
    splits = splits_of(run)
    judged = judged_split(splits)
    verdicts = splits[judged].get("verdicts", {}) if judged else {}
    best = best_baseline(splits[judged]["scores"]) if judged else None
    contents = Contents(
        experiment_name=spec.name,
        run_name=run.path.resolve().name,
        manifest=run.manifest(),
        data=spec.data,
        window=spec.window,
        settings=_settings(spec),
        config=run.read(RESOLVED).decode("utf-8", errors="replace"),
        season=season_of(spec),
        splits=splits,
        judged=judged,
        headline=headline_metric(splits[judged]["scores"]["model"]) if judged else None,
        best=best[0] if best else None,
        verdict_title=verdict_title(splits),
        verdict_cells={name: cell(verdict) for name, verdict in verdicts.items()},
        metric=metric_named,
        verdicts=run_verdict(splits),
        remarks=remarks(splits[judged]["left_out"]) if judged else [],
        epochs=read_epochs(run),
        ranges=learned_series(series_of(run)),
        time_axis=time_axis,
        forecasts=read_forecasts(run, spec.data, time_axis=time_axis, horizon=spec.window.horizon),
        history=history,
        ahead=read_next_horizon(opened, history),
        events=_events(run),
        by_step=_by_step(run, judged) if len(spec.data.targets) == 1 else {},
        importance=_importance(run),
        notes=[*_of_the_run_before(opened), *notes],
    )
    content = page(contents).encode()
    path = output or run.file(REPORT)
    write_whole(path, content)
    return Reported(path, len(content), notes)


def _importance(run: RunDir) -> dict[str, Any] | None:
    """Return the content of importance.json, which `explain` adds to a complete run; None where there is none."""
    path = run.file(IMPORTANCE)
    if not (path.is_symlink() or path.exists()):
        return None
    content = read_file(run.path, IMPORTANCE, most=MIB)
    found: Any = parse_json(path, content, schemas.IMPORTANCE)
    return dict(found)


def _of_the_run_before(opened: OpenedRun) -> list[str]:
    """Return which run the scores are of after a `refit`, or which one the networks went on from in an `update`."""
    manifest = opened.run.manifest()
    before, updated = manifest.get("scored"), manifest.get("updated")
    if before is None and updated is not None:
        return [
            f"The networks went on from the weights of {updated['run']} with newer rows: update {updated['updates']:,} "
            "since they were last trained anew."
        ]
    if before is None:
        return []
    return [
        f"The networks behind the next horizon have learned every row, up to {learned_of(opened.run).until}. Scores, "
        f"intervals, ranges and training are those of the run before, {before['run']}."
    ]


def _settings(spec: ExperimentSpec) -> dict[str, Any]:
    """Return the settings that the advice of the report depends on."""
    return {
        "most_epochs": spec.training.epochs,
        "loss": spec.training.loss,
        "normalization": str(spec.model.normalization),
        "calibration": spec.evaluation.calibration,
        "anchored": spec.model.anchor is not None,
        "seasonal": spec.model.season is not None,
        "is_point": spec.model.output.type == "point",
    }


def history_of(prepared: Prepared) -> History:
    """Return the data as the report shows it, from the data of the training."""
    bounds = prepared.table.split_bounds
    return _history(prepared.panel, bounds, prepared.season, observed=prepared.observed)


def read_history(opened: OpenedRun) -> tuple[History | None, list[str]]:
    """Return the data as the report shows it, or None and a remark if the run's own table is missing or has changed."""
    source = opened.source
    if source is None or opened.table_is_gone:
        return None, [f"The table is no longer at {opened.table_name}, so the data itself is not shown."]
    if isinstance(source, Elsewhere) and opened.table is None:
        # A run may come from anybody, and looking at it must send nothing anywhere.
        return None, [
            f"The table is at {opened.table_name}, and is not fetched for this, so its data is not shown."
        ]
    if not opened.same_table:
        return None, [
            f"{opened.table_name} has changed since the run was trained on it, so the data itself is not shown."
        ]
    table, run = read_and_split(opened.spec, source), opened.run
    # The ranges of another table, which was scored, do not follow from this one.
    bounds = table.split_bounds if opened.scored_before is None else scored_bounds(run, table.raw)
    return _history(table.raw, bounds, season_of(opened.spec)), []


def _history(panel: Panel, bounds: SplitBounds, season: int, *, observed: Any = None) -> History:
    targets = panel.values[:, : len(panel.targets)]
    if observed is not None and not observed.all():
        targets = np.where(observed, targets, np.nan)
    scales = in_sample_scales(targets, panel.offsets, bounds.train_end, seasonality=season)
    return History(
        panel.time_axis, panel.ids, targets, panel.offsets, panel.first, bounds, scales.naive_error
    )


def read_epochs(run: RunDir) -> list[dict[str, Any]]:
    """Return the rows of history.csv, with numbers as numbers and None for empty cells.

    Raises:
        DataError: When the file is damaged.
    """
    return read_rows(run, HISTORY, {"member": int, "epoch": int, "best": bool})


def _by_step(run: RunDir, split: str | None) -> dict[str, list[float | None]]:
    """Return the mean absolute error by step of every baseline; empty if it was not scored."""
    if BY_STEP not in run.manifest()["files"]:
        return {}
    out: dict[str, list[float | None]] = {}
    for row in read_rows(run, BY_STEP, {"split": str, "forecaster": str, "step": int}, or_empty=True):
        if row["split"] == split and row["forecaster"] != "model" and "mae" in row:
            out.setdefault(row["forecaster"], []).append(row["mae"])
    return out


def _events(run: RunDir) -> dict[str, Any]:
    """Return the event that the run began with; empty if there is none."""
    return run.started() or {}
