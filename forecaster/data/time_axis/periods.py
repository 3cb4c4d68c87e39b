"""Quarters, halves of a year and weeks as text: one grammar for the forms in which people write them."""

from __future__ import annotations

# What may stand between two parts, as in 2024-Q1, Q1/2024 and Week 5, 2024.
_APART = r"(?:[ ._:/-]|, ?)"
# A # is the number of the form, so that its groups have names of their own.
_YEAR = {
    "long": r"(?P<year#>\d{4})",
    "short": rf"(?:{_APART}'?|')(?P<year#>\d\d)",
    "any": r"'?(?P<year#>\d{4}|\d\d)",
}
# What marks a period, and its number: a quarter is a T in French and Spanish, a half an S, a German week a KW.
_UNITS = {
    "quarter": (r"(?:[Qq](?:uarter|tr)?|QTR|T)[ .]?", "0?(?P<number#>[1-4])"),
    "half-year": (r"(?:[Hh](?:alf)?|S)[ .]?", "0?(?P<number#>[12])"),
    "iso-week": (r"(?:[Ww](?:eek|k)?|WEEK|[KC]W|[Kk]w)[ .]?", r"(?P<number#>\d{1,2})"),
}
# Periods without a mark of their own, as in 20241, 2024-1, 1/2024 and 202405.
_BARE = {
    **{
        name: [
            _YEAR["long"] + "[ ._:/-]?" + _UNITS[name][1],
            _UNITS[name][1] + "[ ._:/-]" + _YEAR["long"],
        ]
        for name in ("quarter", "half-year")
    },
    "iso-week": [
        _YEAR["long"] + "[ /-]" + _UNITS["iso-week"][1],
        _UNITS["iso-week"][1] + "[ /-]" + _YEAR["long"],
        _YEAR["long"] + r"(?P<number#>\d\d)",
    ],
}


def _pattern(name: str, *, bare: bool) -> str:
    """Return the pattern of a format; the year and the number of form # are its groups year# and number#."""
    unit, number = _UNITS[name]
    apart = f"{_APART}?"
    # A week before its unit takes four digits of a year: 5W20 may be one of 2005.
    before = _YEAR["long" if name == "iso-week" else "any"]
    forms = [
        _YEAR["any"] + apart + unit + number,
        unit + number + apart + _YEAR["long"],
        unit + number + _YEAR["short"],
        number + unit + apart + before,
        *(_BARE[name] if bare else []),
    ]
    return "|".join(form.replace("#", str(i)) for i, form in enumerate(forms))


# The forms that show what they are, and all forms, by the name of the format.
MARKED = {name: _pattern(name, bare=False) for name in _UNITS}
PATTERNS = {name: _pattern(name, bare=True) for name in _UNITS}
# As many forms as a format may have.
MOST_FORMS = 7
# A day of an ISO week.
DAY_OF_WEEK = r"(?P<year>\d{4})(?:-[Ww](?P<week>\d{2})-(?P<day>[1-7])|[Ww](?P<packed>\d{2})(?P<last>[1-7]))"
