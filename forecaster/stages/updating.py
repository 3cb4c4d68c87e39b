"""Train the networks of a run on, from their weights, and hold the result against the run."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Floats, Ints
from forecaster.data.panel import Panel
from forecaster.data.transforms.fitted import FittedTransforms, fit_panel_scaler, with_new_series
from forecaster.data.transforms.scalers import Scaler
from forecaster.evaluation.gate import Gate, gate
from forecaster.forecasting.fitted import Fitted
from forecaster.forecasting.forecast import Forecast
from forecaster.stages.fitting import Carried, Trained
from forecaster.stages.prepared import Prepared, SplitPanel, prepare_table
from forecaster.stages.scoring import compared
from forecaster.stages.training_on import few_epochs, gentle
from forecaster.text import listed, quoted

# A series has another level where its loc has moved by more than this many scales, or its scale by more than this
# factor.
MOVED, WIDENED = 0.5, 1.5
NAMED = 5


@dataclass(frozen=True)
class Updating:
    """An update that is ready to begin.

    Attributes:
        spec: The settings, with a short and gentle training.
        prepared: The data, scaled as the run before scaled it unless the level has drifted.
        carried: The weights of the run before and the epochs of each member.
        rows_seen: (series,), the number of first rows of each series that the scored networks of the run have seen.
        notes: Remarks on the scaling.
    """

    spec: ExperimentSpec
    prepared: Prepared
    carried: Carried
    rows_seen: Ints
    notes: list[str]

    @property
    def held_out(self) -> Ints:
        """The test windows that neither network has learned or was chosen on, by their places."""
        windows = self.prepared.windows["test"]
        series = windows.series.astype(np.int64)
        row = windows.target_row - self.prepared.panel.offsets[series]
        return np.flatnonzero(row >= self.rows_seen[series])


def prepare_update(
    spec: ExperimentSpec,
    table: SplitPanel,
    before: Fitted,
    epochs: tuple[int, ...],
    *,
    rows_seen: Ints,
    smoke: bool = False,
) -> Updating:
    """Scale and window a table for an update. Imports no Keras.

    Args:
        spec: The settings of the new run.
        table: The table and its split.
        before: The networks of the run before that were scored.
        epochs: The epochs that each member took when it was trained anew.
        rows_seen: (series,), the number of first rows of each series that these networks have seen.
        smoke: Whether to use a few windows only.

    Raises:
        DataError: When the values do not fit the scaling or the categories.
    """
    transforms, notes = _transforms(spec, table, before)
    few = few_epochs(epochs)
    carried = Carried(few, (None,) * len(few), tuple(before.members))
    changed = gentle(spec, len(few))
    # By the number of epochs it is chosen how the network is compiled, and these are few.
    short = changed.training.model_copy(update={"epochs": max(few)})
    return Updating(
        changed.model_copy(update={"training": short}),
        prepare_table(spec, table, smoke=smoke, transforms=transforms),
        carried,
        rows_seen,
        notes,
    )


def against_the_run(
    spec: ExperimentSpec, updating: Updating, before: Fitted, trained: Trained, names: tuple[str, str]
) -> Gate:
    """Hold the updated networks against those of the run, on the windows that neither has learned.

    Args:
        spec: The settings of the new run.
        updating: The update.
        before: The networks of the run before that were scored.
        trained: The updated networks and their forecasts.
        names: The names of the new and of the old.
    """
    prepared, places = updating.prepared, updating.held_out
    windows = prepared.windows["test"].take(places)
    scaler = _with_series_of(spec, prepared, before)
    groups = scaler.rows_for(prepared.panel.ids)
    if scaler_differs(scaler, prepared.transforms.scaler, prepared.panel.ids):
        transforms = FittedTransforms(scaler, before.encoders)
        windows = prepare_table(spec, prepared.table, transforms=transforms).windows["test"].take(places)
    old = replace(before, scaler=scaler).forecast(windows, groups[windows.series])
    new: Forecast = trained.scored.forecasts["test"]["model"].take(places)
    return gate(compared(names[0], prepared, new), compared(names[1], prepared, old))


def scaler_differs(one: Scaler, other: Scaler, ids: tuple[str, ...]) -> bool:
    """Return whether two scalers scale any of these series differently."""
    first, second = one.rows_for(ids), other.rows_for(ids)
    return not (
        np.array_equal(one.loc[first], other.loc[second])
        and np.array_equal(one.scale[first], other.scale[second])
    )


def _transforms(
    spec: ExperimentSpec, table: SplitPanel, before: Fitted
) -> tuple[FittedTransforms, list[str]]:
    """Return the transforms of the run before, with another scaling where the level has drifted, and remarks."""
    panel, _ = table.filled(spec.data)
    known = _known(spec, table)
    scaler, notes = with_new_series(before.scaler, spec.scaling, panel, known)
    fresh = fit_panel_scaler(panel, known, spec.scaling, bounds=(spec.data.bounds.min, spec.data.bounds.max))
    own, new = scaler.rows_for(panel.ids), fresh.rows_for(panel.ids)
    moved: npt.NDArray[np.bool_] = _moved(scaler, own, fresh, new) & (known > 0)
    if moved.any():
        loc, scale = scaler.loc.copy(), scaler.scale.copy()
        loc[own[moved]], scale[own[moved]] = fresh.loc[new[moved]], fresh.scale[new[moved]]
        scaler = replace(scaler, loc=loc, scale=scale)
        notes = [*notes, _drifted(panel, moved, pooled=scaler.ids is None)]
    return FittedTransforms(scaler, before.encoders), [*notes, *before.encoders.unseen(panel)]


def _moved(scaler: Scaler, own: Ints, fresh: Scaler, new: Ints) -> npt.NDArray[np.bool_]:
    """Return (series,), whether any column has another level or width than the run was scaled by."""
    scale: Floats = scaler.scale[own]
    shift = np.abs(fresh.loc[new] - scaler.loc[own]) / scale
    ratio = fresh.scale[new] / scale
    changed = (shift > MOVED) | (ratio > WIDENED) | (ratio < 1.0 / WIDENED)
    return np.asarray(changed.any(axis=1), dtype=np.bool_)


def _drifted(panel: Panel, moved: npt.NDArray[np.bool_], *, pooled: bool) -> str:
    if pooled or panel.ids == ("",):
        return "the level has drifted since the run was trained, so the scaling is fitted anew"
    named = listed(quoted([panel.ids[s] for s in np.flatnonzero(moved).tolist()]), most=NAMED)
    return f"the level of {int(moved.sum()):,} series has drifted, so their scaling is fitted anew: {named}"


def _known(spec: ExperimentSpec, table: SplitPanel) -> Ints:
    """Return (series,), the rows that a scaling is fitted on: those of training, or the first lookback."""
    bounds = table.split_bounds
    found: Ints = np.where(
        bounds.train_end > 0, bounds.train_end, np.minimum(spec.window.lookback, bounds.length)
    )
    return found


def _with_series_of(spec: ExperimentSpec, prepared: Prepared, before: Fitted) -> Scaler:
    """Return the scaler of the run before, with a group for each series that it never saw."""
    scaler, _ = with_new_series(before.scaler, spec.scaling, prepared.panel, _known(spec, prepared.table))
    return scaler
