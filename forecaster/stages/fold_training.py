"""The code of a worker: train one fold of a backtest into the checkpoints of its run directory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from forecaster.config.experiment import Experiment
from forecaster.runs.directory import RESOLVED, RunDir
from forecaster.stages.fitting import fit_members, member_store
from forecaster.stages.folds import BacktestPlan, fold_tables
from forecaster.stages.prepared import SplitPanel, prepare_table, read_and_split
from forecaster.training.backend import forget_networks, start_backend
from forecaster.training.spec import RuntimeSpec


class _LastRead:
    """The table that was read last: all folds of a backtest have the same one."""

    run: str | None = None
    table: SplitPanel | None = None


def part_of(fold: int) -> str:
    """Return the name of the part of a run directory that has the checkpoints of a fold, counted from 0."""
    return f"fold-{fold}"


def start(setup: dict[str, Any]) -> None:
    """Load the backend before the first fold; see `search.workers.Engine`.

    Args:
        setup: The key runtime holds the runtime section of the config.
    """
    start_backend(RuntimeSpec.model_validate(setup["runtime"]))


def run(task: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Train a fold to its end, from its checkpoints if there are any.

    Args:
        task: The keys run, the directory of the backtest; fold, from 0; plan, the attributes of `BacktestPlan`; and
            smoke.
        report: Takes nothing.

    Returns:
        The key fold.

    Raises:
        TrainingError: When the loss becomes NaN or infinite.
        DataError: When the table has become another one.
    """
    forget_networks()
    folder, fold = RunDir(Path(task["run"])), int(task["fold"])
    experiment = Experiment.from_yaml(folder.file(RESOLVED))
    spec = experiment.spec
    if _LastRead.table is None or _LastRead.run != task["run"]:
        _LastRead.run, _LastRead.table = task["run"], read_and_split(spec, experiment.table)
    plan = BacktestPlan(**task["plan"])
    part = fold_tables(_LastRead.table, plan, spec.window.horizon)[fold]
    prepared = prepare_table(spec, part, smoke=task["smoke"])
    fit_members(spec, prepared, member_store(folder, part_of(fold)), smoke=task["smoke"])
    return {"fold": fold}
