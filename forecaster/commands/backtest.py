"""forecaster backtest: rolling origins, from one YAML file to one directory of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecaster.artifacts.bundle import write_json, write_text, write_whole
from forecaster.artifacts.run_dir import RunDir, check_free, claim, new_name
from forecaster.commands.train import Report
from forecaster.config.load import load_experiment
from forecaster.errors import FORMAT_VERSION
from forecaster.pipeline.backtest import Plan
from forecaster.training.progress import Listener


@dataclass(frozen=True)
class Options:
    plan: Plan = field(default_factory=Plan)
    run_dir: Path | None = None
    overwrite: bool = False
    smoke: bool = False


@dataclass(frozen=True)
class BacktestResult:
    run: RunDir
    metrics: dict[str, Any]
    """metrics.json."""
    notes: list[str]


def run(
    config: Path, overrides: Sequence[str], options: Options, *, listener: Listener, report: Report
) -> BacktestResult:
    """Config, data and folds are checked before anything is written and before TensorFlow loads."""
    from forecaster.artifacts.tables import csv_bytes
    from forecaster.data.read import fingerprint
    from forecaster.pipeline.backtest import backtest, check_folds, folds_summary
    from forecaster.pipeline.prepare import read_and_split
    from forecaster.pipeline.save import run_facts

    loaded = load_experiment(config, overrides)
    name = f"{loaded.experiment.name}-backtest"
    path = options.run_dir or loaded.output_dir / new_name(name, datetime.now(UTC))
    check_free(path, overwrite=options.overwrite)
    table = read_and_split(loaded)
    check_folds(loaded, table, options.plan)
    report([*loaded.warnings, *table.findings.warnings], [])
    digest, plan = fingerprint(loaded.data_path), options.plan
    with claim(path, overwrite=options.overwrite) as taken:
        write_text(taken.file("resolved.yaml"), loaded.resolved_yaml(relative_to=taken.path))
        write_text(taken.file("config.yaml"), loaded.text)
        taken.event("started", data_sha256=digest, smoke=options.smoke)
        folds = []
        for fold in backtest(loaded, table, plan, taken, listener=listener, smoke=options.smoke):
            folds.append(fold)
            taken.event("fold_done", fold=fold.number)
        summary, forecasts, notes = folds_summary(folds, plan)
        write_whole(taken.file("forecasts.csv"), csv_bytes(forecasts))
        write_json(taken.file("metrics.json"), {"format_version": FORMAT_VERSION, **summary})
        taken.event("done", notes=notes)
        taken.seal(run_facts(loaded.experiment, digest, int(table.findings.rows.sum())))
        return BacktestResult(taken, summary, notes)
