"""What a person should know about the target before training, and where its choice was a guess."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.kinds import filled, number_faults
from forecaster.data.draft.names import is_usual
from forecaster.data.draft.sniff import Sample, as_numbers
from forecaster.system import quoted as as_typed
from forecaster.text import joined

if TYPE_CHECKING:
    import pandas as pd

# Columns that are added up in pairs and threes, to see whether they are the parts of the target.
_MOST_PARTS, _LEAST_ROWS = 12, 10
# How far a sum may lie from the target, relative to it: both may be rounded.
_NEAR = 1e-6


def target_remarks(column: pd.Series[Any], sample: Sample) -> list[str]:
    """Return what a person should know about a target: one value only, and text cells."""
    name = str(column.name)
    remarks = []
    if column.nunique() == 1:
        remarks.append(f"{name} has one value in all rows, so there is nothing to learn from it")
    at = odd_rows(column, sample)
    if len(at):
        where = f"line {at[0] + sample.first_line:,}" if sample.csv else f"row {at[0] + 1:,}"
        count = (
            "1 cell of {} is not a number" if len(at) == 1 else f"{len(at):,} cells of {{}} are not numbers"
        )
        cell = str(column.iloc[at[0]]).strip()
        remarks.append(
            f"{count.format(name)}: {cell!r} in {where}; correct it, or leave it empty, before training"
        )
    return remarks


def odd_rows(column: pd.Series[Any], sample: Sample) -> np.typing.NDArray[np.int64]:
    """Return the rows of a column of numbers that hold text, (rows,), of the whole table."""
    if sample.kinds[str(column.name)] not in ("mixed", "integer", "number") or column.dtype.kind in "iufb":
        return np.zeros(0, dtype=np.int64)
    odd = set(number_faults(filled(column), sample.reading))
    if not odd:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(column.fillna("").astype(str).str.strip().isin(odd)).astype(np.int64)


def odd_choice(column: pd.Series[Any], sample: Sample, others: tuple[str, ...]) -> Ambiguity | None:
    """Return the choice of a target with text cells before other columns of numbers; None where it has none."""
    at = odd_rows(column, sample)
    if not len(at) or not others:
        return None
    name = str(column.name)
    cell = str(column.iloc[at[0]]).strip()
    summary = f"{name!r} is taken as the target, although it holds {cell!r}"
    return Ambiguity(
        "data.targets", summary, (f"--target {as_typed(name)}", f"--target {as_typed(others[0])}"), said=True
    )


def passed_over(sample: Sample, target: str) -> Ambiguity | None:
    """Return the choice of a target before a column that people usually forecast, and that holds text; None without."""
    if is_usual(target):
        return None
    for name in sample.of_kind("text"):
        cell = next((cell for cell in sample.cells(name) if re.search(r"\d", cell)), None)
        if is_usual(name) and cell is not None:
            summary = (
                f"{target!r} is taken as the target, because {name!r} holds {cell!r}, which is no number"
            )
            return Ambiguity(
                "data.targets", summary, (f"--target {as_typed(target)}", f"numbers in {name!r}")
            )
    return None


def parts_of_target(sample: Sample, target: str, others: list[str]) -> tuple[str, ...]:
    """Return the two or three columns whose sum is the target in every row of the sample; none where there are none."""
    numbers = {name: as_numbers(sample.table[name], sample) for name in [target, *others]}
    goal = numbers.pop(target)
    known = np.isfinite(goal)
    varied = [
        name
        for name, values in numbers.items()
        if len(np.unique(values[np.isfinite(values)])) > 2 and np.nanmax(np.abs(values)) > 0
    ][:_MOST_PARTS]
    for size in (2, 3):
        for names in combinations(varied, size):
            total = np.sum([numbers[name] for name in names], axis=0)
            both = known & np.isfinite(total)
            if both.sum() >= _LEAST_ROWS and np.allclose(total[both], goal[both], rtol=_NEAR, atol=0):
                return names
    return ()


def parts_remark(target: str, parts: tuple[str, ...]) -> list[str]:
    """Return a remark about the columns that add up to the target."""
    if not parts:
        return []
    return [f"{target} is {joined(parts, word='and')} added up; as covariates they would give it away"]
