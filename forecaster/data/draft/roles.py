"""The columns of a table to forecast, guessed from names and values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from forecaster.data.draft.choices import Ambiguity
from forecaster.data.draft.names import (
    CLOCK_NAMES,
    LABEL_NAMES,
    QUALITY_NAMES,
    TARGET_NAMES,
    is_usual,
)
from forecaster.data.draft.sniff import Sample
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.dressed import dress_of
from forecaster.data.reading.numbers import describe, is_rounded
from forecaster.data.reading.problems import CellFault
from forecaster.errors import DataError, Location
from forecaster.system import quoted as as_typed
from forecaster.text import listed, quoted

_INTEGER = re.compile(r"[+-]?\d+")
_FLAGS = {"0", "1", "0.0", "1.0", "True", "False"}
_FEW = 12
_CONSTANT = 10
# Ranks from here on are those of columns that are no quantity.
_POOR = 4
_NAMED = 8
# The share of the cells of a column that are dressed numbers.
_LEAST_DRESSED = 0.3


def find_targets(
    sample: Sample, taken: set[str], wishes: Wishes, counters: Sequence[str] = ()
) -> tuple[tuple[str, ...], list[str]]:
    """Return the columns to forecast, and the other columns of numbers, the likeliest target first.

    Args:
        sample: The table.
        taken: Columns with another role.
        wishes: The targets that are named; one is guessed where none is.
        counters: Columns that look like numbers of rows; one is the target where there are no other numbers.

    Raises:
        DataError: No column of numbers is left, or one that is named holds none.
    """
    numbers = [name for name in sample.of_kind("integer", "number", "mixed") if name not in taken]
    numbers = [name for name in numbers if name not in counters] or numbers
    for name in wishes.targets:
        if name not in numbers:
            raise _no_numbers(sample, name, numbers)
    if not numbers:
        raise _none_left(sample, taken)
    ordered = sorted(numbers, key=lambda name: _rank(sample, name))
    targets = wishes.targets or (ordered[0],)
    return targets, [name for name in numbers if name not in targets]


def candidates(sample: Sample, names: list[str]) -> tuple[str, ...]:
    """Return the columns, among others, that could be the target as well, the likeliest first."""
    good = [name for name in names if _rank(sample, name) < _POOR]
    return tuple(sorted(good, key=lambda name: _rank(sample, name)))


def counter_choice(target: str, counters: Sequence[str]) -> Ambiguity | None:
    """Return the choice of a target that looks like numbers of rows, for want of another; None of another target."""
    if target not in counters:
        return None
    return Ambiguity(
        "data.targets",
        f"{target!r} rises by 1 from row to row, as numbers of rows do, and is taken as the target, because no other "
        "column holds numbers",
        (f"--target {as_typed(target)}", "a table with the column to forecast"),
    )


def target_choice(sample: Sample, target: str, others: tuple[str, ...]) -> Ambiguity | None:
    """Return the choice of a target among columns that are as likely; None where it is the likeliest.

    Args:
        sample: The table.
        target: The column that was taken.
        others: The columns that could be the target as well.
    """
    rivals = [name for name in others if _rank(sample, name) == _rank(sample, target)]
    if not rivals:
        return None
    summary = (
        f"{target!r} is taken as the target, and {listed(quoted(rivals), most=_NAMED)} could be it as well"
    )
    options = tuple(f"--target {as_typed(name)}" for name in [target, *rivals[:_NAMED]])
    return Ambiguity("data.targets", summary, options, said=True)


def _rank(sample: Sample, name: str) -> int:
    """Return how unlikely a column of numbers is the target, from 0."""
    cells = sample.cells(name)
    distinct = set(cells)
    if len(distinct) < 2:
        return _CONSTANT + _rank_of_name(name)
    if name.startswith("Unnamed: ") or CLOCK_NAMES.search(name) or distinct <= _FLAGS:
        return 6
    integer = sample.kinds[name] == "integer"
    if integer and _is_counter(cells):
        return 5
    if integer or sample.kinds[name] == "mixed":
        # Integers with few values label things as often as they count them.
        return max(_rank_of_name(name), 3 * (integer and len(distinct) <= _FEW and not is_usual(name)))
    return min(_rank_of_name(name), 2)


def _rank_of_name(name: str) -> int:
    if is_usual(name):
        return 0 if TARGET_NAMES.search(name) else 1
    return 5 if LABEL_NAMES.search(name) else 2


def _is_counter(cells: list[str]) -> bool:
    """Return whether integers number the rows: each is one more than the one before."""
    values = np.array([int(cell) for cell in cells])
    return bool((np.diff(values) == 1).all())


def _none_left(sample: Sample, taken: set[str]) -> DataError:
    """Return the error of a table without a column to forecast; it names a column whose numbers are dressed."""
    here, what = Location(str(sample.source)), "no column of numbers is left to forecast"
    for name in sample.of_kind("text"):
        cells = sample.cells(name)
        large = None if name in taken else _too_large(cells, sample)
        if large is not None:
            return DataError(f"{what}: in {name!r}, {large[0]}", hint=large[1], location=here)
        dressed = [(cell, dress) for cell in cells if (dress := dress_of(cell)) is not None]
        if name not in taken and dressed and len(dressed) >= _LEAST_DRESSED * len(cells):
            cell, (how, hint) = dressed[0]
            return DataError(f"{what}: {name!r} holds {cell!r}, a number {how}", hint=hint, location=here)
    return DataError(what, hint="add one, or check its decimal mark and its text cells", location=here)


def _too_large(cells: list[str], sample: Sample) -> CellFault | None:
    """Return what to say of integers that floating point would round; None where there are none among numbers."""
    if not all(_INTEGER.fullmatch(cell.strip()) for cell in cells):
        return None
    large = next((cell for cell in cells if is_rounded(cell, sample.reading)), None)
    return None if large is None else describe(large, sample.reading)


def quality_choice(sample: Sample, target: str) -> Ambiguity | None:
    """Return the choice to read the values of all rows where a column says which are good; None where none does."""
    for name in sample.of_kind("text", "mixed", "integer"):
        counts = Counter(sample.cells(name))
        if not QUALITY_NAMES.search(name) or not 1 < len(counts) <= _FEW:
            continue
        usual = counts.most_common(1)[0][0]
        rest = [cell for cell in counts if cell != usual]
        n_rest, n = counts.total() - counts[usual], len(sample.table)
        rows = sample.table[name].astype(str).str.strip().isin(rest)
        if n_rest > n / 2 or not (rows & (sample.table[target].astype(str).str.strip() != "")).any():
            continue
        return Ambiguity(
            "data.targets",
            f"{name!r} says {listed(quoted(rest), most=3)} in {n_rest:,} of the first {n:,} rows, and their values are "
            "read like all others",
            ("the values as they are", f"a table whose {target!r} is empty where they are not good"),
        )
    return None


def _no_numbers(sample: Sample, name: str, numbers: list[str]) -> DataError:
    large = _too_large(sample.cells(name), sample) if name in sample.kinds else None
    if large is not None:
        return DataError(
            f"column {name!r}: {large[0]}",
            hint=large[1],
            location=Location(str(sample.source)),
            path="--target",
        )
    others = f"the columns of numbers are {listed(quoted(numbers), most=_NAMED)}"
    return DataError(
        f"column {name!r} holds no numbers to forecast",
        hint=others if numbers else "check its decimal mark and its text cells",
        location=Location(str(sample.source)),
        path="--target",
    )
