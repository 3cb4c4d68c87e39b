"""Remarks on a forecast in parts, which no block alone could make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from forecaster.data.time_axis.axis import TimeAxis
from forecaster.forecasting.fitted import time_axis_of
from forecaster.runs.forecast_parts import BlockFacts
from forecaster.stages.learned import absent_series, last_rows
from forecaster.stages.opened import OpenedRun


def absent_remarks(opened: OpenedRun, names: Sequence[str], table: str) -> list[str]:
    """Return a remark on series of the training that the table lacks; see `learned.absent_series`."""
    absent = absent_series(last_rows(opened.run, time_axis_of(opened.run)), names, table)
    return [] if absent is None else [str(absent)]


def end_remarks(
    blocks: Sequence[BlockFacts], axis: TimeAxis, expected: int | None, *, has_cutoff: bool
) -> list[str]:
    """Return remarks on series that end before others, or before the position up to which rows are expected."""
    ends: Counter[int] = Counter()
    for facts in blocks:
        ends.update({int(position): n for position, n in facts["ends"].items()})
    total, last = sum(ends.values()), max(ends)

    def counted(before: int) -> str | None:
        n = sum(n for position, n in ends.items() if position < before)
        return f"{n:,} of {total:,} series end before" if n else None

    def text(position: int) -> str:
        return str(axis.text(np.array([position]))[0])

    late, stale = counted(last), None if expected is None else counted(expected)
    what = "the cutoff" if has_cutoff else "the last time of the table"
    older = 0 if has_cutoff else sum(facts["older"] for facts in blocks)
    remarks = [f"{late} {what}, {text(last)}, and their forecasts begin there"] if late else []
    if older:
        remarks.append(f"{older:,} of {total:,} series end before the last row that the run was trained on")
    if stale and expected is not None:
        remarks.append(f"{stale} {text(expected)}, up to which rows are expected")
    return remarks


def new_remarks(blocks: Sequence[BlockFacts]) -> list[str]:
    """Return a remark on series that the training never saw."""
    n = sum(facts["new"] for facts in blocks)
    return [f"{n:,} series that training never saw; scaled by their own history"] if n else []


def far_remarks(blocks: Sequence[BlockFacts]) -> list[str]:
    """Return a remark on series whose forecasts are far beyond all their values."""
    n, total = sum(facts.get("far", 0) for facts in blocks), sum(facts["series"] for facts in blocks)
    return [f"the forecasts of {n:,} of {total:,} series reach far beyond all their values"] if n else []
