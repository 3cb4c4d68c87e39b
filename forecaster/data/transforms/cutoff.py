"""Steps that make a panel ready for a forecast: up to its cutoff, long enough, without missing values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.spec import DataSpec, WindowSpec
from forecaster.data.transforms.fill import fill, refusal
from forecaster.errors import DataError, Diagnostic, UsageError

if TYPE_CHECKING:
    from forecaster.data.transforms.scalers import Scaler

# The largest number of series that a message names.
NAMED = 5


def up_to(
    panel: Panel, known: Ints, cutoff: str, *, horizon: int, is_part: bool = False
) -> tuple[Panel, Ints, int, list[Diagnostic]]:
    """Take the rows of each series up to a cutoff, or to its own end where that comes before.

    Args:
        panel: The series.
        known: (series,), the number of rows of each series up to its last target.
        cutoff: The last time that the forecast takes as known, in ISO 8601.
        horizon: The number of steps to forecast.
        is_part: Whether other series of the table, which are not here, may reach the cutoff.

    Returns:
        The series whose horizon reaches beyond the cutoff, the number of known rows of each, the position of the
        cutoff on the time axis, and remarks that name the series that end before it.

    Raises:
        UsageError: When the cutoff is not a time, or lies outside the table.
        DataError: When the table is a part, and no series of it reaches the cutoff.
    """
    time_axis = panel.time_axis
    try:
        position = time_axis.floor_position(cutoff)
    except ValueError as error:
        raise UsageError(f"--from: {error}") from None
    ends = panel.first + known - 1
    last = int(ends.max())
    outside = position < panel.first.min() or position > last
    if is_part and (ends + horizon <= position).all():
        when = time_axis.text(np.array([last]))[0]
        raise DataError(f"the last row is at {when}, a whole horizon or more before the cutoff; not forecast")
    if outside and not is_part:
        words = time_axis.text(np.array([panel.first.min(), last]))
        raise UsageError(
            f"--from: {cutoff} is outside {panel.source}, which goes from {words[0]} to {words[1]}",
            hint="choose a time in between, or pass other rows with --data",
        )
    rows = np.minimum(np.maximum(position - panel.first + 1, 0), known)
    late, out = np.flatnonzero(ends < position), np.flatnonzero(ends + horizon <= position)
    reaching = np.setdiff1d(late, out)
    when = time_axis.text(np.array([position]))[0]
    remarks = []
    if len(reaching):
        remarks.append(
            late_remark(
                panel,
                ends,
                reaching,
                f"before {when}; they are forecast from there, as far as the horizon goes",
            )
        )
    if len(out):
        remarks.append(late_remark(panel, ends, out, f"a whole horizon or more before {when}; not forecast"))
    keep = np.setdiff1d(np.arange(len(known)), out)
    return panel.pick(keep) if len(out) else panel, rows[keep], position, remarks


def late_remark(panel: Panel, ends: Ints, late: Ints, what: str) -> Diagnostic:
    """Return a remark that counts the series that end early, and names the first to end; of one without a name, when.

    Args:
        panel: The series.
        ends: (series,), the position of the last known target of each.
        late: The places of the series that end early.
        what: How early, and what becomes of them.
    """
    late = late[np.argsort(ends[late], kind="stable")]
    times = panel.time_axis.text(ends[late[:NAMED]])
    if not any(panel.ids):
        return Diagnostic(f"the series ends at {times[0]}, {what}", severity="warning")
    named = [f"{panel.ids[s]!r} at {time}" for s, time in zip(late[:NAMED].tolist(), times, strict=True)]
    more = f" and {len(late) - NAMED:,} more" if len(late) > NAMED else ""
    return Diagnostic(
        f"{len(late):,} of {len(ends):,} series end {what}: {', '.join(named)}{more}",
        severity="warning",
    )


def late_series(panel: Panel, known: Ints, *, horizon: int) -> list[Diagnostic]:
    """Return remarks on the series that end before the last row of the table, from which each is forecast.

    Args:
        panel: The series.
        known: (series,), the number of rows of each series up to its last target.
        horizon: The number of steps to forecast.
    """
    ends = panel.first + known - 1
    last = int(ends.max())
    out = np.flatnonzero(ends + horizon <= last)
    late = np.setdiff1d(np.flatnonzero(ends < last), out)
    when = panel.time_axis.text(np.array([last]))[0]
    remarks = []
    if len(out):
        what = f"a whole horizon or more before the last time of the table, {when}, and so do their forecasts"
        remarks.append(late_remark(panel, ends, out, what))
    if len(late):
        what = f"before the last time of the table, {when}, and their forecasts begin there"
        remarks.append(late_remark(panel, ends, late, what))
    if remarks:
        hint = f"use --from '{when}' for forecasts that all lie after it"
        remarks[-1] = replace(remarks[-1], hint=hint)
    return remarks


def long_enough(
    panel: Panel, known: Ints, window: WindowSpec, *, has_later: bool = False
) -> tuple[Panel, Ints, list[str]]:
    """Keep the series with a whole lookback up to their cutoff or, with padding, at least one row.

    Args:
        panel: The series.
        known: (series,), the number of rows of each series up to its cutoff.
        window: The window section.
        has_later: Whether the table goes on after the cutoff.

    Returns:
        The series, the number of rows of each up to its cutoff, and remarks that name the other series.

    Raises:
        DataError: When no series is long enough.
    """
    lookback = 1 if window.short == "pad" else window.lookback
    short = np.flatnonzero(known < lookback)
    if not len(short):
        return panel, known, []
    named = ", ".join(
        f"{panel.ids[s]!r} has {known[s]:,}" if panel.ids[s] else f"the table has {known[s]:,}"
        for s in short[:NAMED]
    )
    more = f" and {len(short) - NAMED:,} more" if len(short) > NAMED else ""
    text = f"{panel.source}: a forecast needs {lookback:,} rows before its cutoff, and {named}{more}"
    if len(short) == len(known):
        later = ", or use a later --from" if has_later else ""
        raise DataError(text, hint=f"pass more rows with --data{later}")
    keep = np.flatnonzero(known >= lookback)
    return panel.pick(keep), known[keep], [f"{text}; not forecast"]


def without_gaps(
    panel: Panel, known: Ints, data: DataSpec, scaler: Scaler, *, lookback: int | None
) -> tuple[Panel, npt.NDArray[np.bool_], list[str]]:
    """Fill missing values by the method of data.missing.

    With "error", a gap in the rows that the network sees is refused. Older rows serve only to scale a new series, and
    are filled forward. A missing static covariate is replaced by its mean over the training series.

    Args:
        panel: The series, with the steps of the horizon if there are future covariates.
        known: (series,), the number of rows of each series up to its cutoff.
        data: The data section.
        scaler: The scaler, which has the means of the static covariates.
        lookback: The number of rows up to the cutoff that the network sees; None is every row.

    Returns:
        The panel; (rows, targets), False where a target was filled in; and remarks.

    Raises:
        DataError: When the network would see a gap and data.missing is "error".
    """
    panel, notes = _with_statics(panel, scaler)
    policy = data.missing
    if policy == "error":
        low = np.zeros_like(known) if lookback is None else np.maximum(known - lookback, 0)
        seen = panel.between(low, panel.lengths)
        if np.isnan(seen.values).any():
            rows = "every row" if lookback is None else f"the last {lookback:,} rows"
            raise refusal(
                seen,
                f"a forecast needs {rows} before its cutoff without gaps: fill them in, or use an earlier --from",
            )
        policy = "ffill"
    panel, observed = fill(panel, policy, barriers=known[:, None])
    return panel, observed, notes


def _with_statics(panel: Panel, scaler: Scaler) -> tuple[Panel, list[str]]:
    """Return the panel with missing static covariates replaced by their means, and remarks."""
    numeric = [k for k, name in enumerate(panel.statics) if name not in panel.categories]
    mean = np.full(len(panel.statics), np.nan)
    mean[numeric] = scaler.static_loc
    missing = np.isnan(panel.static) & ~np.isnan(mean)
    notes = []
    for k in np.flatnonzero(missing.any(axis=0)).tolist():
        who = [repr(panel.ids[s]) for s in np.flatnonzero(missing[:, k])]
        named = ", ".join(who[:NAMED]) + (", …" if len(who) > NAMED else "")
        notes.append(
            f"no value of {panel.statics[k]!r} in {len(who):,} series: {named}; replaced by the mean of the "
            f"training series, {mean[k]:g}"
        )
    for k in (k for k in range(len(panel.statics)) if k not in numeric):
        n = int(np.isnan(panel.static[:, k]).sum())
        if n:
            notes.append(f"no value of {panel.statics[k]!r} in {n:,} series; counted as an average one")
    return replace(panel, static=np.where(missing, mean, panel.static)), notes
