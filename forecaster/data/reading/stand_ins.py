"""Values that programs write where there is none: words and signs such as n/a and ?, and numbers such as -9999."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from forecaster.data.arrays import Floats

_TEXT = re.compile(
    r"(?i)[?*.#/–—_-]{1,8}|#?n[/.]?a[.!]?|#?n/d|#(div/0|ref|value|name|num|wert|zahl|null|bezug)[!?]|#nv|<na>|"
    r"[\[(]?(null|none|nil|na|nan)[\])]?|\\n|\.[a-z_]|missing|unknown|undefined|void|no ?data|nodata|n\.?d\.?|"
    r"k\.?a\.?|bad( input)?|no good|err(or)?|"
    r"fault|offline|i/o timeout|comm(unication)? fail(ed|ure)?|out of service|not available|nat|m|"
    r"[-+]?1\.#(qnan|ind|snan|inf)\w*"
)
# Numbers that stand for none where they lie far from all others.
_LARGE = (
    99.99, 999.0, 999.9, 999.99, 6999.0, 7999.0, 8888.0, 9999.0, 9999.9, 9999.99, 99999.0, 999999.0, 9999999.0,
    99999999.0, 999999999.0, 32767.0, 32768.0, 65535.0, 2147483647.0, 2147483648.0, 1e20, 1e30, 1e31, 1e35, 9.96921e36,
)  # fmt: skip
_NUMBERS = frozenset([*_LARGE, *(-number for number in _LARGE), -99.0, -99.9, -888.0])
# So many different other numbers show what a column holds.
_LEAST = 5


def stands_for_none(text: str) -> bool:
    """Return whether programs write a text where there is no value."""
    return _TEXT.fullmatch(text.strip()) is not None


def numbers_for_none(blocks: Callable[[], Iterable[Floats]]) -> dict[float, int]:
    """Return the numbers of a column that seem to stand for no value, and how often each occurs.

    Such a number is a usual one, the smallest or the largest, and further from the rest than the rest is wide. One that
    occurs once counts where it is the only negative number.

    Args:
        blocks: Returns the values anew at each call, in pieces; NaN where there is no value.
    """
    found: dict[float, int] = {}
    low, high, n = _range(blocks, ())
    while True:
        for number in (low, high):
            if number not in _NUMBERS:
                continue
            rest_low, rest_high, n_rest = _range(blocks, (*found, number))
            if _varies(blocks, (*found, number)) and _is_apart(number, n - n_rest, rest_low, rest_high):
                found[number] = n - n_rest
                low, high, n = rest_low, rest_high, n_rest
                break
        else:
            return found


def usual_numbers_among(values: Floats) -> frozenset[float]:
    """Return which of the numbers that programs write where there is no value are among some values."""
    return frozenset(np.unique(values[np.isin(values, sorted(_NUMBERS))]).tolist())


def _range(blocks: Callable[[], Iterable[Floats]], apart: Sequence[float]) -> tuple[float, float, int]:
    """Return the smallest and the largest value, and their number, of a column without some numbers."""
    low, high, n = np.inf, -np.inf, 0
    for block in blocks():
        known = block[~(np.isnan(block) | np.isin(block, apart))] if apart else block[~np.isnan(block)]
        if len(known):
            low, high, n = min(low, float(known.min())), max(high, float(known.max())), n + len(known)
    return low, high, n


def _varies(blocks: Callable[[], Iterable[Floats]], apart: Sequence[float]) -> bool:
    return any(
        len(np.unique(block[~(np.isnan(block) | np.isin(block, apart))])) >= _LEAST for block in blocks()
    )


def _is_apart(number: float, count: int, low: float, high: float) -> bool:
    distance = low - number if number < low else number - high
    spread = high - low
    return distance > spread and (count > 1 or number < 0 <= low)
