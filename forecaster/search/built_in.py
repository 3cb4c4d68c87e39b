"""The built-in search space of a file without search nodes, as far as the table has room for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.config.built_in_space import lookbacks, with_built_in_space
from forecaster.config.experiment import Experiment
from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Ints
from forecaster.data.reading.sources import TableSource
from forecaster.data.transforms.split import SplitName, target_rows
from forecaster.errors import DataError
from forecaster.search.trial_runner import spec_of
from forecaster.stages.checks import check_windows
from forecaster.stages.estimate import estimate
from forecaster.stages.prepared import Prepared, SplitPanel, prepare_table, read_and_split


@dataclass(frozen=True)
class BuiltIn:
    """An experiment with the nodes of its built-in search space.

    Attributes:
        experiment: The experiment.
        trial_seconds: The estimated time of one trial of the file's own values, without early stopping.
    """

    experiment: Experiment
    trial_seconds: float


def built_in(
    experiment: Experiment, source: TableSource, *, smoke: bool = False, time_budget: str | None = None
) -> BuiltIn:
    """Return the experiment with search nodes around its values, valid with each other and with the table.

    Args:
        experiment: An experiment without search nodes.
        source: The table.
        smoke: Whether the search is a quick check.
        time_budget: The time after which the search ends; None leaves it to the file.

    Raises:
        DataError: When the table does not fit the file itself, such as one that is too short.
    """
    spec = experiment.spec
    fold = spec_of(experiment, smoke=smoke).folds - 1
    table = read_and_split(spec, source, fold=fold)
    check_windows(spec, table.raw, table.split_bounds, fold=fold)
    prepared = prepare_table(spec, table)
    fitting = [n for n in lookbacks(spec) if _fits(spec, table, n, fold=fold)]
    found = with_built_in_space(
        experiment, lookbacks=fitting, logs=_has_logarithms(prepared), time_budget=time_budget
    )
    return BuiltIn(found, _trial_seconds(found.spec, prepared))


def _fits(spec: ExperimentSpec, table: SplitPanel, lookback: int, *, fold: int) -> bool:
    """Return whether a lookback leaves every series and target of the file, and enough rows to learn from."""
    bounds = table.split_bounds
    if lookback < spec.window.lookback:
        return True
    room = int(np.median(bounds.train_end)) - spec.window.horizon
    if lookback > room * 2 // 3:
        return False
    longer = spec.model_copy(update={"window": spec.window.model_copy(update={"lookback": lookback})})
    try:
        check_windows(longer, table.raw, bounds, fold=fold)
    except DataError:
        return False
    own, other = ([_counts(s, table, name) for name in ("train", "val")] for s in (spec, longer))
    return np.array_equal(own[0] > 0, other[0] > 0) and np.array_equal(own[1], other[1])


def _counts(spec: ExperimentSpec, table: SplitPanel, split: SplitName) -> Ints:
    """Return (series,), the number of windows of a split."""
    return target_rows(table.split_bounds, split, spec.window, consecutive=spec.model.stateful)[1]


def _has_logarithms(prepared: Prepared) -> bool:
    """Return whether no target is below 0, and some are above 1: below, a logarithm changes little."""
    targets = prepared.targets
    return bool(targets.min() >= 0 and targets.max() > 1)


def _trial_seconds(spec: ExperimentSpec, prepared: Prepared) -> float:
    """Return the estimated time of one trial."""
    windows: dict[str, int] = {name: len(found) for name, found in prepared.windows.items()}
    cost = estimate(spec, prepared.shape, rows=len(prepared.targets), windows=windows)
    tune = spec.tune
    n_networks = (tune.ensemble or spec.training.ensemble) * tune.folds * tune.executions_per_trial
    return cost.epochs_seconds / spec.training.ensemble * n_networks
