"""The folds of a backtest: one table as it was known at several cutoffs."""

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
    """The cutoffs of a backtest, and what is trained at each.

    Attributes:
        folds: The number of cutoffs.
        step: The number of steps from one cutoff to the next, which are scored after each; None is the horizon.
        refit: Whether to train again at every cutoff. If not, the network of the first cutoff forecasts at all.
        window: Whether the training rows grow from fold to fold ("expanding") or keep their number and move
            forward ("sliding").
    """

    folds: int = 5
    step: int | None = None
    refit: bool = False
    window: Literal["expanding", "sliding"] = "expanding"

    def options(self) -> tuple[str, ...]:
        """Return the plan as options of the command line."""
        step = [] if self.step is None else ["--step", str(self.step)]
        refit = "--refit" if self.refit else "--no-refit"
        return ("--folds", str(self.folds), *step, refit, "--window", self.window)


def fold_tables(table: SplitPanel, plan: BacktestPlan, horizon: int) -> list[SplitPanel]:
    """Return the table as it was known at each cutoff, with the steps after it as the test range; oldest first.

    Cutoffs are counted back from the end of each series. The validation range lies just before the cutoff, and has
    as many steps as `split` gives it in the whole table.

    Args:
        table: The whole table with its split.
        plan: The cutoffs.
        horizon: The number of steps of a forecast.

    Raises:
        DataError: When no series has training rows at the first cutoff.
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
            f"{table.raw.source}: {plan.folds} folds of {step:,} steps, {scored:,} scored steps and the validation "
            f"range leave no training rows; the longest series has {int(length.max()):,} rows",
            hint="use fewer --folds or a smaller --step",
        )
    return tables


def check_folds(spec: ExperimentSpec, table: SplitPanel, plan: BacktestPlan) -> None:
    """Raise an error when a fold cannot be trained or scored.

    Raises:
        DataError: When a fold holds no window of a split, or a baseline would take too many fits or forecasts.
        EnvironmentError_: When the extra that a baseline needs is not installed.
    """
    # Every fold has a test range, even if the config has none.
    asked = spec.model_copy(update={"split": spec.split.model_copy(update={"test": 1})})
    for part in fold_tables(table, plan, spec.window.horizon):
        check_windows(asked, part.raw, part.split_bounds)
        check_baselines(spec, part.raw, part.split_bounds)
