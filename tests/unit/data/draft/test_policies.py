"""Rows that a table lacks, and rows that it has twice: what init writes and says."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from forecaster.data.draft.wishes import Wishes
from forecaster.errors import DataError
from forecaster.pipeline.inspect import inspect
from tests.unit.data.draft.readings import DAYS, draft_of, level, lines, said_of, table

LONG = [date(2023, 1, 1) + timedelta(days=i) for i in range(200)]
MANY = [date(2023, 1, 1) + timedelta(days=i) for i in range(100)]


def absent(filled: int, total: int) -> str:
    return (
        f"{filled} of {total} values to forecast ({filled / total:.0%}) are absent: the network sees the value before "
        "each, and learns and is scored without them, by data.missing: mask; otherwise use data.missing: zero where no row "
        "means that nothing happened"
    )


@pytest.mark.parametrize(("n", "said"), [(1, False), (20, False), (21, True), (50, True)])
@pytest.mark.parametrize("empty", [True, False], ids=["empty cells", "no rows"])
def test_a_fill_of_more_than_a_fifth_is_said(n: int, said: bool, empty: bool, tmp_path: Path) -> None:
    rows = [f"{d},{'' if 10 <= i < 10 + n else level(i)}" for i, d in enumerate(MANY)]
    path = table(tmp_path, "day,y", rows if empty else [row for row in rows if not row.endswith(",")])
    draft = draft_of(path)
    assert [choice.sentence for choice in draft.guess.choices] == ([absent(n, 100)] if said else [])
    assert "\n  missing: mask\n" in draft.text


def test_cells_before_the_first_value_and_after_the_last_are_not_filled(tmp_path: Path) -> None:
    rows = [f"{d},{level(i) if 30 <= i < 60 else ''},{i}" for i, d in enumerate(MANY)]
    assert said_of(table(tmp_path, "day,y,plan", rows), Wishes(targets=("y",)))[1] == []


def test_the_share_is_that_of_all_series_and_targets(tmp_path: Path) -> None:
    rows = [
        f"{d},{s},{'' if s == 'a' and 10 <= i < 70 else level(i)},{level(i)}"
        for s in "ab"
        for i, d in enumerate(MANY)
    ]
    path = table(tmp_path, "day,id,y,z", rows)
    assert said_of(path, Wishes(targets=("y", "z")))[1] == []
    assert said_of(path, Wishes(targets=("y",)))[1] == [absent(60, 200)]


def test_strict_says_what_settles_a_fill_and_a_contradiction(tmp_path: Path) -> None:
    rows = lines([*LONG[:50], *LONG[125:]])
    rows.insert(1, f"{LONG[0]},7.5")
    path = table(tmp_path, "day,y", rows)
    with pytest.raises(DataError) as caught:
        inspect(path, folder=tmp_path, strict=True)
    assert [f"{d.summary}; {d.hint}" for d in caught.value.diagnostics] == [
        "75 of 200 values to forecast (38%) are absent: the network sees the value before each, and learns and is scored "
        "without them, by data.missing: mask; settle it by a table with a value for every step or data.missing: zero where "
        "no row means that nothing happened, in the file that init writes without --strict",
        "'y' is 100.5 in line 2 and 7.5 in line 3, both at 2023-01-01, and the last counts, by data.duplicates: last; "
        "settle it by a table with one row for each time or data.duplicates: mean, in the file that init writes without "
        "--strict",
    ]


@pytest.mark.parametrize(
    ("again", "said"),
    [
        ([(3, "9.5")], "9.5 in line 202"),
        ([(3, "")], "empty in line 202"),
        ([(3, "9.5"), (4, "8.5")], "9.5 in line 202"),
    ],
)
def test_rows_of_one_time_that_contradict_each_other_are_said(
    again: list[tuple[int, str]], said: str, tmp_path: Path
) -> None:
    rows = [*lines(LONG), *(f"{LONG[i]},{value}" for i, value in again)]
    draft = draft_of(table(tmp_path, "day,y", rows))
    more = " (2 rows repeat a time with another value)" if len(again) > 1 else ""
    assert [choice.sentence for choice in draft.guess.choices] == [
        f"'y' is {level(3)} in line 5 and {said}, both at 2023-01-04, and the last counts{more}, by data.duplicates: last; "
        "otherwise use data.duplicates: mean"
    ]
    assert "\n  duplicates: last\n" in draft.text


def test_rows_that_repeat_a_time_with_the_same_value_are_no_question(tmp_path: Path) -> None:
    rows = lines(LONG)
    guess, notes = said_of(table(tmp_path, "day,y", [*rows, rows[3], rows[3].replace(".5", ".50"), rows[7]]))
    assert (guess.duplicates, notes) == (3, [])


def test_the_same_time_in_two_series_is_no_contradiction(tmp_path: Path) -> None:
    rows = [f"{d},{s},{level(i + k)}" for k, s in enumerate("ab") for i, d in enumerate(DAYS)]
    assert said_of(table(tmp_path, "day,id,y", rows))[1] == []
