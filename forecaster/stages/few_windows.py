"""Warnings of ranges with too few windows: validation to choose and calibrate by, test to judge by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Ints
from forecaster.data.transforms.split import SplitBounds, SplitName, target_rows
from forecaster.errors import Diagnostic
from forecaster.evaluation.significance import MIN_SERIES, cutoffs_needed
from forecaster.forecasting.calibration import needed
from forecaster.forecasting.levels import probabilities
from forecaster.model.classical import own_season
from forecaster.stages.folds import BacktestPlan
from forecaster.text import joined

# With fewer windows the epoch with the lowest validation loss is largely a matter of chance.
MIN_VAL_WINDOWS = 10
# A longer range is proposed where series keep this share of the training rows that they have.
LEAST_TRAINED = 0.5


def few_windows(spec: ExperimentSpec, bounds: SplitBounds) -> list[Diagnostic]:
    """Return warnings of a validation range, a test range or training rows that are too short for their use.

    A range that the config leaves out gets no warning.

    Args:
        spec: The settings of the experiment.
        bounds: The bounds of its splits.
    """

    def windows_of(name: SplitName) -> WindowCounts:
        _, count, stride = target_rows(bounds, name, spec.window, consecutive=spec.model.stateful)
        return WindowCounts(count, stride, spec.window.horizon)

    room = _Room(spec, bounds)
    chosen, val = _few_to_choose_by(spec, windows_of("val"), room)
    found = [chosen, _few_to_judge_by(spec, windows_of("test"), room, val), _long_season(spec, bounds)]
    return [Diagnostic(*one, severity="warning") for one in found if one is not None]


@dataclass(frozen=True)
class _Room:
    """The rows of a table, for ranges of other lengths than those of its split.

    Attributes:
        spec: The settings of the experiment.
        bounds: The bounds of its splits.
    """

    spec: ExperimentSpec
    bounds: SplitBounds

    def fits(self, *, val: int = 0, test: int = 0, train: float = LEAST_TRAINED) -> bool:
        """Return whether every series that is learned from keeps enough rows, and a window, beside longer ranges.

        Args:
            val: The steps of the validation range; those of the split where it has more.
            test: The same of the test range.
            train: The share of its training rows that a series keeps.
        """
        b, window, stateful = self.bounds, self.spec.window, self.spec.model.stateful
        val_end = np.maximum(b.length - np.maximum(b.length - b.val_end, test), 0)
        train_end = np.maximum(val_end - np.maximum(b.val_end - b.train_end, val), 0)
        longer = SplitBounds(train_end, val_end, b.length)
        before, after = (target_rows(one, "train", window, consecutive=stateful)[1] for one in (b, longer))
        learned = before > 0
        return bool((after[learned] > 0).all() and (train_end >= train * b.train_end)[learned].all())

    def backtest(self, val: int) -> str | None:
        """Return the backtest that there are rows for, as it is typed; None where there is none."""
        usual, horizon = BacktestPlan().folds, self.spec.window.horizon
        folds = next((n for n in range(usual, 1, -1) if self.fits(val=val, test=n * horizon, train=0)), None)
        if folds is None:
            return None
        return "forecaster backtest" if folds == usual else f"forecaster backtest --folds {folds}"


@dataclass(frozen=True)
class WindowCounts:
    """How many windows a range holds.

    Attributes:
        count: (series,), the windows of each series.
        stride: Steps from one window to the next.
        horizon: Steps that a window forecasts.
    """

    count: Ints
    stride: int
    horizon: int

    @property
    def n_series(self) -> int:
        """The number of series that have a window."""
        return int(np.count_nonzero(self.count))

    def steps(self, windows: int) -> int:
        """Return the steps of a range that holds this many windows of each series."""
        return self.horizon + (windows - 1) * self.stride


Warned = tuple[str, str, None, str]
"""The summary, the hint, no location, and the path of a warning."""


def _few_to_choose_by(spec: ExperimentSpec, found: WindowCounts, room: _Room) -> tuple[Warned | None, int]:
    """Return a warning of few validation windows, and the steps that it proposes; 0 where it proposes none."""
    evaluation, windows, chosen = spec.evaluation, int(found.count.sum()), _choices(spec)
    if not windows:
        return None, 0
    uses: list[str] = []
    least = 0
    if chosen and windows < MIN_VAL_WINDOWS:
        uses.append(f"to choose {joined(chosen, word='and')} by ({MIN_VAL_WINDOWS} are needed)")
        least = MIN_VAL_WINDOWS
    wanted = needed(probabilities(evaluation.levels)) if evaluation.levels else 0
    if evaluation.calibration != "none" and windows < wanted:
        uses.append(f"to calibrate {evaluation.levels[-1]} % intervals by ({wanted} are needed)")
        least = max(least, wanted)
    if not uses:
        return None, 0
    each, fewest = -(-least // found.n_series), -(-MIN_VAL_WINDOWS // found.n_series)
    steps, fewer = found.steps(each), found.steps(fewest) if windows < MIN_VAL_WINDOWS else 0
    left = max(windows, fewest * found.n_series if fewer else 0)
    enough = [level for level in evaluation.levels if needed(probabilities([level])) <= left]
    short = f"the table is too short for {steps:,} steps of validation: "
    if room.fits(val=steps):
        hint = f"set split.val to {steps:,} steps or more"
        if not fewer and enough:
            hint += f", or evaluation.levels to {enough}"
    elif not fewer:
        steps, hint = 0, f"{short}set evaluation.levels to {enough}"
    elif fewer < steps and room.fits(val=fewer):
        steps, hint = fewer, f"{short}set split.val to {fewer:,} and evaluation.levels to {enough}"
    else:
        steps, hint = 0, f"{short}add rows, or take the forecasts and their intervals as rough"
    summary = f"{_counted(windows)} of validation {_are(windows)} too few {' and '.join(uses)}"
    return (summary, hint, None, "split.val"), steps


def _choices(spec: ExperimentSpec) -> list[str]:
    """Return what validation windows choose, in words."""
    anchor, stopping = spec.model.anchor, spec.training.early_stopping
    chosen = ["the best epoch"] if stopping is not None and stopping.monitor.startswith("val_") else []
    return chosen + (["the blend weight"] if anchor is not None and anchor.mode == "average" else [])


def _few_to_judge_by(spec: ExperimentSpec, found: WindowCounts, room: _Room, val: int) -> Warned | None:
    cutoffs, least = int(found.count.max()), cutoffs_needed(-(-found.horizon // found.stride))
    n_series = found.n_series
    if not spec.evaluation.baselines or not cutoffs or cutoffs >= least or n_series >= MIN_SERIES:
        return None
    steps, backtest = found.steps(least), room.backtest(val)
    moves = [f"set split.test to {steps:,} steps or more"] if room.fits(val=val, test=steps) else []
    moves += [] if backtest is None else [f"run {backtest}"]
    return (
        f"{_counted(cutoffs)} of test{'' if n_series == 1 else ' in each series'} {_are(cutoffs)} too few to tell "
        f"the model from a baseline ({least:,} are needed, or {MIN_SERIES} series)",
        ", or ".join(moves) or "add rows: the table is too short to tell",
        None,
        "split.test",
    )


def _long_season(spec: ExperimentSpec, bounds: SplitBounds) -> Warned | None:
    longest = int(bounds.train_end.max())
    names = [n for n in spec.evaluation.baselines if (own_season(n) or 0) > longest]
    if not names:
        return None
    return (
        f"{joined(names, word='and')}: a season is longer than the training rows of every series, {longest:,}; the "
        "last value is forecast where no season is known",
        "choose a shorter season",
        None,
        "evaluation.baselines",
    )


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _counted(n: int) -> str:
    return f"{n:,} window{'' if n == 1 else 's'}"
