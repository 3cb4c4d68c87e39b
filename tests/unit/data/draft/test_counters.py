"""Columns whose numbers rise evenly: those that number the rows, codes of times, and quantities that only look so."""

from __future__ import annotations

from pathlib import Path

from forecaster.data.draft.wishes import Wishes
from tests.unit.data.draft.readings import problem_of, said_of, table

YEARS = range(1960, 2020)


def test_what_rises_by_ten_counts_no_rows(tmp_path: Path) -> None:
    rows = [f"{country},{year},{10 * year}" for country in ("A", "B") for year in YEARS]
    guess, notes = said_of(table(tmp_path, "country,Year,pop", rows))
    assert (guess.time.name, guess.id, guess.targets, notes) == ("Year", "country", ("pop",), [])


def test_the_only_column_of_numbers_is_the_target(tmp_path: Path) -> None:
    path = table(tmp_path, "Year,pop", [f"{year},{year + 1000}" for year in YEARS])
    guess, notes = said_of(path)
    assert (guess.time.name, guess.time.others, guess.targets) == ("Year", (), ("pop",))
    assert notes == [
        "'pop' rises by 1 from row to row, as numbers of rows do, and is taken as the target, because no other column "
        "holds numbers; otherwise use a table with the column to forecast"
    ]
    assert said_of(path, Wishes(targets=("pop",)))[1] == []


def test_a_counter_beside_numbers_is_no_target(tmp_path: Path) -> None:
    rows = [f"{year},{i},{i * 37 % 101}" for i, year in enumerate(YEARS)]
    guess, _ = said_of(table(tmp_path, "Year,n,pop", rows))
    assert (guess.time.others, guess.targets, guess.others) == (("n",), ("pop",), ())


def test_weeks_beside_a_year_of_their_own_are_no_step_numbers(tmp_path: Path) -> None:
    rows = [f"{year},{week},{week + 50}" for year in range(2015, 2020) for week in range(1, 53)]
    assert problem_of(table(tmp_path, "epiyear,epiweek,cases", rows)) == (
        "TABLE: columns 'epiyear' and 'epiweek' look like the parts of one time; write the times into one column, such as "
        "2024-01-31; where the numbers only count the rows, use time epiweek freq 1"
    )


def test_twelve_days_without_marks_may_be_twelve_months(tmp_path: Path) -> None:
    guess, notes = said_of(table(tmp_path, "d,y", [f"{i:02d}012021,{i * 37 % 101}" for i in range(1, 13)]))
    assert (guess.time.format, guess.freq) == ("%d%m%Y", "D")
    assert notes == [
        "'d' holds 02012021, which is read as 2021-01-02 (the day first); otherwise use --time-format %m%d%Y for 2021-02-01 "
        "(the month first) or --freq 1 for step numbers"
    ]
