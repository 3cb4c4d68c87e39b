"""Marks that may group thousands or begin decimals, and cells that are no numbers: what init takes and says."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.table import read_table
from forecaster.pipeline.inspect import inspect
from tests.unit.data.draft.readings import DAYS, draft_of, level, problem_of, said_of, table

pytestmark = pytest.mark.slow

WHOLE = {
    "shop": [1004, 1320, 832, 1402, 999],
    "plant": [104_500, 98, 220_310, 7, 15_020],
    "town": [12_001, 9_999, 310, 45_678, 2],
    "change": [-1004, 832, -17, 1320, 5],
}
NAMES = ("units", "sales", "y", "value", "kwh", "visitors")
MARKS = ((".", ","), (",", "."))


def grouped(number: int, mark: str) -> str:
    return f"{number:,}".replace(",", mark)


@pytest.mark.parametrize(("kind", "name", "marks"), list(product(WHOLE, NAMES, MARKS)), ids=str)
def test_three_digits_behind_a_mark_beside_small_numbers_are_thousands(
    kind: str, name: str, marks: tuple[str, str], tmp_path: Path
) -> None:
    mark, other = marks
    numbers = [WHOLE[kind][i % 5] for i in range(40)]
    path = table(
        tmp_path, f"day;{name}", (f"{d};{grouped(n, mark)}" for d, n in zip(DAYS, numbers, strict=True))
    )
    draft = draft_of(path)
    first = next(grouped(n, mark) for n in numbers if abs(n) > 999)
    small = next(str(n) for n in numbers if abs(n) < 1000)
    whole = first.replace(mark, "")
    assert [choice.sentence for choice in draft.guess.choices] == [
        f"'{name}' holds {first} beside {small}, and {first} is read as {whole}; otherwise use --decimal '{mark}' for a "
        "number with three decimals"
    ]
    csv = draft.experiment.spec.data.csv
    assert (csv.decimal, csv.thousands) == (other, mark)
    assert read_table(draft.experiment.spec.data, path)[0].values[:, 0].tolist() == numbers


@pytest.mark.parametrize("marks", MARKS, ids=str)
def test_an_option_settles_whether_a_mark_groups_thousands(marks: tuple[str, str], tmp_path: Path) -> None:
    mark, other = marks
    path = table(tmp_path, "day;y", (f"{d};{[f'1{mark}004', '832'][i % 2]}" for i, d in enumerate(DAYS)))
    for decimal, expected in ((other, [1004, 832]), (mark, [1.004, 832])):
        settled = inspect(path, folder=tmp_path, wishes=Wishes(decimal=decimal), strict=True).experiment
        assert read_table(settled.spec.data, path)[0].values[:2, 0].tolist() == expected


@pytest.mark.parametrize(
    ("name", "marks", "digits"), list(product(NAMES[:3], MARKS, ("1", "12", "123"))), ids=str
)
def test_three_digits_behind_every_mark_are_decimals(
    name: str, marks: tuple[str, str], digits: str, tmp_path: Path
) -> None:
    mark, other = marks
    path = table(tmp_path, f"day;{name}", (f"{d};{digits}{mark}{101 + i}" for i, d in enumerate(DAYS)))
    guess, notes = said_of(path)
    assert notes == [
        f"'{name}' holds {digits}{mark}101, which is read as a number with three decimals; otherwise use "
        f"--decimal '{other}' for {digits}101"
    ]
    assert (guess.csv.decimal, guess.csv.thousands) == (mark, None)


@pytest.mark.parametrize("marks", MARKS, ids=str)
@pytest.mark.parametrize(
    ("cells", "thousands"),
    [
        (["1#004#000", "832", "2#000#001"], True),  # Two marks in one number.
        (["1#004@5", "832@1", "2#000@7"], True),  # Both marks in one number.
        (["1#004@50", "832", "99"], True),
        (["1#0", "832", "2#5"], False),  # Other numbers of digits behind it.
        (["0#104", "0#832", "1#500"], False),  # A zero before it.
        (["1#2345", "8#1", "2"], False),
        (["1234#5", "832", "2"], False),
        (["12#5", "1832", "2"], False),
    ],
)
def test_marks_of_one_meaning_are_no_question(
    cells: list[str], thousands: bool, marks: tuple[str, str], tmp_path: Path
) -> None:
    mark, other = marks
    shown = [cell.replace("#", mark).replace("@", other) for cell in cells]
    guess, notes = said_of(table(tmp_path, "day;y", (f"{d};{shown[i % 3]}" for i, d in enumerate(DAYS))))
    assert notes == []
    assert (guess.csv.thousands == mark) == thousands


@pytest.mark.parametrize(
    ("mark", "name"),
    list(product([" ", "\u00a0", "\u202f", "'", "\u2019"], ["units", "y"])),
)
def test_blanks_and_apostrophes_group_thousands(mark: str, name: str, tmp_path: Path) -> None:
    numbers = [1004, 832, 1_320_000]
    path = table(
        tmp_path, f"day;{name}", (f"{d};{grouped(numbers[i % 3], mark)}" for i, d in enumerate(DAYS))
    )
    guess, notes = said_of(path)
    assert (guess.csv.thousands, notes) == (mark, [])
    experiment = inspect(path, folder=tmp_path).experiment
    assert read_table(experiment.spec.data, path)[0].values[:3, 0].tolist() == numbers


def test_other_columns_that_have_decimals_prove_the_mark(tmp_path: Path) -> None:
    rows = [f"{d};{grouped([1004, 832][i % 2], '.')};{i % 7},{i % 10}" for i, d in enumerate(DAYS)]
    assert said_of(table(tmp_path, "day;units;price", rows))[1] == []


def test_thousands_beside_decimals_of_the_same_mark_are_said(tmp_path: Path) -> None:
    rows = [f"{d};{grouped([1004, 832][i % 2], '.')};{i % 7}.{i % 10}" for i, d in enumerate(DAYS)]
    assert said_of(table(tmp_path, "day;units;price", rows))[1] == [
        "'units' holds 1.004, which is read as a number with three decimals; otherwise use numbers without a mark "
        "between thousands, 1004 for 1.004"
    ]


@pytest.mark.parametrize("wanted", [".", None])
def test_the_separator_cannot_be_the_decimal_mark(wanted: str | None, tmp_path: Path) -> None:
    path = table(tmp_path, "day,units", (f"{d},{['1.004', '832'][i % 2]}" for i, d in enumerate(DAYS)))
    if wanted is None:
        assert "is 1.004 the number 1004, or has it decimals?" in problem_of(path)
    else:
        assert said_of(path, Wishes(decimal=wanted))[1] == []


ODD = ("closed", "sold out", "1o3", "€", "12,5 kg", "x")
NONE = ("n.a.", "?", "-", "error", "#N/A", "--", "(null)", "No Data", "#DIV/0!", "*", "Bad", "I/O Timeout")


@pytest.mark.parametrize(("odd", "name", "row"), list(product(ODD, ("sales", "demand", "y"), (0, 39))))
def test_an_odd_cell_leaves_the_likeliest_target_and_is_named(
    odd: str, name: str, row: int, tmp_path: Path
) -> None:
    rows = [f'{d},"{odd if i == row else level(i)}",{10 + i % 3 / 10}' for i, d in enumerate(DAYS)]
    guess, _ = said_of(table(tmp_path, f"date,{name},price", rows))
    assert guess.target == name
    assert guess.remarks == (
        f"1 cell of {name} is not a number: {odd!r} in line {row + 2}; correct it, or leave it empty, before training",
    )
    assert [choice.summary for choice in guess.choices] == [
        f"'{name}' is taken as the target, although it holds {odd!r}"
    ]


@pytest.mark.parametrize(("none", "name", "n"), list(product(NONE, ("sales", "y"), (1, 30))))
def test_a_sign_of_no_value_is_said(none: str, name: str, n: int, tmp_path: Path) -> None:
    rows = [f"{d},{none if i < n else level(i)},{10 + i % 3 / 10}" for i, d in enumerate(DAYS)]
    draft = draft_of(table(tmp_path, f"date,{name},price", rows))
    guess = draft.guess
    cells = "cell" if n == 1 else "cells"
    assert (guess.target, guess.remarks, guess.empty, guess.missing_values) == (name, (), n, (none,))
    assert guess.choices[0].sentence == (
        f"{none} in {n} {cells} stands for no value, by data.missing_values; otherwise use "
        "data.missing_values: []"
    )
    assert draft.experiment.spec.data.missing_values == [none]


@pytest.mark.parametrize("n", [1, 4, 10, 15, 19])
def test_many_odd_cells_do_not_move_the_target_either(n: int, tmp_path: Path) -> None:
    rows = [f"{d},{'closed' if i < n else level(i)},{10 + i % 3 / 10}" for i, d in enumerate(DAYS)]
    guess, _ = said_of(table(tmp_path, "date,sales,price", rows))
    assert guess.target == "sales"
    assert guess.remarks[0].startswith(
        f"{n} cells of sales are not numbers: 'closed' in line 2;" if n > 1 else "1 cell of sales is not"
    )


def test_a_usual_target_that_is_text_is_said(tmp_path: Path) -> None:
    guess, notes = said_of(
        table(tmp_path, "date,sales,x", (f"{d},€{level(i)},{i * 7 % 13}" for i, d in enumerate(DAYS)))
    )
    assert guess.target == "x"
    assert notes == [
        "'x' is taken as the target, because 'sales' holds '€100.5', which is no number; otherwise use numbers in 'sales'"
    ]


@pytest.mark.parametrize(
    ("parts", "total"), [(("casual", "registered"), "cnt"), (("web", "mail", "phone"), "orders")]
)
def test_columns_that_add_up_to_the_target_are_named(
    parts: tuple[str, ...], total: str, tmp_path: Path
) -> None:
    rows = []
    for i, d in enumerate(DAYS):
        numbers = [1 + (i + k) * (3 + k) % 11 for k in range(len(parts))]
        rows.append(",".join(map(str, [d, *numbers, sum(numbers)])))
    guess, _ = said_of(table(tmp_path, f"date,{','.join(parts)},{total}", rows))
    named = " and ".join([", ".join(parts[:-1]), parts[-1]])
    assert guess.target == total
    assert guess.candidates == ()
    assert guess.remarks == (f"{total} is {named} added up; as covariates they would give it away",)


def test_columns_that_are_as_likely_the_target_are_refused_under_strict(tmp_path: Path) -> None:
    guess, notes = said_of(
        table(tmp_path, "date,a,b", (f"{d},{level(i)},{level(i + 3)}" for i, d in enumerate(DAYS)))
    )
    assert (guess.target, guess.candidates, notes) == ("a", ("b",), [])
    assert [(c.summary, c.options) for c in guess.choices] == [
        ("'a' is taken as the target, and 'b' could be it as well", ("--target a", "--target b"))
    ]
