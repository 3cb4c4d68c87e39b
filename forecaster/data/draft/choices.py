"""What init chose where a table can be read in several ways: said in the file and on stderr, an error where strict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forecaster.errors import DataError, Diagnostic, Location
from forecaster.text import joined


@dataclass(frozen=True)
class Ambiguity:
    """One of several readings of a table.

    Attributes:
        key: The key of the YAML file that holds what was chosen.
        summary: What the table holds, and how it is read.
        options: What settles it on the command line, each with its meaning; the reading that was chosen first.
        said: Whether the result of init says it in another way, so that it is no remark of its own.
    """

    key: str
    summary: str
    options: tuple[str, ...]
    said: bool = False

    @property
    def sentence(self) -> str:
        """The choice as a remark, with the options that choose otherwise."""
        return f"{self.summary}; otherwise use {joined(self.options[1:], word='or')}"

    def as_json(self) -> dict[str, object]:
        """Return the attributes as plain values."""
        return {"key": self.key, "summary": self.summary, "options": list(self.options)}


def _on_its_own(option: str) -> str:
    """Return an option with what it takes to choose it: keys stand in a file, which strict does not write."""
    return (
        f"{option}, in the file that init writes without --strict" if option.startswith("data.") else option
    )


def check_settled(choices: Sequence[Ambiguity], source: str) -> None:
    """Raise DataError with every choice and the options that settle it; without a choice do nothing.

    Args:
        choices: What was chosen.
        source: The name of the table in messages.
    """
    found = [
        Diagnostic(
            choice.summary,
            hint=f"settle it by {joined([_on_its_own(option) for option in choice.options], word='or')}",
            location=Location(source),
            path="--strict",
        )
        for choice in choices
    ]
    if found:
        raise DataError("the table can be read in several ways", diagnostics=found)
