"""A panel as a forecast needs it: up to its cutoff, long enough, without missing values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from forecaster.data.arrays import Ints
from forecaster.data.panel import Panel
from forecaster.data.spec import DataSpec, WindowSpec
from forecaster.data.time_axis.axis import parse_stamp
from forecaster.data.transforms.fill import fill, refusal
from forecaster.errors import DataError, UsageError

if TYPE_CHECKING:
    from forecaster.data.transforms.scalers import Scaler

# Series named in a message.
NAMED = 5


def up_to(panel: Panel, known: Ints, cutoff: str) -> tuple[Panel, Ints, list[str]]:
    """Keep the series that reach a cutoff.

    Args:
        panel: The series.
        known: (series,), rows of each that may be known.
        cutoff: The last known timestamp, as people write it.

    Returns:
        The series that reach the cutoff, how many rows of each lie at or before it, and notes that name
        the others.

    Raises:
        UsageError: When the cutoff is no time, or outside the table.
    """
    time_axis = panel.time_axis
    try:
        stamp = parse_stamp(cutoff, time_axis.timezone, integer=time_axis.is_integer)
        position = time_axis.at_or_after(stamp)
    except ValueError as error:
        raise UsageError(f"--from: {error}") from None
    if int(time_axis.stamps(np.array([position]))[0]) > stamp:
        position -= 1
    last = int((panel.first + known).max()) - 1
    if position < panel.first.min() or position > last:
        words = time_axis.text(np.array([panel.first.min(), last]))
        raise UsageError(
            f"--from: {cutoff} is outside {panel.source}, which goes from {words[0]} to {words[1]}",
            hint="name a time in between, or bring other rows with --data",
        )
    rows = np.maximum(position - panel.first + 1, 0)
    short = np.flatnonzero(rows > known)
    if not len(short):
        return panel, rows, []
    named = ", ".join(repr(panel.ids[s]) for s in short[:NAMED]) + (", …" if len(short) > NAMED else "")
    keep = np.flatnonzero(rows <= known)
    note = f"{len(short):,} series that end before {cutoff}: {named}; not forecast"
    return panel.pick(keep), rows[keep], [note]


def long_enough(panel: Panel, known: Ints, window: WindowSpec) -> tuple[Panel, Ints, list[str]]:
    """Keep the series with a whole lookback before their cutoff (with padding, any row).

    Returns:
        The series, how many rows of each are known, and notes that name the others.

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
        raise DataError(text, hint="bring more rows with --data, or a later --from")
    keep = np.flatnonzero(known >= lookback)
    return panel.pick(keep), known[keep], [f"{text}; not forecast"]


def without_gaps(
    panel: Panel, known: Ints, data: DataSpec, scaler: Scaler, *, lookback: int | None
) -> tuple[Panel, npt.NDArray[np.bool_], list[str]]:
    """Fill missing values as data.missing says.

    Under "error" a gap is refused where the network would see it. Older rows only tell the scale of a series
    that training never saw, and are filled forward. An empty static covariate is taken for the mean over the
    training series.

    Args:
        panel: The series, with the steps of the horizon where future covariates are known.
        known: (series,), rows up to the cutoff.
        data: The data section.
        scaler: Knows the means of static covariates.
        lookback: Rows before the cutoff that the network sees; None is every row.

    Returns:
        The panel, which targets count (rows, targets), and notes.

    Raises:
        DataError: For a gap under "error".
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
                f"a forecast needs {rows} before its cutoff whole: fill them in, or give --from an earlier time",
            )
        policy = "ffill"
    panel, observed = fill(panel, policy, barriers=known[:, None])
    return panel, observed, notes


def _with_statics(panel: Panel, scaler: Scaler) -> tuple[Panel, list[str]]:
    numeric = [k for k, name in enumerate(panel.statics) if name not in panel.categories]
    mean = np.full(len(panel.statics), np.nan)
    mean[numeric] = scaler.static_loc
    missing = np.isnan(panel.static) & ~np.isnan(mean)
    notes = []
    for k in np.flatnonzero(missing.any(axis=0)).tolist():
        who = [repr(panel.ids[s]) for s in np.flatnonzero(missing[:, k])]
        named = ", ".join(who[:NAMED]) + (", …" if len(who) > NAMED else "")
        notes.append(
            f"{len(who):,} series without a value of {panel.statics[k]!r}: {named}; taken for the mean of the "
            f"training series, {mean[k]:g}"
        )
    for k in (k for k in range(len(panel.statics)) if k not in numeric):
        n = int(np.isnan(panel.static[:, k]).sum())
        if n:
            notes.append(f"{n:,} series without a value of {panel.statics[k]!r}; counted as an average one")
    return replace(panel, static=np.where(missing, mean, panel.static)), notes
