"""What stands for no value beyond the first rows of a table, which init has looked at for the kinds of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from forecaster.data.draft.sniff import SAMPLE_ROWS
from forecaster.data.draft.wishes import Wishes
from forecaster.data.reading.table import read_table
from tests.unit.data.draft.readings import draft_of, table

N_ROWS = SAMPLE_ROWS + 3_000
LATE = SAMPLE_ROWS + 1_500
HOURS = [datetime(2023, 1, 1) + timedelta(hours=i) for i in range(N_ROWS)]
VALUES = [str(20 + i * 37 % 101 / 10) for i in range(N_ROWS)]


def with_cells(cells: dict[int, str], values: Sequence[str] = VALUES) -> list[str]:
    return [cells.get(i, value) for i, value in enumerate(values)]


def rows(*columns: Sequence[str]) -> list[str]:
    return [",".join((str(hour), *cells)) for hour, *cells in zip(HOURS, *columns, strict=True)]


@pytest.mark.parametrize("none", ["-9999", "?", "#N/A"])
def test_a_later_row_shows_what_stands_for_no_value(none: str, tmp_path: Path) -> None:
    path = table(tmp_path, "time,y", rows(with_cells({LATE: none, LATE + 1: none})))
    draft = draft_of(path)
    assert [choice.sentence for choice in draft.guess.choices] == [
        f"{none} in 2 cells stands for no value, by data.missing_values; otherwise use data.missing_values: []"
    ]
    assert (draft.guess.empty, draft.guess.remarks) == (2, ())
    data = draft.experiment.spec.data
    assert (data.missing_values, data.missing) == ([int(none) if none == "-9999" else none], "mask")
    panel, found = read_table(data, path)
    assert (int(pd.isna(panel.values[:, 0]).sum()), found.warnings) == (2, ())


def test_cells_are_counted_to_the_last_row(tmp_path: Path) -> None:
    path = table(tmp_path, "time,y", rows(with_cells({10: "-9999", LATE: "-9999"})))
    [choice] = draft_of(path).guess.choices
    assert choice.summary == "-9999 in 2 cells stands for no value, by data.missing_values"


def test_those_of_other_columns_are_counted_in_the_first_rows(tmp_path: Path) -> None:
    path = table(tmp_path, "time,y,x", rows(VALUES, with_cells({10: "-9999", 11: "-9999", LATE: "-9999"})))
    [choice] = draft_of(path, Wishes(targets=("y",))).guess.choices
    assert choice.summary == "-9999 in 2 cells or more stands for no value, by data.missing_values"


def test_a_number_that_later_values_reach_is_a_value(tmp_path: Path) -> None:
    growing = [str(i * 37 % 101 + (i > SAMPLE_ROWS) * (i - SAMPLE_ROWS)) for i in range(N_ROWS)]
    path = table(tmp_path, "time,y", rows(with_cells({10: "999", 11: "999"}, growing)))
    draft = draft_of(path)
    assert (draft.guess.missing_values, draft.guess.choices, draft.guess.empty) == ((), (), 0)


def test_the_last_series_of_a_long_table_is_looked_at(tmp_path: Path) -> None:
    hours = HOURS[:4_000]
    lines = [
        f"{name},{hour},{'-9999' if name == 'c' and i in (50, 51) else VALUES[i]}"
        for name in "abc"
        for i, hour in enumerate(hours)
    ]
    assert draft_of(table(tmp_path, "station,time,y", lines)).guess.missing_values == (-9999,)


def test_columns_that_are_numbers_by_themselves_are_looked_at_too(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    numbers = [float(value) for value in with_cells({LATE: "-9999", LATE + 1: "-9999"})]
    pd.DataFrame({"time": HOURS, "y": numbers}).to_parquet(path)
    assert draft_of(path).guess.missing_values == (-9999,)
