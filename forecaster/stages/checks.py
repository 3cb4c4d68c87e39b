"""What is refused before anything is trained."""

from __future__ import annotations

import numpy as np

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import row_blocks
from forecaster.data.panel import Panel
from forecaster.data.transforms.split import SPLITS, SplitBounds, SplitName, target_rows
from forecaster.errors import DataError
from forecaster.forecasting import stats

_NAMED = 5


def check_windows(spec: ExperimentSpec, panel: Panel, bounds: SplitBounds, *, fold: int = 0) -> None:
    """Raise DataError when a split that was asked for holds no window."""
    window, longest = spec.window, int(panel.lengths.max())
    if window.short == "error" and (named := too_short(spec, panel, bounds)):
        raise DataError(
            f"{panel.source}: {named}",
            hint="bring more rows of them, or set window.short to skip or pad",
            path="window.short",
        )
    for name in SPLITS:
        low, high = bounds.range(name)
        asked = name == "train" or getattr(spec.split, name) not in (0, 0.0)
        # An earlier cutoff tests nothing.
        asked = asked and not (fold and name == "test")
        _, count, _ = target_rows(bounds, name, window, consecutive=spec.model.stateful)
        if asked and not count.any():
            rows = int((high - low).max())
            needs = window.horizon + (window.lookback if name == "train" else 0)
            raise DataError(
                f"{panel.source}: no {name} window fits: the longest series has {longest:,} rows, "
                f"{rows:,} of them for {name}, and a {name} window needs {needs:,}",
                hint="shorten window.lookback or window.horizon, change split, or bring more rows",
                path="window" if name == "train" else f"split.{name}",
            )


def too_short(spec: ExperimentSpec, panel: Panel, bounds: SplitBounds) -> str | None:
    """The series whose training rows hold no window, the first few by name."""
    _, count, _ = target_rows(bounds, "train", spec.window, consecutive=spec.model.stateful)
    short = np.flatnonzero(count == 0)
    if not len(short):
        return None
    some = ", ".join(
        f"{repr(panel.ids[s]) if panel.ids[s] else 'the table'} ({bounds.train_end[s]:,})"
        for s in short[:_NAMED].tolist()
    )
    needs = spec.window.horizon + (1 if spec.window.short == "pad" else spec.window.lookback)
    more = ", …" if len(short) > _NAMED else ""
    return (
        f"{len(short):,} of {len(panel.ids):,} series have fewer training rows than a window needs, {needs:,}: "
        f"{some}{more}"
    )


def check_counts(panel: Panel) -> None:
    """Raise DataError where a target is below 0 or no whole number."""
    for i, name in enumerate(panel.targets):
        for rows in row_blocks(len(panel.values)):
            values = panel.values[rows, i]
            wrong = np.flatnonzero((values < 0) | (values != np.floor(values)))
            if not len(wrong):
                continue
            row = rows.start + wrong[:1]
            series = panel.ids[int(panel.series_of_rows(row)[0])]
            when = panel.time_axis.text(panel.positions_of_rows(row))[0]
            who = f"series {series!r} has" if series else "there is"
            raise DataError(
                f"{panel.source}: {who} {values[wrong[0]]:g} as {name} at {when}, and a negative binomial is of counts",
                hint="use family normal or student_t",
                path="model.output.family",
            )


def check_baselines(spec: ExperimentSpec, panel: Panel, bounds: SplitBounds) -> None:
    """Raise EnvironmentError_ or DataError for a baseline that cannot be had."""
    splits: tuple[SplitName, ...] = ("val", "test")
    windows = sum(
        int(target_rows(bounds, name, spec.window, consecutive=spec.model.stateful)[1].sum())
        for name in splits
    )
    n = len(panel.targets)
    stats.check_models(spec.evaluation.baselines, n_models=n * len(panel.ids), n_forecasts=n * windows)
