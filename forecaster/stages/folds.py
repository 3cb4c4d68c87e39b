"""Rolling cutoffs: the same table as it was known at several points in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.transforms.split import SplitBounds
from forecaster.errors import DataError
from forecaster.stages.checks import check_baselines, check_windows
from forecaster.stages.prepared import SplitPanel


@dataclass(frozen=True)
class BacktestPlan:
    """How a backtest goes through time.

    Attributes:
        folds: How many cutoffs.
        step: Steps from one cutoff to the next, and scored after each; None is the horizon.
        refit: Train again at every cutoff, or forecast on with the first fold's network.
        window: Training rows grow from fold to fold, or keep their number and move on.
    """

    folds: int = 5
    step: int | None = None
    refit: bool = False
    window: Literal["expanding", "sliding"] = "expanding"

    def options(self) -> tuple[str, ...]:
        """As they are given on the command line."""
        step = [] if self.step is None else ["--step", str(self.step)]
        refit = "--refit" if self.refit else "--no-refit"
        return ("--folds", str(self.folds), *step, refit, "--window", self.window)


def fold_tables(table: SplitPanel, plan: BacktestPlan, horizon: int) -> list[SplitPanel]:
    """The table as each cutoff knew it, with the steps after it as the test range; oldest first.

    Cutoffs are counted from each series' own end. Validation keeps the number of steps that `split` gives
    it in the whole table, just before the cutoff.

    Raises:
        DataError: When the first cutoff lies before the first row of every series.
    """
    step = plan.step or horizon
    scored = max(step, horizon)
    n_val = table.split_bounds.val_end - table.split_bounds.train_end
    length = table.raw.lengths
    tables, first_train = [], None
    for k in range(plan.folds):
        cutoff = np.maximum(length - scored - (plan.folds - 1 - k) * step, 0)
        end = np.minimum(cutoff + scored, length)
        train_end = np.maximum(cutoff - n_val, 0)
        if first_train is None:
            first_train = train_end
        begin = np.maximum(train_end - first_train, 0) if plan.window == "sliding" else np.zeros_like(end)
        bounds = SplitBounds(train_end - begin, cutoff - begin, end - begin)
        tables.append(replace(table, raw=table.raw.between(begin, end), split_bounds=bounds))
    if not tables[0].split_bounds.train_end.any():
        raise DataError(
            f"{table.raw.source}: {plan.folds} folds of {step:,} steps, {scored:,} scored and validation leave no "
            f"training rows; the longest series has {int(length.max()):,} rows",
            hint="give fewer --folds or a smaller --step",
        )
    return tables


def check_folds(spec: ExperimentSpec, table: SplitPanel, plan: BacktestPlan) -> None:
    """Raise DataError where a fold holds no window of a split that it needs."""
    # A test range of 0 in the config says nothing about the folds, which all have one.
    asked = spec.model_copy(update={"split": spec.split.model_copy(update={"test": 1})})
    for part in fold_tables(table, plan, spec.window.horizon):
        check_windows(asked, part.raw, part.split_bounds)
        check_baselines(spec, part.raw, part.split_bounds)
