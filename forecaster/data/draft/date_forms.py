"""The strftime formats that may read a time, derived from how the time is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations, product

from forecaster.data.time_axis.time_formats import format_fault

# A clock, with AM or PM and an offset, and what stands between it and the date.
_CLOCK = re.compile(
    r"(?<!\d)(?P<hour>\d{1,2}):\d{2}(?P<second>:\d{2})?(?P<mark>[.,](?=\d))?(?P<fraction>\d{1,9})?(?!\d)"
    r"(?P<half> ?[AaPp](?:[Mm]\b|\. ?[Mm]\.))?(?P<blank> ?)(?P<zone>Z\b|[+-]\d{2}:?\d{2}\b)?"
)
# A clock without marks behind a date without marks: 20240131T0600, 20240131 060000Z.
_PACKED = re.compile(r"(?<!\d)\d{8}(?P<gap>[T _:-])\d{4}(?P<second>\d{2})?(?P<zone>Z|[+-]\d{4})?$")
_TOKEN = re.compile(r"\d+|[^\W\d_]+|[\W_]+")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Letters that say nothing: the M of 2020M01, the FY of FY2020, the T before a clock, and zones that are UTC.
_LITERALS = frozenset({"m", "y", "d", "fy", "t", "utc", "gmt", "at", "of", "uhr", "h"})
_UTC = re.compile(r"\b(UTC|GMT)\b")
# The place of a clock in the text of a date.
_PLACE = "\0"
_YEAR_DIGITS = 4
# The orders of a day, a month and a year that people write.
_ORDERS = ("dmY", "mdY", "Ymd", "dmy", "mdy", "ymd")
# Those with points, where the month never comes first.
_DOTTED = ("dmY", "Ymd", "dmy")


def forms_of(cell: str) -> list[str]:
    """Return the formats that may read a cell, the likeliest first; none where it is no time with a year."""
    packed = _PACKED.fullmatch(cell)
    if packed:
        second, zone = "%S" if packed["second"] else "", "%z" if packed["zone"] else ""
        return [f"%Y%m%d{packed['gap']}%H%M{second}{zone}"]
    clock = _CLOCK.search(cell)
    date = cell if clock is None else cell[: clock.start()] + _PLACE + cell[clock.end() :]
    time = "" if clock is None else _clock_form(clock)
    forms = [form.replace(_PLACE, time) for form in _date_forms(date)]
    # A time of the day belongs to a day.
    return [f for f in dict.fromkeys(forms) if format_fault(f) is None and (not time or "%d" in f)]


def _clock_form(clock: re.Match[str]) -> str:
    hour = "%I" if clock["half"] else "%H"
    second = ":%S" if clock["second"] else ""
    fraction = f"{clock['mark']}%f" if clock["mark"] and clock["second"] else ""
    half = "" if not clock["half"] else " %p" if clock["half"].startswith(" ") else "%p"
    return f"{hour}:%M{second}{fraction}{half}{clock['blank']}{'%z' if clock['zone'] else ''}"


def _date_forms(text: str) -> Iterator[str]:
    """Yield the formats of a date, in which the place of a clock is kept."""
    tokens = _TOKEN.findall(text)
    words = [_word_forms(token) for token in tokens]
    if None in words or (tokens == [text] and text.isdecimal() and len(text) == _YEAR_DIGITS):
        # Years alone are step numbers, unless a frequency is given.
        return
    numbers = [i for i, token in enumerate(tokens) if token.isdecimal()]
    named = any(form in ("%b", "%B") for forms in words for form in forms or ())
    orders = _DOTTED if "." in "".join(tokens) else _ORDERS
    for codes in _number_codes([tokens[i] for i in numbers], orders, named=named):
        pieces = [forms or [] for forms in words]
        for i, code in zip(numbers, codes, strict=True):
            pieces[i] = ["".join(f"%{letter}" for letter in code)]
        yield from map("".join, product(*pieces))


def _word_forms(token: str) -> list[str] | None:
    """Return what a token that is no number may be; None where it is a word that no time has."""
    word = token.lower()
    if not token[0].isalpha():
        return [token.replace("%", "%%")]
    found = [
        code
        for names, short, long in ((_MONTHS, "%b", "%B"), (_DAYS, "%a", "%A"))
        for code, known in ((short, {name[:3] for name in names}), (long, set(names)))
        if word in known
    ]
    if found:
        return found
    return [token] if word in _LITERALS else None


def _number_codes(numbers: list[str], orders: tuple[str, ...], *, named: bool) -> Iterator[tuple[str, ...]]:
    """Yield the codes of the numbers of a date.

    Args:
        numbers: The digits.
        orders: The orders of a day, a month and a year.
        named: Whether the month stands beside them as a word.
    """
    if any(len(number) not in (1, 2, 4, 8) for number in numbers):
        return
    if len(numbers) == 1 and len(numbers[0]) == 8 and not named:
        yield ("Ymd",)
    found: list[tuple[str, ...]] = [*map(tuple, orders), ("Y", "m"), ("m", "Y"), ("Y",)]
    if named:
        found = [*permutations("dY"), *permutations("dy"), ("Y",), ("y",)]
    for order in found:
        if len(order) == len(numbers) and all(
            (len(number) == 4) == (code == "Y") and not (code == "y" and len(number) != 2) and len(number) < 8
            for number, code in zip(numbers, order, strict=True)
        ):
            yield order


def zone_in(form: str | None) -> str | None:
    """Return the zone whose name stands in a format of times; None where none does."""
    return "UTC" if form is not None and _UTC.search(form) else None
