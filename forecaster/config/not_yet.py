"""A table of options that the schema has and this version does not implement.

To implement an option, delete its line.
"""

from __future__ import annotations

from typing import Any

from forecaster.config.positions import KeyPath, Positions, dotted
from forecaster.errors import Diagnostic

# Each path with the values that are refused there; ANY refuses every value but null and empty ones.
ANY = object()
NOT_YET: dict[KeyPath, tuple[Any, ...]] = {
    ("runtime", "backend"): ("jax", "torch"),
}


def not_yet(values: Any, positions: Positions) -> list[Diagnostic]:
    """Return one diagnostic per refused option.

    Args:
        values: The values of the file, with search nodes replaced by their defaults.
        positions: The line and column of every key.
    """
    found = []
    for path, refused in NOT_YET.items():
        value = _at(values, path)
        if value is None or not any(
            value if r is ANY else value == r and type(value) is type(r) for r in refused
        ):
            continue
        what = "is" if ANY in refused else f"{'true' if value is True else value} is"
        summary = f"{what} not supported by this version"
        found.append(Diagnostic(summary, "remove it", positions.of_key(path), dotted(path)))
    return found


def _at(values: Any, path: KeyPath) -> Any:
    for part in path:
        values = values.get(part) if isinstance(values, dict) else None
    return values
