"""Small tables that can be read in several ways, and what init says about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from forecaster.data.draft.choices import check_settled
from forecaster.data.draft.infer import Guess
from forecaster.data.draft.wishes import Wishes
from forecaster.errors import DataError
from forecaster.pipeline.inspect import Draft, inspect

DAY = date(2023, 1, 1)
DAYS = [DAY + timedelta(days=i) for i in range(40)]
HOURS = [datetime(2023, 1, 1) + timedelta(hours=i) for i in range(48)]


def level(i: int) -> float:
    """A value with one decimal that changes from row to row."""
    return 100.5 + i * 37 % 101


def table(folder: Path, header: str, rows: Iterable[str]) -> Path:
    path = folder / "t.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def guess_of(path: Path, wishes: Wishes | None = None) -> Guess:
    return inspect(path, folder=path.parent, wishes=wishes or Wishes()).guess


def said_of(path: Path, wishes: Wishes | None = None) -> tuple[Guess, list[str]]:
    """The guess, and its notes; see `draft_of`."""
    draft = draft_of(path, wishes)
    return draft.guess, [choice.sentence for choice in draft.guess.choices if not choice.said]


def draft_of(path: Path, wishes: Wishes | None = None) -> Draft:
    """The draft of a table. Each of its choices stands in the file, and is a problem under strict."""
    draft = inspect(path, folder=path.parent, wishes=wishes or Wishes())
    found = [choice for choice in draft.guess.choices if not choice.said]
    flat = " ".join(draft.text.replace("\n  # ", " ").split())
    for choice in found:
        assert choice.sentence in flat, "the file has no comment on it"
    if draft.guess.choices:
        # What strict does once the table is read.
        with pytest.raises(DataError) as caught:
            check_settled(draft.guess.choices, str(path))
        assert [d.summary for d in caught.value.diagnostics] == [c.summary for c in draft.guess.choices]
        assert all((d.hint or "").startswith("settle it by ") for d in caught.value.diagnostics)
    return draft


def problem_of(path: Path, wishes: Wishes | None = None) -> str:
    with pytest.raises(DataError) as caught:
        guess_of(path, wishes)
    return str(caught.value).replace(str(path), "TABLE")


def lines(times: Sequence[object], *, separator: str = ",") -> list[str]:
    return [f"{t}{separator}{level(i)}" for i, t in enumerate(times)]
