"""forecaster tune: search spaces to a best config and its run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecaster.artifacts.run_dir import MANIFEST, RunDir, check_free, claim, new_name
from forecaster.config.load import Loaded, check_ends, load_experiment
from forecaster.errors import ConfigError, Diagnostic, EnvironmentError_, UsageError

if TYPE_CHECKING:
    from forecaster.pipeline.tune import Tuned, Watcher


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
    already_complete: bool = False


@dataclass(frozen=True)
class Plan:
    """What is about to be searched, for whoever watches. most: trials; None where nobody knows."""

    metric: str
    least: bool
    most: int | None
    time_budget_s: float | None
    workers: int


Report = Callable[[Sequence[Diagnostic], Sequence[str]], None]


def run(
    config: Path,
    overrides: Sequence[str],
    options: Options,
    *,
    watch: Callable[[Plan], Watcher],
    report: Report,
) -> TuneResult:
    """Config, both ends of every range and the data are checked before anything is written.

    Raises ConfigError, DataError and UsageError before the first trial; TrainingError when none completed.
    """
    from forecaster.data.read import fingerprint
    from forecaster.pipeline.tune import TuneOptions, spec_of, tune

    loaded = load_experiment(config, overrides)
    check_space(loaded)
    spec = spec_of(loaded, smoke=options.smoke)
    resume = options.resume
    overwrite = options.overwrite or (spec.overwrite and not resume)
    path = options.run_dir or loaded.output_dir / new_name(loaded.experiment.name, datetime.now(UTC))
    check_free(path, resume=resume, overwrite=overwrite)
    check_data(loaded, n_folds=spec.folds)
    if options.engine == "ray":
        _needs_ray()
    report(loaded.warnings, [])
    budget_s = seconds(options.time_budget or spec.time_budget)
    known = None if spec.algorithm == "hyperband" and not options.smoke else spec.max_trials
    plan = Plan(spec.objective.metric, spec.objective.direction == "min", known, budget_s, options.workers)
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
        taken.event(kind, command="tune", data_sha256=print_of_data, smoke=options.smoke)
        tuned = tune(loaded, taken, chosen, watcher=watch(plan), fingerprint=print_of_data)
        return TuneResult(taken, loaded, tuned)


def check_space(loaded: Loaded) -> None:
    """Raises ConfigError with every fault of the spaces, each with its place."""
    from forecaster.config.searchable import search_faults

    faults = search_faults(loaded) or check_ends(loaded)
    if faults:
        raise ConfigError.of(faults)


def check_data(loaded: Loaded, *, n_folds: int) -> None:
    """Raises DataError when the earliest fold or the longest lookback leaves no window."""
    from forecaster.pipeline.prepare import read_and_split, refuse_without_windows
    from forecaster.pipeline.tune import reference_of

    table = read_and_split(loaded, fold=n_folds - 1)
    experiment = loaded.experiment
    window = experiment.window.model_copy(update=reference_of(loaded))
    longest = experiment.model_copy(update={"window": window})
    refuse_without_windows(longest, table.raw, table.cuts, fold=n_folds - 1)


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
        raise EnvironmentError_(
            "--engine ray needs Ray, which is not installed", hint="pip install 'forecaster[ray]'"
        )
