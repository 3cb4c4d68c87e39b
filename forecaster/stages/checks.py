"""Checks of windows and baselines against the table, made before anything is trained."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Floats, Ints, row_blocks
from forecaster.data.panel import Panel
from forecaster.data.transforms.resolution import blurred
from forecaster.data.transforms.split import SPLITS, SplitBounds, SplitName, target_rows
from forecaster.errors import DataError
from forecaster.forecasting import stats

# The splits whose windows are forecast and scored.
SCORED: tuple[SplitName, ...] = ("val", "test")
_NAMED = 5


def check_windows(spec: ExperimentSpec, panel: Panel, bounds: SplitBounds, *, fold: int = 0) -> None:
    """Raise DataError when a split that the config asks for holds no window or, under mask, no value.

    Args:
        spec: The settings of the experiment.
        panel: The table.
        bounds: The bounds of its splits.
        fold: The number of validation lengths that the bounds are moved back. Earlier folds need no test windows.
    """
    window, longest = spec.window, int(panel.lengths.max())
    if window.short == "error" and (named := too_short(spec, panel, bounds)):
        raise DataError(
            f"{panel.source}: {named}",
            hint="add rows to these series, or set window.short to skip or pad",
            path="window.short",
        )
    for name in SPLITS:
        low, high = bounds.range(name)
        asked = name == "train" or getattr(spec.split, name) not in (0, 0.0)
        # Only the validation windows of an earlier fold are scored.
        asked = asked and not (fold and name == "test")
        _, count, _ = target_rows(bounds, name, window, consecutive=spec.model.stateful)
        if asked and not count.any():
            rows = int((high - low).max())
            needs = window.horizon + (window.lookback if name == "train" else 0)
            raise DataError(
                f"{panel.source}: no {name} window fits: the longest series has {longest:,} rows, "
                f"{rows:,} of them for {name}, and a {name} window needs {needs:,}",
                hint="shorten window.lookback or window.horizon, change split, or add rows",
                path="window" if name == "train" else f"split.{name}",
            )
        if asked and spec.data.missing == "mask" and not _observed(panel, low, high):
            raise DataError(
                f"{panel.source}: no target of the {name} range has a value, and data.missing: mask leaves all "
                "others out",
                hint=f"move the range with split.{name} or data.end, or fill the values in with another data.missing",
                path=f"split.{name}",
            )


def _observed(panel: Panel, low: Ints, high: Ints) -> bool:
    """Return whether a target has a value in rows low to high of a series, half-open; each (series,)."""
    n = len(panel.targets)
    known = np.zeros(len(panel.values) + 1, dtype=np.int64)
    for rows in row_blocks(len(panel.values)):
        known[rows.start + 1 : rows.stop + 1] = ~np.isnan(panel.values[rows, :n]).all(axis=1)
    np.cumsum(known, out=known)
    begin = panel.offsets[:-1]
    return bool((known[begin + high] > known[begin + low]).any())


def beyond_bounds(spec: ExperimentSpec, panel: Panel, *, fixed: bool = False) -> list[str]:
    """Return a remark on the targets of a table that lie beyond data.bounds.

    fixed: Whether the bounds are those of a complete run, which nobody can move.
    """
    bounds, said = spec.data.bounds, []
    for name, column in zip(panel.targets, panel.values.T, strict=False):
        for word, limit in (("below", bounds.min), ("above", bounds.max)):
            if limit is None:
                continue
            n = int((column < limit if word == "below" else column > limit).sum())
            if n:
                which = "min" if word == "below" else "max"
                values = "1 value" if n == 1 else f"{n:,} values"
                said.append(
                    f"{name} has {values} {word} data.bounds.{which}, {limit:g}, where forecasts end; "
                    + ("correct the table" if fixed else "correct the table, or move the bound")
                )
    return said


def odd_values(spec: ExperimentSpec, panel: Panel) -> list[str]:
    """Return remarks on targets beyond data.bounds, and on those that scaling leaves too alike for a network."""
    found = blurred(spec.scaling, panel)
    if not found:
        return beyond_bounds(spec, panel)
    name, target = found[0]
    which = f"series {name!r}, {target}" if name else target
    others = f", and of {len(found) - 1:,} other series or targets," if len(found) > 1 else ""
    remedy = "set scaling.method: standard" + (
        "" if spec.scaling.per_series else " and scaling.per_series: true"
    )
    blur = (
        f"the values of {which}{others} differ by so little for their level that scaling.method: {spec.scaling.method} "
        f"leaves them nearly alike in single precision; {remedy}"
    )
    return [*beyond_bounds(spec, panel), blur]


def too_short(spec: ExperimentSpec, panel: Panel, bounds: SplitBounds) -> str | None:
    """Return a phrase that names the first few series without a training window; None if every series has one."""
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
    """Raise DataError when a target is negative or not a whole number."""
    found = _first_target(panel, lambda values: (values < 0) | (values != np.floor(values)))
    if found is not None:
        raise DataError(
            f"{found}, and a negative binomial needs counts",
            hint="use family normal or student_t",
            path="model.output.family",
        )


def check_logarithms(spec: ExperimentSpec, panel: Panel) -> None:
    """Raise DataError when the scaling of a run takes logarithms and a target is negative; names the first."""
    if spec.scaling.method != "log":
        return
    found = _first_target(panel, lambda values: values < 0)
    if found is not None:
        raise DataError(
            f"{found}, and the run takes logarithms, which need values of 0 and more",
            hint="correct the table, or train a run with another scaling.method",
        )


def _first_target(panel: Panel, wrong: Callable[[Floats], npt.NDArray[np.bool_]]) -> str | None:
    """Return a phrase with the table, the series and the time of the first target that is wrong; None if none is."""
    for i, name in enumerate(panel.targets):
        for rows in row_blocks(len(panel.values)):
            values = panel.values[rows, i]
            places = np.flatnonzero(wrong(values))
            if not len(places):
                continue
            row = rows.start + places[:1]
            series = panel.ids[int(panel.series_of_rows(row)[0])]
            when = panel.time_axis.text(panel.positions_of_rows(row))[0]
            who = f"series {series!r} has" if series else "there is"
            return f"{panel.source}: {who} {values[places[0]]:g} as {name} at {when}"
    return None


def check_baselines(spec: ExperimentSpec, panel: Panel, bounds: SplitBounds) -> None:
    """Raise an error when a baseline cannot be fitted.

    Raises:
        EnvironmentError_: When the extra that a baseline needs is not installed.
        DataError: When a baseline would take too many fits or forecasts.
    """
    windows = sum(
        int(target_rows(bounds, name, spec.window, consecutive=spec.model.stateful)[1].sum())
        for name in SCORED
    )
    n = len(panel.targets)
    stats.check_models(spec.evaluation.baselines, n_models=n * len(panel.ids), n_forecasts=n * windows)
