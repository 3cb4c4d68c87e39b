"""Ids that are others but for their leading zeros, which programs that take ids for numbers drop."""

from __future__ import annotations

from collections.abc import Collection

from forecaster.errors import Diagnostic


def without_zeros(names: Collection[str], known: Collection[str], of: str) -> Diagnostic | None:
    """Return a remark about names that are known ones but for leading zeros; None where there is no such name.

    Where a table has both forms of an id, they name two series.

    Args:
        names: The ids of a table.
        known: The ids that are meant.
        of: Whose these are, for the remark.
    """
    held, meant = set(names), set(known)
    unknown = [name for name in names if name not in meant]
    if not unknown:
        return None
    by_number = {_number(name): name for name in known if _number(name) != "" and name not in held}
    pairs = [(name, by_number[_number(name)]) for name in unknown if _number(name) in by_number]
    if not pairs:
        return None
    name, other = pairs[0]
    more = f", and so for {len(pairs) - 1:,} more" if len(pairs) > 1 else ""
    what = "has lost its zeros" if len(name) < len(other) else "has zeros in front"
    return Diagnostic(
        f"series {name!r} {what}: {of} {other!r}{more}", hint="write ids as text", severity="warning"
    )


def _number(name: str) -> str:
    """Return an id of digits as a number is written; "" for others."""
    whole = name.removesuffix(".0")
    return (whole.lstrip("0") or "0") if whole.isascii() and whole.isdecimal() else ""
