"""Hints where the settings are those of a run, or where a table was named directly."""

from __future__ import annotations

import pytest

from forecaster.errors import DataError
from forecaster.stages.settled import named_table, settings_of_a_run

OF_A_RUN = [
    (
        "delete one, or set data.duplicates to mean or last",
        "correct the table, or train a run with another data.duplicates",
    ),
    (
        "set data.csv.thousands: ',' for 1234, or data.csv.decimal: ',' for 1.234",
        "correct the table, or train a run with another data.csv.thousands or data.csv.decimal",
    ),
    ("train with a longer window.horizon", "train with a longer window.horizon"),
    ("the network was trained on data.freq 'h'", "the network was trained on data.freq 'h'"),
    ("point data.path to a CSV file", "name a CSV file"),
    ("data.path is relative to the YAML file", "check the path"),
    (
        "the folder a does not exist either; data.path is relative to the YAML file",
        "the folder a does not exist either",
    ),
    (
        "give it a header and rows, or point data.path elsewhere",
        "give it a header and rows, or name another table",
    ),
    (
        "pass more rows with --data, or use a later --from",
        "pass more rows with --data, or use a later --from",
    ),
    ("check its permissions", "check its permissions"),
    (None, None),
]


@pytest.mark.parametrize(("hint", "shown"), OF_A_RUN)
def test_no_hint_changes_a_key_of_a_complete_run(hint: str | None, shown: str | None) -> None:
    with pytest.raises(DataError) as caught, settings_of_a_run():
        raise DataError("no", hint=hint)
    assert caught.value.diagnostics[0].hint == shown


def test_a_command_without_rows_names_the_one_that_takes_them() -> None:
    with pytest.raises(DataError) as caught, settings_of_a_run(takes_rows=False):
        raise DataError("no", hint="pass more rows with --data")
    assert caught.value.diagnostics[0].hint == "pass more rows with --data, with forecaster predict"


def test_a_table_that_was_named_has_no_data_path() -> None:
    with pytest.raises(DataError) as caught, named_table():
        raise DataError("no", hint="point data.path to a CSV file, or set data.csv.separator")
    assert caught.value.diagnostics[0].hint == "name a CSV file, or set data.csv.separator"
