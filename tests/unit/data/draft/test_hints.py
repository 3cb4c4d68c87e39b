"""Names of columns in hints are quoted as the shell reads them, and texts as YAML reads them."""

from __future__ import annotations

import shlex
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from forecaster.data.draft.choices import check_settled
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.numbers import describe
from forecaster.data.spec import CsvSpec
from forecaster.errors import DataError, UsageError
from tests.following import follow_init, wishes_of
from tests.proposals import moves
from tests.unit.data.draft.readings import guess_of, table

DAYS = [date(2023, 1, 1) + timedelta(days=i) for i in range(40)]
ODD = ["Price [EUR/MWh]", "it's", "a b", "$HOME", "-x", "*", "größe; rm", 'a"b']


@pytest.mark.parametrize("name", ODD)
def test_a_column_of_any_name_is_chosen_as_the_hint_says(name: str, tmp_path: Path) -> None:
    head = name.replace('"', '""')
    path = table(
        tmp_path, f'day,"{head}",other b', (f"{d},{i * 7 % 31}.5,{i * 5 % 31}.5" for i, d in enumerate(DAYS))
    )
    guess = guess_of(path)
    (choice,) = [one for one in guess.choices if one.key == "data.targets"]
    first, second = (move.options for option in choice.options for move in moves(option))
    assert (first, second) == (("--target", name), ("--target", "other b"))
    assert wishes_of(first).targets == (name,)
    assert follow_init(path, Wishes(), guess) == []


@pytest.mark.skipif(sys.platform == "win32", reason="quotes of a POSIX shell")
def test_the_quotes_of_a_name_are_those_of_the_shell(tmp_path: Path) -> None:
    rows = (f"{d},{i * 7 % 31}.5,{i * 5 % 31}.5" for i, d in enumerate(DAYS))
    guess = guess_of(table(tmp_path, "day,it's,b", rows))
    (choice,) = guess.choices
    assert choice.options == (f"--target {shlex.quote(chr(39).join(['it', 's']))}", "--target b")


@pytest.mark.parametrize("text", ["\\N", "?", "n/a"])
def test_a_text_for_no_value_is_one_in_yaml(text: str) -> None:
    (move,) = moves(describe(text, CsvSpec())[1] or "")
    assert (move.key, move.value) == ("data.missing_values", [text])


def test_a_key_is_to_be_set_in_a_file_that_strict_does_not_write(tmp_path: Path) -> None:
    rows = (f"{d},{i * 7 % 31}" for i, d in enumerate(DAYS))
    guess = guess_of(table(tmp_path, "# a comment\nday,y", rows))
    with pytest.raises(DataError) as caught:
        check_settled(guess.choices, "t.csv")
    assert caught.value.diagnostics[0].hint == (
        "settle it by a table without such lines or data.csv.comment: null, in the file that init writes without --strict"
    )


@pytest.mark.parametrize(
    ("time_format", "hint"),
    [
        ("%s", "set --time-format epoch-s"),
        ("%Q", "set --time-format quarter"),
        ("%F", "write %Y-%m-%d in its place"),
        (
            "%d.%m.%Y %Z",
            "set --timezone, and write times without a zone, or with an offset such as +01:00, which %z reads",
        ),
    ],
)
def test_a_format_is_mended_by_an_option_of_init(time_format: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        Wishes(time_format=time_format)
    assert caught.value.diagnostics[0].hint == hint
