"""Times on a clock that changes, whose zone a person gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from forecaster.config.experiment import Experiment
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.table import read_table
from tests.unit.data.draft.readings import draft_of, problem_of, said_of, table

NEW_YORK = ZoneInfo("America/New_York")
ZONED = Wishes(timezone="America/New_York")
# Hours around 2021-11-07 01:00, which happens twice.
HOURS = [
    (datetime(2021, 11, 6, tzinfo=UTC) + timedelta(hours=i)).astimezone(NEW_YORK)
    for i in range(60)
]  # fmt: skip


def rows(times: Sequence[datetime], series: str = "") -> list[str]:
    return [f"{series}{t:%Y-%m-%d %H:%M},{100.5 + i * 37 % 101}" for i, t in enumerate(times)]


@pytest.mark.parametrize("ids", [("",), ("a,", "b,")])
def test_both_rows_of_an_hour_are_read_in_their_order(ids: tuple[str, ...], tmp_path: Path) -> None:
    path = table(
        tmp_path, "t,y" if ids == ("",) else "s,t,y", [row for one in ids for row in rows(HOURS, one)]
    )
    draft = draft_of(path, ZONED)
    assert draft.guess.duplicates == 0
    assert "  clock_changes: {repeated: in_order}   # of the hour that clocks repeat" in draft.text
    loaded = Experiment.from_text(draft.text, base=tmp_path)
    panel, _ = read_table(loaded.spec.data, loaded.data_path)
    assert panel.lengths.tolist() == [len(HOURS)] * len(ids)


def test_the_one_row_of_an_hour_is_the_first(tmp_path: Path) -> None:
    path = table(tmp_path, "t,y", rows([t for t in HOURS if not t.fold]))
    guess, notes = said_of(path, ZONED)
    assert guess.repeated == "first"
    assert notes == [
        "2021-11-07 01:00:00 happens twice in America/New_York, and its one row is read as the first of the two; "
        "otherwise use data.clock_changes: {repeated: second}"
    ]


def test_rows_from_the_last_to_the_first_are_not_guessed(tmp_path: Path) -> None:
    path = table(tmp_path, "t,y", rows(HOURS[::-1]))
    assert problem_of(path, ZONED) == (
        "TABLE:32: 2021-11-07 01:00:00 happens twice in America/New_York, and the rows are not in the order of time; "
        "sort the rows of each series by time, the earlier of the two hours first, or write the times in UTC or with "
        "their offset, such as 2024-11-03T01:30:00-04:00"
    )


def test_a_time_that_clocks_skip_is_no_time_of_the_zone(tmp_path: Path) -> None:
    times = [datetime(2021, 3, 13) + timedelta(hours=i) for i in range(60)]
    path = table(tmp_path, "t,y", rows(times))
    assert problem_of(path, ZONED) == (
        "TABLE:28: 2021-03-14 02:00:00 does not exist in America/New_York: the clocks change; check the name of the "
        "zone; for a clock that never changes give timezone its offset from UTC, such as +01:00"
    )
    assert said_of(path, Wishes(timezone="-05:00"))[0].repeated is None


def test_a_day_whose_midnight_clocks_skip_is_a_day(tmp_path: Path) -> None:
    days = [datetime(2018, 10, 20) + timedelta(days=i) for i in range(40)]
    path = table(tmp_path, "t,y", [f"{t:%Y-%m-%d},{i * 37 % 101}" for i, t in enumerate(days)])
    guess, notes = said_of(path, Wishes(timezone="America/Sao_Paulo"))
    assert (guess.freq, guess.repeated, notes) == ("D", None, [])
