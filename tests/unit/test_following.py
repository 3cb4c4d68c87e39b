"""What is proposed by a hint is taken apart as its reader would type it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.following import wishes_of, with_setting
from tests.proposals import faults_of_words, moves


@pytest.mark.parametrize(
    ("hint", "options"),
    [
        ("use --freq D", [("--freq", "D")]),
        ("set --freq to 1", [("--freq", "1")]),
        ("use --time 'a b' --freq 1", [("--time", "a b", "--freq", "1")]),
        ("--no-id, or --id with another column, for hours", [("--no-id",)]),
        ("settle it by --target y or --target 'b c'", [("--target", "y"), ("--target", "b c")]),
        ("--timezone with the name of its zone, such as Europe/Paris", [("--timezone", "Europe/Paris")]),
        (
            "set --time-format to '%d/%m/%Y' for 2024-01-02 or '%m/%d/%Y' for 2024-02-01",
            [("--time-format", "%m/%d/%Y"), ("--time-format", "%d/%m/%Y")],
        ),
        ("leave the names out and give the zone by --timezone, such as Europe/Paris", []),
    ],
)
def test_options(hint: str, options: list[tuple[str, ...]]) -> None:
    assert [move.options for move in moves(hint)] == options


@pytest.mark.parametrize(
    ("hint", "settings"),
    [
        ('set data.csv.time_format: "%Y"', [("data.csv.time_format", "%Y")]),
        ("set data.missing_values: ['?', 'it''s']", [("data.missing_values", ["?", "it's"])]),
        (
            "set data.duplicates to mean or last",
            [("data.duplicates", "mean"), ("data.duplicates", "last")],
        ),
        (
            "set data.csv.time_format: epoch-s, or data.freq to an integer number",
            [("data.csv.time_format", "epoch-s")],
        ),
        (
            "set split.val to 12 steps or more, or evaluation.levels to [80]",
            [("split.val", 12), ("evaluation.levels", [80])],
        ),
        ("point data.path to one of them", []),
    ],
)
def test_keys(hint: str, settings: list[tuple[str, Any]]) -> None:
    assert [(move.key, move.value) for move in moves(hint)] == settings


def test_what_there_is_not() -> None:
    hint = "use --frequency D or --output x, or set data.csv.separate: ';' or data.csv.separator: ';'"
    assert faults_of_words(hint, "show") == ["--frequency", "--output", "data.csv.separate"]


def test_options_are_read_by_the_command_line() -> None:
    wishes = wishes_of(("--target", "y", "--freq", "7", "--no-id"))
    assert (wishes.targets, wishes.freq, wishes.no_id) == (("y",), 7, True)


def test_a_key_is_set_inside_its_section() -> None:
    data = {"csv": {"separator": ";"}}
    (move,) = moves("set data.csv.decimal: ','")
    assert with_setting(data, move) == {"csv": {"separator": ";", "decimal": ","}}
    assert data == {"csv": {"separator": ";"}}
