"""From a table to windows: read, split, fill, scale. No Keras is imported, nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from forecaster.config.experiment import Experiment
from forecaster.config.load import Loaded
from forecaster.data.arrays import copied, row_blocks
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.cache import load_table
from forecaster.data.time_axis.axis import default_seasonality
from forecaster.data.time_axis.calendar import feature_names, features
from forecaster.data.transforms.categories import Encoders, fit_encoders
from forecaster.data.transforms.fill import fill
from forecaster.data.transforms.scalers import Scaler, fit_scaler
from forecaster.data.transforms.split import SPLITS, SplitBounds, SplitName, rolled_back, split, target_rows
from forecaster.data.transforms.windows import Windows, WindowSource, cut_windows
from forecaster.errors import DataError
from forecaster.evaluation.scales import Scales, in_sample_scales
from forecaster.forecasting.cutoffs import Cutoffs
from forecaster.model.shape import Category, Shape

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_NAMED = 5
# --smoke: enough to touch every path, few enough for seconds.
SMOKE_WINDOWS: dict[SplitName, int] = {"train": 64, "val": 16, "test": 16}


@dataclass(frozen=True)
class Prepared:
    """Everything that is known before a network exists. Made without importing Keras.

    panel: without missing values. observed: (rows, targets), False where a target
    was filled in and must not count. scales: what scaled metrics divide by.
    """

    experiment: Experiment
    panel: Panel
    observed: npt.NDArray[np.bool_]
    findings: Findings
    split_bounds: SplitBounds
    scaler: Scaler
    source: WindowSource
    windows: dict[SplitName, Windows]
    scales: Scales
    season: int
    ahead: Panel
    encoders: Encoders

    @property
    def shape(self) -> Shape:
        return shape_of(self.experiment, self.panel, self.encoders)

    def cutoffs(self, windows: Windows) -> Cutoffs:
        targets = self.panel.values[:, : self.source.n_targets]
        return Cutoffs(targets, self.panel.offsets, windows.series, windows.target_row, windows.horizon)

    def position(self, windows: Windows) -> npt.NDArray[np.int64]:
        """(windows,), of each first target on the time axis that all series share."""
        series = windows.series.astype(np.int64)
        found: npt.NDArray[np.int64] = (
            self.panel.first[series] + windows.target_row - self.panel.offsets[series]
        )
        return found

    def actual(self, windows: Windows) -> Floats:
        """(windows, horizon, targets), original units, NaN where not observed."""
        rows = windows.target_row[:, None] + np.arange(windows.horizon)
        values: Floats = self.panel.values[:, : self.source.n_targets][rows]
        values[~self.observed[rows]] = np.nan
        return values


@dataclass(frozen=True)
class SplitPanel:
    """The table as it was read, and where its splits lie."""

    raw: Panel
    findings: Findings
    split_bounds: SplitBounds
    ahead: Panel
    """With the rows behind the last target too, where covariates known ahead are known."""

    def filled(self, experiment: Experiment) -> tuple[Panel, npt.NDArray[np.bool_]]:
        """Without missing values, no fill looking across a cut; and which targets count."""
        barriers = np.stack([self.split_bounds.train_end, self.split_bounds.val_end], axis=1)
        return fill(self.raw, experiment.data.missing, barriers=barriers)


# A table as it stands in the file: with the rows behind the last target, and what was found in it.
Read = Callable[[Loaded], tuple[Panel, Findings]]


def read(loaded: Loaded) -> tuple[Panel, Findings]:
    """The table of an experiment. Of the data section, calendar and missing play no part in it."""
    data = loaded.experiment.data
    return load_table(data, loaded.data_path, keep_future=bool(data.future_covariates))


def read_and_split(loaded: Loaded, *, fold: int = 0, reader: Read = read) -> SplitPanel:
    """fold: so many validation lengths before the last rolling origin."""
    ahead, findings = reader(loaded)
    raw = ahead.first_rows(ahead.lengths - findings.future_rows)
    return SplitPanel(raw, findings, rolled_back(split(raw, loaded.experiment.split), fold), ahead)


def prepare(loaded: Loaded, *, smoke: bool = False, fold: int = 0, reader: Read = read) -> Prepared:
    """Read, check, split, fill, scale and window the table of an experiment.

    Raises DataError, with the file and row where there is one. Writes nothing.
    """
    table = read_and_split(loaded, fold=fold, reader=reader)
    check_windows(loaded.experiment, table.raw, table.split_bounds, fold=fold)
    return prepare_table(loaded.experiment, table, smoke=smoke)


class FittedTransforms(NamedTuple):
    """What was fitted on training rows before, and is to be used again."""

    scaler: Scaler
    encoders: Encoders


def prepare_table(
    experiment: Experiment, table: SplitPanel, *, smoke: bool = False, learned: FittedTransforms | None = None
) -> Prepared:
    """Fill, scale and window a table that is split already. learned: None fits on its training rows."""
    split_bounds = table.split_bounds
    panel, observed = table.filled(experiment)
    n_targets = len(panel.targets)
    output = experiment.model.output
    if output.type == "distribution" and output.family == "negative_binomial":
        check_counts(panel)
    if learned is None:
        scaler = fit_scaler(
            experiment.scaling,
            panel.numbers,
            panel.offsets,
            split_bounds.train_end,
            ids=panel.ids,
            n_targets=n_targets,
        ).with_static(panel.static_numbers)
        encoders = fit_encoders(experiment.data.categorical, panel, split_bounds.train_end)
    else:
        scaler, encoders = learned
    source = make_window_source(experiment, panel, scaler, encoders, observed=observed)
    window = experiment.window
    stateful = experiment.model.stateful
    windows = {
        name: cut_windows(
            source,
            split_bounds,
            name,
            window,
            consecutive=stateful,
            # A carried state needs one window after the other.
            few=partial(_earliest if stateful else _evenly, SMOKE_WINDOWS[name]) if smoke else None,
        )
        for name in SPLITS
    }
    season = experiment.evaluation.seasonality or default_seasonality(experiment.data.freq)
    targets = panel.values[:, :n_targets]
    if not observed.all():
        targets = copied(targets)
        for rows in row_blocks(len(targets)):
            targets[rows][~observed[rows]] = np.nan
    scales = in_sample_scales(targets, panel.offsets, split_bounds.train_end, seasonality=season)
    return Prepared(
        experiment,
        panel,
        observed,
        table.findings,
        split_bounds,
        scaler,
        source,
        windows,
        scales,
        season,
        table.ahead,
        encoders,
    )


def shape_of(experiment: Experiment, panel: Panel, encoders: Encoders) -> Shape:
    """What a network is built for."""

    def numbers(names: tuple[str, ...]) -> int:
        return sum(name not in encoders.kinds for name in names)

    def categories(names: tuple[str, ...]) -> tuple[Category, ...]:
        kinds, size = encoders.kinds, encoders.size
        return tuple(Category(kinds[name], size(name)) for name in names if name in kinds)

    ahead = numbers(panel.future) + len(feature_names(experiment.data.calendar))
    return Shape(
        lookback=experiment.window.lookback,
        horizon=experiment.window.horizon,
        n_targets=len(panel.targets),
        n_past=numbers(panel.past) + ahead,
        n_future=ahead,
        n_static=numbers(panel.statics),
        padded=experiment.window.short == "pad",
        past_categories=categories(panel.past),
        future_categories=categories(panel.future),
        static_categories=categories(panel.statics),
    )


def make_window_source(
    experiment: Experiment,
    panel: Panel,
    scaler: Scaler,
    encoders: Encoders,
    *,
    observed: npt.NDArray[np.bool_],
) -> WindowSource:
    """The scaled panel with the features that are derived from time and from the series.

    The scaler has a group for every series.
    """
    calendar = position = None
    if experiment.data.calendar:
        low = int(panel.first.min())
        high = int((panel.first + panel.lengths).max()) + experiment.window.horizon
        calendar = features(panel.time_axis, np.arange(low, high), experiment.data.calendar)
        position = panel.first - low
    n_past_codes = sum(name in panel.categories for name in panel.past)
    return WindowSource(
        values=scaler.apply(panel.numbers, panel.offsets, scaler.rows_for(panel.ids)),
        offsets=panel.offsets,
        n_targets=len(panel.targets),
        n_past=len(panel.past) - n_past_codes,
        observed=None if observed.all() else observed,
        calendar=calendar,
        position=position,
        static=_some(scaler.apply_static(panel.static_numbers)),
        codes=_some(encoders.rows(panel)),
        n_past_codes=n_past_codes,
        static_codes=_some(encoders.statics(panel)),
    )


def _some(columns: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    return columns if columns.shape[1] else None


def check_windows(experiment: Experiment, panel: Panel, split_bounds: SplitBounds, *, fold: int = 0) -> None:
    """Raises DataError when a split that was asked for holds no window."""
    window, longest = experiment.window, int(panel.lengths.max())
    if window.short == "error" and (named := too_short(experiment, panel, split_bounds)):
        raise DataError(
            f"{panel.source}: {named}",
            hint="bring more rows of them, or set window.short to skip or pad",
            path="window.short",
        )
    for name in SPLITS:
        low, high = split_bounds.range(name)
        asked = name == "train" or getattr(experiment.split, name) not in (0, 0.0)
        # An earlier origin tests nothing.
        asked = asked and not (fold and name == "test")
        _, count, _ = target_rows(split_bounds, name, window, consecutive=experiment.model.stateful)
        if asked and not count.any():
            rows = int((high - low).max())
            needs = window.horizon + (window.lookback if name == "train" else 0)
            raise DataError(
                f"{panel.source}: no {name} window fits: the longest series has {longest:,} rows, "
                f"{rows:,} of them for {name}, and a {name} window needs {needs:,}",
                hint="shorten window.lookback or window.horizon, change split, or bring more rows",
                path="window" if name == "train" else f"split.{name}",
            )


def check_counts(panel: Panel) -> None:
    """Raises DataError where a target is below 0 or no whole number."""
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


def too_short(experiment: Experiment, panel: Panel, split_bounds: SplitBounds) -> str | None:
    """The series whose training rows hold no window, the first few by name."""
    _, count, _ = target_rows(split_bounds, "train", experiment.window, consecutive=experiment.model.stateful)
    short = np.flatnonzero(count == 0)
    if not len(short):
        return None
    some = ", ".join(
        f"{panel.ids[s]!r} ({split_bounds.train_end[s]:,})"
        if panel.ids[s]
        else f"the table ({split_bounds.train_end[s]:,})"
        for s in short[:_NAMED].tolist()
    )
    needs = experiment.window.horizon + (
        1 if experiment.window.short == "pad" else experiment.window.lookback
    )
    more = ", …" if len(short) > _NAMED else ""
    return (
        f"{len(short):,} of {len(panel.ids):,} series have fewer training rows than a window needs, {needs:,}: "
        f"{some}{more}"
    )


def spread_evenly(windows: Windows, n: int) -> Windows:
    """At most n windows, spread over all of them."""
    return windows if len(windows) <= n else windows.take(_evenly(n, len(windows)))


def _evenly(most: int, of: int) -> Ints:
    """Places among `of`, at most so many."""
    return np.linspace(0, of - 1, min(most, of)).astype(np.int64)


def _earliest(most: int, of: int) -> Ints:
    return np.arange(min(most, of))
