"""Numbers in the dress of spreadsheets and reports: $5, 5 %, 1.2M, (5), 5-, 5 kWh."""

from __future__ import annotations

import re

_NUMBER = r"\d[\d.,'\u00a0\u202f ]*"
_MANY = {
    "k": "thousands",
    "m": "millions",
    "b": "billions",
    "bn": "billions",
    "mio": "millions",
    "mrd": "billions",
}
_FORMS = (
    (
        re.compile(rf"\(\s*[$€£]?({_NUMBER})\)"),
        "in parentheses",
        "write negative numbers with a minus, such as -{}",
    ),
    (re.compile(rf"({_NUMBER})-"), "with its minus behind it", "write the minus first, such as -{}"),
    (re.compile(rf"[−–]({_NUMBER})"), "with a dash for its minus", "write the minus as -, such as -{}"),
    (re.compile(rf"'([+-]?{_NUMBER})"), "behind an apostrophe", "leave the apostrophe out, as in {}"),
    (re.compile(rf"([+-]?{_NUMBER})\s?%"), "with a percent sign", "leave the sign out, as in {}"),
    (
        re.compile(rf"[+-]?(?:[$€£¥]|[A-Z]{{3}})\s?([+-]?{_NUMBER})"),
        "with a currency",
        "leave it out, as in {}",
    ),
)
_UNIT = re.compile(rf"(?!0[xXbBoO])([+-]?{_NUMBER}?)\s?([^\W\d][^\s]{{0,11}}|[$€£¥°µ][^\s]{{0,5}})")


def dress_of(text: str, *, among_numbers: bool = False) -> tuple[str, str] | None:
    """Return how a number is dressed and what to write in its place; None where the text is no dressed number.

    Args:
        text: The text.
        among_numbers: Whether other cells of its column are plain numbers, so that a letter may be a flag.
    """
    text = text.strip()
    for pattern, how, hint in _FORMS:
        found = pattern.fullmatch(text)
        if found:
            return how, hint.format(found[1].strip())
    found = _UNIT.fullmatch(text)
    if found is None:
        return None
    many = _MANY.get(found[2].lower())
    if among_numbers and len(found[2]) == 1 and found[2].isalpha():
        or_many = f"; write all digits if it stands for {many}" if many else ""
        number = found[1].strip()
        return "with a letter behind it", f"leave {found[2]!r} out if it is a flag, as in {number}{or_many}"
    if many is not None:
        return (
            f"in {many}",
            "write all digits, or leave the letter out of every row where it is the same in all",
        )
    return "with a unit", f"leave {found[2]!r} out, as in {found[1].strip()}"
