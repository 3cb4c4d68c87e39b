"""Tune: search for the best config, and train it."""

from __future__ import annotations

import hashlib
import io
import math
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forecaster.config.dimensions import Dimension
from forecaster.config.experiment import Experiment
from forecaster.config.searchable import search_warnings
from forecaster.data.reading.arrow_table import ArrowTable
from forecaster.data.reading.sources import TableSource, fingerprint
from forecaster.errors import (
    ConfigError,
    Diagnostic,
    Notify,
    UsageError,
)
from forecaster.runs.claim import check_free
from forecaster.runs.directory import RunDir, new_run_path
from forecaster.runs.files import write_text, write_whole
from forecaster.runs.session import Inputs, open_session
from forecaster.search.built_in import BuiltIn, built_in
from forecaster.search.check import check_data_ends, check_search_folds, check_space
from forecaster.search.driver import BEST, Tuned, run_search
from forecaster.search.ray_engine import check_engine
from forecaster.search.tracked import TrackedSearch
from forecaster.search.trial_runner import SearchListener, TuneOptions, spec_of
from forecaster.stages.tracked import tracked
from forecaster.tracking.tracking import check_tracking

# The file for a table in memory: trials run in other processes, which read it from there.
TABLE = "table.parquet"
# The config with the nodes of a built-in space, which `tune` takes like one with nodes written by hand.
SPACE = "tune/space.yaml"
SPACE_HEAD = "# The built-in search space, written out; `forecaster tune` takes this file as it is.\n"


@dataclass(frozen=True)
class SearchOptions:
    """Options of a search.

    Attributes:
        run_dir: The directory of the search; None is a new directory in output.dir.
        resume: Continue the interrupted search in run_dir.
        overwrite: Replace the search in run_dir.
        smoke: Run two trials on a few windows, as a quick check.
        workers: The number of trials that run at the same time.
        engine: "local" runs trials on this machine, "ray" on Ray.
        time_budget: The time after which the search ends, as 90s, 30m or 2h; None is tune.time_budget.
        overrides: The --set options, for the hint that says how to resume the search.
    """

    run_dir: Path | None = None
    resume: bool = False
    overwrite: bool = False
    smoke: bool = False
    workers: int = 1
    engine: str = "local"
    time_budget: str | None = None
    overrides: Sequence[str] = ()


@dataclass(frozen=True)
class SearchPlan:
    """The extent of a search, for the listener that shows its progress.

    Attributes:
        metric: The metric that scores trials.
        least: Whether the smallest score is the best.
        most: The largest number of trials; None if it is not known in advance.
        time_budget_s: The time after which the search ends, in seconds; None is unlimited.
        workers: The number of trials that run at the same time.
        built_in: The dimensions of the built-in search space; empty if the file has search nodes.
        members: The number of networks that a trial trains, and that the best config trains.
    """

    metric: str
    least: bool
    most: int | None
    time_budget_s: float | None
    workers: int
    built_in: Sequence[Dimension] = ()
    members: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class SearchResult:
    """A finished search and its best run.

    Attributes:
        run: The directory of the search and of its best run.
        experiment: The experiment with its search spaces.
        tuned: The trials, the best of them, and the metrics of its run.
    """

    run: RunDir
    experiment: Experiment
    tuned: Tuned

    @property
    def space(self) -> dict[str, Any]:
        """The search nodes by the name of the hyperparameter, as the YAML file has them."""
        return space_of(self.experiment)

    def facts(self) -> dict[str, Any]:
        """Return the result as plain values, as `--json` prints it."""
        tuned, book = self.tuned, self.tuned.trials
        return {
            "run": str(self.run.path),
            "ended": tuned.ended,
            "trials": {state: book.count(state) for state in ("completed", "failed", "running")},
            "best": {
                "trial": tuned.best.proposal.number,
                "score": tuned.best.score,
                "metric": self.experiment.spec.tune.objective.metric,
                "values": tuned.best.proposal.values,
            },
            "space": self.space,
            "config": str(self.run.file(BEST)),
            "notes": tuned.notes,
            "splits": tuned.metrics["splits"],
        }


def space_of(experiment: Experiment) -> dict[str, Any]:
    """Return the search nodes of an experiment by the name of the hyperparameter, as the YAML file has them."""
    return {d.name: {d.kind: d.range.model_dump(exclude_unset=True)} for d in experiment.search_space}


def tune(
    experiment: Experiment,
    source: TableSource,
    options: SearchOptions,
    *,
    watch: Callable[[SearchPlan], SearchListener],
    notify: Notify,
) -> SearchResult:
    """Search the spaces of an experiment, and write best.yaml and the best run.

    Settings, both ends of every range and the table are checked before anything is written.

    Args:
        experiment: An experiment. Without search nodes, a built-in space around its values is searched.
        source: The table. A table in memory is written into the run directory.
        options: The directory, and how trials run.
        watch: Returns the listener of the search.
        notify: Takes warnings as they arise.

    Returns:
        The finished search.

    Raises:
        ConfigError: When a search space is not valid; lists every problem.
        DataError: When the table does not fit the search, or the directory holds another search.
        UsageError: When the engine or the time budget is not valid.
        RunTakenError: When the directory exists, or another process is using it.
        EnvironmentError_: When the disk is full, or an extra is not installed.
        TrainingError: When no trial completed.
    """
    check_engine(options.engine)
    check_tracking(experiment.spec.tracking)
    budget_s = seconds(options.time_budget or experiment.spec.tune.time_budget)
    if experiment.dimensions:
        check_space(experiment)
    path = options.run_dir or new_run_path(experiment.output_dir, experiment.spec.name)
    overwrite = options.overwrite or (experiment.spec.tune.overwrite and not options.resume)
    check_free(path, resume=options.resume, overwrite=overwrite)
    found = None
    if not experiment.dimensions:
        found = built_in(experiment, source, smoke=options.smoke, time_budget=options.time_budget)
        experiment = found.experiment
        check_space(experiment)
        budget_s = seconds(experiment.spec.tune.time_budget)
    spec = spec_of(experiment, smoke=options.smoke)
    _check_end(experiment, most=spec.max_trials, budget_s=budget_s)
    check_search_folds(experiment, source, n_folds=spec.folds)
    check_data_ends(experiment, source)
    slow = [] if found is None or options.smoke else _slow(found, budget_s)
    notify([*experiment.warnings, *search_warnings(experiment), *slow], [])
    most = None if spec.algorithm == "hyperband" and not options.smoke else spec.max_trials
    least = spec.objective.direction == "min"
    ensemble = experiment.spec.training.ensemble
    plan = SearchPlan(
        spec.objective.metric,
        least,
        most,
        budget_s,
        options.workers,
        () if found is None else experiment.search_space,
        (spec.ensemble or ensemble, ensemble),
    )
    content = parquet_bytes(source) if isinstance(source, ArrowTable) else None
    data_sha256 = fingerprint(source) if content is None else hashlib.sha256(content).hexdigest()
    inputs = Inputs(
        "tune",
        # The log of the search stores its inputs and compares them itself.
        None,
        experiment.text,
        data_sha256,
        options.smoke,
        tuple(f"--set {shlex.quote(text)}" for text in options.overrides),
        # The config with the search spaces: resolved.yaml is that of the best config, and has none.
        str((experiment.path or path / "config.yaml").resolve()),
    )
    with open_session(path, inputs, resume=options.resume, overwrite=overwrite) as session:
        run = session.run
        # A complete search may be continued for longer. Its best run is then made again.
        session.reopen()
        session.begin()
        if content is not None:
            experiment = _with_table_file(experiment, run, content)
        if found is not None:
            text = experiment.yaml_of(experiment.given, relative_to=run.file(SPACE).parent)
            write_text(run.file(SPACE), SPACE_HEAD + text)
        chosen = TuneOptions(options.workers, options.engine, budget_s, options.smoke)
        with tracked(experiment, session, notify, searched=space_of(experiment)) as block:
            listener = TrackedSearch(watch(plan), block.tracking, metric=spec.objective.metric)
            tuned = run_search(experiment, run, chosen, listener=listener, fingerprint=data_sha256)
            listener.take_all(tuned.trials)
            block.params = tuned.best.proposal.values
        return SearchResult(run, experiment, tuned)


def _check_end(experiment: Experiment, *, most: int | None, budget_s: float | None) -> None:
    """Raise ConfigError when nothing would ever end the search."""
    endless = experiment.spec.tune.algorithm in ("random", "bayesian", "sklearn")
    if most is None and budget_s is None and endless:
        place = experiment.positions.of_value(("tune", "max_trials"))
        summary = "is null, and without a time budget the search would never end"
        hint = "give a number, or set tune.time_budget"
        raise ConfigError.of([Diagnostic(summary, hint, place, "tune.max_trials")])


def _slow(found: BuiltIn, budget_s: float | None) -> list[Diagnostic]:
    """Return a warning if a single trial may take longer than the whole search."""
    if budget_s is None or found.trial_seconds <= budget_s:
        return []
    summary = (
        f"the search ends after {found.experiment.spec.tune.time_budget}, and one trial may take about "
        f"{math.ceil(found.trial_seconds / 60):,} minutes"
    )
    hint = "use a longer --time-budget, or lower training.epochs or training.steps_per_epoch"
    return [Diagnostic(summary, hint, severity="warning")]


def seconds(text: str | None) -> float | None:
    """Convert 90s, 30m or 2h to seconds; None stays None.

    Raises:
        UsageError: When the text has another form.
    """
    if text is None:
        return None
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    if re.fullmatch("0*[1-9][0-9]{0,8}[smh]", text) is None:
        raise UsageError(f"--time-budget {text}: is not a time", hint="write it as 90s, 30m or 2h")
    return int(text[:-1]) * units[text[-1]]


def parquet_bytes(source: ArrowTable) -> bytes:
    """Return the table as the bytes of a Parquet file, the same bytes for the same table."""
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(source.table.replace_schema_metadata(None), out)
    return out.getvalue()


def _with_table_file(experiment: Experiment, run: RunDir, content: bytes) -> Experiment:
    """Write the table to a file, and return the experiment with data.path set to that file."""
    path = run.file(TABLE)
    if not path.is_file():
        write_whole(path, content)
    spec = experiment.spec
    place: dict[str, str | None] = {"path": str(path.resolve()), "sql": None, "connection": None}
    data = spec.data.model_copy(update=place)
    values, given = (
        {**tree, "data": {**{k: v for k, v in tree["data"].items() if k not in place}, "path": place["path"]}}
        for tree in (experiment.values, experiment.given)
    )
    return replace(experiment, spec=spec.model_copy(update={"data": data}), values=values, given=given)
