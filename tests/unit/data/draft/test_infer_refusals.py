"""Tables that `forecaster init` makes no config of."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.formats import FORMATS, labels
from forecaster.errors import DataError
from forecaster.pipeline.inspect import inspect
from tests.unit.data.draft.drafts import Write, config_of, days, problem_of


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ["a,b", "x,1.5", "y,2.5"],
            "TABLE: no column holds times (the columns are 'a', 'b'); give one column of timestamps such as "
            "2024-01-31 or 2024-01-31 05:00:00, or of step numbers; for times in another form set time and time_format",
        ),
        (
            ["a,b", *(f"{10**19 + i},{i % 7}" for i in range(20))],
            "TABLE: no column holds times (the columns are 'a', 'b'); give one column of timestamps such as "
            "2024-01-31 or 2024-01-31 05:00:00, or of step numbers; for times in another form set time and time_format",
        ),
        (
            ["a,b", *(f"²{i},{i % 7}" for i in range(20))],
            "TABLE: no column holds times (the columns are 'a', 'b'); give one column of timestamps such as "
            "2024-01-31 or 2024-01-31 05:00:00, or of step numbers; for times in another form set time and time_format",
        ),
        (
            ["t,a", "2024-01-01,x", "2024-01-02,y"],
            "TABLE: no column of numbers is left to forecast; add one, or check its decimal mark and its text cells",
        ),
        (
            ["t,y", *(f"01/{1 + i:02d}/2024,{i}" for i in range(12))],
            "TABLE: column 't' holds 01/02/2024, and no row shows whether day or month comes first; set time_format to "
            "'%d/%m/%Y' for 2024-02-01 or '%m/%d/%Y' for 2024-01-02, or write the dates as YYYY-MM-DD",
        ),
        (
            ["t,y", "2024-01-01,1", "2024-01-02,2", "2024-01-03,3"],
            "TABLE: the longest series has 3 steps, a first training needs 10; add rows, or check that the id "
            "column names series and not single rows",
        ),
        (
            ["t,y,z", "2024-01-01,1,2", "2024-01-02,2"],
            "TABLE:3: the line has 2 fields, the header has 3; write as many fields in every line as in the first",
        ),
        (
            ["t,y,y", "2024-01-01,1,2"],
            "TABLE: 2 columns are called 'y'; rename all but one",
        ),
        (["only", "1"], "TABLE: found one column only, 'only'; a table needs a time column and a column of numbers, "
         "with a header line, and in text a comma, a semicolon, a tab or | between them"),
        (["t,y"], "TABLE: the table has a header and no rows; add rows"),
        ([""], "TABLE: the file is empty; give a table with a header line"),
        (
            ["t,y", "2024-01-01 00:00Z,1", "2024-01-02 00:00,2"],
            "TABLE:3: column 't': '2024-01-02 00:00' is not a time like those before it; correct the row; write all times with an offset from UTC, or all without",
        ),
        (
            ["t,store,item,y", *(f"{d},{s},{i},1.5" for d in days(20) for s in "ab" for i in "xy")],
            "TABLE: 80 rows share 20 times, and no single column distinguishes them (tried 'store', 'item'); name the "
            "id column with id, or make one, for instance of two columns joined such as 'store-item'",
        ),
        (
            ["t,y", *(f"{datetime(2024, 1, 1) + timedelta(minutes=i * 60 + i * i % 7)},{i}" for i in range(50))],
            "TABLE: the times of column 't' are irregular: the usual step is h, and 36 of 50 times fall between "
            "its steps (the first: 2024-01-01 00:00:00); round every time to the nearest step of h",
        ),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_guessed(write: Write, lines: list[str], message: str) -> None:
    assert problem_of(write(*lines)) == message


def test_missing_file_and_binary_file(tmp_path: Path) -> None:
    absent = tmp_path / "no.csv"
    assert problem_of(absent).startswith("TABLE: no such file")
    binary = tmp_path / "b.csv"
    binary.write_bytes(b"PK\x03\x04\0\0")
    assert problem_of(binary) == f"TABLE: this is not text; give a {labels(FORMATS)} table"


def test_row_of_another_width_beyond_the_sample(write: Write) -> None:
    table = write("t,y", *(f"{i},{i % 9}" for i in range(6000)), "6000,1,2")
    assert problem_of(table) == (
        "TABLE:6002: the row has 3 fields, the header has 2; complete the row, or quote the text that holds a separator"
    )


def test_text_among_the_times_beyond_the_sample(write: Write) -> None:
    table = write("t,y", *(f"{i},{i % 9}" for i in range(6000)), "later,1")
    assert problem_of(table) == (
        "TABLE:6002: column 't': 'later' is not a time like those before it; correct the row; the times are "
        "written like 0"
    )


def test_events_without_a_step(write: Write) -> None:
    stamps = [datetime(2024, 1, 1) + timedelta(hours=h * h) for h in range(40)]
    assert problem_of(write("t,y", *(f"{s},{i}" for i, s in enumerate(stamps)))) == (
        "TABLE: the times of column 't' are irregular: the usual step is 39h, and 36 of 40 times fall between its "
        "steps (the first: 2024-01-01 00:00:00); aggregate the table to a regular step first, for instance one row "
        "per hour or day"
    )


NOT_ROUND: dict[str, tuple[list[datetime | str], str]] = {
    "months from the 10th to the 13th": (
        [datetime(2012 + i // 12, 1 + i % 12, 10 + i % 4) for i in range(60)],
        "every month has one row: write its first day as the time",
    ),
    "weeks that begin a day late at times": (
        [datetime(2019, 1, 2) + timedelta(days=7 * i + (i % 9 == 5)) for i in range(60)],
        "every week has one row: write its Monday as the time",
    ),
    "ten minutes and some seconds": (
        [datetime(2019, 1, 2) + timedelta(minutes=10 * i, seconds=i * 2 % 5) for i in range(200)],
        "round every time to the nearest step of 10min",
    ),
    "local midnights in UTC": (
        [f"{datetime(2021, 10, 14, 22) + timedelta(days=i, hours=i > 16)}Z" for i in range(60)],
        "the days begin at two hours of UTC: name their zone with timezone, such as Europe/Paris",
    ),
}


@pytest.mark.parametrize("name", NOT_ROUND)
def test_times_around_regular_ones_are_rounded(name: str, write: Write) -> None:
    times, hint = NOT_ROUND[name]
    assert problem_of(write("t,y", *(f"{t},{i}" for i, t in enumerate(times)))).endswith(f"); {hint}")


NUMBERED = "number the rows of each series in a column of its own and use it as the time"


def test_dekads_are_not_to_be_aggregated(write: Write) -> None:
    dates = [date(2018 + i // 36, 1 + i // 3 % 12, 1 + i % 3 * 10) for i in range(120)]
    assert problem_of(write("t,y", *(f"{d},{i}" for i, d in enumerate(dates)))) == (
        "TABLE: the times of column 't' are irregular: the usual step is 10D, and 102 of 120 times fall between its "
        f"steps (the first: 2018-01-01); the rows follow the days of the month: {NUMBERED}"
    )


def test_working_hours_are_not_to_be_aggregated(write: Write) -> None:
    hours = [
        f"{d} {h:02d}:00"
        for d in days(60)
        if datetime.fromisoformat(str(d)).weekday() < 5
        for h in range(9, 17)
    ]
    assert problem_of(write("t,y", *(f"{t},{i}" for i, t in enumerate(hours)))) == (
        "TABLE: the times of column 't' are irregular: the usual step is h, and only 25% of the steps have a row; where "
        f"hours have no rows, as at night, set freq h and data.missing: mask; or {NUMBERED}"
    )


def test_times_that_are_centuries_apart(write: Write) -> None:
    assert problem_of(write("t,y", "1700-01-01,1", "2024-01-01,2", "2024-01-02,3")).startswith(
        "TABLE: the times of column 't' are irregular: "
    )


# Business days of two years from a Friday, as a program writes them that takes 03/12 for the 12th of March.
WORKDAYS = [d for d in days(700, date(2021, 3, 5)) if d.weekday() < 5]


@pytest.mark.parametrize(
    ("form", "swapped", "cell"),
    [
        ("%d/%m/%Y", "%m/%d/%Y", "03/05/2021"),
        ("%m/%d/%Y", "%d/%m/%Y", "05/03/2021"),
        ("%d.%m.%y", "%m.%d.%y", "03.05.21"),
        ("%Y-%m-%d", "%Y-%d-%m", "2021-05-03"),
        ("%Y-%m-%d 00:00:00", "%Y-%d-%m 00:00:00", "2021-05-03 00:00:00"),
    ],
)
@pytest.mark.parametrize("shops", ["a", "ab"])
@pytest.mark.parametrize("newest_first", [False, True])
def test_days_and_months_that_a_program_has_swapped_are_refused(
    write: Write, form: str, swapped: str, cell: str, shops: str, newest_first: bool
) -> None:
    cells = [d.strftime(swapped if d.day <= 12 else form) for d in WORKDAYS]
    rows = [f"{c},{shop},{i % 7}.5" for shop in shops for i, c in enumerate(cells)]
    first, meant = (2, "2021-03-05") if not newest_first else (0, "")
    if newest_first:
        rows.reverse()
        first = 2 + next(i for i, d in enumerate(reversed(WORKDAYS)) if d.day <= 12 and d.day != d.month)
        cell, meant = cells[len(WORKDAYS) + 1 - first], str(WORKDAYS[len(WORKDAYS) + 1 - first])
    assert problem_of(write("t,shop,y", *rows)) == (
        f"TABLE:{first}: column 't' mixes two orders of day and month: the rows follow one another at a step only if days "
        f"up to 12 are swapped with their months, so that {cell} is {meant}, and others are not; write the dates as "
        "YYYY-MM-DD where the table comes from; a program that guesses their order has swapped them"
    )


def test_a_format_that_is_given_reads_dates_as_they_stand(write: Write) -> None:
    cells = [d.strftime("%m/%d/%Y" if d.day <= 12 else "%d/%m/%Y") for d in days(150, date(2021, 3, 1))]
    path = write("t,y", *(f"{c},{i % 7}.5" for i, c in enumerate(cells)))
    guess = inspect(path, folder=path.parent, wishes=Wishes(time_format="%d/%m/%Y")).guess
    assert (guess.freq, guess.rows) == ("D", 150)


def test_dates_with_gaps_are_not_taken_for_swapped_ones(write: Write) -> None:
    some = [d for i, d in enumerate(days(300)) if i % 5 not in (1, 3) and i % 7]
    assert config_of(write("t,y", *(f"{d:%d/%m/%Y},{i % 7}.5" for i, d in enumerate(some)))).data.freq == "D"


@pytest.mark.parametrize(("empty", "more"), [(range(3, 4), ""), (range(20, 40), " (20 such rows)")])
def test_a_row_that_names_no_series_is_refused(write: Write, empty: range, more: str) -> None:
    rows = [f"{d},{'ab'[k]},{i % 7}.5" for k in range(2) for i, d in enumerate(days(20))]
    for i in empty:
        rows[i] = rows[i].replace(",a,", ",,").replace(",b,", ",,")
    assert problem_of(write("date,shop,y", *rows)) == (
        f"TABLE:{empty[0] + 2}: the id is empty in column 'shop', which names the series{more}; name the series of the row, "
        "or delete the row; if the column names no series, use no_id=True or id with another column"
    )


@pytest.mark.parametrize("named", [False, True])
def test_integers_that_floating_point_rounds_are_named(tmp_path: Path, named: bool) -> None:
    rows = [f"2024-01-{i:02},{2**53 + 7 * i}" for i in range(1, 29)]
    path = tmp_path / "t.csv"
    path.write_text("day,n\n" + "\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        inspect(path, folder=tmp_path, wishes=Wishes(targets=("n",)) if named else Wishes())
    said = "'9007199254740999' is an integer above 2^53, which floating point would round; divide the column"
    assert said in str(caught.value)
