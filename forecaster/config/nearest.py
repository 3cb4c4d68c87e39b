"""A search for the name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

# Below this similarity a suggestion is more often wrong than right.
LIKE = 0.6
VERY_LIKE = 0.8
# A longer text is no misspelt name, and comparing it takes long.
MOST_LETTERS = 100


def nearest(name: str, names: Sequence[str], *, likeness: float = LIKE) -> str | None:
    """Return the most similar of the names, ignoring case; None if none is similar enough."""
    if len(name) > MOST_LETTERS:
        return None
    asked = name.lower().replace("-", "_")
    lower = {n.lower(): n for n in reversed(names)}
    # Two swapped letters are the most common typing mistake, and difflib ranks them low.
    exchanged = [n for n in lower if sorted(n) == sorted(asked)]
    found = exchanged or difflib.get_close_matches(asked, list(lower), n=1, cutoff=likeness)
    return lower[found[0]] if found else None
