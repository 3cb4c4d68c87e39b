"""What is learned from training rows before a network exists: the scaler and the numbers of categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.time_axis.calendar import features
from forecaster.data.transforms.categories import Encoders, fit_encoders
from forecaster.data.transforms.cutoff import NAMED
from forecaster.data.transforms.scalers import Scaler, ScalingSpec, fit_scaler
from forecaster.data.transforms.windows import WindowSource


class FittedTransforms(NamedTuple):
    """Fitted once, on training rows, and used for every row after them."""

    scaler: Scaler
    encoders: Encoders

    @classmethod
    def fit(
        cls, panel: Panel, train_end: Ints, *, scaling: ScalingSpec, categorical: Mapping[str, str]
    ) -> FittedTransforms:
        """Fit on the training rows of each series.

        Args:
            panel: Without missing values.
            train_end: (series,), training rows of each.
            scaling: The scaling section.
            categorical: data.categorical: column to encoding.
        """
        return cls(
            fit_panel_scaler(panel, train_end, scaling).with_static(panel.static_numbers),
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
        """The scaled panel with the features that are derived from time and from the series.

        Args:
            panel: Without missing values, of series that the scaler has a group for.
            observed: (rows, targets), False where a target was filled in and does not count.
            calendar: data.calendar.
            horizon: Steps beyond the last row that calendar features are needed for.
        """
        values = position = None
        if calendar:
            low = int(panel.first.min())
            high = int((panel.first + panel.lengths).max()) + horizon
            values = features(panel.time_axis, np.arange(low, high), calendar)
            position = panel.first - low
        n_past_codes = sum(name in panel.categories for name in panel.past)
        scaler, encoders = self
        return WindowSource(
            values=scaler.apply(panel.numbers, panel.offsets, scaler.rows_for(panel.ids)),
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


def fit_panel_scaler(panel: Panel, train_end: Ints, scaling: ScalingSpec) -> Scaler:
    """The scaler of a panel's columns of numbers, fitted on the first train_end rows of each series."""
    return fit_scaler(
        scaling, panel.numbers, panel.offsets, train_end, ids=panel.ids, n_targets=len(panel.targets)
    )


def with_new_series(
    scaler: Scaler, scaling: ScalingSpec, panel: Panel, known: Ints
) -> tuple[Scaler, list[str]]:
    """The trained scaler with groups for series that it never saw, and a note that names them.

    A new series is scaled by its own history.

    Args:
        scaler: As training fitted it.
        scaling: What it was fitted by.
        panel: Without missing values.
        known: (series,), the rows of each that may be looked at.
    """
    new = np.flatnonzero(scaler.rows_for(panel.ids) < 0)
    if not len(new):
        return scaler, []
    fresh = panel.pick(new)
    named = ", ".join(repr(name) for name in fresh.ids[:NAMED]) + (", …" if len(new) > NAMED else "")
    note = f"{len(new):,} series that training never saw: {named}; scaled by their own history"
    return scaler.with_new(fit_panel_scaler(fresh, known[new], scaling)), [note]


def _some(columns: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    return columns if columns.shape[1] else None
