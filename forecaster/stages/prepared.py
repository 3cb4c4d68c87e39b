"""Prepare a table for training: read, split, fill, scale and window. Imports no Keras and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from forecaster.data.transforms.split import SPLITS, SplitBounds, SplitName, rolled_back, split, target_rows
from forecaster.data.transforms.windows import Windows, cut_windows
from forecaster.evaluation.scales import Scales, in_sample_scales
from forecaster.forecasting.cutoffs import Cutoffs
from forecaster.model.shape import Category, Shape
from forecaster.spec import MOST_COUNT
from forecaster.stages.checks import check_counts, check_windows
from forecaster.stages.estimate import check_memory
from forecaster.system import memory

# The windows of --smoke: enough to run every step, few enough to take seconds.
SMOKE_WINDOWS: dict[SplitName, int] = {"train": 64, "val": 16, "test": 16}


@dataclass(frozen=True)
class SplitPanel:
    """A table and its split.

    Attributes:
        raw: The panel up to the last target of each series, with missing values.
        findings: Facts about the table from reading it, such as gaps and duplicates.
        split_bounds: The bounds of the training, validation and test ranges.
        with_future: The panel with the rows after the last target, which hold future covariates only.
    """

    raw: Panel
    findings: Findings
    split_bounds: SplitBounds
    with_future: Panel

    def filled(self, data: DataSpec) -> tuple[Panel, npt.NDArray[np.bool_]]:
        """Fill the missing values of the panel. No fill uses rows from beyond a split bound.

        Args:
            data: The data section, whose `missing` names the method.

        Returns:
            The panel without missing values, and (rows, targets), False where a target was filled in.
        """
        barriers = np.stack([self.split_bounds.train_end, self.split_bounds.val_end], axis=1)
        return fill(self.raw, data.missing, barriers=barriers)

    def needs_future(self, spec: ExperimentSpec) -> bool:
        """Return whether a forecast needs future covariates that the table does not hold."""
        return bool(spec.data.future_covariates) and bool((self.n_future < spec.window.horizon).any())

    @property
    def n_future(self) -> Ints:
        """(series,), the number of rows after the last target of each series."""
        return self.with_future.lengths - self.raw.lengths


@dataclass(frozen=True)
class Prepared:
    """The data of an experiment, ready for training.

    Attributes:
        table: The table as read, and its split.
        panel: The panel without missing values, in original units.
        observed: (rows, targets), False where a target was filled in and is not scored.
        transforms: The scaler and the encoders, fitted on training rows.
        windows: The windows of each split.
        scales: The divisors of scaled metrics, such as the MASE scale of each series.
        season: The number of steps of one season.
        shape: The shape that the network is built for.
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
        """Return the cutoffs of these windows."""
        return Cutoffs(self.targets, self.panel.offsets, windows.series, windows.target_row, windows.horizon)

    def positions(self, windows: Windows) -> Ints:
        """Return (windows,), the position of the first target of each window on the common time axis."""
        series = windows.series.astype(np.int64)
        found: Ints = self.panel.first[series] + windows.target_row - self.panel.offsets[series]
        return found

    def actual(self, windows: Windows) -> Floats:
        """Return (windows, horizon, targets), the actual values in original units, NaN where not observed."""
        rows = windows.target_row[:, None] + np.arange(windows.horizon)
        values: Floats = self.targets[rows]
        values[~self.observed[rows]] = np.nan
        return values

    def made_up(self, windows: Windows) -> int:
        """Return how many of the values that windows are scored on were filled in, and measured by nobody."""
        absent = np.isnan(self.table.raw.values[:, : len(self.panel.targets)]) & self.observed
        if not absent.any():
            return 0
        rows = windows.target_row[:, None] + np.arange(windows.horizon)
        return int(absent[rows].sum())


# Reads a table with the rows after the last target, and returns it with its findings.
Reader = Callable[[DataSpec, TableSource], tuple[Panel, Findings]]


def read(data: DataSpec, source: TableSource) -> tuple[Panel, Findings]:
    """Read the table of an experiment; data.calendar and data.missing have no effect here.

    Args:
        data: The data section of the config.
        source: The table.

    Returns:
        The panel with missing values, and its findings.

    Raises:
        DataError: When the table cannot be read; lists every problem.
    """
    return load_table(data, source, keep_future=bool(data.future_covariates))


def read_and_split(
    spec: ExperimentSpec, source: TableSource, *, fold: int = 0, reader: Reader = read
) -> SplitPanel:
    """Read a table and split it.

    Args:
        spec: The settings of the experiment.
        source: The table.
        fold: The number of validation lengths by which the bounds are moved back.
        reader: Reads the table, or returns a table that it has kept.

    Raises:
        DataError: When the table cannot be read; lists every problem.
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
    transforms: FittedTransforms | None = None,
) -> Prepared:
    """Read, check, split, fill, scale and window the table of an experiment.

    Args:
        spec: The settings of the experiment.
        source: The table.
        smoke: Whether to use a few windows of each split only.
        fold: See `read_and_split`.
        reader: See `read_and_split`.
        transforms: See `prepare_table`.

    Raises:
        DataError: When the table cannot be read or holds too few rows, with file and row if they are known.
    """
    table = read_and_split(spec, source, fold=fold, reader=reader)
    check_windows(spec, table.raw, table.split_bounds, fold=fold)
    return prepare_table(spec, table, smoke=smoke, transforms=transforms)


def prepare_table(
    spec: ExperimentSpec,
    table: SplitPanel,
    *,
    smoke: bool = False,
    transforms: FittedTransforms | None = None,
) -> Prepared:
    """Fill, scale and window a table that is already split.

    Args:
        spec: The settings of the experiment.
        table: The table and its split.
        smoke: Whether to use a few windows of each split only.
        transforms: A fitted scaler and encoders; None fits them on the training rows of the table.

    Raises:
        DataError: When the values do not fit the scaling, the encoders or the distribution of the output.
    """
    bounds = table.split_bounds
    panel, observed = table.filled(spec.data)
    output = spec.model.output
    if output.type == "distribution" and output.family == "negative_binomial":
        check_counts(panel)
    to_train = transforms is None
    if transforms is None:
        transforms = FittedTransforms.fit(
            panel,
            bounds.train_end,
            scaling=spec.scaling,
            categorical=spec.data.categorical,
            bounds=(spec.data.bounds.min, spec.data.bounds.max),
        )
    source = transforms.window_source(
        panel, observed=observed, calendar=spec.data.calendar, horizon=spec.window.horizon
    )
    stateful = spec.model.stateful
    shape = shape_of(spec, transforms.encoders)
    if to_train:
        _, n_windows, _ = target_rows(bounds, "train", spec.window, consecutive=stateful)
        most = SMOKE_WINDOWS["train"] if smoke else MOST_COUNT
        check_memory(spec, shape, windows=min(most, int(n_windows.sum())), memory=memory())
    windows = {
        name: cut_windows(
            source,
            bounds,
            name,
            spec.window,
            consecutive=stateful,
            # A stateful network needs consecutive windows.
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
    return Prepared(table, panel, observed, transforms, windows, scales, season, shape)


def season_of(spec: ExperimentSpec) -> int:
    """Return the number of steps of one season: evaluation.seasonality, or the default of the frequency."""
    return spec.evaluation.seasonality or default_seasonality(spec.data.freq)


def shape_of(spec: ExperimentSpec, encoders: Encoders) -> Shape:
    """Return the shape that the network is built for.

    Args:
        spec: The settings of the experiment.
        encoders: The encoders of the categorical columns.
    """
    data = spec.data

    def numbers(names: Sequence[str]) -> int:
        return sum(name not in encoders.kinds for name in names)

    def categories(names: Sequence[str]) -> tuple[Category, ...]:
        kinds, size = encoders.kinds, encoders.size
        return tuple(Category(kinds[name], size(name)) for name in names if name in kinds)

    n_future = numbers(data.future_covariates) + len(feature_names(spec.data.calendar))
    return Shape(
        lookback=spec.window.lookback,
        horizon=spec.window.horizon,
        n_targets=len(data.targets),
        n_past=numbers(data.past_covariates) + n_future,
        n_future=n_future,
        n_static=numbers(data.static_covariates),
        padded=spec.window.short == "pad",
        past_categories=categories(data.past_covariates),
        future_categories=categories(data.future_covariates),
        static_categories=categories(data.static_covariates),
    )


def spread_evenly(windows: Windows, n: int) -> Windows:
    """Return at most n windows, evenly spaced among all of them."""
    return windows if len(windows) <= n else windows.take(_evenly(n, len(windows)))


def _evenly(most: int, of: int) -> Ints:
    """Return at most `most` evenly spaced indices below `of`."""
    return np.linspace(0, of - 1, min(most, of)).astype(np.int64)


def _earliest(most: int, of: int) -> Ints:
    return np.arange(min(most, of))
