"""Ids that are others but for their leading zeros, which programs that take ids for numbers drop."""

from __future__ import annotations

from collections.abc import Collection, Iterable


def without_zeros(names: Iterable[str], known: Collection[str], of: str) -> list[str]:
    """Return a remark about names that are known ones but for leading zeros; none where there is no such name.

    Args:
        names: The ids of a table.
        known: The ids that are meant.
        of: Whose these are, for the remark.
    """
    by_number = {_number(name): name for name in known if _number(name) != ""}
    unknown = (name for name in names if name not in known)
    pairs = [(name, by_number[_number(name)]) for name in unknown if _number(name) in by_number]
    if not pairs:
        return []
    name, meant = pairs[0]
    more = f", and so for {len(pairs) - 1:,} more" if len(pairs) > 1 else ""
    what = "has lost its zeros" if len(name) < len(meant) else "has zeros in front"
    return [f"series {name!r} {what}: {of} {meant!r}{more}; write ids as text"]


def _number(name: str) -> str:
    """Return an id of digits as a number is written; "" for others."""
    whole = name.removesuffix(".0")
    return (whole.lstrip("0") or "0") if whole.isascii() and whole.isdecimal() else ""
