"""forecaster train: one YAML file to one run directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from forecaster.terminal.console import Report, Result, score_text, without_version
from forecaster.terminal.exits import command_context

if TYPE_CHECKING:
    from forecaster.runs.directory import RunDir
    from forecaster.training.progress import Listener


@dataclass(frozen=True)
class TrainResult:
    run: RunDir
    metrics: dict[str, Any]
    """metrics.json."""
    notes: list[str]
    next_step: str
    """The command to go on with."""
    already_complete: bool = False


@dataclass(frozen=True)
class Options:
    run_dir: Path | None = None
    resume: bool = False
    overwrite: bool = False
    smoke: bool = False


def run(
    config: Path, overrides: Sequence[str], options: Options, *, listener: Listener, report: Report
) -> TrainResult:
    """Config and data are checked before anything is written and before TensorFlow loads.

    report: takes warnings and remarks as they arise.
    """
    from forecaster.config.load import load_experiment
    from forecaster.data.reading.table import fingerprint
    from forecaster.pipeline.report import write_report
    from forecaster.runs.directory import check_free, claim, new_name
    from forecaster.runs.files import read_json
    from forecaster.stages.fitting import train
    from forecaster.stages.prepared import prepare, too_short
    from forecaster.stages.saving import check_same_inputs, save, save_inputs
    from forecaster.stages.scoring import check_baselines

    resume, overwrite, smoke = options.resume, options.overwrite, options.smoke
    loaded = load_experiment(config, overrides)
    path = options.run_dir or loaded.output_dir / new_name(loaded.experiment.name, datetime.now(UTC))
    check_free(path, resume=resume, overwrite=overwrite)
    prepared = prepare(loaded, smoke=smoke)
    check_baselines(loaded.experiment, prepared.panel, prepared.split_bounds)
    searched = ", ".join(d.name for d in loaded.dimensions)
    remarks = [f"search spaces stand at their defaults: {searched}"] if searched else []
    remarks += prepared.encoders.unseen(prepared.panel)
    if named := too_short(loaded.experiment, prepared.panel, prepared.split_bounds):
        remarks.append(f"{named}; none of their windows is trained on")
    report([*loaded.warnings, *prepared.findings.warnings], remarks)
    print_of_data = fingerprint(loaded.data_path)
    following = f"forecaster predict {path}"
    ahead = prepared.ahead.lengths - prepared.panel.lengths
    if loaded.experiment.data.future_covariates and (ahead < loaded.experiment.window.horizon).any():
        # What is known ahead must come with the rows to forecast.
        following = f"forecaster future {path}"
    with claim(path, resume=resume, overwrite=overwrite) as taken:
        started = taken.started() if resume else None
        if started is None:
            save_inputs(loaded, prepared, taken)
        else:
            check_same_inputs(taken, loaded, started, {"data_sha256": print_of_data, "smoke": smoke})
            if taken.sealed:
                taken.drop_checkpoints()
                return TrainResult(
                    taken, read_json(taken.file("metrics.json")), [], following, already_complete=True
                )
        kind = "started" if started is None else "resumed"
        taken.event(kind, data_sha256=print_of_data, smoke=smoke)
        trained = train(loaded, prepared, taken, listener=listener, smoke=smoke)
        notes = save(loaded, prepared, trained, taken, fingerprint=print_of_data)
        # After the run is sealed: the page can be made again from it at any time.
        write_report(taken, prepared=prepared)
        return TrainResult(taken, read_json(taken.file("metrics.json")), notes, following)


def command(
    config: Config,
    overrides: Set = None,
    run_dir: Where = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    overwrite: Overwrite = False,
    smoke: Smoke = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Fit, score beside the baselines, and write a run directory."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        from forecaster.terminal.training_progress import progress_for

        check_resume(resume=resume, overwrite=overwrite, run_dir=run_dir, what="run")
        options = Options(run_dir=run_dir, resume=resume, overwrite=overwrite, smoke=smoke)
        with progress_for(reporter) as listener:
            result = run(config, overrides or (), options, listener=listener, report=reporter.report)
        reporter.result(*_result(result))


def _result(result: TrainResult) -> Result:
    from forecaster.evaluation.scores import remarks, verdicts

    path, splits = result.run.path, result.metrics["splits"]
    lines = []
    for split, scores in splits.items():
        lines += [score_text(split, scores), ""]
    for split, scores in list(splits.items())[-1:]:
        lines += [*verdicts(scores["scores"], split=split), *remarks(scores["left_out"])]
    lines += result.notes
    if result.already_complete:
        lines.append("The run was complete already; nothing was trained.")
    lines += [f"run:    {path}", f"report: {path / 'report.html'}", f"next:   {result.next_step}"]
    return {"run": str(path), "notes": result.notes, **without_version(result.metrics)}, "\n".join(lines)
