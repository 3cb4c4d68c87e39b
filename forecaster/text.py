"""Names in sentences and pictures: the few that a reader needs, how many more there are, and none too long."""

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


def one_line(text: str, most: int, mark: str = "…") -> str:
    """Shorten to one line of at most `most` characters, cut in the middle, because both ends tell names apart.

    Args:
        text: The text. Characters that cannot be printed, such as those that steer a terminal, become spaces.
        most: The number of characters.
        mark: What stands for the part that is left out.
    """
    flat = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    head = most // 2
    return (
        flat if len(flat) <= most else f"{flat[:head]}{mark}{flat[len(flat) - (most - head - len(mark)) :]}"
    )
