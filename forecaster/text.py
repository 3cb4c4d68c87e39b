"""Lists of names in sentences: the few that a reader needs, and how many more there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def listed(names: Sequence[str], *, most: int) -> str:
    """Join the first `most` names with commas and count the rest: "a, b and 3 more"."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def quoted(names: Iterable[object]) -> list[str]:
    """Put each name in quotes, as messages show names that come from a file."""
    return [repr(name) for name in names]


def joined(names: Sequence[str], *, word: str) -> str:
    """Join all names, with a word before the last: "a, b or c"."""
    return f" {word} ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
