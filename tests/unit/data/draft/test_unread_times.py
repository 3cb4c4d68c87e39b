"""Columns of times that are not read, and what to do about them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.table import read_table
from tests.unit.data.draft.readings import draft_of, guess_of, lines, problem_of, table

N = 60
MONTHS = [date(2015 + i // 12, 1 + i % 12, 1) for i in range(N)]
GERMAN = {"Mar": "Mrz", "May": "Mai", "Oct": "Okt", "Dec": "Dez"}
HALF_HOURS = [datetime(2021, 3, 1) + timedelta(minutes=30 * i) for i in range(N)]

UNREAD: dict[str, tuple[list[str], str]] = {
    "months of which some are German": (
        [f"{GERMAN.get(f'{m:%b}', f'{m:%b}')} {m.year}" for m in MONTHS],
        "no column holds times: column 't' holds Mrz 2015, whose words are no English names of months; write the months "
        "as numbers, such as 2024-01-31 or 2024-01",
    ),
    "epochs in scientific notation": (
        [f"{1.6e9 + 3600 * i:.6e}" for i in range(N)],
        "no column holds times: column 't' holds 1.600000e+09, a time since 1970 in scientific notation; write it with "
        "all its digits, such as 1614557000",
    ),
    "seconds from the first row": (
        [f"{i / 2}" for i in range(N)],
        "no column holds times: column 't' holds 0.0, 0.5 and so on, which count from a beginning that nothing shows; "
        "number the rows of each series in a column of its own, and use it as the time",
    ),
}


@pytest.mark.parametrize("name", UNREAD)
def test_the_reason_is_said(name: str, tmp_path: Path) -> None:
    times, message = UNREAD[name]
    assert problem_of(table(tmp_path, "t,y", lines(times))) == f"TABLE: {message}"


@pytest.mark.parametrize(
    ("later", "message"),
    [
        ("01.03.2021", "(60 such rows); set time_format to"),
        ("2021/03/01", "(1 such rows); correct the row, or set time_format to"),
    ],
)
def test_the_first_row_is_not_compared_with_itself(later: str, message: str, tmp_path: Path) -> None:
    path = table(tmp_path, "t,y", lines(["01.03.2021", *[later] * (N - 1)]))
    assert problem_of(path, Wishes(time="t", time_format="%Y/%m/%d")) == (
        f"TABLE:2: column 't': '01.03.2021' is no time in the format '%Y/%m/%d' {message} the strftime codes of the times, "
        "such as '%d.%m.%Y %H:%M'"
    ).replace(" (1 such rows)", "")


def test_am_and_pm_may_have_points(tmp_path: Path) -> None:
    halves = {"AM": "a.m.", "PM": "p.m."}
    times = [f"{t:%m/%d/2021 %I:%M }{halves[f'{t:%p}']}" for t in HALF_HOURS]
    draft = draft_of(table(tmp_path, "t,y", lines(times)), Wishes(time_format="%m/%d/%Y %I:%M %p"))
    panel, _ = read_table(draft.experiment.spec.data, tmp_path / "t.csv")
    assert panel.time_axis.text(panel.first + N - 1) == ["2021-03-02 05:30:00"]


def test_weeks_below_ten_may_have_one_digit(tmp_path: Path) -> None:
    weeks = [f"{2017 + i // 52}-{1 + i % 52}" for i in range(N)]
    guess = guess_of(table(tmp_path, "week,y", lines(weeks)))
    assert (guess.time.format, guess.freq) == ("iso-week", "W-MON")
