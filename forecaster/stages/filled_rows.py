"""Series of which a fill makes up a sizeable share, and series that end long before the others: warned about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecaster.config.spec import ExperimentSpec
from forecaster.data.arrays import Floats, Ints
from forecaster.data.transforms.cutoff import late_remark
from forecaster.data.transforms.fill import SIZEABLE
from forecaster.errors import Diagnostic
from forecaster.stages.prepared import SplitPanel
from forecaster.text import listed

# The share of the distances between rows that are the same in a series with a step of its own.
_REGULAR = 0.9
_LEAST_GAPS = 3
_NAMED = 3


def filled_rows(spec: ExperimentSpec, table: SplitPanel) -> list[Diagnostic]:
    """Return warnings of series of which data.missing fills in a sizeable share of the rows.

    Under `zero` an absent row means that nothing happened; only series with a step of their own are named then. Under
    `mask` gaps that recur, as nights do, are as they should be.

    Args:
        spec: The settings of the experiment.
        table: The table, before anything is filled in.
    """
    if spec.data.missing == "error":
        return []
    panel, findings, n = table.raw, table.findings, len(table.raw.ids)
    absent = np.bincount(findings.gap_series, weights=findings.gap_length, minlength=n)
    empty = findings.missing[:, : len(panel.targets)].max(axis=1)
    # Gaps after the last target, of future covariates, are no rows of the panel.
    filled = np.minimum(absent + empty, panel.lengths)
    share = filled / panel.lengths
    steps = _own_steps(table)
    recurs = _recurs(table)
    meant = {"zero": steps == 1, "mask": (steps == 1) & recurs}.get(
        spec.data.missing, np.zeros(n, dtype=bool)
    )
    found = np.flatnonzero((share > SIZEABLE) & ~meant)
    if not len(found):
        return []
    worst = found[np.argsort(-share[found], kind="stable")]
    shown = listed([_series(table, s, filled, share, steps) for s in worst.tolist()], most=_NAMED)
    which = f" in {len(found):,} of {n:,} series" if n > 1 else ""
    hint = "choose a larger data.freq, or leave stretches without rows out with data.start"
    if recurs[found].any():
        hint = f"set data.missing: mask where gaps recur, as nights and weekends do; otherwise {hint}"
    if (steps[found] > 1).any():
        hint = f"give series with a larger step than data.freq {spec.data.freq} a table of their own"
        if n == 1:
            hint = "set data.freq to the step of the rows"
    return [
        Diagnostic(
            f"{spec.data.missing} fills in more than {SIZEABLE:.0%} of the rows{which}: {shown}",
            hint=hint,
            path="data.missing",
            severity="warning",
        )
    ]


def dead_series(spec: ExperimentSpec, table: SplitPanel) -> list[Diagnostic]:
    """Return warnings of series that end a whole horizon or more before the others.

    Args:
        spec: The settings of the experiment.
        table: The table.
    """
    panel = table.raw
    ends = panel.first + panel.lengths - 1
    early = np.flatnonzero(ends + spec.window.horizon <= ends.max())
    if not len(early):
        return []
    when = panel.time_axis.text(ends.max()[None])[0]
    remark = late_remark(
        panel, ends, early, f"a whole horizon or more before the last time of the table, {when}"
    )
    hint = "leave them out, or use --from in predict for forecasts that all begin after one time"
    return [Diagnostic(remark.summary, hint=hint, path="data", severity="warning")]


def _own_steps(table: SplitPanel) -> Ints:
    """Return the step that nearly all rows of each series are apart, (series,), in steps of the axis; 1 without one."""
    findings, n = table.findings, len(table.raw.ids)
    steps = np.ones(n, dtype=np.int64)
    bounds = np.searchsorted(findings.gap_series, np.arange(n + 1))
    for s in np.flatnonzero(np.diff(bounds) >= _LEAST_GAPS).tolist():
        gaps = findings.gap_length[bounds[s] : bounds[s + 1]]
        pairs = int(table.raw.lengths[s] - gaps.sum()) - 1
        usual = int(np.median(gaps))
        # Months and quarters are not equally many days.
        if (np.abs(gaps - usual) <= 0.12 * usual).sum() >= _REGULAR * pairs:
            steps[s] = usual + 1
    return steps


def _recurs(table: SplitPanel) -> NDArray[np.bool_]:
    """Return whether at least half of the gaps of each series are of one length, as nights are, (series,)."""
    findings, n = table.findings, len(table.raw.ids)
    recurs = np.zeros(n, dtype=bool)
    bounds = np.searchsorted(findings.gap_series, np.arange(n + 1))
    for s in np.flatnonzero(np.diff(bounds) >= _LEAST_GAPS).tolist():
        gaps = findings.gap_length[bounds[s] : bounds[s + 1]]
        recurs[s] = 2 * (gaps == np.median(gaps)).sum() >= len(gaps)
    return recurs


def _series(table: SplitPanel, s: int, filled: Floats, share: Floats, steps: Ints) -> str:
    """Return the share of one series in words."""
    name = table.raw.ids[s]
    who = repr(name) if name else "the table"
    step = f", with a row every {steps[s]:,} steps" if steps[s] > 1 else ""
    return f"{who} {int(filled[s]):,} of {int(table.raw.lengths[s]):,} ({share[s]:.0%}{step})"
