"""The folds of a backtest as tasks of Ray, which train at the same time."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from forecaster.config.experiment import Experiment
from forecaster.runs.directory import RunDir
from forecaster.search.ray_engine import RayEngine
from forecaster.search.workers import WorkFailed
from forecaster.stages.folds import BacktestPlan
from forecaster.system import processors

WORK = "forecaster.stages.fold_training"


def trained_ahead(
    experiment: Experiment, run: RunDir, plan: BacktestPlan, *, workers: int | None, smoke: bool
) -> tuple[int, ...]:
    """Train the folds that are not trained yet as tasks of Ray, into the checkpoints of the run directory.

    A fold whose training fails is left to this process, which fails in the same way, with the same message.

    Args:
        experiment: The experiment.
        run: The run directory.
        plan: The folds.
        workers: The number of folds that are trained at the same time; None is all of them.
        smoke: Whether to use a few windows and one epoch.

    Returns:
        The folds that are trained.

    Raises:
        EnvironmentError_: When the disk is full.
    """
    spec = experiment.spec
    left = [k for k in range(plan.folds) if not run.file(f"folds/{k}/history.csv").is_file()]
    size = min(workers or plan.folds, len(left))
    if not left:
        return ()
    # As many threads as in one process: with others the sums of a training come out otherwise.
    threads = spec.runtime.threads or processors()
    engine = RayEngine(WORK, {"runtime": spec.runtime.model_dump()}, size=size, threads=threads)

    def train(fold: int) -> int | None:
        task = {
            "run": str(run.path.resolve()),
            "fold": fold,
            "plan": asdict(plan),
            "smoke": smoke,
        }
        try:
            engine.run(task, lambda progress: None)
        except WorkFailed:
            return None
        return fold

    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(size))
        # Called first: the threads of the pool end once the engine has.
        stack.callback(engine.stop)
        return tuple(fold for fold in pool.map(train, left) if fold is not None)
