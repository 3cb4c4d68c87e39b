"""forecaster backtest: rolling origins, from one YAML file to one directory of scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from forecaster.commands.options import (
    Config,
    Json,
    NoColor,
    Overwrite,
    Quiet,
    Set,
    Smoke,
    Verbose,
    Where,
    check_resume,
)
from forecaster.errors import FORMAT_VERSION, UsageError
from forecaster.terminal.console import Report, Result, comparison_text, number, table, without_version
from forecaster.terminal.exits import command_context

if TYPE_CHECKING:
    from forecaster.pipeline.backtest import BacktestPlan
    from forecaster.runs.directory import RunDir
    from forecaster.training.progress import Listener


@dataclass(frozen=True)
class Options:
    plan: BacktestPlan
    run_dir: Path | None = None
    resume: bool = False
    overwrite: bool = False
    smoke: bool = False


@dataclass(frozen=True)
class BacktestResult:
    run: RunDir
    metrics: dict[str, Any]
    """metrics.json."""
    notes: list[str]
    already_complete: bool = False


def run(
    config: Path, overrides: Sequence[str], options: Options, *, listener: Listener, report: Report
) -> BacktestResult:
    """Config, data and folds are checked before anything is written and before TensorFlow loads."""
    from forecaster.config.load import load_experiment
    from forecaster.data.reading.table import fingerprint
    from forecaster.pipeline.backtest import backtest, check_folds, folds_summary
    from forecaster.runs.directory import check_free, claim, new_name
    from forecaster.runs.files import read_json, write_json, write_text, write_whole
    from forecaster.runs.tables import csv_bytes
    from forecaster.stages.prepared import read_and_split
    from forecaster.stages.saving import check_same_inputs, run_facts

    loaded = load_experiment(config, overrides)
    name = f"{loaded.experiment.name}-backtest"
    path = options.run_dir or loaded.output_dir / new_name(name, datetime.now(UTC))
    check_free(path, resume=options.resume, overwrite=options.overwrite)
    table = read_and_split(loaded)
    check_folds(loaded, table, options.plan)
    report([*loaded.warnings, *table.findings.warnings], [])
    digest, plan = fingerprint(loaded.data_path), options.plan
    inputs = {"data_sha256": digest, "smoke": options.smoke, "options": plan.options()}
    with claim(path, resume=options.resume, overwrite=options.overwrite) as taken:
        started = taken.started() if options.resume else None
        if started is not None:
            if started.get("command") != "backtest":
                raise UsageError(f"{path}: is no backtest", hint="choose another --run-dir")
            check_same_inputs(taken, loaded, started, inputs)
            if taken.sealed:
                taken.drop_checkpoints()
                found = read_json(taken.file("metrics.json"))
                return BacktestResult(taken, without_version(found), [], already_complete=True)
        write_text(taken.file("resolved.yaml"), loaded.resolved_yaml(relative_to=taken.path))
        write_text(taken.file("config.yaml"), loaded.text)
        taken.event("started" if started is None else "resumed", command="backtest", **inputs)
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


def command(
    config: Config,
    overrides: Set = None,
    folds: Annotated[int, typer.Option("--folds", min=1, metavar="N", help="Forecast origins.")] = 5,
    step: Annotated[
        int | None,
        typer.Option("--step", min=1, metavar="S", help="Steps between origins. Default: the horizon."),
    ] = None,
    refit: Annotated[
        bool, typer.Option("--refit/--no-refit", help="Train anew at every origin, or only at the first.")
    ] = False,
    window: Annotated[
        Literal["expanding", "sliding"],
        typer.Option("--window", help="Training rows grow, or keep their number and move on."),
    ] = "expanding",
    run_dir: Where = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a backtest that was stopped.")] = False,
    overwrite: Overwrite = False,
    smoke: Smoke = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Train and score at rolling origins, as if each were now."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        from forecaster.pipeline.backtest import BacktestPlan
        from forecaster.terminal.training_progress import progress_for

        check_resume(resume=resume, overwrite=overwrite, run_dir=run_dir, what="backtest")
        plan = BacktestPlan(folds=folds, step=step, refit=refit, window=window)
        options = Options(plan=plan, run_dir=run_dir, resume=resume, overwrite=overwrite, smoke=smoke)
        with progress_for(reporter) as listener:
            result = run(config, overrides or (), options, listener=listener, report=reporter.report)
        reporter.result(*_result(result))


def _result(result: BacktestResult) -> Result:
    lines = [*folds_text(result.metrics), *result.notes]
    if result.already_complete:
        lines.append("The backtest was complete already; nothing was trained.")
    lines.append(f"run: {result.run.path}")
    return {"run": str(result.run.path), "notes": result.notes, **result.metrics}, "\n".join(lines)


def folds_text(metrics: Mapping[str, Any]) -> list[str]:
    """The scores of every fold, their spread, and what the tests say. metrics: metrics.json of a backtest."""
    from forecaster.evaluation.scores import label
    from forecaster.evaluation.significance import Comparison

    folds, scores = metrics["folds"], metrics["summary"]["scores"]
    chosen = next((m for m in ("mase", "mae") if m in scores["model"]), next(iter(scores["model"])))
    names = list(scores)
    rows = [
        [
            str(f["fold"]),
            f["first_cutoff"],
            f"{f['windows']:,}",
            *(number(f["scores"][n][chosen]) for n in names),
        ]
        for f in folds
    ]
    lines = [
        f"{label(chosen)} by fold",
        table(["fold", "first cutoff", "windows", *names], rows),
        "",
        "mean and standard deviation over the folds",
        _spread_table(scores, list(scores["model"])),
    ]
    intervals = metrics["summary"]["intervals"]
    if intervals:
        shown = [
            m for m in next(iter(intervals.values())) if m.startswith(("coverage_", "winkler_")) or m == "wql"
        ]
        lines += ["", _spread_table(intervals, shown)]
    lines.append("")
    for name, test in metrics["comparisons"].items():
        lines.append(comparison_text("model", name, Comparison(**test)))
    return lines


def _spread_table(rows: Mapping[str, Mapping[str, Any]], metrics: Sequence[str]) -> str:
    from forecaster.evaluation.scores import label

    def cell(found: Mapping[str, float | None] | None) -> str:
        if found is None:
            return "-"
        return number(found["mean"]) + (f" ± {number(found['std'])}" if found["std"] is not None else "")

    body = [[name, *(cell(row[m]) for m in metrics)] for name, row in rows.items()]
    return table(["", *(label(m) for m in metrics)], body)
