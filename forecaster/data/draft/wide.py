"""Columns that together are one series, or several: h1 to h24, Jan to Dec, store_1 to store_3."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forecaster.data.draft.choices import Ambiguity
from forecaster.system import quoted as as_typed

_NUMBERED = re.compile(r"(.*?)(\d{1,4})(\D*)")
_LEAST = 3
_WORDS = (
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
)


def wide_choice(target: str, numbers: Sequence[str]) -> Ambiguity | None:
    """Return the choice of one column among those that count on from one another; None where the target is alone.

    Args:
        target: The column that was taken.
        numbers: The columns of numbers, in the table's order.
    """
    names = _numbered(target, numbers) or _worded(target, numbers)
    if len(names) < _LEAST:
        return None
    return Ambiguity(
        "data.targets",
        f"columns {names[0]!r} to {names[-1]!r} look like {len(names)} series, or like one whose times are columns, "
        f"and {target!r} alone is forecast",
        (
            f"--target {as_typed(target)}",
            "--target for each of them",
            "a table with a row for each of them and its time in a column",
        ),
    )


def _numbered(target: str, numbers: Sequence[str]) -> list[str]:
    """Return the columns with the target's name but for a number, where the numbers follow one another."""
    here = _NUMBERED.fullmatch(target)
    if here is None:
        return []
    found = [(name, match) for name in numbers if (match := _NUMBERED.fullmatch(name)) is not None]
    same = [(int(m[2]), name) for name, m in found if (m[1], m[3]) == (here[1], here[3])]
    counts = sorted(count for count, _ in same)
    return [name for _, name in sorted(same)] if counts == list(range(counts[0], counts[-1] + 1)) else []


def _worded(target: str, numbers: Sequence[str]) -> list[str]:
    """Return the columns that are months or weekdays, where the target is one of them."""
    for words in _WORDS:
        found = [name for name in numbers if name.strip().lower()[:3] in words]
        if target in found and len(found) >= len(words) - 2:
            return found
    return []
