"""From a table to windows: read, split, fill, scale. No Keras is imported, nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Floats, Ints, copied, row_blocks
from forecaster.data.panel import Findings, Panel
from forecaster.data.reading.cache import load_table
from forecaster.data.reading.sources import TableSource
from forecaster.data.spec import DataSpec
from forecaster.data.time_axis.axis import default_seasonality
from forecaster.data.time_axis.calendar import feature_names
from forecaster.data.transforms.categories import Encoders
from forecaster.data.transforms.fill import fill
from forecaster.data.transforms.fitted import FittedTransforms
from forecaster.data.transforms.split import SPLITS, SplitBounds, SplitName, rolled_back, split
from forecaster.data.transforms.windows import Windows, cut_windows
from forecaster.evaluation.scales import Scales, in_sample_scales
from forecaster.forecasting.cutoffs import Cutoffs
from forecaster.model.shape import Category, Shape
from forecaster.stages.checks import check_counts, check_windows

# --smoke: enough to touch every path, few enough for seconds.
SMOKE_WINDOWS: dict[SplitName, int] = {"train": 64, "val": 16, "test": 16}


@dataclass(frozen=True)
class SplitPanel:
    """The table as it was read, and where its splits lie.

    Attributes:
        raw: Up to the last target of each series, missing values as they are.
        findings: What reading met.
        split_bounds: Where training, validation and test begin and end.
        with_future: The panel with the rows after the last target too, where future covariates are known.
    """

    raw: Panel
    findings: Findings
    split_bounds: SplitBounds
    with_future: Panel

    def filled(self, data: DataSpec) -> tuple[Panel, npt.NDArray[np.bool_]]:
        """The panel without missing values, no fill looking across a split, and which targets count."""
        barriers = np.stack([self.split_bounds.train_end, self.split_bounds.val_end], axis=1)
        return fill(self.raw, data.missing, barriers=barriers)

    @property
    def n_future(self) -> Ints:
        """(series,), rows after the last target where future covariates are known."""
        return self.with_future.lengths - self.raw.lengths


@dataclass(frozen=True)
class Prepared:
    """Everything that is known before a network exists.

    Attributes:
        table: As it was read and split.
        panel: Without missing values.
        observed: (rows, targets), False where a target was filled in and does not count.
        transforms: Fitted on training rows.
        windows: Of each split.
        scales: What scaled metrics divide by.
        season: Steps of one season.
        shape: What a network is built for.
    """

    table: SplitPanel
    panel: Panel
    observed: npt.NDArray[np.bool_]
    transforms: FittedTransforms
    windows: dict[SplitName, Windows]
    scales: Scales
    season: int
    shape: Shape

    @property
    def targets(self) -> Floats:
        """(rows, targets), original units, without missing values."""
        return self.panel.values[:, : len(self.panel.targets)]

    def cutoffs(self, windows: Windows) -> Cutoffs:
        """Where the forecasts of these windows start."""
        return Cutoffs(self.targets, self.panel.offsets, windows.series, windows.target_row, windows.horizon)

    def positions(self, windows: Windows) -> Ints:
        """(windows,), the position of each first target on the time axis that all series share."""
        series = windows.series.astype(np.int64)
        found: Ints = self.panel.first[series] + windows.target_row - self.panel.offsets[series]
        return found

    def actual(self, windows: Windows) -> Floats:
        """(windows, horizon, targets), original units, NaN where not observed."""
        rows = windows.target_row[:, None] + np.arange(windows.horizon)
        values: Floats = self.targets[rows]
        values[~self.observed[rows]] = np.nan
        return values


# Reads a table with the rows after the last target, and says what it met.
Reader = Callable[[DataSpec, TableSource], tuple[Panel, Findings]]


def read(data: DataSpec, source: TableSource) -> tuple[Panel, Findings]:
    """Read the table of an experiment. data.calendar and data.missing play no part in it."""
    return load_table(data, source, keep_future=bool(data.future_covariates))


def read_and_split(
    spec: ExperimentSpec, source: TableSource, *, fold: int = 0, reader: Reader = read
) -> SplitPanel:
    """Read a table and cut it.

    Args:
        spec: Of the experiment.
        source: The table.
        fold: How many validation lengths the splits are moved back: rolling cutoffs.
        reader: Reads the table, or has it at hand.
    """
    with_future, findings = reader(spec.data, source)
    raw = with_future.first_rows(with_future.lengths - findings.future_rows)
    return SplitPanel(raw, findings, rolled_back(split(raw, spec.split), fold), with_future)


def prepare(
    spec: ExperimentSpec,
    source: TableSource,
    *,
    smoke: bool = False,
    fold: int = 0,
    reader: Reader = read,
) -> Prepared:
    """Read, check, split, fill, scale and window the table of an experiment.

    Args:
        spec: Of the experiment.
        source: The table.
        smoke: Take a few windows of each split only.
        fold: As in `read_and_split`.
        reader: As in `read_and_split`.

    Raises:
        DataError: With the file and row where there is one.
    """
    table = read_and_split(spec, source, fold=fold, reader=reader)
    check_windows(spec, table.raw, table.split_bounds, fold=fold)
    return prepare_table(spec, table, smoke=smoke)


def prepare_table(
    spec: ExperimentSpec,
    table: SplitPanel,
    *,
    smoke: bool = False,
    transforms: FittedTransforms | None = None,
) -> Prepared:
    """Fill, scale and window a table that is split already.

    Args:
        spec: Of the experiment.
        table: The table.
        smoke: Take a few windows of each split only.
        transforms: Fitted before; None fits them on the table's training rows.
    """
    bounds = table.split_bounds
    panel, observed = table.filled(spec.data)
    output = spec.model.output
    if output.type == "distribution" and output.family == "negative_binomial":
        check_counts(panel)
    if transforms is None:
        transforms = FittedTransforms.fit(
            panel, bounds.train_end, scaling=spec.scaling, categorical=spec.data.categorical
        )
    source = transforms.window_source(
        panel, observed=observed, calendar=spec.data.calendar, horizon=spec.window.horizon
    )
    stateful = spec.model.stateful
    windows = {
        name: cut_windows(
            source,
            bounds,
            name,
            spec.window,
            consecutive=stateful,
            # A carried state needs one window after the other.
            few=partial(_earliest if stateful else _evenly, SMOKE_WINDOWS[name]) if smoke else None,
        )
        for name in SPLITS
    }
    season = season_of(spec)
    targets = panel.values[:, : len(panel.targets)]
    if not observed.all():
        targets = copied(targets)
        for rows in row_blocks(len(targets)):
            targets[rows][~observed[rows]] = np.nan
    scales = in_sample_scales(targets, panel.offsets, bounds.train_end, seasonality=season)
    shape = shape_of(spec, panel, transforms.encoders)
    return Prepared(table, panel, observed, transforms, windows, scales, season, shape)


def season_of(spec: ExperimentSpec) -> int:
    """Steps of one season: as configured, or the usual one of the frequency."""
    return spec.evaluation.seasonality or default_seasonality(spec.data.freq)


def shape_of(spec: ExperimentSpec, panel: Panel, encoders: Encoders) -> Shape:
    """What a network is built for."""

    def numbers(names: tuple[str, ...]) -> int:
        return sum(name not in encoders.kinds for name in names)

    def categories(names: tuple[str, ...]) -> tuple[Category, ...]:
        kinds, size = encoders.kinds, encoders.size
        return tuple(Category(kinds[name], size(name)) for name in names if name in kinds)

    n_future = numbers(panel.future) + len(feature_names(spec.data.calendar))
    return Shape(
        lookback=spec.window.lookback,
        horizon=spec.window.horizon,
        n_targets=len(panel.targets),
        n_past=numbers(panel.past) + n_future,
        n_future=n_future,
        n_static=numbers(panel.statics),
        padded=spec.window.short == "pad",
        past_categories=categories(panel.past),
        future_categories=categories(panel.future),
        static_categories=categories(panel.statics),
    )


def spread_evenly(windows: Windows, n: int) -> Windows:
    """At most n windows, spread over all of them."""
    return windows if len(windows) <= n else windows.take(_evenly(n, len(windows)))


def _evenly(most: int, of: int) -> Ints:
    """At most so many places among `of`, evenly spaced."""
    return np.linspace(0, of - 1, min(most, of)).astype(np.int64)


def _earliest(most: int, of: int) -> Ints:
    return np.arange(min(most, of))
