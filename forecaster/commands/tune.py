"""forecaster tune: search spaces to a best config and its run."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Callable, Sequence
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
    Verbose,
    Where,
    check_resume,
)
from forecaster.errors import EnvironmentError_, UsageError, install_hint
from forecaster.terminal.console import Report, Result, number, score_text, table
from forecaster.terminal.exits import command_context

if TYPE_CHECKING:
    from forecaster.config.load import Loaded
    from forecaster.runs.directory import RunDir
    from forecaster.search.driver import Tuned, Watcher
    from forecaster.terminal.search_progress import SearchPlan


@dataclass(frozen=True)
class Options:
    run_dir: Path | None = None
    resume: bool = False
    overwrite: bool = False
    smoke: bool = False
    workers: int = 1
    engine: str = "local"
    time_budget: str | None = None


@dataclass(frozen=True)
class TuneResult:
    run: RunDir
    loaded: Loaded
    tuned: Tuned


def run(
    config: Path,
    overrides: Sequence[str],
    options: Options,
    *,
    watch: Callable[[SearchPlan], Watcher],
    report: Report,
) -> TuneResult:
    """Config, both ends of every range and the data are checked before anything is written.

    Raises ConfigError, DataError and UsageError before the first trial; TrainingError when none completed.
    """
    from forecaster.config.load import load_experiment
    from forecaster.config.searchable import search_warnings
    from forecaster.data.reading.table import fingerprint
    from forecaster.runs.directory import MANIFEST, check_free, claim, new_name
    from forecaster.search.check import check_data_ends, check_folds, check_space
    from forecaster.search.driver import TuneOptions, spec_of, tune
    from forecaster.terminal.search_progress import SearchPlan

    loaded = load_experiment(config, overrides)
    check_space(loaded)
    spec = spec_of(loaded, smoke=options.smoke)
    resume = options.resume
    overwrite = options.overwrite or (spec.overwrite and not resume)
    path = options.run_dir or loaded.output_dir / new_name(loaded.experiment.name, datetime.now(UTC))
    check_free(path, resume=resume, overwrite=overwrite)
    check_folds(loaded, n_folds=spec.folds)
    check_data_ends(loaded)
    if options.engine == "ray":
        _needs_ray()
    report([*loaded.warnings, *search_warnings(loaded)], [])
    budget_s = seconds(options.time_budget or spec.time_budget)
    known = None if spec.algorithm == "hyperband" and not options.smoke else spec.max_trials
    plan = SearchPlan(
        spec.objective.metric, spec.objective.direction == "min", known, budget_s, options.workers
    )
    chosen = TuneOptions(options.workers, options.engine, budget_s, options.smoke)
    print_of_data = fingerprint(loaded.data_path)
    with claim(path, resume=resume, overwrite=overwrite) as taken:
        started = taken.started() if resume else None
        if started is not None and started.get("command") != "tune":
            raise UsageError(
                f"{path}: is a run of `forecaster train`, not of a search", hint="choose another --run-dir"
            )
        # A search may go on for longer than it was meant to: its run is then made again.
        taken.file(MANIFEST).unlink(missing_ok=True)
        kind = "started" if started is None else "resumed"
        # What a search is resumed with: resolved.yaml is that of its best config, and has no space.
        again = {
            "config": str(config.resolve()),
            "options": [f"--set {shlex.quote(text)}" for text in overrides],
        }
        taken.event(kind, command="tune", data_sha256=print_of_data, smoke=options.smoke, **again)
        tuned = tune(loaded, taken, chosen, watcher=watch(plan), fingerprint=print_of_data)
        return TuneResult(taken, loaded, tuned)


def seconds(text: str | None) -> float | None:
    """90s, 30m or 2h. Raises UsageError for anything else."""
    if text is None:
        return None
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    if text[-1:] not in units or not text[:-1].isdecimal() or int(text[:-1]) < 1:
        raise UsageError(f"--time-budget {text}: is no time", hint="write it as 90s, 30m or 2h")
    return int(text[:-1]) * units[text[-1]]


def facts(result: TuneResult) -> dict[str, Any]:
    """The result as plain values."""
    tuned, book = result.tuned, result.tuned.trials
    return {
        "run": str(result.run.path),
        "ended": tuned.ended,
        "trials": {state: book.count(state) for state in ("completed", "failed", "running")},
        "best": {
            "trial": tuned.best.proposal.number,
            "score": tuned.best.score,
            "metric": result.loaded.experiment.tune.objective.metric,
            "values": tuned.best.proposal.values,
        },
        "config": str(result.run.file("tune/best.yaml")),
        "notes": tuned.notes,
        "splits": tuned.metrics["splits"],
    }


def _needs_ray() -> None:
    import importlib.util

    if importlib.util.find_spec("ray") is None:
        raise EnvironmentError_("--engine ray needs Ray, which is not installed", hint=install_hint("ray"))


def command(
    config: Config,
    overrides: Set = None,
    run_dir: Where = None,
    workers: Annotated[int, typer.Option("--workers", min=1, metavar="N", help="Trials at a time.")] = 1,
    engine: Annotated[
        str, typer.Option("--engine", metavar="local|ray", help="Where trials run: this machine, or Ray.")
    ] = "local",
    time_budget: Annotated[
        str | None,
        typer.Option(
            "--time-budget", metavar="TIME", help="End after 90s, 30m or 2h; over tune.time_budget."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a search that was stopped.")] = False,
    overwrite: Overwrite = False,
    smoke: Annotated[bool, typer.Option("--smoke", help="A few windows, two trials: for CI.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Search the spaces of a config, and write its best.yaml and the best run."""
    with command_context(as_json, quiet, verbose, no_color) as reporter:
        from forecaster.terminal.search_progress import search_progress_for

        check_resume(resume=resume, overwrite=overwrite, run_dir=run_dir, what="search")
        if engine not in ("local", "ray"):
            raise UsageError(f"--engine {engine}: there is no such engine", hint="use local or ray")
        options = Options(run_dir, resume, overwrite, smoke, workers, engine, time_budget)
        with contextlib.ExitStack() as stack:
            result = run(
                config,
                overrides or (),
                options,
                watch=lambda plan: stack.enter_context(search_progress_for(reporter, plan)),
                report=reporter.report,
            )
        reporter.result(*_result(result))


def _result(result: TuneResult) -> Result:
    found = facts(result)
    best, counts, path = found["best"], found["trials"], result.run.path
    title = f"{counts['completed']} trials completed, {counts['failed']} failed; ended by: {found['ended']}"
    # As in the YAML file: null, not None.
    rows = [[name, v if isinstance(v, str) else json.dumps(v)] for name, v in best["values"].items()]
    lines = [title, "", f"best: trial {best['trial']}, {best['metric']} {number(best['score'])}"]
    lines += [table(["hyperparameter", "value"], rows), ""]
    for split, scores in found["splits"].items():
        lines += [score_text(split, scores), ""]
    lines += [
        *found["notes"],
        f"config: {found['config']}",
        f"run:    {path}",
        f"plots:  {path / 'tune'}",
        f"next:   forecaster predict {path}",
    ]
    return found, "\n".join(lines)
