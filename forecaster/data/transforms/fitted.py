"""The transforms that are fitted on training rows: the scaler and the encoders of categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from forecaster.data.arrays import Ints, row_blocks
from forecaster.data.panel import Panel
from forecaster.data.time_axis.calendar import features
from forecaster.data.transforms.categories import Encoders, fit_encoders
from forecaster.data.transforms.cutoff import NAMED
from forecaster.data.transforms.near_ids import without_zeros
from forecaster.data.transforms.scalers import Scaler, ScalingSpec, fit_scaler
from forecaster.data.transforms.windows import WindowSource
from forecaster.errors import DataError


class FittedTransforms(NamedTuple):
    """The transforms of one experiment, fitted on training rows and applied to all rows.

    Attributes:
        scaler: The scaler of the columns of numbers.
        encoders: The encoders of the columns of categories.
    """

    scaler: Scaler
    encoders: Encoders

    @classmethod
    def fit(
        cls,
        panel: Panel,
        train_end: Ints,
        *,
        scaling: ScalingSpec,
        categorical: Mapping[str, str],
        bounds: tuple[float | None, float | None] = (None, None),
    ) -> FittedTransforms:
        """Fit on the training rows of each series.

        Args:
            panel: The panel, without missing values.
            train_end: (series,), the number of training rows of each series.
            scaling: The scaling section.
            categorical: The encoding of each categorical column: data.categorical.
            bounds: The least and the largest value of a target: data.bounds.
        """
        return cls(
            fit_panel_scaler(panel, train_end, scaling, bounds=bounds).with_static(panel.static_numbers),
            fit_encoders(categorical, panel, train_end),
        )

    def window_source(
        self,
        panel: Panel,
        *,
        observed: npt.NDArray[np.bool_],
        calendar: Sequence[str] = (),
        horizon: int,
    ) -> WindowSource:
        """Return the source of windows: the scaled panel with its calendar and static features.

        Args:
            panel: The panel, without missing values, of series that the scaler has a group for.
            observed: (rows, targets), False where a target was filled in and is not scored.
            calendar: The calendar features: data.calendar.
            horizon: The number of steps after the last row that need calendar features.

        Raises:
            DataError: When a value is too large for single precision once it is scaled.
        """
        values = position = None
        if calendar:
            low = int(panel.first.min())
            high = int((panel.first + panel.lengths).max()) + horizon
            values = features(panel.time_axis, np.arange(low, high), calendar)
            position = panel.first - low
        n_past_codes = sum(name in panel.categories for name in panel.past)
        scaler, encoders = self
        with np.errstate(over="ignore"):
            scaled = scaler.apply(panel.numbers, panel.offsets, scaler.rows_for(panel.ids))
        _check_held(scaled, panel)
        return WindowSource(
            values=scaled,
            offsets=panel.offsets,
            n_targets=len(panel.targets),
            n_past=len(panel.past) - n_past_codes,
            observed=None if observed.all() else observed,
            calendar=values,
            position=position,
            static=_some(scaler.apply_static(panel.static_numbers)),
            codes=_some(encoders.rows(panel)),
            n_past_codes=n_past_codes,
            static_codes=_some(encoders.statics(panel)),
        )


def fit_panel_scaler(
    panel: Panel,
    train_end: Ints,
    scaling: ScalingSpec,
    *,
    bounds: tuple[float | None, float | None] = (None, None),
) -> Scaler:
    """Fit the scaler of the columns of numbers.

    Args:
        panel: The panel, without missing values.
        train_end: (series,), the number of rows of each series to fit on, from the first.
        scaling: The scaling section.
        bounds: The least and the largest value of a target.
    """
    scaler = fit_scaler(
        scaling, panel.numbers, panel.offsets, train_end, ids=panel.ids, n_targets=len(panel.targets)
    )
    return replace(scaler, bounds=bounds)


def with_new_series(
    scaler: Scaler, scaling: ScalingSpec, panel: Panel, known: Ints
) -> tuple[Scaler, list[str]]:
    """Return the scaler with a group for each new series, which is fitted on its own history, and a remark.

    Args:
        scaler: The scaler as fitted in training.
        scaling: The scaling section that it was fitted by.
        panel: The series to forecast, without missing values.
        known: (series,), the number of rows of each series that are known.

    Returns:
        The scaler, and a remark that names the new series, if there are any.
    """
    new = np.flatnonzero(scaler.rows_for(panel.ids) < 0)
    if not len(new):
        return scaler, []
    fresh = panel.pick(new)
    named = ", ".join(repr(name) for name in fresh.ids[:NAMED]) + (", …" if len(new) > NAMED else "")
    note = f"{len(new):,} series that training never saw: {named}; scaled by their own history"
    lost = without_zeros(panel.ids, scaler.ids or (), "training knows")
    notes = [note] if lost is None else [note, str(lost)]
    return scaler.with_new(fit_panel_scaler(fresh, known[new], scaling)), notes


def _check_held(scaled: npt.NDArray[np.float32], panel: Panel) -> None:
    """Raise DataError for the first value that single precision does not hold once it is scaled."""
    for rows in row_blocks(len(scaled)):
        beyond = np.argwhere(np.isinf(scaled[rows]))
        if not len(beyond):
            continue
        row, column = rows.start + int(beyond[0, 0]), int(beyond[0, 1])
        at = np.array([row])
        name = panel.ids[int(panel.series_of_rows(at)[0])]
        who = f" of series {name!r}" if name else ""
        when = panel.time_axis.text(panel.positions_of_rows(at))[0]
        numeric = [one for one in panel.columns if one not in panel.categories]
        raise DataError(
            f"{panel.source}: {numeric[column]}{who} is {panel.numbers[row, column]:g} at {when}, too far from the "
            "training rows for single precision",
            hint="correct the value, or leave the row out",
        )


def _some(columns: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    """Return an array, or None if it has no columns."""
    return columns if columns.shape[1] else None
